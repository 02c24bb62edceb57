"""A decision as it is asked for, and as it is kept: used where it is made and where a second person confirms it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from experiments.deciding.evidence_in_force import InForce
from experiments.desk import move
from registry import find
from registry.decisions import Decision
from registry.kinds import DecisionKind, Mode, Scope, Stage, Verdict
from registry.pilots import Pilot
from registry.unit_of_work import Work

COMMITMENTS = ("budget", "owner", "targets", "date")
"""What a roll-out needs before it is approved; "none" is an answer where no target changes."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a person decides. verdict None with ``sent_back``: the evidence goes back to the team; with ``deferred``:
    concluded, but decided on later, by ``until``.

    scope: of a SCALE, else what was recommended; second_approver: name or e-mail address.
    """

    verdict: str | None
    scope: str | None = None
    reason: str = ""
    second_approver: str | None = None
    conditions: Sequence[str] = ()
    commitments: Mapping[str, Any] = field(default_factory=dict)
    sent_back: bool = False
    deferred: bool = False
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Decided:
    """The decision as it was recorded. number None: it goes against the recommendation and waits for ``waits_for``."""

    number: int | None
    kind: str
    verdict: str | None
    scope: str | None
    recommended: str
    overrules: bool
    evidence_sha256: str
    waits_for: str = ""


def kind_of(choice: Choice) -> DecisionKind:
    if choice.deferred:
        return DecisionKind.DEFERRED
    return DecisionKind.SENT_BACK if choice.sent_back else DecisionKind.DECIDED


def scope_of(choice: Choice, said: Mapping[str, Any]) -> Scope:
    """The scope chosen, else the recommended one; full where none was recommended."""
    return Scope(choice.scope or said.get("scope") or Scope.FULL.value)


def keep(
    work: Work, pilot: Pilot, shown: InForce, choice: Choice, *, decided_by: UUID, second: UUID | None = None
) -> Decision:
    """Write the decision down and move the pilot on. second: who confirmed it against the recommendation."""
    said = shown.said
    kind = kind_of(choice)
    verdict = Verdict(str(choice.verdict)) if kind == DecisionKind.DECIDED else None
    promised = {"decide_by": choice.until} if kind == DecisionKind.DEFERRED else choice.commitments
    made = work.add(
        Decision(
            pilot_id=pilot.id,
            number=find.next_number(work.session, Decision, pilot_id=pilot.id),
            evidence_id=shown.evidence.id,
            recommendation_id=shown.recommendation.id,  # type: ignore[union-attr]  # ``said`` has refused
            evidence_sha256=shown.evidence.sha256,
            kind=kind,
            recommended=Verdict(said["verdict"]),
            verdict=verdict,
            scope=scope_of(choice, said) if verdict == Verdict.SCALE else None,
            mode=Mode(said["mode"]) if verdict == Verdict.ITERATE and said.get("mode") else None,
            overrules=second is not None,
            reason=choice.reason.strip(),
            decided_by_id=decided_by,
            decided_at=work.now,
            second_approver_id=second,
            conditions=list(choice.conditions),
            commitments={name: _plain(value) for name, value in promised.items() if value},
            hindsight_on=year_after(work.now.date()) if second is not None else None,
        )
    )
    move(work, pilot, _stage_after(made))
    after = {"verdict": verdict, "scope": made.scope, "recommended": made.recommended, "overrules": made.overrules}
    if kind == DecisionKind.DEFERRED:
        work.record("decision.deferred", made, after={"until": choice.until}, why=made.reason)
    else:
        work.record("decision.made", made, after=after, why=made.reason)
    return made


def decided(row: Decision) -> Decided:
    return Decided(
        number=row.number,
        kind=row.kind.value,
        verdict=row.verdict.value if row.verdict else None,
        scope=row.scope.value if row.scope else None,
        recommended=row.recommended.value,
        overrules=row.overrules,
        evidence_sha256=row.evidence_sha256,
    )


def year_after(day: date) -> date:
    """The same day twelve months later; the 28th after a 29th of February."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def _stage_after(made: Decision) -> Stage:
    """An extension goes on with the same sites, treatment and data, and what is deferred stays open: nothing ends."""
    if made.kind == DecisionKind.SENT_BACK:
        return Stage.ASSESSED
    if made.kind == DecisionKind.DEFERRED:
        return Stage.IN_REVIEW
    return Stage.RUNNING if made.mode == Mode.EXTEND else Stage.DECIDED


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value
