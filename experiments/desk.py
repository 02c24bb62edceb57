"""The desk that every act is done at: which registry, who acts, and through which door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from experiments.charters.charter import Charter
from experiments.errors import Refused
from registry import find
from registry.kinds import Stage, Via
from registry.open import Registry
from registry.people import Person
from registry.pilots import Pilot
from registry.unit_of_work import Work
from stats.errors import Problem

ORDER = (
    Stage.DRAFT,
    Stage.SHAPING,
    Stage.PLAN,
    Stage.SIGNED,
    Stage.ASSIGNED,
    Stage.RUNNING,
    Stage.ASSESSED,
    Stage.IN_REVIEW,
    Stage.DECIDED,
    Stage.ROLLING_OUT,
    Stage.CLOSED,
)
"""The life of a pilot; PAUSED and WITHDRAWN stand beside it."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """registry: where it is kept; person: who acts (None: nobody by name, which only may look)."""

    registry: Registry
    person: Person | None = None
    via: Via = Via.CLI

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


def may(desk: Desk, act: str, pilot: Pilot) -> None:
    """Refuse an act that this person must not do on this pilot.

    Whoever acts is known by name; the owner never decides on their own pilot.
    """
    if desk.person is None:
        raise Refused(Problem(code="nobody_acts", facts={"act": act}))
    if act == "decide" and desk.person.id == pilot.owner_id:
        facts = {"person": desk.person.name, "pilot": pilot.key}
        raise Refused(Problem(code="owner_decides", facts=facts))


def charter_of(pilot: Pilot) -> Charter:
    """The charter as it was registered."""
    return Charter.model_validate(pilot.draft)


def reached(pilot: Pilot, stage: Stage) -> bool:
    """Whether the pilot's life has come as far as ``stage``."""
    return pilot.stage in ORDER and ORDER.index(pilot.stage) >= ORDER.index(stage)


def require(pilot: Pilot, stage: Stage, *, before: Stage | None = None) -> None:
    """Refuse unless ``stage`` is reached (and ``before`` is not): the sentence names the step that comes first."""
    facts = {"pilot": pilot.key, "stage": pilot.stage.value, "why": pilot.stage_reason}
    if pilot.stage not in ORDER:
        raise Refused(Problem(code=f"stage_{pilot.stage.value}", facts=facts))
    if not reached(pilot, stage):
        raise Refused(Problem(code=f"first_{stage.value}", facts=facts))
    if before is not None and reached(pilot, before):
        raise Refused(Problem(code=f"already_{before.value}", facts=facts))


def move(work: Work, pilot: Pilot, stage: Stage) -> None:
    """Put the pilot into a stage; the act that does so is recorded by its own module."""
    if pilot.stage != stage:
        pilot.stage, pilot.stage_since, pilot.stage_reason = stage, work.now, ""


def mine(work: Work, pilot: Pilot) -> Pilot:
    """The pilot's row inside this unit of work, if nobody changed it since it was read."""
    return work.edit(Pilot, pilot.id, revision=pilot.revision)
