"""A plan as a planned comparison: its sites and windows, what history says of a metric, the design's own default."""

from __future__ import annotations

from dataclasses import dataclass

from stats.plan import Plan, PlannedMetric
from stats.planning.precision import DESIGN_METHOD, NO_CLOSED_FORM, Method, Precision
from stats.planning.schedule import Schedule, staggered
from stats.planning.sizes import Comparison
from stats.planning.variation import Variation
from stats.results import NotEstimable

HISTORY_WEEKS = "history_weeks"
"""Fact of a plan: the weeks of the window over which spread and steadiness were measured, if not the plan's own."""
ROLLOUTS = ("staggered", "stepped_wedge")
WAVES_ASSUMED = {"staggered": 1, "stepped_wedge": 2}


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """Something that the plan does not say and its size rests on. code: key of the sentence; metric: its key or ""."""

    code: str
    metric: str = ""
    waves: int = 0


def planned_arms(plan: Plan) -> tuple[int, int]:
    """Treated and control sites (or units) as planned; half and half where the rule does not say."""
    total = int(plan.assumptions.get("units", 0)) if plan.design == "randomised_units" else len(plan.sites)
    treated = plan.assignment.n_treatment if plan.assignment.n_treatment is not None else total // 2
    return treated, max(0, total - treated)


def planned_weeks(plan: Plan) -> int | None:
    """Weeks of the planned window, None where a date is open."""
    if plan.start is None or plan.end is None:
        return None
    return max(1, round(((plan.end - plan.start).days + 1) / 7))


def planned_comparison(plan: Plan, metric: PlannedMetric) -> Comparison | NotEstimable:
    """How precisely this plan will compare one metric. Periods are counted in windows of history, whose spread between
    sites and steadiness are known; they are as long as the plan's own unless ``<metric>.weeks`` (or ``history_weeks``,
    for all) says otherwise. Roll-outs whose history tells how sites drift are counted in periods of that history.

    ``tail``: the error rate that the plan promises for the metric. NotEstimable where there is no spread, no comparison
    or no formula for the design.
    """
    if plan.design in NO_CLOSED_FORM:
        return NotEstimable(code="plan_needs_history", facts={"design": plan.design})
    spread = plan.assumptions.get(f"{metric.key}.spread")
    if spread is None:
        return NotEstimable(code="plan_spread_unknown", facts={"metric": metric.key})
    treated, control = planned_arms(plan)
    if min(treated, control) < 1:
        return NotEstimable(code="plan_without_comparison", facts={"n_treatment": treated, "n_control": control})
    steadiness = float(plan.assumptions.get(f"{metric.key}.steadiness", 0.0))
    drifting = _drifting(plan, metric, treated, control)
    schedule, variation = drifting or (
        _schedule(plan, metric, treated, control),
        Variation.of_sites(float(spread), steadiness),
    )
    return Comparison(
        schedule=schedule,
        variation=variation,
        method=_method(plan, metric, steadiness),
        groups=_groups(plan),
        tail=planned_level(plan, metric),
    )


def planned_precision(plan: Plan, metric: PlannedMetric) -> Precision | NotEstimable:
    """Standard error and degrees of freedom of one metric's effect at the planned end, metric's unit."""
    found = planned_comparison(plan, metric)
    return found if isinstance(found, NotEstimable) else found.precision


def planned_level(plan: Plan, metric: PlannedMetric) -> float:
    """One-sided error rate of the metric: alpha shared by the success metrics, alpha_guard for each guardrail."""
    return plan.errors.alpha / len(plan.success) if metric.role == "SUCCESS" else plan.errors.alpha_guard


def assumptions_of(plan: Plan) -> tuple[Assumption, ...]:
    """What the size rests on without being known: nothing is assumed silently."""
    found = []
    if plan.design in ROLLOUTS and plan.assignment.waves is None:
        found.append(Assumption(code="waves", waves=WAVES_ASSUMED[plan.design]))
    for metric in plan.metrics:
        known = f"{metric.key}.spread" in plan.assumptions
        if known and not plan.assumptions.get(f"{metric.key}.steadiness") and plan.design not in NO_CLOSED_FORM:
            found.append(Assumption(code="steadiness", metric=metric.key))
    return tuple(found)


