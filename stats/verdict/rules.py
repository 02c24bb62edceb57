"""The truth table as data: the first row that holds decides.

A row's ``when`` names a predicate over the Case. Nothing here computes a number: states, gates, delivery, grade and
money are facts of the Case by the time the table is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stats.verdict.case import Case
from stats.verdict.reasons import reasons_of
from stats.verdict.recommendation import Mode, Verdict


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row: number as in the method note, ``when``: name of its predicate, what it says, ``reason``: its code.

    reason None: the reasons are those of row 11 (REASONS), in their order.
    """

    number: int
    name: str
    when: str
    verdict: Verdict
    mode: Mode | None = None
    reason: str | None = None


ROWS = (
    Row(number=0, name="gate", when="critical_gate_failed", verdict=Verdict.INVALID, reason="GATE_FAILED"),
    Row(number=1, name="harm", when="shown_harm", verdict=Verdict.STOP, reason="HARM"),
    Row(number=2, name="early win", when="early_win", verdict=Verdict.SCALE, reason="EARLY_WIN"),
    Row(number=3, name="futile", when="futile_at_interim", verdict=Verdict.STOP, reason="FUTILE"),
    Row(
        number=4,
        name="amend guardrail",
        when="breach_at_interim",
        verdict=Verdict.ITERATE,
        mode=Mode.REDESIGN,
        reason="AMEND_GUARDRAIL",
    ),
    Row(number=5, name="not yet", when="interim", verdict=Verdict.NOT_YET, reason="NOT_YET"),
    Row(number=6, name="scale", when="all_promises_kept", verdict=Verdict.SCALE, reason="SHOWN"),
    Row(number=7, name="no effect", when="ruled_out", verdict=Verdict.STOP, reason="NO_WORTHWHILE_EFFECT"),
    Row(
        number=8,
        name="not worth it",
        when="another_round_costs_more",
        verdict=Verdict.STOP,
        reason="NOT_WORTH_ANOTHER_ROUND",
    ),
    Row(number=9, name="extend", when="extension_would_settle", verdict=Verdict.ITERATE, mode=Mode.EXTEND),
    Row(number=10, name="out of rounds", when="last_version", verdict=Verdict.STOP, reason="OUT_OF_ROUNDS"),
    Row(number=11, name="redesign", when="always", verdict=Verdict.ITERATE, mode=Mode.REDESIGN),
)


# Predicates of the rows.


def critical_gate_failed(case: Case) -> bool:
    return bool(case.quality.failed)


def shown_harm(case: Case) -> bool:
    critical = any(metric.critical and "BREACH" in case.state(metric).flags for metric in case.guardrails)
    return critical or (bool(case.harmed) and not case.wins)


def early_win(case: Case) -> bool:
    days = case.evidence.days_observed
    long_enough = days is not None and days >= case.plan.looks.minimum_days
    return case.interim and long_enough and all_promises_kept(case)


def futile_at_interim(case: Case) -> bool:
    return case.interim and ruled_out(case)


def breach_at_interim(case: Case) -> bool:
    return case.interim and bool(case.keys(case.guardrails, "BREACH"))


def interim(case: Case) -> bool:
    return case.interim


def all_promises_kept(case: Case) -> bool:
    """Row 6: every promise of the plan is kept and the evidence may carry a SCALE."""
    return (
        case.wins_hold
        and not case.harmed
        and not case.possible_losses
        and not case.keys(case.guardrails, "MISSING", "BREACH")
        and not case.unproven
        and case.delivery in ("GREEN", "NOT_RECORDED")
        and case.value_ok
        and not case.quality.not_run
        and case.grade != "D"
        and not case.plan.recorded_afterwards
    )


def ruled_out(case: Case) -> bool:
    return case.nothing_worthwhile and case.delivery != "RED"


def another_round_costs_more(case: Case) -> bool:
    """Not on money alone: with few sites the value of another round is itself vague, and would stop 14 to 17 % of the
    pilots that are worth it. The data must speak against a gain worth having too."""
    costly = case.round_net is not None and case.round_net < 0
    return costly and case.gain_doubtful and case.delivery != "RED"


MORE_DATA_SETTLES = frozenset({"UNDERPOWERED", "GUARDRAIL_UNPROVEN"})
OTHERWISE_THE_END = frozenset({"SMALL", "ROI_UNSURE", "FADING", "SITES_DIFFER"})
"""In the last version there is no redesign left, so that a reserved look is used before such a pilot runs out of
rounds. Without this a better result (small instead of unclear) would turn an extension into a STOP."""


def extension_would_settle(case: Case) -> bool:
    settled = MORE_DATA_SETTLES | OTHERWISE_THE_END if case.last_version else MORE_DATA_SETTLES
    return case.extension_left and all(reason.code in settled for reason in reasons_of(case))


def last_version(case: Case) -> bool:
    return case.last_version


def always(case: Case) -> bool:
    return case is not None


WHEN: Mapping[str, Callable[[Case], bool]] = {
    predicate.__name__: predicate
    for predicate in (
        critical_gate_failed,
        shown_harm,
        early_win,
        futile_at_interim,
        breach_at_interim,
        interim,
        all_promises_kept,
        ruled_out,
        another_round_costs_more,
        extension_would_settle,
        last_version,
        always,
    )
}


def deciding_row(case: Case) -> Row:
    """The first row that holds. The last one always does."""
    return next(row for row in ROWS if WHEN[row.when](case))
