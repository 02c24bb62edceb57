"""From the reading of a plan's data to what the checks look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from stats.assessing.layout import IN_ARM
from stats.checks.inputs import CheckInputs, MetricInputs
from stats.plan import Plan, PlannedMetric
from stats.results import Result
from stats.studies.site_periods import Grid
from stats.study import Floats, SitePeriods

if TYPE_CHECKING:
    from stats.assessing.cells import Reading

MOST_SITES = 0.5


def check_inputs(
    plan: Plan, reading: Reading, arm: int, label: str, results: Mapping[str, Result], history: Mapping[str, object]
) -> CheckInputs:
    """Counts, sizes and site-periods of treatment ``arm`` against control."""
    if reading.fine is None:
        return _of_units(plan, reading, arm, label, results, history)
    return _of_sites(plan, reading, reading.fine, arm, label, results, history)


def _control_label(plan: Plan) -> str:
    if plan.columns.arm is None:
        return "control"
    control = plan.columns.arm.control
    return ", ".join(map(str, control)) if isinstance(control, list) else str(control)


def _of_sites(
    plan: Plan,
    reading: Reading,
    grid: Grid,
    arm: int,
    label: str,
    results: Mapping[str, Result],
    history: Mapping[str, object],
) -> CheckInputs:
    from stats.assessing.cells import first_and_last_day

    concerned = np.isin(grid.arm, (0, arm))
    site_arm = (grid.arm[concerned] > 0).astype(np.int64)
    after, before = (_records(reading, grid, part)[concerned] for part in (grid.post, ~grid.post))
    names = tuple(site for site, mine in zip(grid.sites, concerned, strict=True) if mine)
    expected = {site.key: site.size for site in plan.sites}
    post_cells = grid.post[grid.group % len(grid.periods)] & concerned[grid.group // len(grid.periods)]
    pre_cells = ~grid.post[grid.group % len(grid.periods)] & concerned[grid.group // len(grid.periods)]
    first_day, last_day = first_and_last_day(reading.cells, post_cells)
    first_before, last_before = first_and_last_day(reading.cells, pre_cells)
    weeks = None if first_before is None or last_before is None else ((last_before - first_before).days + 1) / 7
    crossed, contaminated = _crossed(reading, grid, arm)
    arms = reading.arms
    return CheckInputs(
        design=plan.design,
        arm=arm,
        arm_labels=(_control_label(plan), label),
        units=_by_arm(site_arm, (after > 0).astype(float)),
        planned_units=None if arms is None else np.array([_count(arms, 0), _count(arms, arm)], dtype=float),
        planned_share=_planned_share(plan),
        records=_by_arm(site_arm, after),
        records_pre=_by_arm(site_arm, before),
        sites=names,
        site_arm=site_arm,
        site_records=after,
        site_records_pre=before,
        site_planned=np.array([_or_nan(expected.get(site)) for site in names]),
        metrics={
            metric.key: _metric_of_sites(reading, metric, arm, results[metric.key])
            for metric in plan.metrics
            if metric.key not in reading.without
        },
        crossed_over=crossed,
        contaminated_share=contaminated,
        unknown_sites=() if arms is None else tuple(site for site in reading.sites_seen if site not in arms),
        absent_sites=tuple(sorted({site.key for site in plan.sites} - set(reading.sites_seen))),
        pre_periods=int((~grid.post).sum()),
        post_periods=int(grid.post.sum()),
        weeks_pre=weeks,
        first_day=first_day,
        last_day=last_day,
        history=history,
    )


def _or_nan(size: float | None) -> float:
    return float("nan") if size is None else float(size)


def _count(arms: Mapping[str, int], arm: int) -> int:
    return sum(1 for each in arms.values() if each == arm)


def _by_arm(site_arm: Any, values: Floats) -> Floats:
    return np.bincount(site_arm, weights=values, minlength=2)[:2].astype(float)


def _records(reading: Reading, grid: Grid, periods: Any) -> Floats:
    """(S,) rows of each site in the chosen periods."""
    sites, width = grid.shape
    rows = np.bincount(grid.group, weights=reading.cells.rows, minlength=sites * width).reshape(sites, width)
    return rows[:, periods].sum(axis=1)


def _planned_share(plan: Plan) -> Floats | None:
    """Share of units meant for control and the treatment: equal, unless the rule says how many of all."""
    if plan.assignment.method == "chosen":
        return None
    units = len(plan.sites) or int(plan.assumptions.get("units", 0))
    if plan.assignment.n_treatment is not None and units:
        share = plan.assignment.n_treatment / units
        return np.array([1 - share, share])
    return np.array([0.5, 0.5])


def _metric_of_sites(reading: Reading, metric: PlannedMetric, arm: int, result: Result) -> MetricInputs:
    fine = metric.key in reading.cells.metrics
    windows = of_arm(reading.window_periods(metric), arm)
    data = of_arm(reading.fine_periods(metric), arm) if fine else windows
    return MetricInputs(
        key=metric.key,
        n=_summed(data.n, data, data.post),
        missing=_summed(data.missing, data, data.post),
        n_pre=_summed(data.n, data, ~data.post),
        missing_pre=_summed(data.missing, data, ~data.post),
        result=result,
        site_periods=data,
        windows=windows,
    )


def _summed(values: Floats, data: SitePeriods, periods: Any) -> Floats:
    return _by_arm(data.arm, values[:, periods].sum(axis=1))


def of_arm(data: SitePeriods, arm: int) -> SitePeriods:
    """Control and one treatment arm, which becomes arm 1."""
    from dataclasses import replace

    keep = np.isin(data.arm, (0, arm))

    def rows(values: Any) -> Any:
        return None if values is None else values[keep]

    return replace(
        data,
        sites=tuple(site for site, kept in zip(data.sites, keep, strict=True) if kept),
        value=data.value[keep],
        n=data.n[keep],
        missing=data.missing[keep],
        arm=(data.arm[keep] > 0).astype(np.int64),
        treated=data.treated[keep],
        start=data.start[keep],
        pre=rows(data.pre),
        strata=rows(data.strata),
        pair=rows(data.pair),
        covariates=rows(data.covariates),
        weight=rows(data.weight),
    )


def _crossed(reading: Reading, grid: Grid, arm: int) -> tuple[tuple[str, ...], float]:
    """(sites that crossed over, share of records in the wrong arm), where the data tell beside the assignment."""
    if reading.arms is None or f"{IN_ARM}0" not in reading.cells.metrics:
        return (), 0.0
    sites, periods = grid.shape
    own = np.zeros(sites)
    rows = np.zeros(sites)
    post = grid.post[grid.group % periods]
    for number in (0, arm):
        found = reading.cells.metrics[f"{IN_ARM}{number}"].take(post).merge(grid.group[post] // periods, sites)
        mine = (grid.arm == number) & (found.n > 0)
        own[mine], rows[mine] = (found.n * found.mean_y)[mine], found.n[mine]
    known = rows > 0
    crossed = tuple(grid.sites[site] for site in np.flatnonzero(known & (own < MOST_SITES * rows)))
    return crossed, float(1 - own.sum() / rows.sum()) if known.any() else 0.0


def _of_units(
    plan: Plan, reading: Reading, arm: int, label: str, results: Mapping[str, Result], history: Mapping[str, object]
) -> CheckInputs:
    from stats.assessing.cells import first_and_last_day

    cells = reading.cells
    arms = cells.keys["arm"].astype(np.int64)
    rows = np.array([cells.rows[arms == number].sum() for number in (0, arm)])
    clustered = "cluster" in cells.keys and plan.columns.cluster is not None
    first_day, last_day = first_and_last_day(cells, np.isin(arms, (0, arm)))
    empty = np.zeros(0)
    return CheckInputs(
        design=plan.design,
        arm=arm,
        arm_labels=(_control_label(plan), label),
        units=_units(reading, arm, rows),
        planned_units=None,
        planned_share=_planned_share(plan),
        records=rows,
        records_pre=np.zeros(2),
        sites=(),
        site_arm=np.zeros(0, dtype=np.int64),
        site_records=empty,
        site_records_pre=empty,
        site_planned=empty,
        metrics={
            metric.key: _metric_of_units(reading, metric, arm, results[metric.key])
            for metric in plan.metrics
            if metric.key not in reading.without
        },
        clusters=np.array([float((arms == number).sum()) for number in (0, arm)]) if clustered else None,
        first_day=first_day,
        last_day=last_day,
        history=history,
    )


def _units(reading: Reading, arm: int, rows: Floats) -> Floats:
    """Units by arm: distinct values of the unit column where there is one, else the rows."""
    if reading.units is None:
        return rows
    return np.array([reading.units.get(number, 0.0) for number in (0, arm)])


def _metric_of_units(reading: Reading, metric: PlannedMetric, arm: int, result: Result) -> MetricInputs:
    moments = reading.arm_moments(metric)
    by_arm = moments.arms.take(np.array([0, arm]))
    return MetricInputs(
        key=metric.key,
        n=by_arm.n,
        missing=by_arm.missing,
        n_pre=np.zeros(2),
        missing_pre=np.zeros(2),
        result=result,
        moments=moments,
    )