def _schedule(plan: Plan, metric: PlannedMetric, treated: int, control: int) -> Schedule:
    """One window before the start; the window after it in as many steps as there are waves."""
    waves = _waves(plan)
    made = _in_waves(plan, treated, control, before=1, step=1)
    weeks = planned_weeks(plan)
    measured = plan.assumptions.get(f"{metric.key}.weeks", plan.assumptions.get(HISTORY_WEEKS))
    made.n[:, 1:] = (1 if weeks is None or measured is None else weeks / float(measured)) / waves
    return made


def _in_waves(plan: Plan, treated: int, control: int, *, before: int, step: int) -> Schedule:
    """One record a site and period; one wave every ``step`` periods, the last one with a step of its own."""
    waves = _waves(plan)
    if plan.design == "stepped_wedge":
        treated, control = treated + control, 0
    groups: list[tuple[int | None, float]] = [(before + wave * step, treated / waves) for wave in range(waves)]
    if control:
        groups.append((None, float(control)))
    periods = before + waves * step
    return staggered([start for start, _ in groups], periods=periods, sites=[sites for _, sites in groups])


def _waves(plan: Plan) -> int:
    return (plan.assignment.waves or WAVES_ASSUMED[plan.design]) if plan.design in ROLLOUTS else 1


DRIFT = ("sd", "icc", "autocorrelation", "persistence", "records", "period_weeks")
"""Facts of a plan, ``<metric>.sd`` and so on: how records and sites vary from one period of history to the next."""


def _drifting(plan: Plan, metric: PlannedMetric, treated: int, control: int) -> tuple[Schedule, Variation] | None:
    """A roll-out in periods of its history; None where history does not tell how sites drift, where no dates say how
    long the roll-out is, or where a step is shorter than a period."""
    known = [plan.assumptions.get(f"{metric.key}.{name}") for name in DRIFT]
    weeks = planned_weeks(plan)
    if plan.design not in ROLLOUTS or weeks is None or None in known:
        return None
    sd, icc, autocorrelation, persistence, records, period = (float(value) for value in known if value is not None)
    step = round(weeks / period / _waves(plan))
    if step < 1:
        return None
    before = step * _waves(plan)
    if plan.pre_start is not None and plan.start is not None:
        before = max(1, round((plan.start - plan.pre_start).days / 7 / period))
    made = _in_waves(plan, treated, control, before=before, step=step).observed_for(records)
    # Steps are whole periods: the records of the planned weeks are spread over them.
    made.n[:, before:] *= weeks / period / (step * _waves(plan))
    return made, Variation(sd=sd, icc=icc, autocorrelation=autocorrelation, persistence=persistence)


def _method(plan: Plan, metric: PlannedMetric, steadiness: float) -> Method:
    """The design's own default; nothing is adjusted for where the past is not known, or where too few sites would have
    to say how much it tells."""
    method = DESIGN_METHOD.get(plan.design, "ancova")
    if method != "ancova":
        return method
    treated, control = planned_arms(plan)
    affordable = treated + control - _groups(plan) - 2 > 1
    return "ancova" if steadiness > 0 and affordable and not _without_before(plan, metric) else "after"


def _without_before(plan: Plan, metric: PlannedMetric) -> bool:
    """The dates are fixed, and no data from before the start are planned."""
    dated = plan.start is not None and plan.end is not None
    before = plan.pre_start is not None or metric.pre is not None or plan.columns.post is not None
    return dated and not before


def _groups(plan: Plan) -> int:
    """Strata or pairs that the comparison is made within."""
    if plan.columns.pair is not None:
        return max(1, len({site.pair for site in plan.sites if site.pair is not None}))
    if plan.columns.strata:
        return max(1, len({site.stratum for site in plan.sites if site.stratum is not None}))
    return 1
