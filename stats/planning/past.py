"""Last year's data held against a plan: what they say about each of its metrics, over windows as long as its own.

The same columns, the same reading and the same checks as for the outcomes themselves; only that nobody had the change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from stats.errors import Problem, RefusedData
from stats.expressions import resolve
from stats.outcomes.accepted import Accepted
from stats.outcomes.check import check
from stats.outcomes.parts import inputs_of, missing_columns
from stats.outcomes.reading import Reading
from stats.plan import Columns, Plan, PlannedMetric
from stats.planning.history import History, history_cells, read_history, windows
from stats.planning.of_plan import ROLLOUTS, WAVES_ASSUMED, planned_arms, planned_weeks
from stats.planning.replay import Trial
from stats.results import NotEstimable

if TYPE_CHECKING:
    import ibis.expr.types as ir

PERIOD = "__period"
WEEK, MONTH = 7.0, 365.25 / 12
ABOUT_A_WEEK = 6
"""Days between dated rows from which on they are taken as weeks or months; nearer ones are gathered by week."""


@dataclass(frozen=True, kw_only=True)
class Laid:
    """The plan's windows in periods of the history. days: length of one period, None where the file does not say;
    before, after: periods; as_planned: whether they are as long as the plan's own."""

    days: float | None
    before: int
    after: int
    as_planned: bool

    @property
    def weeks(self) -> float | None:
        """Weeks of the window after, None where nobody knows."""
        return None if self.days is None else self.after * self.days / WEEK


@dataclass(frozen=True, kw_only=True)
class Past:
    """What earlier outcomes hold. rows, sites: read; of_plan: sites of the plan among them; periods: in time order;
    first, last: dates, where there are any; later: rows left out because they date from the start or after it;
    metrics: by key; absent: metrics whose columns the file lacks, with what is missing."""

    rows: int
    sites: int
    of_plan: int
    periods: int
    first: date | None
    last: date | None
    later: int
    laid: Laid
    metrics: Mapping[str, History]
    absent: Mapping[str, tuple[Problem, ...]]
    warnings: tuple[Problem, ...] = field(default=())


def read_past(table: ir.Table, plan: Plan, *, today: date, reading: Reading | None = None) -> Past:
    """What the table says about the plan's own metrics (their worst-experience twins apart).

    Raises RefusedData with every problem: columns, rows, nothing that can be used.
    """
    site = plan.columns.unit if plan.design == "randomised_units" else plan.columns.site
    if site is None:
        raise RefusedData(Problem(code="past_without_sites", facts={"design": plan.design}))
    asked = [metric.model_copy(update={"pre": None}) for metric in plan.metrics if metric.twin_of is None]
    metrics, absent = _found(asked, table)
    columns = Columns(site=site, period=plan.columns.period, timestamp=plan.columns.timestamp)
    accepted = check(table, columns, metrics or asked, today=today, assigned=None, reading=reading)
    table, days = _with_periods(table, plan)
    table, later = _before_start(table, plan)
    periods = int(table[PERIOD].nunique().to_pyarrow().as_py())
    laid = _laid(plan, periods, days)
    return Past(
        rows=accepted.rows - later,
        sites=len(accepted.sites),
        of_plan=len({planned.key for planned in plan.sites} & set(accepted.sites)),
        periods=periods,
        first=accepted.first,
        last=accepted.last if not later else plan.start,
        later=later,
        laid=laid,
        metrics={metric.key: _history(table, metric, plan, site, laid) for metric in metrics},
        absent=absent,
        warnings=_said(accepted),
    )


def _found(metrics: list[PlannedMetric], table: ir.Table) -> tuple[list[PlannedMetric], dict[str, tuple[Problem, ...]]]:
    """Metrics that the table can give, and what it lacks of the others."""
    found, absent = [], {}
    for metric in metrics:
        _, problems = missing_columns(inputs_of(metric), table)
        if problems:
            absent[metric.key] = tuple(problems)
        else:
            found.append(metric)
    return found, absent


def _said(accepted: Accepted) -> tuple[Problem, ...]:
    return tuple(problem for problem in accepted.warnings if problem.code != "absent_site")


