"""Decide: a person decides on the recommendation; against it only with a reason and a second approver, on record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from experiments.desk import Desk, may, mine, move
from experiments.errors import Refused
from experiments.recommend import InForce, in_force
from experiments.review import objections
from registry import find
from registry.access import Act
from registry.decisions import Decision
from registry.kinds import DecisionKind, Mode, Scope, Stage, Verdict
from registry.people import Person
from registry.pilots import Pilot
from stats.errors import Problem

DECIDABLE = (Verdict.SCALE, Verdict.ITERATE, Verdict.STOP)
WIDTH = (Scope.LIMITED, Scope.STAGED, Scope.FULL)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a person decides. verdict None with ``sent_back``: the evidence goes back to the team.

    scope: of a SCALE, else what was recommended; second_approver: name or e-mail address.
    """

    verdict: str | None
    scope: str | None = None
    reason: str = ""
    second_approver: str | None = None
    conditions: Sequence[str] = ()
    commitments: Mapping[str, Any] = field(default_factory=dict)
    sent_back: bool = False


@dataclass(frozen=True, kw_only=True)
class Decided:
    """The decision as it was recorded."""

    number: int
    kind: str
    verdict: str | None
    scope: str | None
    recommended: str
    overrules: bool
    evidence_sha256: str


def decide(desk: Desk, key: str, choice: Choice, *, seen: str | None = None) -> Decided:
    """Record a decision on the evidence in force. seen: hash of the evidence that was shown."""
    pilot = desk.pilot(key)
    may(desk, Act.DECIDE, pilot)
    shown = in_force(desk, pilot)
    second = _second(desk, choice.second_approver)
    overrules, problems = _checked(desk, pilot, shown, choice, second)
    if seen is not None and seen != shown.evidence.sha256:
        problems.append(Problem(code="other_evidence", facts={"seen": seen[:12], "now": shown.evidence.sha256[:12]}))
    if problems or shown.recommendation is None or desk.person is None:
        raise Refused(problems)
    said = shown.said
    verdict = None if choice.sent_back else Verdict(str(choice.verdict))
    with desk.work() as work:
        row = mine(work, pilot)
        made = Decision(
            pilot_id=row.id,
            number=find.next_number(work.session, Decision, pilot_id=row.id),
            evidence_id=shown.evidence.id,
            recommendation_id=shown.recommendation.id,
            evidence_sha256=shown.evidence.sha256,
            kind=DecisionKind.SENT_BACK if choice.sent_back else DecisionKind.DECIDED,
            recommended=Verdict(said["verdict"]),
            verdict=verdict,
            scope=_scope(choice, said) if verdict == Verdict.SCALE else None,
            mode=Mode(said["mode"]) if verdict == Verdict.ITERATE and said.get("mode") else None,
            overrules=overrules,
            reason=choice.reason.strip(),
            decided_by_id=desk.person.id,
            decided_at=work.now,
            second_approver_id=second.id if second else None,
            conditions=list(choice.conditions),
            commitments=dict(choice.commitments),
        )
        work.add(made)
        move(work, row, _stage_after(made))
        after = {"verdict": verdict, "scope": made.scope, "recommended": made.recommended, "overrules": overrules}
        work.record("decision.made", made, after=after, why=made.reason)
    return _decided(made)


def _stage_after(made: Decision) -> Stage:
    """An extension goes on with the same sites, treatment and data: nothing ends."""
    if made.kind == DecisionKind.SENT_BACK:
        return Stage.ASSESSED
    return Stage.RUNNING if made.mode == Mode.EXTEND else Stage.DECIDED


def decisions(desk: Desk, pilot: Pilot) -> tuple[Decided, ...]:
    with desk.read() as session:
        return tuple(_decided(row) for row in find.decisions(session, pilot.id))


def _decided(row: Decision) -> Decided:
    return Decided(
        number=row.number,
        kind=row.kind.value,
        verdict=row.verdict.value if row.verdict else None,
        scope=row.scope.value if row.scope else None,
        recommended=row.recommended.value,
        overrules=row.overrules,
        evidence_sha256=row.evidence_sha256,
    )


def _second(desk: Desk, who: str | None) -> Person | None:
    return desk.as_person(who).person if who else None


def _checked(
    desk: Desk, pilot: Pilot, shown: InForce, choice: Choice, second: Person | None
) -> tuple[bool, list[Problem]]:
    """Whether it goes against the recommendation, and everything that stands against recording it."""
    if shown.recommendation is None:
        return False, [Problem(code="first_recommended", facts={"pilot": pilot.key})]
    if choice.sent_back:
        missing = [] if choice.reason.strip() else [Problem(code="reason_missing", facts={"what": "sent back"})]
        return False, missing
    offered = [item.value for item in DECIDABLE]
    if choice.verdict not in offered:
        return False, [Problem(code="verdict_unknown", facts={"given": choice.verdict, "offered": offered})]
    if choice.scope is not None and choice.scope not in [item.value for item in Scope]:
        facts = {"given": choice.scope, "offered": [item.value for item in Scope]}
        return False, [Problem(code="scope_unknown", facts=facts)]
    against = list(_against(desk, pilot, shown.said, choice))
    if not against:
        return False, []
    return True, list(_missing_for_overrule(pilot, choice, second, desk.person.id if desk.person else None, against))


def _against(desk: Desk, pilot: Pilot, said: Mapping[str, Any], choice: Choice) -> Iterator[str]:
    """What the choice goes against: the verdict, its scope, or a partner who objects."""
    scales = choice.verdict == Verdict.SCALE.value
    if choice.verdict != said["verdict"]:
        yield str(said["verdict"])
    elif scales and WIDTH.index(_scope(choice, said)) > WIDTH.index(Scope(said["scope"])):
        yield f"{said['verdict']} ({said['scope']})"
    if scales:
        for objection in objections(desk, pilot):
            yield objection.partner


def _missing_for_overrule(
    pilot: Pilot, choice: Choice, second: Person | None, first_id: UUID | None, against: Sequence[str]
) -> Iterator[Problem]:
    facts = {"against": list(against)}
    if not choice.reason.strip():
        yield Problem(code="overrule_without_reason", facts=facts)
    if second is None:
        yield Problem(code="overrule_without_second", facts=facts)
    elif second.id == first_id:
        yield Problem(code="second_is_first", facts={"person": second.name})
    elif second.id == pilot.owner_id:
        yield Problem(code="owner_decides", facts={"person": second.name, "pilot": pilot.key})


def _scope(choice: Choice, said: Mapping[str, Any]) -> Scope:
    """The scope chosen, else the recommended one; full where none was recommended."""
    return Scope(choice.scope or said.get("scope") or Scope.FULL.value)
