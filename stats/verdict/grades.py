"""How far the design can carry a claim: grades A to D. First match, then caps: a defect never raises the grade.

Why caps: a bias of half an MWE turns 1.7 % false wins into 14.5 %, and no interval shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, prod
from typing import Any, cast

from stats.evidence import Grade, GradeFinding
from stats.plan import Plan
from stats.results import Check, Severity, Status
from stats.verdict.gates import RESPONSE_CHECK
from stats.verdict.scope import GRADES, lowered

PRE_PERIOD_CHECK = "pre_period"
"""Check that the period before the start is as long as the design needs; failed, the grade is D."""

ALREADY_COUNTED = frozenset({PRE_PERIOD_CHECK, RESPONSE_CHECK, "attainable_p"})
"""Checks whose cost is a cap above, or is left to the rule."""

RANDOMISED = ("randomised_units", "randomised_sites", "stepped_wedge")
NO_COMPARISON = ("interrupted_time_series",)


def grade(
    plan: Plan,
    *,
    n_control: int,
    n_treatment: int,
    clusters_control: int | None = None,
    clusters_treatment: int | None = None,
    survives_bias: bool | None = None,
    attainable_p: float | None = None,
    checks: Sequence[Check] = (),
) -> GradeFinding:
    """Grade of one arm's evidence with its reasons, in order: what gave it, then what capped or lowered it.

    n_control, n_treatment: units of assignment in each arm with data; clusters_*: clusters an arm where randomised
    units cluster; survives_bias: the estimate survives a bias as large as Mbar x the largest placebo deviation (None:
    not computed, counts as no); attainable_p: smallest one-sided p that replaying the assignment can give, by default
    that of a complete draw where sites were randomised; checks: those of severity GRADE that failed cost a grade each.
    Unequal response of survey metrics is left to the rule, because what it costs depends on the states.
    """
    facts: dict[str, Any] = {"n_control": n_control, "n_treatment": n_treatment}
    randomised = is_randomised(plan)
    found, reason = _by_design(
        plan,
        randomised=randomised,
        sites=(n_control, n_treatment),
        clusters=(clusters_control, clusters_treatment),
        survives_bias=survives_bias is True,
    )
    reasons = [reason]
    smallest = attainable_p
    if smallest is None and randomised and plan.unit_of_assignment == "site":
        smallest = smallest_p([(n_control + n_treatment, n_treatment)])
    line = plan.errors.alpha / (1 if plan.primary_rule == "all" else max(1, len(plan.success)))
    if smallest is not None and smallest > line:
        found, reasons = _capped(found, "B", "attainable_p", reasons)
        facts |= {"attainable_p": smallest, "level": line}
    if randomised and any(site.forced for site in plan.sites):
        found, reasons = _capped(found, "B", "forced_sites", reasons)
    failed = [check for check in checks if check.status == Status.FAIL]
    if any(check.key == PRE_PERIOD_CHECK for check in failed):
        found, reasons = _capped(found, "D", "pre_period", reasons)
    costs = dict.fromkeys(
        check.key for check in failed if check.severity == Severity.GRADE and check.key not in ALREADY_COUNTED
    )
    for key in costs:
        found = lowered(found, 1)
        reasons.append(f"cost_{key}")
    return GradeFinding(grade=cast(Grade, found), reasons=tuple(reasons), facts=facts)


def is_randomised(plan: Plan) -> bool:
    """Units or sites were drawn by lot; a staggered roll-out only where its waves were."""
    if plan.assignment.method == "chosen":
        return False
    return plan.design in RANDOMISED or (plan.design == "staggered" and plan.assignment.method == "waves")


def smallest_p(groups: Sequence[tuple[int, int]]) -> float | None:
    """Smallest one-sided p of replaying a draw of ``treated`` out of ``total`` in every group (stratum, pair).

    >>> smallest_p([(6, 3)])
    0.05
    """
    draws = prod(comb(total, treated) for total, treated in groups if 0 <= treated <= total)
    return 1 / draws if draws > 0 else None


def _by_design(
    plan: Plan,
    *,
    randomised: bool,
    sites: tuple[int, int],
    clusters: tuple[int | None, int | None],
    survives_bias: bool,
) -> tuple[str, str]:
    smaller = min(sites)
    if smaller < 1 or plan.design in NO_COMPARISON:
        return "D", "no_comparison"
    if randomised and plan.design != "stepped_wedge":
        if plan.unit_of_assignment == "site" and smaller >= 5:
            return "A", "randomised_sites"
        clustered = clusters[0] is not None and clusters[1] is not None
        enough = min(clusters[0] or 0, clusters[1] or 0) >= 10 if clustered else smaller >= 100
        if plan.unit_of_assignment == "unit" and enough:
            return "A", "randomised_units"
    if randomised and smaller >= 3:
        return "B", "randomised_few"
    if not randomised and smaller >= 5 and survives_bias:
        return "B", "chosen_robust"
    return "C", "comparison"


def _capped(found: str, cap: str, reason: str, reasons: list[str]) -> tuple[str, list[str]]:
    """A cap is listed even where the grade is already as low: it is told at planning."""
    return max(found, cap, key=GRADES.index), [*reasons, reason]
