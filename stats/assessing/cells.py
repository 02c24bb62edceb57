"""The scans of one assessment: cells at the finest periods, and the same by window (before, after the start)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from stats.assessing.half_hours import read_half_hours
from stats.assessing.layout import (
    ADDITIVE,
    PlanTable,
    further_requests,
    metric_spec,
    plan_table,
    post_rows,
    refuse_without_arms,
    usable_requests,
)
from stats.assessing.segments import read_segments
from stats.cells import Cells, MetricRequest, read_cells
from stats.cells.moments import codes
from stats.errors import Problem, RefusedData
from stats.expressions import resolve
from stats.moments import ArmMoments
from stats.outcomes.layout import Layout, treatments
from stats.plan import Plan, PlannedMetric
from stats.results import NotEstimable
from stats.studies.open_study import (
    SWITCHING_DESIGNS,
    UNIT_DESIGNS,
    WINDOW_DESIGNS,
    arm_moments,
    covariate_requests,
    in_some_arm,
)
from stats.studies.repeated_units import UnitCounts, count_units
from stats.studies.site_periods import Grid, grid_of, site_periods
from stats.study import Floats, SitePeriods

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What came from the data, for all metrics and arms.

    cells, fine: cells at the finest periods and where they belong, None for units assigned without sites;
    by_window: cells that were read by window because their weeks do not add up; without: metrics that the table can't
    give; unit_cells: moments by arm (and cluster) after the start, where units were assigned; arms: the assignment;
    sites_seen: all sites of the data, also those that were never assigned; half_hours: by metric, cells by weekday and
    half-hour, where the data know the time of day; segments: cells by segment (channel, say) of additive metrics, where
    the plan names such a column; units: distinct units by arm after the start, where the data name them;
    units_repeat: some of them have several rows, which then count as one cluster each.
    """

    plan: Plan
    rows: PlanTable
    cells: Cells
    fine: Grid | None
    by_window: Cells | None
    unit_cells: Cells | None
    without: Mapping[str, NotEstimable]
    arms: Mapping[str, int] | None
    sites_seen: tuple[str, ...] = ()
    half_hours: Mapping[str, Cells] = field(default_factory=dict)
    segments: Cells | None = None
    units: Mapping[int, float] | None = None
    units_repeat: bool = False
    _windows: dict[str, SitePeriods] = field(default_factory=dict, compare=False, repr=False)
    """Metrics put together by window so far: estimate, checks and delivery ask for the same."""

    def fine_periods(self, metric: PlannedMetric) -> SitePeriods:
        """The metric by site and finest period."""
        return site_periods(self.cells, metric.key, metric_spec(metric), self._grid())

    def window_periods(self, metric: PlannedMetric) -> SitePeriods:
        """The metric by site, before and after the start: additive kinds from the fine cells, others as they were read.

        Where a quantile was only read by week (designs that look at the path over time), it is the mean of its weeks.
        """
        if metric.key not in self._windows:
            self._windows[metric.key] = self._put_together(metric)
        return self._windows[metric.key]

    def _put_together(self, metric: PlannedMetric) -> SitePeriods:
        grid, spec = self._grid(), metric_spec(metric)
        windows = window_grid(grid)
        if self.by_window is not None and metric.key in self.by_window.metrics:
            place = _places(self.by_window, windows)
            return site_periods(self.by_window, metric.key, spec, replace(windows, group=place))
        if metric.spec.kind not in ADDITIVE:
            return averaged(self.fine_periods(metric), windows)
        group = _window_of(grid)
        merged = self.cells.metrics[metric.key].merge(group, len(windows.sites) * len(windows.periods))
        everywhere = Cells(keys={}, rows=merged.n, metrics={metric.key: merged})
        return site_periods(everywhere, metric.key, spec, replace(windows, group=np.arange(len(merged.n))))

    @property
    def cluster(self) -> str | None:
        """The column in whose groups units come: the plan's, else the unit's own where it has several rows."""
        columns = self.plan.columns
        return columns.unit if columns.cluster is None and self.units_repeat else columns.cluster

    def arm_moments(self, metric: PlannedMetric) -> ArmMoments:
        """Moments by arm of the rows after the start."""
        if self.unit_cells is None:
            raise LookupError("this design compares sites, not units")
        return arm_moments(self.unit_cells, metric.key, arms=len(treatments(self.plan.columns.arm)) + 1)

    def treated_shares(self, key: str, arm: int) -> tuple[Floats, Floats] | None:
        """((S,) share, (S,) rows) after the start at the sites (or of the units) of ``arm``; None if not recorded."""
        cells = self.unit_cells if self.fine is None else self.cells
        if cells is None or key not in cells.metrics:
            return None
        if self.fine is None:
            moments = cells.metrics[key].take(cells.keys["arm"].astype(np.int64) == arm)
            return moments.mean_y, moments.n
        grid = self.fine
        sites, periods = grid.shape
        inside = grid.treated.reshape(-1)[grid.group] & (grid.arm[grid.group // periods] == arm)
        merged = cells.metrics[key].take(inside).merge(grid.group[inside] // periods, sites)
        return merged.mean_y, merged.n

    def _grid(self) -> Grid:
        if self.fine is None:
            raise LookupError("no site is known")
        return self.fine


def read_plan(plan: Plan, table: ir.Table, arms: Mapping[str, int] | None) -> Reading:
    """All scans of a plan on one table. Raises RefusedData and RefusedSpec."""
    assigned = arms is not None and plan.unit_of_assignment == "site" and plan.design not in SWITCHING_DESIGNS
    arms = arms if assigned else None
    refuse_without_arms(plan, assigned)
    rows = plan_table(plan, table, assigned=assigned)
    usable, without = usable_requests(plan, rows.table)
    if plan.design in UNIT_DESIGNS:
        counted = _counted_units(plan, rows)
        repeat = counted is not None and counted.repeated and plan.columns.cluster is plan.columns.pair is None
        unit_cells = _unit_cells(plan, rows, usable, by_unit=repeat)
        return Reading(
            plan=plan,
            rows=rows,
            cells=unit_cells,
            fine=None,
            by_window=None,
            unit_cells=unit_cells,
            without=without,
            arms=None,
            half_hours=read_half_hours(plan, rows, usable),
            segments=read_segments(plan, rows, usable),
            units=None if counted is None else counted.units,
            units_repeat=repeat,
        )
    second = [request for request in usable if _read_by_window(plan, rows, request)]
    first = [request for request in usable if request not in second]
    everyone = _site_cells(plan, rows, rows.layout, [*first, *further_requests(plan, rows)])
    cells = _assigned_only(everyone, arms)
    windows = replace(rows.layout, windows=True)
    grid = grid_of(cells, rows.layout, arms=arms, switching=plan.design in SWITCHING_DESIGNS)
    return Reading(
        plan=plan,
        rows=rows,
        cells=cells,
        fine=_with_planned_groups(plan, grid),
        by_window=_assigned_only(_site_cells(plan, rows, windows, second), arms) if second else None,
        unit_cells=None,
        without=without,
        arms=arms,
        sites_seen=_sites(everyone),
        half_hours=read_half_hours(plan, rows, usable),
        segments=read_segments(plan, rows, usable),
    )


def _sites(cells: Cells) -> tuple[str, ...]:
    return tuple(sorted({str(site) for site in cells.keys.get("site", ())}))


def _read_by_window(plan: Plan, rows: PlanTable, request: MetricRequest) -> bool:
    """Its weeks do not add up to the window, and the design compares windows."""
    return plan.design in WINDOW_DESIGNS and rows.has_fine_periods and request.spec.kind not in ADDITIVE


def _site_cells(plan: Plan, rows: PlanTable, layout: Layout, requests: Sequence[MetricRequest]) -> Cells:
    """One scan by site, in the arms of the plan."""
    table = rows.table
    covariates = [] if layout.windows else covariate_requests(layout, table)
    extras = {} if layout.windows else layout.extras(table)
    if rows.moment is not None:
        extras["moment"] = rows.moment
    cells = read_cells(
        table,
        keys=layout.keys(table),
        metrics=[*requests, *covariates],
        eligible=plan.columns.eligible,
        extras=extras,
    )
    return in_some_arm(cells)


def _assigned_only(cells: Cells, arms: Mapping[str, int] | None) -> Cells:
    """Without sites that were never assigned: they are no part of the comparison, and a check names them."""
    if arms is None:
        return cells
    return cells.take(np.array([str(site) in arms for site in cells.keys["site"]], dtype=bool))


def _unit_cells(plan: Plan, rows: PlanTable, usable: Sequence[MetricRequest], *, by_unit: bool) -> Cells:
    """One scan by arm (and cluster, unit or site) of the rows after the start, with all moments."""
    after = replace(rows, table=post_rows(rows))
    keys = {"arm": rows.layout.keys(after.table)["arm"]}
    cluster = plan.columns.unit if by_unit else plan.columns.cluster or plan.columns.site
    if cluster is not None:
        keys["cluster"] = resolve(cluster, after.table)
    cells = in_some_arm(
        read_cells(
            after.table,
            keys=keys,
            metrics=[*usable, *further_requests(plan, after)],
            detail="moments",
            eligible=plan.columns.eligible,
            extras={} if rows.moment is None else {"moment": resolve_moment(plan, after)},
        )
    )
    if cells.rows.sum() == 0:
        raise RefusedData(Problem(code="no_rows"))
    if not by_unit:
        return cells
    # Evidence keeps its cells when data are forgotten: which row is whose must stay, who they are must not.
    return replace(cells, keys={**cells.keys, "cluster": codes(cells.keys["cluster"])[1].astype(object)})


def _counted_units(plan: Plan, rows: PlanTable) -> UnitCounts | None:
    """Distinct values of the unit column by arm after the start; None where the plan names no such column."""
    if plan.columns.unit is None or plan.columns.arm is None:
        return None
    return count_units(plan.columns.unit, plan.columns.arm, post_rows(rows))


def resolve_moment(plan: Plan, rows: PlanTable) -> Any:
    return resolve(str(plan.columns.timestamp or plan.columns.period), rows.table)


def _with_planned_groups(plan: Plan, grid: Grid) -> Grid:
    """Strata or pairs of the plan, where the data have no column of them."""
    planned = {site.key: site for site in plan.sites}
    labels: dict[str, Any] = {}
    for name, method in (("strata", "stratified"), ("pair", "paired")):
        attribute = "stratum" if name == "strata" else "pair"
        if getattr(grid, name) is None and plan.assignment.method == method:
            known = [getattr(planned.get(site), attribute, None) for site in grid.sites]
            if all(label is not None for label in known):
                labels[name] = np.array([str(label) for label in known])
    return replace(grid, **labels)


def window_grid(grid: Grid) -> Grid:
    """The same sites with their periods put together: before (if there is any) and after the start."""
    before = not grid.post.all()
    post = np.array([False, True] if before else [True])
    first_after = int(before)
    ever = (grid.arm > 0) & grid.treated.any(axis=1)
    treated = np.outer(ever, post).astype(np.bool_)
    return replace(
        grid,
        periods=("before", "after") if before else ("after",),
        post=post,
        treated=treated,
        start=np.where(treated.any(axis=1), first_after, len(post)).astype(np.int64),
    )


def _window_of(grid: Grid) -> Any:
    """(C,) place of each fine cell in the flattened window grid."""
    site, period = grid.group // len(grid.periods), grid.group % len(grid.periods)
    before = not grid.post.all()
    return site * (1 + before) + np.where(grid.post[period], int(before), 0)


def _places(cells: Cells, windows: Grid) -> Any:
    """(C,) place in the flattened window grid of cells that were read by window."""
    sites, index = codes(cells.keys["site"])
    place = {site: number for number, site in enumerate(windows.sites)}
    row = np.array([place[str(sites[i])] for i in index], dtype=np.int64)
    width = len(windows.periods)
    column = cells.keys["post"].astype(bool).astype(np.int64) if "post" in cells.keys and width > 1 else 0
    return row * width + column


def averaged(data: SitePeriods, windows: Grid) -> SitePeriods:
    """Periods put together by their mean, weighted by the rows behind them."""
    parts = [~data.post, data.post] if len(windows.periods) > 1 else [data.post]
    weight = np.where(np.isfinite(data.value), data.n, 0.0)
    known = np.where(np.isfinite(data.value), data.value, 0.0)

    def summed(values: Floats) -> Floats:
        return np.column_stack([values[:, part].sum(axis=1) for part in parts])

    total = summed(weight)
    value = np.divide(summed(known * weight), total, out=np.full(total.shape, np.nan), where=total > 0)
    return replace(
        data,
        periods=windows.periods,
        value=value,
        n=summed(data.n),
        missing=summed(data.missing),
        treated=windows.treated,
        post=windows.post,
        start=windows.start,
        weight=None if data.weight is None else summed(data.weight),
    )


def first_and_last_day(cells: Cells, inside: Any) -> tuple[date | None, date | None]:
    """First and last day of the rows in the cells ``inside``; where each date stands for a week, its last day."""
    if "moment" not in cells.extras or not inside.any():
        return None, None
    first = [_day(moment) for moment in cells.extras["moment"][inside]]
    last = [_day(moment) for moment in cells.extras["moment__last"][inside]]
    return min(first), max(last) + (WEEK - timedelta(days=1) if _weekly(first, last) else timedelta(0))


WEEK = timedelta(weeks=1)


def _weekly(first: Sequence[date], last: Sequence[date]) -> bool:
    """Whether dates name weeks: one date a cell, three or more of them, whole weeks apart."""
    dates = sorted({*first, *last})
    return (
        list(first) == list(last) and len(dates) > 2 and all((day - dates[0]) % WEEK == timedelta(0) for day in dates)
    )


def _day(moment: Any) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
