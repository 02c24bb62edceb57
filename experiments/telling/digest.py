"""The week for executives: what was learned, and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from experiments.desk import Desk
from experiments.telling.due_dates import move_words
from experiments.telling.inbox import Move, moves
from experiments.words import say
from experiments.words.numbers import day_and_distance
from experiments.words.titles import titled
from registry import find, shelf
from registry.events import Event
from registry.learning import Takeaway
from registry.pilots import Pilot

DAYS = 7
URGENT = ("answer_concern", "confirm", "decide", "start_unsigned", "look_back")
"""What is told one by one; the rest only where it is late."""


ACTS = ("recommendation.made", "decision.made", "pilot.closed")
"""What teaches something."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """One thing that was learned, in a sentence. act: one of ``ACTS``; pilot: the key of the one that taught it;
    verdict: what the rule said or people decided, "" of a takeaway."""

    sentence: str
    act: str
    pilot: str
    verdict: str


@dataclass(frozen=True, kw_only=True)
class Digest:
    """Sentences. learned: what the rule said, was decided and taken away; waits: for whom and until when."""

    heading: str
    learned: tuple[str, ...]
    waits: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole as plain text."""
        parts = [self.heading, "", say("digest.learned")]
        parts += [f"- {line}" for line in self.learned] or [say("digest.nothing_learned")]
        parts += ["", say("digest.waits")]
        parts += [f"- {line}" for line in self.waits] or [say("digest.nothing_waits")]
        return "\n".join(parts)


def digest(desk: Desk, days: int = DAYS, *, waiting: Sequence[Move] | None = None) -> Digest:
    """Of the last ``days`` days, up to now. waiting: what ``moves`` gives, where somebody asked for it already."""
    now = desk.registry.clock()
    since = now - timedelta(days=days)
    with desk.read() as session:
        told = told_since(session, since)
    learned = [one.sentence for one in sorted(told, key=lambda one: one.act == "pilot.closed")]
    today = now.date()
    waits = [
        say(
            "digest.until" if move.due else "digest.open",
            what=move_words(move, mine=False),
            day=day_and_distance(move.due, today) if move.due else "",
        )
        for move in sorted(
            moves(desk) if waiting is None else waiting, key=lambda move: (move.due or today, move.title)
        )
        if move.act in URGENT or (move.due is not None and move.due < today)
    ]
    heading = say("digest.heading", first=since.date(), last=today)
    return Digest(heading=heading, learned=tuple(learned), waits=tuple(waits))


def told_since(session: Any, since: datetime, department_id: UUID | None = None) -> list[Told]:
    """In the order of the log. department_id: only of pilots which that department owns or is a partner of.

    Reads the events since then and their pilots, and no others.
    """
    events = [event for act in ACTS for event in find.events(session, act=act, since=since)]
    ids = list({event.pilot_id for event in events if event.pilot_id is not None})
    if department_id is None:
        found = shelf.pilots_by_id(session, ids)
    else:
        found = shelf.concerning(session, department_id, ids)
    pilots = {pilot.id: pilot for pilot in found}
    closed = {event.pilot_id for event in events if event.act == "pilot.closed"}
    takeaways = shelf.takeaways(session, [pilot_id for pilot_id in pilots if pilot_id in closed])
    told = []
    for event in sorted(events, key=lambda event: event.seq):
        pilot = pilots.get(event.pilot_id) if event.pilot_id else None
        if pilot is not None and (one := _told(event, pilot, takeaways.get(pilot.id))):
            told.append(one)
    return told


def _told(event: Event, pilot: Pilot, takeaway: Takeaway | None) -> Told | None:
    """None where nothing was learned: evidence that was sent back, a pilot that left no takeaway."""
    title, verdict = titled(pilot), (event.after or {}).get("verdict") or ""
    if event.act == "pilot.closed":
        if takeaway is None:
            return None
        sentence = say("digest.takeaway", title=title, takeaway=takeaway.lesson)
    elif verdict:
        sentence = say(f"digest.{event.act}", title=title, verdict=say(f"verdict.{verdict}"), reason=event.why).strip()
    else:
        return None
    return Told(sentence=sentence, act=event.act, pilot=pilot.key, verdict=verdict)
