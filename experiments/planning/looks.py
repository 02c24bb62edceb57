"""Planned checks: which one is due, and why no other one may be made.

A check outside the plan has no error rate left to spend. So the data of a pilot are looked at on the planned days, each
once, and no further once the rule has given its verdict, unless the executive extends the pilot or sends it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from experiments.desk import Desk
from experiments.errors import Refused
from experiments.planning.plan import locked_plan
from experiments.words import say
from experiments.words.numbers import day
from registry import find
from registry.decisions import Decision
from registry.evidence import EvidenceRecord
from registry.kinds import DecisionKind, Mode, Verdict
from registry.pilots import Pilot
from stats.assessing.look_window import PlannedLook, planned_looks
from stats.errors import Problem
from stats.plan import Plan


class Head(Protocol):
    """What the order of checks needs to know of evidence."""

    @property
    def id(self) -> UUID: ...
    @property
    def look(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class _Past:
    """What the checks so far leave open. done: number of the last one; again: it showed nothing and is made again."""

    done: int
    open: bool
    again: bool
    extended: bool


def look_due(session: Any, pilot: Pilot, plan: Plan, today: date) -> PlannedLook:
    """The planned check that is due. Refused with the reason, and its day, where none is.

    A check that was missed is not made up for: the newest one that is due counts, which spends less and never more.
    """
    past = _past(session, pilot, find.evidence(session, pilot.id))
    looks = planned_looks(plan)
    left = [
        look
        for look in looks
        if look.number >= past.done + (0 if past.again else 1) and (past.extended or not look.extension)
    ]
    if not past.open or not left:
        raise Refused(_none_left(pilot, plan, past, looks))
    undated = [look for look in left if look.due is None]
    ready = undated[:1] or [look for look in left if look.due is not None and look.due <= today]
    if not ready:
        first = left[0]
        facts = {"pilot": pilot.key, "look": first.number, "day": first.due}
        raise Refused(Problem(code="too_early", facts=facts))
    return ready[-1]


def next_due(session: Any, pilot: Pilot, plan: Plan) -> date | None:
    """The day of the next planned check; None where none is left or the plan has no dates."""
    evidence = find.evidence(session, pilot.id)
    found = {row.id: find.recommendation(session, row.id) for row in evidence}
    said = {key: row.verdict for key, row in found.items() if row is not None}
    return next_due_of(plan, evidence, said, find.latest_decision(session, pilot.id))


def next_due_of(
    plan: Plan, evidence: Sequence[Head], said: Mapping[UUID, Verdict], decision: Decision | None
) -> date | None:
    """As ``next_due``, from what is known already. said: by the key of the evidence."""
    if evidence and evidence[-1].id not in said:
        return None
    past = _past_of(evidence, said, decision)
    if not past.open:
        return None
    coming = [
        look.due
        for look in planned_looks(plan)
        if look.number > past.done and (past.extended or not look.extension) and look.due
    ]
    return coming[0] if coming else None


def next_check(desk: Desk, pilot: Pilot) -> date | None:
    """As ``next_due``, of the plan in force."""
    _, plan = locked_plan(desk, pilot)
    with desk.read() as session:
        return next_due(session, pilot, plan)


def too_early_until(desk: Desk, pilot: Pilot) -> date | None:
    """The day of the next planned check where it lies ahead; None where one is due today, or none is left."""
    _, plan = locked_plan(desk, pilot)
    try:
        with desk.read() as session:
            look_due(session, pilot, plan, desk.registry.clock().date())
    except Refused as refusal:
        return next((problem.facts["day"] for problem in refusal.problems if problem.code == "too_early"), None)
    return None


def extended_until(session: Any, pilot: Pilot, plan: Plan) -> date | None:
    """The day up to which data count: the planned end, or the extension's once the executive has extended."""
    extended = was_extended(session, pilot)
    return max(
        (look.due for look in planned_looks(plan) if look.due and (extended or not look.extension)), default=None
    )


def was_extended(session: Any, pilot: Pilot) -> bool:
    return _extends(find.latest_decision(session, pilot.id))


def _extends(decision: Decision | None) -> bool:
    return decision is not None and decision.verdict == Verdict.ITERATE and decision.mode == Mode.EXTEND


def look_sentences(plan: Plan) -> tuple[str, ...]:
    """When the data will be looked at, a sentence each."""
    return tuple(
        say(f"looks.{_kind(look, plan)}{'' if look.due else '.undated'}", day=day(look.due) if look.due else "")
        for look in planned_looks(plan)
    )


def _kind(look: PlannedLook, plan: Plan) -> str:
    if look.extension:
        return "extension"
    return "end" if look.number == len(plan.looks.fractions) else "interim"


def _past(session: Any, pilot: Pilot, evidence: Sequence[EvidenceRecord]) -> _Past:
    if not evidence:
        return _Past(done=0, open=True, again=False, extended=False)
    found = {row.id: find.recommendation(session, row.id) for row in evidence if row.look == evidence[-1].look}
    said = {key: row.verdict for key, row in found.items() if row is not None}
    if not said:
        raise Refused(Problem(code="first_recommended", facts={"pilot": pilot.key}))
    return _past_of(evidence, said, find.latest_decision(session, pilot.id))


def _past_of(evidence: Sequence[Head], by_evidence: Mapping[UUID, Verdict], decision: Decision | None) -> _Past:
    if not evidence:
        return _Past(done=0, open=True, again=False, extended=False)
    last = [record for record in evidence if record.look == evidence[-1].look]
    said = [by_evidence[record.id] for record in last if record.id in by_evidence]
    extended = _extends(decision)
    returned = (
        decision is not None
        and decision.kind == DecisionKind.SENT_BACK
        and decision.evidence_id in {record.id for record in last}
    )
    again = Verdict.INVALID in said
    return _Past(
        done=last[-1].look,
        open=again or Verdict.NOT_YET in said or extended or returned,
        again=again,
        extended=extended,
    )


def _none_left(pilot: Pilot, plan: Plan, past: _Past, looks: Sequence[PlannedLook]) -> Problem:
    facts = {"pilot": pilot.key, "looks": len(looks)}
    if past.done >= len(looks):
        return Problem(code="no_look_left", facts=facts)
    if past.done < len(plan.looks.fractions):
        return Problem(code="verdict_given", facts=facts)
    return Problem(code="extension_not_decided", facts=facts)
