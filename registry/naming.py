"""Where a name still stands after it was taken away: texts that nobody may change, and texts that people wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from registry.events import Event
from registry.pilots import Pilot
from registry.schema import sealed_tables
from registry.seals import stored_rows
from registry.triggers import APPEND_ONLY


@dataclass(frozen=True, kw_only=True)
class Naming:
    """Keys of the pilots whose locked rows, and whose other rows, hold a name; "" where a row belongs to no pilot."""

    locked: tuple[str, ...]
    written: tuple[str, ...]


def naming(session: Session, names: tuple[str, ...]) -> Naming:
    """Every stored text of the record that holds one of these names as words of its own, upper or lower case.

    The bytes of uploaded files are not looked through.
    """
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names), re.IGNORECASE)
    keys = {str(row): key for row, key in session.exec(select(Pilot.id, Pilot.key).order_by(col(Pilot.key)))}
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for table, row in _rows(session):
        if any(isinstance(value, str) and pattern.search(value) for value in row.values()):
            locked = table in APPEND_ONLY or row.get("locked_at") is not None
            pilot = row["id"] if table == "pilot" else row.get("pilot_id")
            found[locked].add(keys.get(pilot, "") if pilot else "")
    return Naming(locked=tuple(sorted(found[True])), written=tuple(sorted(found[False])))


def _rows(session: Session) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of every table, the log included."""
    for table in (*sealed_tables(), Event.__table__):  # type: ignore[attr-defined]
        for row in stored_rows(session, table):
            yield table.name, row
