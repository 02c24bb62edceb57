"""What every row has: a UUID key, moments in UTC, names of constraints, and a revision where it may be edited."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Text
from sqlalchemy.orm import declared_attr
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from registry.canonical import canonical_json, in_utc

# Before the first model: migrations find constraints by these names on every database.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

SHA256 = {"pattern": r"^[0-9a-f]{64}$"}
SLUG = {"pattern": r"^[a-z0-9]+(-[a-z0-9]+)*$"}


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC to the microsecond. (SQLite gives naive ones back: the zone is put on again.)"""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return in_utc(value) if dialect.name == "postgresql" else in_utc(value).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class CanonicalJSON(TypeDecorator[Any]):
    """A JSON value kept as its canonical text: the same bytes on every database, so that a row can be hashed.

    To change such a value assign a new one: a change inside a loaded dict or list is not noticed.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)


def choice(kind: type[StrEnum], name: str) -> Any:
    """Column type for a closed list of words: text with a CHECK constraint called ``name``."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


MOMENT: Any = Moment()
JSON: Any = CanonicalJSON()
TEXT: Any = Text()
BIG: Any = BigInteger()


ADDED_LATER = "added_later"


def added_later(value: Any) -> dict[str, Any]:
    """``sa_column_kwargs`` of a column that joins a table of which rows are sealed already (seals.py).

    value: what its migration puts into every row that is there, as it is stored (JSON as its text): always the same.
    """
    return {"info": {ADDED_LATER: value}}


def now() -> datetime:
    return datetime.now(UTC)


class Row(SQLModel):
    """A row with a random key, which a form may choose beforehand so that a second submit can't write a second row."""

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    created_at: datetime = Field(default_factory=now, sa_type=MOMENT)


class EditableRow(Row):
    """A row that may be edited, under optimistic locking: an edit of a stale revision is refused, never merged."""

    revision: int = Field(default=1, sa_column_kwargs={"nullable": False})

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        table = cls.__dict__.get("__table__")
        return {} if table is None else {"version_id_col": table.c.revision}
