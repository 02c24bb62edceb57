"""A plan's column map as a layout of cells: windows, weeks since the start, arms from the data or the assignment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from stats.cells import MetricRequest
from stats.cells.request import metric_values
from stats.errors import Problem, RefusedSpec
from stats.expressions import resolve
from stats.outcomes.layout import Layout, arm_code, is_post
from stats.plan import Plan, PlannedMetric
from stats.results import NotEstimable
from stats.spec import ArmSpec, EstimateSpec, MetricSpec, PostSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir

DELIVERY: tuple[Literal["delivered", "used"], ...] = ("delivered", "used")
IN_ARM = "__in_arm"
ASSIGNED = "__assigned"
# Kinds whose weeks add up to the window: sums over rows, and counts of intervals.
ADDITIVE = ("mean", "share", "ratio", "share_beyond", "rate", "interval_share")


@dataclass(frozen=True, kw_only=True)
class PlanTable:
    """The rows of the plan's windows, and how to group them.

    table: within pre_start..end; layout: finest periods; moments: the time column (or None) behind days and weeks;
    assigned: the arms come from the assignment, so that the data's own arm column only shows who crossed over.
    table is None where only cells were kept.
    """

    table: Any
    layout: Layout
    moment: Any
    assigned: bool

    @property
    def windows(self) -> Layout:
        return replace(self.layout, windows=True)

    @property
    def has_fine_periods(self) -> bool:
        return self.layout.period is not None or self.layout.period_value is not None


def plan_table(plan: Plan, table: ir.Table, *, assigned: bool) -> PlanTable:
    """The plan's rows and layout. Raises RefusedSpec where the column map does not fit the table."""
    columns = plan.columns
    moment = _moment(plan, table)
    if moment is not None:
        table = _within(plan, table, moment)
        moment = _moment(plan, table)
    if assigned and columns.arm is not None:
        code = arm_code(columns.arm, table)
        arms = len(columns.arm.treatment) if isinstance(columns.arm.treatment, list) else 1
        table = table.mutate(**{f"{IN_ARM}{arm}": (code == arm).cast("float64") for arm in range(arms + 1)})
        moment = _moment(plan, table)
    weeks = columns.period is None and moment is not None and plan.start is not None
    layout = Layout(
        site=columns.site or columns.cluster,
        arm=None if assigned else columns.arm,
        period=columns.period,
        post=_post(plan, moment),
        starts=columns.starts,
        strata=tuple(columns.strata),
        pair=columns.pair,
        covariates=tuple(columns.covariates),
        period_value=_weeks_since(moment, plan) if weeks else None,
    )
    return PlanTable(table=table, layout=layout, moment=moment, assigned=assigned)


def _moment(plan: Plan, table: ir.Table) -> Any:
    """The column that tells when a row happened: the timestamp, else a period that is a date."""
    for name in (plan.columns.timestamp, plan.columns.period):
        if name is not None and resolve(name, table).type().is_temporal():
            return resolve(name, table)
    return None


def _within(plan: Plan, table: ir.Table, moment: Any) -> ir.Table:
    import ibis

    day = moment.cast("date")
    if plan.pre_start is not None:
        table = table.filter(day >= ibis.literal(plan.pre_start))
    return table if plan.end is None else table.filter(day <= ibis.literal(plan.end))


def _post(plan: Plan, moment: Any) -> PostSpec | None:
    """After the start: as the column map says, else from the plan's start on where the data know the time."""
    if plan.columns.post is not None or plan.columns.starts is not None:
        return plan.columns.post
    if moment is None or plan.start is None or plan.design in ("staggered", "stepped_wedge"):
        return None
    name = plan.columns.timestamp or plan.columns.period
    return PostSpec(**{"column": str(name), "from": plan.start.isoformat()})


def _weeks_since(moment: Any, plan: Plan) -> Any:
    """Whole weeks since the start: 0 is the first week of the pilot, -1 the one before it."""
    import ibis

    days = moment.cast("date").delta(ibis.literal(plan.start), unit="day")
    return (days / 7).floor().cast("int64")


