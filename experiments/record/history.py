"""History: everything that happened to a pilot, in sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from experiments.desk import Desk
from experiments.words import knows, say
from registry import find, shelf
from registry.events import Event

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One event. before, after: what changed, for who wants the details."""

    number: int
    at: datetime
    who: str
    via: str
    act: str
    sentence: str
    why: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def history(desk: Desk, key: str) -> tuple[Happened, ...]:
    """Oldest first."""
    pilot = desk.pilot(key)
    with desk.read() as session:
        names = {person.id: person.name for person in find.people(session, active_only=False)}
        events = find.events(session, pilot_id=pilot.id)
        learnings = {row.key: row.statement for row in shelf.learnings(session)}
    return tuple(_happened(event, names, learnings) for event in events)


def to_take_away(events: Sequence[Happened]) -> dict[str, list[Any]]:
    """The events as a table for programs: a column a field, moments in ISO, what changed as JSON."""
    names = [field.name for field in fields(Happened)]
    columns: dict[str, list[Any]] = {name: [getattr(event, name) for event in events] for name in names}
    columns["at"] = [event.at.isoformat() for event in events]
    return columns


def _happened(event: Event, names: Mapping[Any, str], learnings: Mapping[str, str]) -> Happened:
    who = names.get(event.actor_id, "") or say("history.system")
    facts = {name: _plain(name, value) for name, value in {**(event.before or {}), **(event.after or {})}.items()}
    if "learning" in facts:  # recorded by its key, which nobody reads
        facts["learning"] = learnings.get(facts["learning"], facts["learning"])
    words = f"event.{event.act}"
    return Happened(
        number=event.seq,
        at=event.at,
        who=who,
        via=event.via.value,
        act=event.act,
        sentence=say(words, who=who, **facts) if knows(words) else say("event.other", who=who, act=event.act),
        why=event.why,
        before=event.before or {},
        after=event.after or {},
    )


def _plain(name: str, value: Any) -> Any:
    """Acts, verdicts, stances and days in words; the rest as it was recorded."""
    if name == "act" and knows(f"act.{value}"):
        return say(f"act.{value}")
    if isinstance(value, str) and DAY.fullmatch(value):
        return date.fromisoformat(value)
    if name == "replication":
        return say(f"replication.{value}")
    if name in {"verdict", "recommended"}:
        return say(f"verdict.{value}") if value else say("history.sent_back")
    return say(f"memo.stance.{value}") if name == "stance" else value
