"""The data of one estimate as the estimators see it: site-periods from cells, or records where units were drawn.

``SitePeriods`` is all that a site-level design ever sees. ``Study`` hands it out lazily together with the record
columns that unit-level estimators and named alternatives need.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stats.spec import EstimateSpec

if TYPE_CHECKING:
    import pandas as pd

    from stats.moments import ArmMoments

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class SitePeriods:
    """One metric, one number per site and period. S sites (rows), P periods (columns, in time order).

    value: (S, P) metric's unit, NaN where there is no (or too little) data; n: (S, P) records behind it;
    missing: (S, P) eligible records without the metric; treated: (S, P) True where the site was treated in that period;
    arm: (S,) 0 control, 1.. treatments in the order of ``arm.treatment`` (ever-treated for staggered designs);
    post: (P,) True for periods after the start (all True where no pre-period was given);
    pre: (S,) baseline value of the site, NaN unknown, or None; start: (S,) index of first treated period, P = never;
    strata: (S,) labels or None; pair: (S,) labels or None; covariates: (S, K); weight: (S, P) volume.
    """

    sites: tuple[str, ...]
    periods: tuple[object, ...]
    value: Floats
    n: Floats
    missing: Floats
    arm: NDArray[np.int64]
    treated: Bools
    post: Bools
    start: NDArray[np.int64]
    pre: Floats | None = None
    strata: NDArray[np.str_] | None = None
    pair: NDArray[np.str_] | None = None
    covariates: Floats | None = None
    weight: Floats | None = None


def _no_moments() -> ArmMoments:
    raise LookupError("this study was built without moments by arm")


@dataclass(frozen=True)
class Study:
    """One estimate's data. ``site_periods`` and ``records`` are read at most once, and only when asked for.

    records: the filtered rows with only the columns the spec names; metric column(s) resolved to
    ``__y`` (and ``__denominator`` for ratios), arm to ``__arm`` (0 control, 1.. treatment), as a data frame.
    arm_moments: counts, means and covariances by arm and by cluster (stats/moments.py): what Welch, CUPED, ANCOVA,
    Newcombe, ratio by delta and CR2 without further covariates need; no record is read.
    arm: the treatment arm (1..) that the estimate is about; records and moments hold all arms, so that methods that
    pool them (classical ANCOVA, Dunnett) can.
    """

    spec: EstimateSpec
    read_site_periods: Callable[[], SitePeriods]
    read_records: Callable[[], pd.DataFrame]
    read_arm_moments: Callable[[], ArmMoments] = _no_moments
    arm: int = 1

    @cached_property
    def site_periods(self) -> SitePeriods:
        return self.read_site_periods()

    @cached_property
    def records(self) -> pd.DataFrame:
        return self.read_records()

    @cached_property
    def arm_moments(self) -> ArmMoments:
        return self.read_arm_moments()