def request_of(plan: Plan, metric: PlannedMetric) -> MetricRequest:
    return MetricRequest(key=metric.key, spec=metric_spec(metric), pre=metric.pre, weight=plan.columns.weight_column)


def metric_spec(metric: PlannedMetric) -> MetricSpec:
    """The catalogue's definition with the direction of the plan."""
    return metric.spec.model_copy(update={"better": metric.better, "key": metric.key})


def usable_requests(plan: Plan, table: ir.Table) -> tuple[list[MetricRequest], dict[str, NotEstimable]]:
    """(metrics that the table can give, why not for the others): a guardrail without data must not stop the rest."""
    usable: list[MetricRequest] = []
    without: dict[str, NotEstimable] = {}
    for metric in plan.metrics:
        request = request_of(plan, metric)
        try:
            metric_values(request, table)
            usable.append(request)
        except RefusedSpec as refused:
            problem = refused.problems[0]
            facts = {"problem": problem.code, "column": problem.column or problem.facts.get("expression", "")}
            without[metric.key] = NotEstimable(code="metric_not_in_data", facts=facts)
    return usable, without


def further_requests(plan: Plan, rows: PlanTable) -> list[MetricRequest]:
    """Delivery, and who was treated as what where the arms come from the assignment: shares of rows, like metrics."""
    named = {part: getattr(plan.columns, part) for part in DELIVERY}
    requests = [
        MetricRequest(key=f"__{part}", spec=MetricSpec(kind="share", column=column))
        for part, column in named.items()
        if column is not None
    ]
    shares = [name for name in rows.table.columns if name.startswith(IN_ARM)]
    return requests + [MetricRequest(key=name, spec=MetricSpec(kind="mean", column=name)) for name in shares]


def estimate_spec(
    plan: Plan, rows: PlanTable, metric: PlannedMetric, levels: Sequence[float], assignment: Mapping[str, Any] | None
) -> EstimateSpec:
    """What an analyst would ask for to get the plan's estimate of one metric."""
    columns = plan.columns
    options: dict[str, Any] = {"mbar": plan.mbar}
    if assignment is not None:
        options["assignment"] = assignment
    return EstimateSpec(
        data="snapshot",
        design=plan.design,
        site=columns.site or columns.cluster,
        unit=columns.unit,
        cluster=columns.cluster,
        arm=columns.arm,
        period=columns.period,
        post=rows.layout.post,
        starts=columns.starts,
        pre=metric.pre,
        covariates=columns.covariates,
        strata=columns.strata,
        pair=columns.pair,
        weight_column=columns.weight_column,
        metric=metric_spec(metric),
        estimator=plan.estimator,
        options=options,
        weights=plan.weights,
        levels=list(levels),
        seed=plan.seed,
        draws=plan.draws,
    )


def as_assigned(spec: EstimateSpec, table: ir.Table, arms: Mapping[str, int] | None) -> tuple[EstimateSpec, ir.Table]:
    """The specification and rows with each site's arm as it was assigned, for methods that read records."""
    if arms is None or spec.site is None:
        return spec, table
    import ibis

    site = resolve(spec.site, table).cast("string")
    code = ibis.cases(*((site == name, arm) for name, arm in sorted(arms.items())), else_=ibis.null("int64"))
    arm = ArmSpec(column=ASSIGNED, treatment=list(range(1, max(arms.values()) + 1)), control=0)
    return spec.model_copy(update={"arm": arm}), table.mutate(**{ASSIGNED: code})


def refuse_without_arms(plan: Plan, assigned: bool) -> None:
    """An arm must come from somewhere."""
    if assigned or plan.columns.arm is not None or plan.columns.starts is not None:
        return
    if plan.design == "interrupted_time_series":
        return
    raise RefusedSpec(Problem(code="design_needs", facts={"design": plan.design, "parts": "arm"}))


def post_rows(rows: PlanTable) -> Any:
    """The table after the start."""
    return rows.table if rows.layout.post is None else rows.table.filter(is_post(rows.layout.post, rows.table))
