"""Overrule: a decision against the recommendation, or against a signed partner's objection, waits for a second person.

Only what the second approver confirms is a decision; it gets a day twelve months later on which to look back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from experiments.deciding.choice import Choice, Decided, decided, keep, scope_of
from experiments.deciding.evidence_in_force import InForce, in_force
from experiments.desk import Desk, may, mine
from experiments.errors import Refused
from experiments.words import one_of, say
from registry import find, standing
from registry.access import Act, refusal
from registry.decisions import ProposedOverrule
from registry.kinds import OverruleState, Verdict
from registry.people import Person
from registry.pilots import Pilot
from registry.unit_of_work import Work
from stats.errors import Problem


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """A decision against the recommendation that waits. asked: the decision; against: what it goes against."""

    proposed_by: str
    second: str
    proposed_at: datetime
    verdict: str
    scope: str | None
    reason: str
    against: tuple[str, ...]
    mine: bool


def missing_for_overrule(
    desk: Desk, pilot: Pilot, choice: Choice, second: Person | None, against: Sequence[str]
) -> Iterator[Problem]:
    """What a decision against the recommendation lacks: a reason, a second approver who may confirm it."""
    facts = {"against": list(against)}
    if not choice.reason.strip():
        yield Problem(code="overrule_without_reason", facts=facts)
    if second is None:
        yield Problem(code="overrule_without_second", facts=facts)
    elif desk.person is not None and second.id == desk.person.id:
        yield Problem(code="second_is_first", facts={"person": second.name})
    else:
        with desk.read() as session:
            found = refusal(Act.CONFIRM_OVERRULE, standing.standing_of(session, second, pilot))
        if found is not None:
            who = one_of([say(f"who.{item.value}") for item in found.what])
            yield Problem(code=f"second_{found.barrier.value}", facts={"person": second.name, "who": who})
    with desk.read() as session:
        if find.overrules(session, pilot.id, waiting_only=True):
            yield Problem(code="overrule_waiting", facts={"pilot": pilot.key})


def propose(
    work: Work, pilot: Pilot, shown: InForce, choice: Choice, second: Person, against: Sequence[str]
) -> Decided:
    """Put it before the second approver. Nothing is decided yet."""
    if work.actor_id is None:
        raise Refused(Problem(code="nobody_acts", facts={"act": Act.DECIDE.value}))
    said = shown.said
    scope = scope_of(choice, said) if choice.verdict == Verdict.SCALE.value else None
    asked = {**asdict(choice), "scope": scope, "against": list(against), "second_approver": None, "until": None}
    row = work.add(
        ProposedOverrule(
            pilot_id=pilot.id,
            evidence_id=shown.evidence.id,
            evidence_sha256=shown.evidence.sha256,
            proposed_by_id=work.actor_id,
            second_id=second.id,
            asked=asked,
            proposed_at=work.now,
        )
    )
    after = {"verdict": choice.verdict, "recommended": said["verdict"], "second": second.id}
    work.record("overrule.proposed", row, after=after, why=choice.reason.strip())
    return Decided(
        number=None,
        kind="proposed",
        verdict=choice.verdict,
        scope=scope.value if scope else None,
        recommended=said["verdict"],
        overrules=True,
        evidence_sha256=shown.evidence.sha256,
        waits_for=second.name,
    )


def confirm_overrule(desk: Desk, key: str, *, decline: bool = False, reason: str = "") -> Decided:
    """The second approver confirms, and it is decided; or declines with a reason, and nothing is."""
    pilot = desk.pilot(key)
    may(desk, Act.CONFIRM_OVERRULE, pilot)
    shown = in_force(desk, pilot)
    with desk.work() as work:
        row = mine(work, pilot)
        waits = find.overrules(work.session, row.id, waiting_only=True)
        if not waits:
            raise Refused(Problem(code="no_overrule", facts={"pilot": key}))
        proposal = waits[-1]
        if proposal.second_id != work.actor_id:
            second = find.person(work.session, proposal.second_id).name
            raise Refused(Problem(code="other_second", facts={"person": second, "pilot": key}))
        if proposal.evidence_id != shown.evidence.id:
            raise Refused(Problem(code="overrule_lapsed", facts={"pilot": key}))
        if decline and not reason.strip():
            raise Refused(Problem(code="reason_missing", facts={"what": "decline"}))
        state = OverruleState.DECLINED if decline else OverruleState.CONFIRMED
        work.change(
            proposal,
            f"overrule.{state.value}",
            why=reason.strip(),
            state=state,
            answer=reason.strip(),
            answered_at=work.now,
        )
        choice = _choice(proposal.asked)
        if not decline:
            made = keep(work, row, shown, choice, decided_by=proposal.proposed_by_id, second=proposal.second_id)
            return decided(made)
    return Decided(
        number=None,
        kind="declined",
        verdict=choice.verdict,
        scope=choice.scope,
        recommended=shown.said["verdict"],
        overrules=True,
        evidence_sha256=proposal.evidence_sha256,
    )


def waiting(desk: Desk, pilot: Pilot) -> Proposed | None:
    """The decision that waits for its second approver; None where none does."""
    with desk.read() as session:
        rows = find.overrules(session, pilot.id, waiting_only=True)
        if not rows:
            return None
        row = rows[-1]
        return Proposed(
            proposed_by=find.person(session, row.proposed_by_id).name,
            second=find.person(session, row.second_id).name,
            proposed_at=row.proposed_at,
            verdict=row.asked["verdict"],
            scope=row.asked["scope"],
            reason=row.asked["reason"],
            against=tuple(row.asked["against"]),
            mine=desk.person is not None and desk.person.id == row.second_id,
        )


def _choice(asked: dict[str, Any]) -> Choice:
    return Choice(**{name: value for name, value in asked.items() if name != "against"})
