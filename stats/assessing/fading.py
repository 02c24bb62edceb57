"""Does the effect wear off? The last third of the window, and whether a decline is shown rather than imagined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.special import stdtr

from stats.results import Estimate, Result
from stats.study import Bools, Floats, SitePeriods

FEWEST_PERIODS = 3


def last_third(data: SitePeriods, estimate: Callable[[SitePeriods], Result]) -> float | None:
    """The effect, by the pilot's own estimator, in the last third of the periods after the start; None below three."""
    after = np.flatnonzero(data.post)
    if len(after) < FEWEST_PERIODS:
        return None
    keep = ~data.post
    keep[after[-(len(after) // 3) :]] = True
    result = estimate(only_periods(data, keep))
    return result.effect if isinstance(result, Estimate) else None


def only_periods(data: SitePeriods, keep: Bools) -> SitePeriods:
    """The chosen periods only. The start moves to the first period kept that is not before it."""
    start = np.array([int(keep[:first].sum()) for first in data.start], dtype=np.int64)
    return replace(
        data,
        periods=tuple(period for period, kept in zip(data.periods, keep, strict=True) if kept),
        value=data.value[:, keep],
        n=data.n[:, keep],
        missing=data.missing[:, keep],
        treated=data.treated[:, keep],
        post=data.post[keep],
        start=start,
        weight=None if data.weight is None else data.weight[:, keep],
    )


def decline_p(data: SitePeriods, *, arm: int, better: str) -> float | None:
    """One-sided p that the effect does not decline over the window; small: a decline is shown.

    Each site's own slope over its periods after the start (least squares), slopes of treated sites against control
    sites by a pooled t. Oriented: a decline is a loss of what is better. None with fewer than three periods, or fewer
    than two sites an arm with three periods of data.
    """
    after = data.value[:, data.post]
    if after.shape[1] < FEWEST_PERIODS:
        return None
    slope = slopes(after)
    control = slope[(data.arm == 0) & np.isfinite(slope)]
    treated = slope[(data.arm == arm) & np.isfinite(slope)]
    df = len(control) + len(treated) - 2
    if min(len(control), len(treated)) < 2:
        return None
    spread = ((control - control.mean()) ** 2).sum() + ((treated - treated.mean()) ** 2).sum()
    std_error = np.sqrt(spread / df * (1 / len(control) + 1 / len(treated)))
    if not std_error > 0:
        return None
    change = (treated.mean() - control.mean()) * (1.0 if better == "higher" else -1.0)
    return float(stdtr(df, change / std_error))


def slopes(values: Floats) -> Floats:
    """(S,) least-squares slope of each row over its known columns, NaN below three of them."""
    known = np.isfinite(values)
    count = known.sum(axis=1)
    time = np.where(known, np.arange(values.shape[1], dtype=float), 0.0)
    filled = np.where(known, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_time = time.sum(axis=1) / count
        mean_value = filled.sum(axis=1) / count
        centred = np.where(known, time - mean_time[:, None], 0.0)
        slope = (centred * (filled - mean_value[:, None])).sum(axis=1) / (centred**2).sum(axis=1)
    return np.where(count >= FEWEST_PERIODS, slope, np.nan)
