"""The desk that every act is done at: which registry, who acts, and through which door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from experiments.charters.charter import Charter
from experiments.errors import Refused
from experiments.words import one_of, say
from registry import find
from registry.access import LIFE, TABLE, Act, Barrier, refusal
from registry.kinds import Role, Stage, Via
from registry.open import Registry
from registry.people import Department, Person
from registry.pilots import Pilot, PilotPartner
from registry.standing import speaks_for, standing_of
from registry.unit_of_work import Work
from stats.errors import Problem


@dataclass(frozen=True, kw_only=True)
class Desk:
    """registry: where it is kept; person: who acts (None: nobody by name, who may only look).

    login: a provider has checked who acts; without one, names are taken at their word (single-user mode).
    """

    registry: Registry
    person: Person | None = None
    via: Via = Via.CLI
    login: bool = False

    def work(self) -> AbstractContextManager[Work]:
        return self.registry.work(self.person, self.via)

    @contextmanager
    def read(self) -> Iterator[Any]:
        with self.registry.read() as session:
            yield session

    def pilot(self, key: str) -> Pilot:
        """The pilot of that key; NotFound names the nearest ones."""
        with self.read() as session:
            return find.pilot(session, key)

    def as_person(self, who: str) -> Desk:
        """The same desk with the person of that name or e-mail address."""
        with self.read() as session:
            known = find.people(session)
        wanted = who.strip().lower()
        meant = [person for person in known if wanted in {person.name.lower(), (person.email or "").lower()}]
        if len(meant) == 1:
            return replace(self, person=meant[0])
        if meant:
            raise Refused(Problem(code="person_ambiguous", facts={"name": who, "count": len(meant)}))
        raise Refused(Problem(code="person_unknown", facts={"name": who, "offered": [p.name for p in known]}))


def may(desk: Desk, act: Act, pilot: Pilot | None = None) -> None:
    """Refuse an act that the person at the desk must not do (recorded), or that comes too early or too late.

    Called by every stage function before it does anything; ``why_not`` tells pages the same beforehand.
    """
    problem = _not_by(desk, act, pilot)
    if problem is not None:
        if desk.person is not None:
            with desk.work() as work:
                work.record("access.refused", pilot or desk.person, after={"act": act, "code": problem.code})
        raise Refused(problem)
    if pilot is not None:
        in_time(act, pilot)


def in_time(act: Act, pilot: Pilot) -> None:
    """Refuse what comes too early or too late in the pilot's life, whoever asks."""
    if out_of_time := _not_now(act, pilot):
        raise Refused(out_of_time)


def allowed(desk: Desk, act: Act, pilot: Pilot | None = None) -> bool:
    """Whether the person at the desk may ever do this, whatever the stage."""
    return _not_by(desk, act, pilot) is None


def why_not(desk: Desk, act: Act, pilot: Pilot | None = None) -> Problem | None:
    """What stands in the way of this act for this person now; None: nothing. Nothing is recorded."""
    return _not_by(desk, act, pilot) or (_not_now(act, pilot) if pilot is not None else None)


def _not_by(desk: Desk, act: Act, pilot: Pilot | None) -> Problem | None:
    if act == Act.KEEP_PEOPLE and _nobody_keeps(desk):
        return None
    if desk.person is None:
        return Problem(code="nobody_acts", facts={"act": act.value})
    with desk.read() as session:
        if not find.person(session, desk.person.id).active:
            return Problem(code="person_inactive", facts={"person": desk.person.name})
        is_ = standing_of(session, desk.person, pilot, desk.registry.clock().date())
    found = refusal(act, is_)
    if found is None:
        return None
    named = [say(f"who.{item.value}") for item in found.what]
    facts = {"person": desk.person.name, "act": say(f"act.{act.value}"), "who": one_of(named)}
    return Problem(code="may_not" if found.barrier == Barrier.NOT_ALLOWED else "barred", facts=facts)


def _nobody_keeps(desk: Desk) -> bool:
    """A fresh folder without login has no administrator who could name the first one: anybody may, until there is."""
    if desk.login:
        return False
    with desk.read() as session:
        return not find.people_in_role(session, Role.ADMINISTRATOR)


def _not_now(act: Act, pilot: Pilot) -> Problem | None:
    rule = TABLE[act]
    if rule.open_at(pilot.stage):
        return None
    facts = {"pilot": pilot.key, "stage": pilot.stage.value, "why": pilot.stage_reason}
    if pilot.stage not in LIFE:
        return Problem(code=f"stage_{pilot.stage.value}", facts=facts)
    if rule.stages is not None and not rule.stages & set(LIFE):
        return Problem(code="not_paused", facts=facts)
    if LIFE.index(pilot.stage) < LIFE.index(rule.first):
        return Problem(code=f"first_{rule.first.value}", facts=facts)
    return Problem(code=f"already_{rule.over_from.value}", facts=facts)


def charter_of(pilot: Pilot) -> Charter:
    """The charter as it was registered."""
    return Charter.model_validate(pilot.draft)


def reached(pilot: Pilot, stage: Stage) -> bool:
    """Whether the pilot's life has come as far as ``stage``."""
    return pilot.stage in LIFE and LIFE.index(pilot.stage) >= LIFE.index(stage)


def move(work: Work, pilot: Pilot, stage: Stage) -> None:
    """Put the pilot into a stage; the act that does so is recorded by its own module."""
    if pilot.stage != stage:
        pilot.stage, pilot.stage_since, pilot.stage_reason = stage, work.now, ""


def spoken_for(work: Work, pilot: Pilot) -> list[tuple[PilotPartner, Department]]:
    """The partners of a pilot for which whoever acts in this unit of work may speak."""
    if work.actor_id is None:
        return []
    return speaks_for(work.session, find.person(work.session, work.actor_id), pilot, work.now.date())


def mine(work: Work, pilot: Pilot) -> Pilot:
    """The pilot's row inside this unit of work, if nobody changed it since it was read."""
    return work.edit(Pilot, pilot.id, revision=pilot.revision)
