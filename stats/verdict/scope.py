"""How far SCALE may reach: the worst cap wins."""

from __future__ import annotations

from stats.results import Estimate
from stats.verdict.case import Case, must_prove
from stats.verdict.recommendation import Scope

GRADES = "ABCD"
BY_GRADE = {"A": Scope.FULL, "B": Scope.STAGED, "C": Scope.LIMITED, "D": Scope.LIMITED}
ORDER = (Scope.LIMITED, Scope.STAGED, Scope.FULL)


def caps(case: Case) -> tuple[tuple[Scope, str], ...]:
    """Every cap that holds with the key of its sentence (``scope.<key>``), the tightest first."""
    found = [(BY_GRADE[case.grade], f"grade_{case.grade.lower()}")]
    if permutation_disagrees(case):
        found.append((Scope.STAGED, "permutation"))
    if any(case.state(metric).label == "UNPROVEN" and not must_prove(metric) for metric in case.guardrails):
        found.append((Scope.STAGED, "watch_unproven"))
    if case.delivery == "NOT_RECORDED":
        found.append((Scope.STAGED, "delivery_not_recorded"))
    if any(metric.partner and not metric.signed for metric in case.plan.metrics):
        found.append((Scope.STAGED, "partner_unsigned"))
    return tuple(sorted((cap for cap in found if cap[0] != Scope.FULL), key=lambda cap: ORDER.index(cap[0])))


def scope_of(case: Case) -> tuple[Scope, tuple[str, ...]]:
    found = caps(case)
    return (found[0][0] if found else Scope.FULL), tuple(reason for _, reason in found)


def permutation_disagrees(case: Case) -> bool:
    """No win is confirmed by replaying the assignment at the same level (t decides, this only caps at staged)."""
    ps = []
    for key in case.wins:
        result = case.evidence.metrics[key].result
        if isinstance(result, Estimate) and result.p_randomisation is not None:
            ps.append(_one_sided_p(result, higher=case.plan.metric(key).better == "higher"))
    return bool(ps) and min(ps) > case.levels.win


def _one_sided_p(result: Estimate, *, higher: bool) -> float:
    """p of replaying the assignment in the direction of the win.

    The replay's own one-sided p where it was kept: with arms of unequal size the two-sided one is not twice as large.
    """
    replayed = result.details.get("randomisation", {})
    found = replayed.get("p_greater" if higher else "p_less")
    assert result.p_randomisation is not None
    return float(found) if found is not None else result.p_randomisation / 2


def lowered(grade: str, steps: int) -> str:
    """The grade some steps further down.

    >>> lowered("B", 1)
    'C'
    """
    return GRADES[min(len(GRADES) - 1, GRADES.index(grade) + steps)]
