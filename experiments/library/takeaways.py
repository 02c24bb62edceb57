"""Takeaways: what a closed pilot leaves to the next team. Never rewritten: a better one is put beside the first."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from experiments.desk import Desk, may, mine
from experiments.errors import Refused
from registry import find, shelf
from registry.access import Act
from registry.learning import Takeaway
from registry.pilots import Pilot
from registry.unit_of_work import Work
from stats.errors import Problem

LONGEST = 2_000
"""Letters of one part: two minutes to write, less to read."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """lesson: in a sentence or two; why: what made it work or fail; differently: what the team would do another time;
    holds_where: for whom it should hold, as far as is known."""

    lesson: str
    why: str = ""
    differently: str = ""
    holds_where: str = ""


@dataclass(frozen=True, kw_only=True)
class Written(Lesson):
    """A lesson as it is kept. number: 1 for the one it was closed with; person: "" where nobody is named."""

    number: int
    person: str
    at: datetime


PARTS = tuple(field.name for field in fields(Lesson))


def newest(desk: Desk, pilot: Pilot) -> Written | None:
    """The takeaway in force; None before the pilot is closed."""
    said = every(desk, pilot)
    return said[-1] if said else None


def every(desk: Desk, pilot: Pilot) -> tuple[Written, ...]:
    """All takeaways of a pilot, the one it was closed with first."""
    with desk.read() as session:
        names = {person.id: person.name for person in find.people(session, active_only=False)}
        return tuple(_written(row, names) for row in shelf.takeaways_of(session, pilot.id))


def correct(desk: Desk, key: str, lesson: Lesson) -> Written:
    """Put a better takeaway beside the one that a pilot was closed with."""
    pilot = desk.pilot(key)
    may(desk, Act.CORRECT_TAKEAWAY, pilot)
    checked(lesson, key)
    said = newest(desk, pilot)
    if said is not None and all(getattr(said, name) == getattr(lesson, name).strip() for name in PARTS):
        raise Refused(Problem(code="takeaway_same", facts={"pilot": key}))
    with desk.work() as work:
        row = mine(work, pilot)
        kept = put(work, row, lesson)
        work.record("takeaway.corrected", kept, after={"number": kept.number})
    return every(desk, pilot)[-1]


def checked(lesson: Lesson, key: str) -> None:
    """Refused where the sentence is missing, or a part is longer than anybody reads."""
    problems = []
    if not lesson.lesson.strip():
        problems.append(Problem(code="takeaway_missing", facts={"pilot": key}))
    for name in PARTS:
        given = len(getattr(lesson, name))
        if given > LONGEST:
            facts = {"part": name, "longest": LONGEST, "given": given}
            problems.append(Problem(code=f"takeaway_long_{name}", facts=facts))
    if problems:
        raise Refused(problems)


def put(work: Work, pilot: Pilot, lesson: Lesson) -> Takeaway:
    """Keep it as the pilot's next takeaway; the act that does so is recorded by its caller."""
    said = {name: getattr(lesson, name).strip() for name in PARTS}
    number = len(shelf.takeaways_of(work.session, pilot.id)) + 1
    return work.add(
        Takeaway(pilot_id=pilot.id, number=number, written_by_id=work.actor_id, written_at=work.now, **said)
    )


def _written(row: Takeaway, names: dict[Any, str]) -> Written:
    parts = {name: getattr(row, name) for name in PARTS}
    return Written(number=row.number, person=names.get(row.written_by_id, ""), at=row.written_at, **parts)
