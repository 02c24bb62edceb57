"""A plan like this one with other numbers: sites, weeks, lines. For "what if", before anything is signed.

More weeks narrow what passes with time, not what stays with a site: spread and steadiness stay those of the window
that was planned first, and the new one is counted in such windows (``stats.planning.of_plan``).
"""

from __future__ import annotations

from datetime import timedelta

from stats.plan import Plan, PlannedMetric, PlannedSite
from stats.planning.of_plan import HISTORY_WEEKS, planned_arms, planned_weeks


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
    facts = {HISTORY_WEEKS: planned, **plan.assumptions}
    return plan.model_copy(update={"assumptions": facts, "end": plan.start + timedelta(days=7 * weeks - 1)})


def with_line(plan: Plan, key: str, line: float) -> Plan:
    """The plan with another MWE (success) or margin (guardrail) of one metric, in its unit."""

    def changed(metric: PlannedMetric) -> PlannedMetric:
        if metric.key != key:
            return metric
        return metric.model_copy(update={"mwe" if metric.role == "SUCCESS" else "margin": line})

    return plan.model_copy(update={"metrics": [changed(metric) for metric in plan.metrics]})
