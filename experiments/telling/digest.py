"""The week for executives: what was learned, and what waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

DAYS = 7
URGENT = ("answer_concern", "confirm", "decide", "start_unsigned", "look_back")
"""What is told one by one; the rest only where it is late."""


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
        learned = [*_said(session, since), *_taken_away(session, since)]
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


def _titles(session: Any, pilot_ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    wanted = [pilot_id for pilot_id in set(pilot_ids) if pilot_id is not None]
    return {pilot.id: titled(pilot) for pilot in shelf.pilots_by_id(session, wanted)}


def _said(session: Any, since: datetime) -> list[str]:
    """Recommendations and decisions, in the order of time."""
    events: list[Event] = [
        event
        for act in ("recommendation.made", "decision.made")
        for event in find.events(session, act=act, since=since)
        if (event.after or {}).get("verdict")
    ]
    titles = _titles(session, (event.pilot_id for event in events))
    return [
        say(
            f"digest.{event.act}",
            title=titles.get(event.pilot_id, ""),
            verdict=say(f"verdict.{(event.after or {})['verdict']}"),
            reason=event.why,
        ).strip()
        for event in sorted(events, key=lambda event: event.seq)
    ]


def _taken_away(session: Any, since: datetime) -> list[str]:
    closed = {event.pilot_id for event in find.events(session, act="pilot.closed", since=since)}
    said = shelf.takeaways(session, [pilot_id for pilot_id in closed if pilot_id is not None])
    titles = _titles(session, said)
    return [
        say("digest.takeaway", title=titles[row.pilot_id], takeaway=row.lesson)
        for row in sorted(said.values(), key=lambda row: row.written_at)
    ]
