"""Close: what was learned, in words that the next team will find."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.desk import Desk, may, mine, move
from experiments.library.takeaways import Lesson, checked, newest, put
from registry.access import Act
from registry.kinds import Stage


@dataclass(frozen=True, kw_only=True)
class Closed:
    """takeaway: the lesson in a sentence or two."""

    key: str
    takeaway: str


def close(desk: Desk, key: str, takeaway: str | Lesson) -> Closed:
    """End a decided pilot with its takeaway: the whole of it, or the lesson alone."""
    lesson = Lesson(lesson=takeaway) if isinstance(takeaway, str) else takeaway
    pilot = desk.pilot(key)
    may(desk, Act.CLOSE, pilot)
    checked(lesson, key)
    with desk.work() as work:
        row = mine(work, pilot)
        kept = put(work, row, lesson)
        move(work, row, Stage.CLOSED)
        work.record("pilot.closed", row, after={"stage": Stage.CLOSED})
    return Closed(key=key, takeaway=kept.lesson)


def takeaway(desk: Desk, key: str) -> str:
    """The lesson of a closed pilot; empty before."""
    said = newest(desk, desk.pilot(key))
    return said.lesson if said else ""