def _with_periods(table: ir.Table, plan: Plan) -> tuple[ir.Table, float | None]:
    """The table with a column of periods, and the days of one: weeks where rows are dated day by day.

    Without a column of periods the whole file is one.
    """
    import ibis

    text = plan.columns.period or plan.columns.timestamp or (plan.columns.post.column if plan.columns.post else None)
    if text is None:
        return table.mutate(**{PERIOD: ibis.literal(1)}), None
    value = resolve(text, table)
    if not (value.type().is_temporal() and not value.type().is_time()):
        known = table.mutate(**{PERIOD: value})
        return known, _days_between(_months(_distinct(known)))
    dated = table.mutate(**{PERIOD: value.cast("date")})
    days = _days_between([day for day in _distinct(dated) if day is not None])
    if days is not None and days >= ABOUT_A_WEEK:
        return dated, days
    return table.mutate(**{PERIOD: value.cast("date").truncate("W")}), WEEK


def _distinct(table: ir.Table) -> list[Any]:
    return sorted(
        (value for value in table.select(PERIOD).distinct().to_pyarrow()[PERIOD].to_pylist() if value is not None),
        key=lambda value: (str(type(value)), value),
    )


def _months(values: list[Any]) -> list[date]:
    """Months written as "2025-07" as dates; nothing where any value is something else."""
    try:
        return [datetime.strptime(str(value), "%Y-%m").date() for value in values]
    except ValueError:
        return []


def _days_between(days: list[date]) -> float | None:
    """Days of one period: the usual distance of two; a month has its average length."""
    if len(days) < 2:
        return None
    usual = median((later - earlier).days for earlier, later in pairwise(sorted(days)))
    return MONTH if 28 <= usual <= 31 else float(usual)


def _before_start(table: ir.Table, plan: Plan) -> tuple[ir.Table, int]:
    """The table without rows from the planned start on, and how many there were; refused where none is left."""
    if plan.start is None or not table[PERIOD].type().is_date():
        return table, 0
    early = table[PERIOD] < plan.start
    rows = table.aggregate(all=table.count(), early=early.sum()).to_pyarrow().to_pylist()[0]
    kept = int(rows["early"] or 0)
    if kept == 0:
        raise RefusedData(Problem(code="past_after_start", count=rows["all"], facts={"start": plan.start}))
    return table.filter(early), int(rows["all"]) - kept


def _laid(plan: Plan, periods: int, days: float | None) -> Laid:
    """The plan's windows where the history is long enough for them, else the two halves of the history."""
    weeks = planned_weeks(plan)
    if weeks is not None and days is not None:
        after = max(1, round(weeks * WEEK / days))
        own = plan.pre_start is not None and plan.start is not None
        before = max(1, round((plan.start - plan.pre_start).days / days)) if own else after  # type: ignore[operator]
        if before + after <= periods:
            return Laid(days=days, before=before, after=after, as_planned=True)
    half = periods // 2
    return Laid(days=days, before=half, after=max(1, half), as_planned=False)


def _history(table: ir.Table, metric: PlannedMetric, plan: Plan, site: str, laid: Laid) -> History:
    weight = plan.columns.weight_column
    known = weight if weight in table.columns else None
    named: dict[str, Any] = {"site": site, "period": PERIOD, "weight": known}
    if plan.design != "randomised_units":
        return read_history(table, metric.spec, before=laid.before, after=laid.after, **named)
    # Customers are too many for a model of each, and their plan needs none.
    cells = history_cells(table, metric.spec, **named)
    none = NotEstimable(code="history_without_records", facts={"sites": len(cells.sites)})
    return History(windows=windows(cells, laid.before, laid.after), components=none, cells=cells)


def trial_of(plan: Plan, laid: Laid) -> Trial:
    """The plan as it would be tried on the history, its windows counted in periods of it."""
    treated, control = planned_arms(plan)
    waves = plan.assignment.waves or WAVES_ASSUMED.get(plan.design, 1)
    if plan.design in ("stepped_wedge", "interrupted_time_series"):
        treated, control = treated + control, 0
    waves = waves if plan.design in ROLLOUTS else 1
    return Trial(
        design=plan.design,
        n_treatment=treated,
        n_control=control,
        before=laid.before,
        after=laid.after,
        waves=waves,
        step=max(1, laid.after // waves),
    )
