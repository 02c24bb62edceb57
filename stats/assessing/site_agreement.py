"""Would a new site gain too, and was one of the pilot's own left behind?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr

from stats.results import Estimate, quantile
from stats.study import Bools, Floats


def p_new_site(y: Floats, treated: Bools, pre: Floats | None, estimate: Estimate, *, better: str) -> float | None:
    """P(effect > 0 at a new site), oriented so that + is better, from the random-effects predictive distribution.

    y: (S,) site values after the start; pre: (S,) before it. How much more the treated sites differ among themselves
    than the comparison sites do (after adjusting for pre) is how much the effect differs from site to site:
    tau^2 = max(0, s_t^2 - s_c^2). A new site's effect is then t-distributed around the estimate with variance
    tau^2 + std_error^2 and (treated sites - 1) degrees of freedom (Higgins, Thompson & Spiegelhalter 2009, section 5).
    None with fewer than three sites in an arm or without a standard error.
    """
    keep = np.isfinite(y) & (np.ones(len(y), bool) if pre is None else np.isfinite(pre))
    y, treated = y[keep], treated[keep]
    n_treated = int(treated.sum())
    if estimate.std_error is None or min(n_treated, len(y) - n_treated) < 3:
        return None
    residual = _within_arms(y, treated)
    columns = 0
    if pre is not None:
        before = _within_arms(pre[keep], treated)
        spread = float(before @ before)
        if spread > 0:
            residual = residual - before * float(before @ residual) / spread
            columns = 1
    extra = max(0.0, _variance(residual[treated], columns) - _variance(residual[~treated], columns))
    scale = np.sqrt(extra + estimate.std_error**2)
    if not scale > 0:
        return None
    effect = estimate.effect if better == "higher" else -estimate.effect
    return float(stdtr(n_treated - 1, effect / scale))


FEWEST_TO_COMPARE = 5
"""Comparison sites without which nobody knows how far a site moves by itself."""
LEFT_BEHIND = 0.05
"""For all treated sites together: how often one would be named where none lost anything (one-sided, Bonferroni)."""


@dataclass(frozen=True, kw_only=True)
class LeftBehind:
    """A treated site that did worse than any comparison site would by chance. value: its change since the start
    (changes), else its level; others: the mean of the comparison sites; both in the metric's unit."""

    site: str
    value: float
    others: float
    changes: bool


def left_behind(sites: Sequence[Mapping[str, Any]], *, better: str) -> LeftBehind | None:
    """The treated site that fell furthest behind the comparison sites; None where none did for sure.

    sites: as evidence keeps them (``SiteValue``). Held against the prediction interval of one more comparison site,
    mean +- t(G - 1) s sqrt(1 + 1/G), over their changes where all have a time before, else their levels (Hahn &
    Meeker 1991, section 4.7).
    """
    known = [site for site in sites if site["value"] is not None]
    changes = bool(known) and all(site["pre"] is not None for site in known)
    worth = np.array([site["value"] - (site["pre"] if changes else 0.0) for site in known], dtype=float)
    treated = np.array([site["arm"] > 0 for site in known], dtype=np.bool_)
    control = worth[~treated]
    if len(control) < FEWEST_TO_COMPARE or not treated.any():
        return None
    sign = 1.0 if better == "higher" else -1.0
    mean, spread = float(control.mean()), float(control.std(ddof=1))
    reach = quantile(1 - LEFT_BEHIND / int(treated.sum()), len(control) - 1) * spread * np.sqrt(1 + 1 / len(control))
    worst = int(np.argmin(np.where(treated, (worth - mean) * sign, np.inf)))
    if not (worth[worst] - mean) * sign + reach < 0:
        return None
    return LeftBehind(site=str(known[worst]["site"]), value=float(worth[worst]), others=mean, changes=changes)


def _within_arms(values: Floats, treated: Bools) -> Floats:
    return values - np.where(treated, values[treated].mean(), values[~treated].mean())


def _variance(residual: Floats, columns: int) -> float:
    """Residual variance within one arm; the slope on pre costs half a degree of freedom in each."""
    return float(residual @ residual) / (len(residual) - 1 - columns / 2)
