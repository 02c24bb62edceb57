"""Seals: the hash of a stored row, taken from what the database really holds.

A seal is ``{"row": sha256, "fields": {column: 8 hex digits}}``. The row's hash proves; the fields' short ones only
help to name what was changed. People and comments have no field hashes, so that a deleted name can't be guessed back
from the log.

A column that joined its table after rows of it were sealed (``base.added_later``) is left out of a seal as long as it
holds what its migration put there. So rows sealed before it are whole afterwards, and any other value in it is covered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, Float, Table, Uuid, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType
from sqlmodel import SQLModel

from registry.base import ADDED_LATER, CanonicalJSON, Moment
from registry.canonical import canonical_json, plain, sha256_text

PERSONAL = frozenset({"person", "person_role", "comment", "identity", "delegation"})
CHUNK = 500


def subject_of(row: Any) -> str:
    """How the log names a row: "<table>/<id>"."""
    return f"{row.__tablename__}/{row.id}"


def seal(table: str, stored: Mapping[str, Any]) -> dict[str, Any]:
    """The seal of one row, given its columns as ``stored_rows`` yields them."""
    covered = _covered(table, stored)
    short = {} if table in PERSONAL else {name: _short(stored["id"], name, value) for name, value in covered.items()}
    return {"row": sha256_text(canonical_json([table, covered])), "fields": short}


def _covered(table: str, stored: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a seal is taken over: all but those added later that hold what they were added with."""
    later = {column.name: column.info for column in SQLModel.metadata.tables[table].columns if column.info}
    untouched = {name for name, info in later.items() if ADDED_LATER in info and stored.get(name) == info[ADDED_LATER]}
    return {name: value for name, value in stored.items() if name not in untouched}


def changed_fields(sealed: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Columns whose short hashes differ between two seals of a row."""
    names = sealed["fields"].keys() | now["fields"].keys()
    return tuple(sorted(name for name in names if sealed["fields"].get(name) != now["fields"].get(name)))


def event_hash(columns: Mapping[str, Any]) -> str:
    """The hash an event must carry: over every other column as stored, so none can change unseen."""
    return sha256_text(canonical_json({name: value for name, value in columns.items() if name != "hash"}))


def to_be_stored(row: Any) -> dict[str, Any]:
    """Columns of a row in memory, as ``stored_rows`` will yield them once it is written."""
    values = {column.name: (column, getattr(row, column.name)) for column in row.__table__.columns}
    return {name: _json_text(column, value) for name, (column, value) in values.items()}


def stored_rows(session: Session, table: Table, ids: Sequence[Any] | None = None) -> Iterator[dict[str, Any]]:
    """Rows as plain values, the same on every database; what was tampered into nonsense comes as it is, never raises.

    ids: only these keys (any order). JSON columns come as their text: another spelling of a value is a change too.
    """
    key = next(iter(table.primary_key.columns))
    query = select(*(type_coerce(column, NullType()).label(column.name) for column in table.columns)).order_by(key)
    chunks = [None] if ids is None else [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    for chunk in chunks:
        for row in session.execute(query if chunk is None else query.where(key.in_(chunk))).mappings():
            yield {column.name: _as_stored(column, row[column.name]) for column in table.columns}


def _short(key: Any, name: str, value: Any) -> str:
    return sha256_text(canonical_json([key, name, value]))[:8]


def _json_text(column: Column[Any], value: Any) -> Any:
    if isinstance(column.type, CanonicalJSON):
        return None if value is None else canonical_json(value)
    if isinstance(column.type, Float) and value is not None:
        return float(value)
    return plain(value)


def _as_stored(column: Column[Any], raw: Any) -> Any:
    """One raw value in its plain form; a value that is none of its column's type stays as it was found."""
    try:
        return plain(typed(column, raw))
    except (TypeError, ValueError):
        return repr(raw)


def typed(column: Column[Any], raw: Any) -> Any:
    """A stored or plain value in its column's type. Raises TypeError or ValueError for what is none."""
    if raw is None:
        return None
    kind = column.type
    if isinstance(kind, Uuid):
        return raw if isinstance(raw, UUID) else UUID(raw)
    if isinstance(kind, Moment):
        moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(raw)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if isinstance(kind, Date):
        return raw if isinstance(raw, date) else date.fromisoformat(raw)
    if isinstance(kind, Boolean):
        return {0: False, 1: True}.get(raw, raw)
    if isinstance(kind, Float):
        return float(raw)
    return raw
