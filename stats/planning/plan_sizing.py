"""Is a plan sized to decide? Its planned precision held against the lines of the registration gate.

A plan can decide if SE <= MWE / 2.12 for every success metric and each PROVE margin is at least 3.29 SE
(docs/methods/verdict.md, registration gate). The standard error is that of the design's own default estimator
(stats/planning/), from what history says of the sites (docs/methods/planning.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import comb
from typing import Literal

from stats.plan import Plan, PlannedMetric
from stats.planning.of_plan import Assumption, assumptions_of, planned_arms, planned_comparison, planned_precision
from stats.planning.precision import Method, Precision
from stats.planning.sizes import POWER, Comparison, detectable_effect, sites_needed, whole_sites, within
from stats.results import NotEstimable
from stats.verdict.case import must_prove
from stats.verdict.registration import MARGIN_PER_SE, MWE_PER_SE, registration_gate

SITES_FOR_GRADE_A = 5
SITES_FOR_GRADE_B = 3

HOPELESS = ("plan_too_few_sites", "plan_not_separable")
"""Reasons for having no precision that more history would not mend."""

Sizing = Literal["decision_capable", "learning", "unknown"]


@dataclass(frozen=True, kw_only=True)
class MetricSizing:
    """One metric: planned standard error and the smallest effect shown four times in five (metric's unit).

    line: the MWE or the margin; df, method: of the design's own estimator; needed: sites (or units) in all, split as
    planned, at which this metric could decide, None where no number is enough; line_borne: the smallest line that the
    planned precision can bear.
    """

    key: str
    role: str
    line: float
    std_error: float
    df: float
    method: Method
    detectable: float
    needed: int | None
    line_borne: float
    sufficient: bool


@dataclass(frozen=True, kw_only=True)
class PlanSizing:
    """What the plan can decide (``sizing``, by the registration gate).

    unknown: metrics whose precision is not known, why_unknown: the code of the reason for each; assumed: what the size
    rests on without being known; best_grade: what the number of sites allows at most.
    smallest_p: the smallest one-sided p that redrawing the assignment can give; p_reaches_alpha: whether that is
    small enough for the promised error rate.
    """

    sizing: Sizing
    metrics: tuple[MetricSizing, ...]
    unknown: tuple[str, ...]
    n_treatment: int
    n_control: int
    best_grade: Literal["A", "B", "C", "D"]
    smallest_p: float | None
    p_reaches_alpha: bool
    why_unknown: Mapping[str, str] = field(default_factory=dict)
    assumed: tuple[Assumption, ...] = ()


def plan_sizing(plan: Plan) -> PlanSizing:
    """What this plan's numbers of sites can decide, from the history in ``plan.assumptions``."""
    n_treatment, n_control = planned_arms(plan)
    deciding = [*plan.success, *(metric for metric in plan.guardrails if must_prove(metric))]
    each = {metric.key: _metric_sizing(plan, metric) for metric in deciding}
    sized = [found for found in each.values() if isinstance(found, MetricSizing)]
    gate = registration_gate(plan, {metric.key: metric.std_error for metric in sized})
    hopeless = any(isinstance(found, NotEstimable) and found.code in HOPELESS for found in each.values())
    smallest = None if plan.design == "randomised_units" else _smallest_p(n_treatment, n_control)
    level = plan.errors.alpha / max(1, len(plan.success)) if plan.primary_rule == "any" else plan.errors.alpha
    return PlanSizing(
        sizing="learning" if gate.unmet or hopeless else "unknown" if gate.unknown else "decision_capable",
        metrics=tuple(sized),
        unknown=gate.unknown,
        n_treatment=n_treatment,
        n_control=n_control,
        best_grade=_best_grade(plan, min(n_treatment, n_control)),
        smallest_p=smallest,
        p_reaches_alpha=smallest is None or smallest <= level + 1e-12,
        why_unknown={key: found.code for key, found in each.items() if isinstance(found, NotEstimable)},
        assumed=assumptions_of(plan),
    )


def planned_errors(plan: Plan) -> dict[str, float]:
    """Planned standard error of each metric's effect, metric's unit, where it is known."""
    found = {metric.key: planned_precision(plan, metric) for metric in plan.metrics}
    return {key: each.std_error for key, each in found.items() if isinstance(each, Precision)}


def line_borne_at(plan: Plan, metric: PlannedMetric, total: int) -> float | None:
    """The smallest line that ``total`` sites, split as planned, can bear (as ``MetricSizing.line_borne``); or None."""
    comparison = planned_comparison(plan, metric)
    if isinstance(comparison, NotEstimable):
        return None
    found = comparison.at(comparison.schedule.times(total / comparison.schedule.total))
    if isinstance(found, NotEstimable) or found.df < 1:
        return None
    return found.std_error * _per_se(metric)


def _metric_sizing(plan: Plan, metric: PlannedMetric) -> MetricSizing | NotEstimable:
    line = metric.mwe if metric.role == "SUCCESS" else metric.margin
    if line is None:
        return NotEstimable(code="plan_line_unknown", facts={"metric": metric.key})
    comparison = planned_comparison(plan, metric)
    if isinstance(comparison, NotEstimable):
        return comparison
    found = comparison.precision
    if isinstance(found, NotEstimable):
        return found
    per_se = _per_se(metric)
    return MetricSizing(
        key=metric.key,
        role=metric.role,
        line=line,
        std_error=found.std_error,
        df=found.df,
        method=found.method,
        detectable=detectable_effect(found.std_error, max(1.0, found.df), comparison.tail, POWER),
        needed=_needed(comparison, line / per_se),
        line_borne=found.std_error * per_se,
        sufficient=within(line / per_se)(found),
    )


def _per_se(metric: PlannedMetric) -> float:
    return MWE_PER_SE if metric.role == "SUCCESS" else MARGIN_PER_SE


def _needed(comparison: Comparison, std_error: float) -> int | None:
    """Whole sites in all, at least three in each group that is compared, whose planned error is at most this."""
    total = sites_needed(comparison, within(std_error))
    if isinstance(total, NotEstimable):
        return None
    return sum(max(SITES_FOR_GRADE_B, sites) for sites in whole_sites(comparison.schedule, total))


def _smallest_p(n_treatment: int, n_control: int) -> float | None:
    return 1 / comb(n_treatment + n_control, n_treatment) if min(n_treatment, n_control) else None


def _best_grade(plan: Plan, smaller_arm: int) -> Literal["A", "B", "C", "D"]:
    if plan.design == "interrupted_time_series" or smaller_arm < 1:
        return "D"
    randomised = plan.design in {"randomised_sites", "randomised_units"} and plan.assignment.method != "chosen"
    if randomised and smaller_arm >= SITES_FOR_GRADE_A:
        return "A"
    enough = SITES_FOR_GRADE_B if randomised or plan.design == "stepped_wedge" else SITES_FOR_GRADE_A
    return "B" if smaller_arm >= enough else "C"
