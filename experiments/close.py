"""Close: what was learned, in words that the next team will find."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.desk import Desk, may, mine, move
from experiments.errors import Refused
from registry import find
from registry.access import Act
from registry.kinds import Stage
from registry.notes import Comment
from stats.errors import Problem

TAKEAWAY = "takeaway"


@dataclass(frozen=True, kw_only=True)
class Closed:
    key: str
    takeaway: str


def close(desk: Desk, key: str, takeaway: str) -> Closed:
    """End a decided pilot with its takeaway."""
    pilot = desk.pilot(key)
    may(desk, Act.CLOSE, pilot)
    if not takeaway.strip() or desk.person is None:
        raise Refused(Problem(code="takeaway_missing", facts={"pilot": key}))
    with desk.work() as work:
        row = mine(work, pilot)
        kept = Comment(pilot_id=row.id, author_id=desk.person.id, about=TAKEAWAY, content=takeaway.strip())
        work.add(kept)
        move(work, row, Stage.CLOSED)
        work.record("pilot.closed", row, after={"stage": Stage.CLOSED})
    return Closed(key=key, takeaway=takeaway.strip())


def takeaway(desk: Desk, key: str) -> str:
    """The takeaway of a closed pilot; empty before."""
    pilot = desk.pilot(key)
    with desk.read() as session:
        kept = [row.content for row in find.comments(session, pilot.id) if row.about == TAKEAWAY]
    return kept[-1] if kept else ""
