"""What the checks look at: counts, sizes and site-periods of one treatment arm against control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from stats.moments import ArmMoments
from stats.results import Result
from stats.study import SitePeriods

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class MetricInputs:
    """One metric. Arrays by arm: position 0 control, 1 the treatment arm concerned.

    n: (2,) records after the start with the metric; missing: (2,) *eligible* records after the start without it;
    n_pre, missing_pre: the same before the start (0 where there is no pre-period);
    site_periods: the metric by site and period, arms 0 and 1 only, None where no site is known;
    windows: the same with all periods before, and all after, the start taken together (at most two columns);
    moments: by arm, for unit-randomised designs, else None; result: the estimate.
    """

    key: str
    n: Floats
    missing: Floats
    n_pre: Floats
    missing_pre: Floats
    result: Result
    site_periods: SitePeriods | None = None
    windows: SitePeriods | None = None
    moments: ArmMoments | None = None


@dataclass(frozen=True, kw_only=True)
class CheckInputs:
    """One treatment arm against control, everything that a check may need; nothing is computed here.

    arm_labels: (control, treatment); units: (2,) units of assignment seen after the start, by arm in the data;
    planned_units: (2,) units of assignment by arm as assigned, None where no assignment is on record;
    planned_share: (2,) share of units meant for each arm (of these two), None where unknown;
    records: (2,) records after the start; records_pre: (2,) before it;
    sites, site_arm (0 control, 1 the arm concerned), site_records, site_records_pre: (S,) per site of the data, empty
    where no site is known; site_planned: (S,) records that the plan expected of it, NaN unknown;
    crossed_over: sites more than half of whose records after the start are not in the arm that they were assigned to;
    contaminated_share: share of all records after the start that are not in their site's assigned arm;
    unknown_sites: in the data, not in the plan; absent_sites: in the plan, not in the data;
    pre_periods, post_periods: how many; weeks_pre: length of the pre-period in weeks, None where dates are unknown;
    clusters: (2,) clusters by arm where units were assigned and come in clusters, else None;
    first_day, last_day: of the records after the start, None where dates are unknown;
    history: what the register knows and the data can't say: plan_differs, major_amendment, recorded_afterwards,
    altering_change, definition_changed (booleans), overlapping (pilots on the same site and metric). A key that is
    not there was not looked at.
    """

    design: str
    arm: int
    arm_labels: tuple[str, str]
    units: Floats
    planned_units: Floats | None
    planned_share: Floats | None
    records: Floats
    records_pre: Floats
    sites: tuple[str, ...]
    site_arm: NDArray[np.int64]
    site_records: Floats
    site_records_pre: Floats
    site_planned: Floats
    metrics: Mapping[str, MetricInputs]
    crossed_over: tuple[str, ...] = ()
    contaminated_share: float = 0.0
    unknown_sites: tuple[str, ...] = ()
    absent_sites: tuple[str, ...] = ()
    pre_periods: int = 0
    post_periods: int = 1
    weeks_pre: float | None = None
    first_day: date | None = None
    last_day: date | None = None
    clusters: Floats | None = None
    history: Mapping[str, object] = field(default_factory=dict)
