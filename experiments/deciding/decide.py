"""Decide: a person decides on the recommendation; against it only with a reason and a second person who confirms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.deciding.choice import COMMITMENTS, Choice, Decided, decided, keep, scope_of
from experiments.deciding.evidence_in_force import InForce, in_force
from experiments.deciding.overrule import missing_for_overrule, propose
from experiments.deciding.review import vetoes
from experiments.deciding.rounds import lapse, round_of
from experiments.desk import Desk, may, mine
from experiments.errors import Refused
from registry import find
from registry.access import Act
from registry.kinds import Scope, Verdict
from registry.pilots import Pilot
from stats.errors import Problem

DECIDABLE = (Verdict.SCALE, Verdict.ITERATE, Verdict.STOP)
WIDTH = (Scope.LIMITED, Scope.STAGED, Scope.FULL)


def decide(desk: Desk, key: str, choice: Choice, *, seen: str | None = None) -> Decided:
    """Record a decision on the evidence in force, or propose one against the recommendation to a second approver.

    seen: hash of the evidence that was shown.
    """
    pilot = desk.pilot(key)
    may(desk, Act.DECIDE, pilot)
    shown = in_force(desk, pilot)
    if shown.recommendation is None or desk.person is None:
        raise Refused(Problem(code="first_recommended", facts={"pilot": pilot.key}))
    second = desk.as_person(choice.second_approver).person if choice.second_approver else None
    against = list(_against(desk, pilot, shown.said, choice))
    problems = [*_wrong(desk, pilot, shown, choice, seen)]
    if against:
        problems += missing_for_overrule(desk, pilot, choice, second, against)
    if problems:
        raise Refused(problems)
    with desk.work() as work:
        row = mine(work, pilot)
        if against and second is not None:
            return propose(work, row, shown, choice, second, against)
        lapse(work, row)
        return decided(keep(work, row, shown, choice, decided_by=desk.person.id))


def decisions(desk: Desk, pilot: Pilot) -> tuple[Decided, ...]:
    with desk.read() as session:
        return tuple(decided(row) for row in find.decisions(session, pilot.id))


def _wrong(desk: Desk, pilot: Pilot, shown: InForce, choice: Choice, seen: str | None) -> Iterator[Problem]:
    """Everything that stands against recording it, but for what an overrule needs."""
    if seen is not None and seen != shown.evidence.sha256:
        yield Problem(code="other_evidence", facts={"seen": seen[:12], "now": shown.evidence.sha256[:12]})
    if choice.sent_back or choice.deferred:
        yield from _not_now(desk, choice)
        return
    offered = [item.value for item in DECIDABLE]
    if choice.verdict not in offered:
        yield Problem(code="verdict_unknown", facts={"given": choice.verdict, "offered": offered})
    elif not _scope_known(choice):
        yield Problem(code="scope_unknown", facts={"given": choice.scope, "offered": [item.value for item in Scope]})
    if choice.verdict == Verdict.SCALE.value:
        yield from _uncommitted(choice.commitments)
    asked = round_of(desk, pilot, shown.evidence)
    if not asked.decidable:
        facts = {"pilot": pilot.key, "partners": list(asked.waiting), "until": asked.until}
        yield Problem(code="review_open", facts=facts)


def _not_now(desk: Desk, choice: Choice) -> Iterator[Problem]:
    if not choice.reason.strip():
        yield Problem(code="reason_missing", facts={"what": "deferred" if choice.deferred else "sent back"})
    if choice.deferred and choice.until is None:
        yield Problem(code="deferred_without_date")
    elif choice.deferred and choice.until is not None and choice.until <= desk.registry.clock().date():
        yield Problem(code="deferred_into_the_past", facts={"until": choice.until})


def _uncommitted(promised: Mapping[str, Any]) -> Iterator[Problem]:
    """What a roll-out needs and was not promised."""
    for name in COMMITMENTS:
        if not str(promised.get(name) or "").strip():
            yield Problem(code=f"commitment_{name}")


def _scope_known(choice: Choice) -> bool:
    return choice.scope is None or choice.scope in [item.value for item in Scope]


def _against(desk: Desk, pilot: Pilot, said: Mapping[str, Any], choice: Choice) -> Iterator[str]:
    """What the choice goes against: the verdict, its scope, or a partner who signed and objects for its own number."""
    if choice.sent_back or choice.deferred or choice.verdict not in DECIDABLE or not _scope_known(choice):
        return
    scales = choice.verdict == Verdict.SCALE.value
    if choice.verdict != said["verdict"]:
        yield str(said["verdict"])
    elif scales and WIDTH.index(scope_of(choice, said)) > WIDTH.index(Scope(said["scope"])):
        yield f"{said['verdict']} ({said['scope']})"
    if scales:
        yield from (objection.partner for objection in vetoes(desk, pilot))
