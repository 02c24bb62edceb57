"""Is a plan sized to decide? Closed forms for designs that compare sites (or units) by a pooled t.

    SE = spread * sqrt(1 - steadiness^2) * sqrt(1 / n_treatment + 1 / n_control)
with the spread between sites of the metric over one window and the correlation of a site's value before and after
(ANCOVA: Borm, Fransen & Lemmens 2007, J. Clin. Epidemiol. 60:1234). A plan can decide if SE <= MWE / 2.12 for every
success metric and each PROVE margin is at least 3.29 SE (docs/methods/verdict.md, registration gate).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, comb, sqrt
from typing import Literal

from scipy.special import nctdtr, stdtrit

from stats.plan import Plan, PlannedMetric
from stats.verdict.case import must_prove
from stats.verdict.registration import MARGIN_PER_SE, MWE_PER_SE, registration_gate

POWER = 0.80
SITES_FOR_GRADE_A = 5
SITES_FOR_GRADE_B = 3

Sizing = Literal["decision_capable", "learning", "unknown"]


@dataclass(frozen=True, kw_only=True)
class MetricSizing:
    """One metric: planned standard error and the smallest effect shown four times in five (metric's unit).

    needed: sites (or units) in all, evenly split, at which this metric could decide; line: the MWE or the margin.
    """

    key: str
    role: str
    line: float
    std_error: float
    detectable: float | None
    needed: int
    sufficient: bool


@dataclass(frozen=True, kw_only=True)
class PlanSizing:
    """What the plan can decide (``sizing``, by the registration gate).

    unknown: metrics without history; best_grade: what the number of sites allows at most.
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


def planned_std_error(spread: float, steadiness: float, n_treatment: int, n_control: int) -> float:
    return spread * sqrt(1 - steadiness**2) * sqrt(1 / n_treatment + 1 / n_control)


def detectable_effect(std_error: float, df: float, alpha: float, power: float = POWER) -> float | None:
    """The effect that a one-sided t-test at ``alpha`` shows with ``power``; None where df < 1."""
    if df < 1:
        return None
    from scipy.optimize import brentq

    critical = float(stdtrit(df, 1 - alpha))
    shift = brentq(lambda nc: 1 - float(nctdtr(df, nc, critical)) - power, 0.0, critical + 60.0)
    return float(shift) * std_error


def needed_in_all(spread: float, steadiness: float, std_error: float) -> int:
    """Sites in all, evenly split and at least three an arm, whose planned SE is at most ``std_error``."""
    per_arm = 2 * spread**2 * (1 - steadiness**2) / std_error**2
    return 2 * max(SITES_FOR_GRADE_B, ceil(per_arm - 1e-9))


def plan_sizing(plan: Plan) -> PlanSizing:
    """What this plan's numbers of sites can decide, from the history in ``plan.assumptions``."""
    n_treatment, n_control = planned_arms(plan)
    deciding = [*plan.success, *(metric for metric in plan.guardrails if must_prove(metric))]
    sized = [
        found for metric in deciding if (found := _metric_sizing(plan, metric, n_treatment, n_control)) is not None
    ]
    gate = registration_gate(plan, {metric.key: metric.std_error for metric in sized})
    smallest = None if plan.design == "randomised_units" else _smallest_p(n_treatment, n_control)
    level = plan.errors.alpha / max(1, len(plan.success)) if plan.primary_rule == "any" else plan.errors.alpha
    return PlanSizing(
        sizing="learning" if gate.unmet else "unknown" if gate.unknown else "decision_capable",
        metrics=tuple(sized),
        unknown=gate.unknown,
        n_treatment=n_treatment,
        n_control=n_control,
        best_grade=_best_grade(plan, min(n_treatment, n_control)),
        smallest_p=smallest,
        p_reaches_alpha=smallest is None or smallest <= level + 1e-12,
    )


def planned_arms(plan: Plan) -> tuple[int, int]:
    """Treated and control sites (or units) as planned; half and half where the rule does not say."""
    total = int(plan.assumptions.get("units", 0)) if plan.design == "randomised_units" else len(plan.sites)
    treated = plan.assignment.n_treatment if plan.assignment.n_treatment is not None else total // 2
    return treated, max(0, total - treated)


def _metric_sizing(plan: Plan, metric: PlannedMetric, n_treatment: int, n_control: int) -> MetricSizing | None:
    spread = plan.assumptions.get(f"{metric.key}.spread")
    line = metric.mwe if metric.role == "SUCCESS" else metric.margin
    if spread is None or line is None or min(n_treatment, n_control) < 1:
        return None
    steadiness = float(plan.assumptions.get(f"{metric.key}.steadiness", 0.0))
    std_error = planned_std_error(float(spread), steadiness, n_treatment, n_control)
    allowed = line / (MWE_PER_SE if metric.role == "SUCCESS" else MARGIN_PER_SE)
    alpha = plan.errors.alpha / len(plan.success) if metric.role == "SUCCESS" else plan.errors.alpha_guard
    return MetricSizing(
        key=metric.key,
        role=metric.role,
        line=line,
        std_error=std_error,
        detectable=detectable_effect(std_error, n_treatment + n_control - 3, alpha),
        needed=needed_in_all(float(spread), steadiness, allowed),
        sufficient=std_error <= allowed * (1 + 1e-9),
    )


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
