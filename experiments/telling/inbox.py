"""What needs me: the next acts of every pilot, whose move it is, and by when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from experiments.desk import Desk
from experiments.telling.open_ends import open_ends
from experiments.telling.waits import NEXT as NEXT
from experiments.telling.waits import Wait, waits
from experiments.words import one_of
from experiments.words.titles import titled
from registry import find
from registry.pilots import Pilot
from registry.waiting import Everybody, Standing, everybody, standings

UPCOMING = frozenset({"look_back"})
"""Acts that are no move before their day has come."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """One next act. act: key of its sentence (``move.<act>``); page: the page where it is done; pilot: its key, "" for
    what concerns no pilot; title: of the pilot, or of the key result.

    mine: whether the person at the desk is the one; who: by name or role, for everyone else; people: their keys; due:
    None if no date presses; about: tells apart what comes more than once; facts: of the sentence to whose move it is.
    """

    act: str
    page: str
    pilot: str
    title: str
    mine: bool
    who: str
    due: date | None = None
    verdict: str | None = None
    people: frozenset[UUID] = frozenset()
    pilot_id: UUID | None = None
    about: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)


def moves(desk: Desk, *, upcoming: bool = False) -> tuple[Move, ...]:
    """Every pilot's next acts: mine first, then by due date and title. The number of queries knows no pilots.

    upcoming: also what is no move before its day.
    """
    with desk.read() as session:
        found = _moves(session, desk, open_ends(desk, session), upcoming=upcoming)
        return _ordered([*found, *_words_due(session, desk, upcoming=upcoming)])


def moves_of(desk: Desk, pilot: Pilot) -> tuple[Move, ...]:
    """The next acts of one pilot: what it waits for, and for whom."""
    with desk.read() as session:
        return _moves(session, desk, standings(session, [pilot]), upcoming=False)


def _moves(session: Any, desk: Desk, standing: Sequence[Standing], *, upcoming: bool) -> tuple[Move, ...]:
    today = desk.registry.clock().date()
    known = everybody(session, today)
    me = desk.person.id if desk.person else None
    found = [
        _move(wait, one.pilot, known, me)
        for one in standing
        for wait in waits(one, known, today)
        if upcoming or wait.act not in UPCOMING or (wait.due is not None and wait.due <= today)
    ]
    return _ordered(found)


def _ordered(found: Sequence[Move]) -> tuple[Move, ...]:
    """Mine first, then by due date and title."""
    return tuple(sorted(found, key=lambda move: (not move.mine, move.due or date.max, move.title, move.act)))


def _words_due(session: Any, desk: Desk, *, upcoming: bool) -> Iterator[Move]:
    """Key results whose word is due: of the objective's owner, until one is said on its last day or after."""
    today, me = desk.registry.clock().date(), desk.person.id if desk.person else None
    results = find.key_results(session)
    if not results:
        return
    owners = {row.id: row.owner_id for row in find.objectives(session)}
    names = {row.id: row.name for row in find.people(session)}
    last = find.latest_key_result_check_ins(session)
    for row in results:
        since = last[row.id].said_on if row.id in last else row.created_at.date()
        due, owner = since + timedelta(days=row.every_days), owners.get(row.objective_id)
        if owner not in names or since >= row.due or (due > today and not upcoming):
            continue
        yield Move(
            act="key_result_word",
            page="objectives",
            pilot="",
            title=row.name,
            mine=owner == me,
            who=names[owner] if owner else "",
            due=due,
            people=frozenset([owner]) if owner else frozenset(),
            about=row.key,
        )


def _move(wait: Wait, pilot: Pilot, known: Everybody, me: UUID | None) -> Move:
    names = sorted(known.people[key].name for key in wait.people)
    return Move(
        act=wait.act,
        page=wait.page,
        pilot=pilot.key,
        title=titled(pilot),
        mine=me is not None and me in wait.people,
        who=one_of(names) or wait.who,
        due=wait.due,
        verdict=wait.verdict,
        people=wait.people,
        pilot_id=pilot.id,
        about=wait.about,
        facts=wait.facts,
    )
