"""A plan like this one with other numbers: sites, weeks, lines. For "what if", before anything is signed.

More weeks narrow what passes with time, not what stays with a site. With the steadiness r (correlation of a site's
averages over the window before and after) a window w times as long has the variance spread^2 (r + (1 - r) / w), and
its covariance with the window before stays r spread^2 (the model of ``stats.planning.variation``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from math import sqrt

from stats.plan import Plan, PlannedMetric, PlannedSite
from stats.power_sites import planned_arms
from stats.spec import Value


def with_total(plan: Plan, total: int) -> Plan:
    """The plan with ``total`` sites (or units), split between the arms as planned, at least one in each.

    Added sites have no name yet: they are called "+1", "+2" and so on.
    """
    treated, control = planned_arms(plan)
    share = treated / (treated + control) if treated + control else 0.5
    n_treatment = min(max(1, round(total * share)), total - 1)
    rule = plan.assignment.model_copy(update={"n_treatment": n_treatment})
    if plan.design == "randomised_units":
        facts = {**plan.assumptions, "units": total}
        return plan.model_copy(update={"assignment": rule, "assumptions": facts})
    missing = range(1, total - len(plan.sites) + 1)
    sites = [*plan.sites[:total], *(PlannedSite(key=f"+{number}") for number in missing)]
    return plan.model_copy(update={"assignment": rule, "sites": sites})


def planned_weeks(plan: Plan) -> int | None:
    """Weeks of the planned window, None where a date is open."""
    if plan.start is None or plan.end is None:
        return None
    return max(1, round(((plan.end - plan.start).days + 1) / 7))


def weeks_matter(plan: Plan) -> bool:
    """Whether it is known what other weeks would change: the window's length, and each known metric's steadiness."""
    spreads = [key for key in plan.assumptions if key.endswith(".spread")]
    steady = [float(plan.assumptions.get(key.replace(".spread", ".steadiness"), 0.0)) for key in spreads]
    return planned_weeks(plan) is not None and bool(steady) and all(value > 0 for value in steady)


def with_weeks(plan: Plan, weeks: int) -> Plan:
    """The plan with another length of window, and what history then says about the sites' averages over it."""
    planned = planned_weeks(plan)
    if planned is None or plan.start is None:
        return plan
    facts: dict[str, Value] = dict(plan.assumptions)
    for key in plan.assumptions:
        metric = key.removesuffix(".spread")
        if metric != key:
            facts.update(_over(plan, metric, weeks / planned))
    return plan.model_copy(update={"assumptions": facts, "end": plan.start + timedelta(days=7 * weeks - 1)})


def _over(plan: Plan, metric: str, longer: float) -> Mapping[str, float]:
    spread = float(plan.assumptions[f"{metric}.spread"])
    steady = float(plan.assumptions.get(f"{metric}.steadiness", 0.0))
    variance = steady + (1 - steady) / longer
    return {f"{metric}.spread": spread * sqrt(variance), f"{metric}.steadiness": steady / sqrt(variance)}


def with_line(plan: Plan, key: str, line: float) -> Plan:
    """The plan with another MWE (success) or margin (guardrail) of one metric, in its unit."""

    def changed(metric: PlannedMetric) -> PlannedMetric:
        if metric.key != key:
            return metric
        return metric.model_copy(update={"mwe" if metric.role == "SUCCESS" else "margin": line})

    return plan.model_copy(update={"metrics": [changed(metric) for metric in plan.metrics]})
