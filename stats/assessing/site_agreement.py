"""Would a new site gain too? The chance that the effect at a site not yet in the pilot is above zero."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtr

from stats.results import Estimate
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


def _within_arms(values: Floats, treated: Bools) -> Floats:
    return values - np.where(treated, values[treated].mean(), values[~treated].mean())


def _variance(residual: Floats, columns: int) -> float:
    """Residual variance within one arm; the slope on pre costs half a degree of freedom in each."""
    return float(residual @ residual) / (len(residual) - 1 - columns / 2)
