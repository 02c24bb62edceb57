"""The whole portfolio, read once and then kept: at each look only the pilots that something happened to are read again.

What is kept holds for one record and one language; the log tells what has moved since. A large portfolio is kept in
the data folder as well, so that a program that has just started need not read everything either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from experiments.desk import Desk
from experiments.portfolio import kept
from experiments.portfolio.kept import Glance, Kept
from experiments.portfolio.rows import PilotRow, Survey
from experiments.words import language
from registry import find, shelf
from registry.moved import moved_since, now_in
from registry.pilots import Pilot

Read = Callable[[Any, Sequence[Pilot]], Survey]
"""Reads these pilots from the record, in the order given."""
MOST = 4
"""Records and languages kept at once."""


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What is kept, and how it looks today; file: the place in the log up to which the file has it, 0 without one."""

    kept: Kept
    today: date
    survey: Survey
    file: int


_SEEN: dict[tuple[Any, ...], _Seen] = {}


def whole(desk: Desk, read: Read) -> Survey:
    """Every pilot, the one that moved last first."""
    today = desk.registry.clock().date()
    name = (desk.registry.home, desk.registry.url, language())
    seen = _SEEN.get(name)
    known = seen.kept if seen is not None else kept.load(desk.registry.home, language())
    file = seen.file if seen is not None else (known.seq if known is not None else 0)
    with desk.read() as session:
        now = _now(session, known, read)
    if kept.worth_writing(now, file):
        kept.store(desk.registry.home, language(), now)
        file = now.seq
    if seen is None or now is not seen.kept or today != seen.today:
        seen = _Seen(kept=now, today=today, survey=_shown(now, today), file=file)
    if len(_SEEN) >= MOST and name not in _SEEN:
        _SEEN.clear()
    _SEEN[name] = replace(seen, file=file)
    return seen.survey


def told_otherwise(desk: Desk, read: Read) -> list[str]:
    """Keys of pilots of which the file in the data folder says something else than the record: nobody keeps that."""
    known = kept.load(desk.registry.home, language())
    if known is None:
        return []
    with desk.read() as session:
        anew, now = _now(session, None, read), _now(session, known, read)
    false = [one.row.key for key, one in anew.by_id.items() if now.by_id.get(key) != one]
    if false or now.by_id.keys() != anew.by_id.keys():
        kept.store(desk.registry.home, language(), anew)
        _SEEN.clear()
    return sorted(false)


def as_of(row: PilotRow, today: date) -> PilotRow:
    """The row with what depends on the day."""
    overdue = row.next_date is not None and row.next_date < today
    return replace(row, overdue=overdue, age_days=max(0, (today - row.stage_since.date()).days))


def _now(session: Any, known: Kept | None, read: Read) -> Kept:
    """What is known with everything that moved since read anew; the same object where nothing did."""
    moved = moved_since(session, known.at) if known is not None else None
    if known is None or moved is None:
        return _merged(session, {}, find.pilots(session, drafts=False), read)
    if not moved:
        return known
    left = {key: one for key, one in known.by_id.items() if key not in moved}
    return _merged(session, left, shelf.pilots_by_id(session, list(moved)), read)


def _merged(session: Any, left: Mapping[UUID, Glance], pilots: Sequence[Pilot], read: Read) -> Kept:
    at, fresh = now_in(session), read(session, pilots)
    spans = {span.key: span for span in fresh.spans}
    found = {
        pilot.id: Glance(row=row, span=spans.get(row.key), touches=fresh.touches.get(row.key, ()))
        for pilot, row in zip(pilots, fresh.rows, strict=True)
    }
    return Kept(seq=at.seq, hash=at.hash, by_id={**left, **found})


def _shown(known: Kept, today: date) -> Survey:
    """In the order of ``find.pilots``."""
    ordered = sorted(known.by_id.values(), key=lambda one: (-one.row.stage_since.timestamp(), one.row.key))
    return Survey(
        rows=tuple(as_of(one.row, today) for one in ordered),
        spans=tuple(one.span for one in ordered if one.span is not None),
        touches={one.row.key: one.touches for one in ordered if one.touches},
    )
