"""What stands open in every pilot, read once and then kept: at each look only the pilots that moved are read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from experiments.desk import Desk
from registry import find, shelf
from registry.moved import Moment, moved_since, now_in
from registry.waiting import Standing, standings


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """By pilot, as it stood at that moment of the log."""

    at: Moment
    by_id: Mapping[UUID, Standing]


_SEEN: dict[tuple[Any, ...], _Seen] = {}
MOST = 4
"""Records kept at once."""


def open_ends(desk: Desk, session: Any) -> tuple[Standing, ...]:
    """Of every pilot."""
    name = (desk.registry.home, desk.registry.url)
    seen = _SEEN.get(name)
    moved = moved_since(session, seen.at) if seen is not None else None
    if seen is None or moved is None:
        seen = _Seen(at=now_in(session), by_id=_read(session, find.pilots(session, drafts=False)))
    elif moved:
        fresh = _read(session, shelf.pilots_by_id(session, list(moved)))
        seen = _Seen(at=now_in(session), by_id={**seen.by_id, **fresh})
    if len(_SEEN) >= MOST and name not in _SEEN:
        _SEEN.clear()
    _SEEN[name] = seen
    return tuple(seen.by_id.values())


def _read(session: Any, pilots: Any) -> dict[UUID, Standing]:
    return {one.pilot.id: one for one in standings(session, pilots)}
