"""The whole portfolio, read once and then kept: at each look only the pilots that something happened to are read again.

What is kept holds for one record, one language and one day; the log tells what has moved since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from experiments.desk import Desk
from experiments.portfolio.rows import PilotRow, Survey
from experiments.portfolio.site_calendar import Span
from experiments.words import language
from registry import find, shelf
from registry.moved import Moment, moved_since, now_in
from registry.pilots import Pilot

Read = Callable[[Any, Sequence[Pilot], date], Survey]
"""Reads these pilots from the record, in the order given."""
MOST = 4
"""Records, languages and days kept at once."""


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """The whole portfolio as it stood at a moment of the log."""

    at: Moment
    by_id: Mapping[UUID, tuple[PilotRow, Span | None]]
    survey: Survey


_SEEN: dict[tuple[Any, ...], _Seen] = {}


def whole(desk: Desk, read: Read) -> Survey:
    """Every pilot, the one that moved last first."""
    today = desk.registry.clock().date()
    name = (desk.registry.home, desk.registry.url, language(), today)
    seen = _SEEN.get(name)
    with desk.read() as session:
        moved = moved_since(session, seen.at) if seen is not None else None
        if seen is None or moved is None:
            seen = _merged(now_in(session), {}, find.pilots(session, drafts=False), session, read, today)
        elif moved:
            left = {key: row for key, row in seen.by_id.items() if key not in moved}
            pilots = shelf.pilots_by_id(session, list(moved))
            seen = _merged(now_in(session), left, pilots, session, read, today)
    if len(_SEEN) >= MOST and name not in _SEEN:
        _SEEN.clear()
    _SEEN[name] = seen
    return seen.survey


def _merged(
    at: Moment,
    known: Mapping[UUID, tuple[PilotRow, Span | None]],
    pilots: Sequence[Pilot],
    session: Any,
    read: Read,
    today: date,
) -> _Seen:
    """What is known already with these pilots read anew, in the order of ``find.pilots``."""
    fresh = read(session, pilots, today)
    spans = {span.key: span for span in fresh.spans}
    found = {pilot.id: (row, spans.get(row.key)) for pilot, row in zip(pilots, fresh.rows, strict=True)}
    by_id = {**known, **found}
    ordered = sorted(by_id.values(), key=lambda one: (-one[0].stage_since.timestamp(), one[0].key))
    rows, kept = tuple(row for row, _ in ordered), tuple(span for _, span in ordered if span is not None)
    return _Seen(at=at, by_id=by_id, survey=replace(fresh, rows=rows, spans=kept))
