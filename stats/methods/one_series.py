"""A study as one series: the treated sites together, less the comparison sites where there are any."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from stats.results import NotEstimable
from stats.study import SitePeriods, Study

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class OneSeries:
    """T periods with data. value: (T,) metric's unit, less the comparison's where there is one; after: (T,) bool.

    time: (T,) numbers as they stand, else dates as whole periods, else places; volume: (T,) what stands behind a value;
    treated, comparison: (T,) the two levels (comparison None without one); sites: how many in each.
    """

    periods: tuple[object, ...]
    time: Floats
    after: Bools
    value: Floats
    volume: Floats
    treated: Floats
    comparison: Floats | None
    sites: tuple[int, int]


def one_series(study: Study) -> OneSeries | NotEstimable:
    """Sites count by their records in each period; a period counts where both series have it."""
    data = study.site_periods
    starts = data.start[data.arm == study.arm]
    after = data.post
    if study.spec.post is None and len(starts):
        after = np.arange(len(data.periods)) >= int(starts.min())
    treated, volume = _together(data, data.arm == study.arm)
    others = data.arm == 0
    has_comparison = study.spec.arm is not None and bool(others.any())
    comparison = _together(data, others)[0] if has_comparison else None
    value = treated if comparison is None else treated - comparison
    known = np.isfinite(value)
    facts = {"before": int((known & ~after).sum()), "after": int((known & after).sum())}
    if facts["before"] < 3 or facts["after"] < 1:
        return NotEstimable(code="too_few_periods_around_start", facts=facts)
    return OneSeries(
        periods=tuple(period for period, kept in zip(data.periods, known, strict=True) if kept),
        time=_times(data.periods)[known],
        after=after[known],
        value=value[known],
        volume=volume[known],
        treated=treated[known],
        comparison=None if comparison is None else comparison[known],
        sites=(int(others.sum()) if has_comparison else 0, int((data.arm == study.arm).sum())),
    )


def _together(data: SitePeriods, sites: Bools) -> tuple[Floats, Floats]:
    """((P,) level of these sites by period, (P,) volume behind it)."""
    value = data.value[sites]
    weight = data.weight[sites] if data.weight is not None else data.n[sites]
    weight = np.where(np.isfinite(value) & np.isfinite(weight), weight, 0.0)
    total = weight.sum(axis=0)
    summed = (np.where(weight > 0, value, 0.0) * weight).sum(axis=0)
    return np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0), total


def _times(periods: tuple[object, ...]) -> Floats:
    """Numbers as they are; dates in units of their most common distance, rounded; anything else by its place."""
    if all(isinstance(period, (int, float)) and not isinstance(period, bool) for period in periods):
        return np.array(periods, dtype=float)
    if all(isinstance(period, (date, datetime)) for period in periods) and len(periods) > 2:
        days = np.array([float(period.toordinal()) for period in periods])  # type: ignore[attr-defined]
        step = float(np.median(np.diff(days)))
        if step >= 1:
            return np.asarray(np.round((days - days[0]) / step))
    return np.arange(len(periods), dtype=float)
