"""Why an ITERATE, as data: the reasons of row 11 in the order in which they are told."""

from __future__ import annotations

from collections.abc import Callable

from stats.verdict.case import Case
from stats.verdict.recommendation import Reason


def _reason(code: str, metrics: tuple[str, ...]) -> Reason | None:
    return Reason(code=code, metrics=metrics) if metrics else None


def success_harmed(case: Case) -> Reason | None:
    return _reason("SUCCESS_HARMED", case.harmed)


def check_not_run(case: Case) -> Reason | None:
    gates = case.quality.not_run
    if not gates:
        return None
    metrics = tuple(dict.fromkeys(gate.metric for gate in gates if gate.metric is not None))
    return Reason(code="CHECK_NOT_RUN", metrics=metrics, gates=tuple(dict.fromkeys(gate.key for gate in gates)))


def low_fidelity(case: Case) -> Reason | None:
    if case.delivery not in ("RED", "AMBER"):
        return None
    worst = min(case.evidence.delivery, key=lambda component: component.share)
    return Reason(
        code="LOW_FIDELITY", facts={"component": worst.component, "share": worst.share, "light": case.delivery}
    )


def guardrail_missing(case: Case) -> Reason | None:
    return _reason("GUARDRAIL_MISSING", case.keys(case.guardrails, "MISSING"))


def guardrail_breach(case: Case) -> Reason | None:
    own = tuple(metric for metric in case.guardrails if not metric.partner)
    return _reason("GUARDRAIL_BREACH", case.keys(own, "BREACH"))


def partner_loses(case: Case) -> Reason | None:
    theirs = tuple(metric for metric in case.guardrails if metric.partner)
    return _reason("PARTNER_LOSES", case.keys(theirs, "BREACH"))


def worth_proving(case: Case) -> Reason | None:
    if not (case.plan.showcase and case.grade == "D"):
        return None
    good = tuple(
        metric.key
        for metric in case.success
        if (state := case.state(metric)).effect is not None and state.effect >= (state.line or 0.0) > 0
    )
    return _reason("WORTH_PROVING", good)


def recorded_afterwards(case: Case) -> Reason | None:
    return Reason(code="RECORDED_AFTERWARDS") if case.plan.recorded_afterwards else None


def weak_design(case: Case) -> Reason | None:
    return Reason(code="WEAK_DESIGN", facts={"grade": case.grade}) if case.grade == "D" else None


def guardrail_unproven(case: Case) -> Reason | None:
    return _reason("GUARDRAIL_UNPROVEN", case.unproven)


def sites_differ(case: Case) -> Reason | None:
    return _reason("SITES_DIFFER", case.differing) if case.primary_met and not case.wins_hold else None


def fading(case: Case) -> Reason | None:
    return _reason("FADING", case.fading) if case.primary_met and not case.wins_hold else None


def roi_unsure(case: Case) -> Reason | None:
    if not case.primary_met or case.value_ok:
        return None
    p_positive = None if case.money is None else case.money.p_positive
    return Reason(code="ROI_UNSURE", metrics=case.wins, facts={"p_positive": p_positive})


def small(case: Case) -> Reason | None:
    return None if case.primary_met else _reason("SMALL", case.keys(case.success, "SMALL"))


def underpowered(case: Case) -> Reason | None:
    """Neither shown nor ruled out; beside a win, a loss that can't be ruled out."""
    return _reason("UNDERPOWERED", case.possible_losses if case.primary_met else case.keys(case.success, "UNCLEAR"))


REASONS: tuple[Callable[[Case], Reason | None], ...] = (
    success_harmed,
    check_not_run,
    low_fidelity,
    guardrail_missing,
    guardrail_breach,
    partner_loses,
    worth_proving,
    recorded_afterwards,
    weak_design,
    guardrail_unproven,
    sites_differ,
    fading,
    roi_unsure,
    small,
    underpowered,
)


def reasons_of(case: Case) -> tuple[Reason, ...]:
    """Every reason that holds, in the rule's order; never empty."""
    found = tuple(reason for rule in REASONS if (reason := rule(case)) is not None)
    return found or (Reason(code="UNDERPOWERED", metrics=tuple(metric.key for metric in case.success)),)
