"""What came in while the pilot ran: accepted files, and the sites' weekly word."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from registry.base import BIG, JSON, MOMENT, SHA256, TEXT, EditableRow, Row, now


class Snapshot(Row, table=True):
    """Bytes as they were accepted; they lie in the snapshot store under their hash. Never updated.

    size: bytes; rows: data rows read; reading: how the bytes were read (encoding, separator, sheet ...);
    columns: the column map; look: for which planned check.
    """

    __table_args__ = (
        UniqueConstraint("pilot_id", "number"),
        CheckConstraint("number >= 1", name="number_positive"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint("row_count >= 0", name="row_count_not_negative"),
        CheckConstraint("look >= 1", name="look_positive"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    number: int = Field(default=1, ge=1)
    sha256: str = Field(schema_extra=SHA256, max_length=64, index=True)
    name: str = Field(min_length=1, max_length=255)
    size: int = Field(gt=0, sa_type=BIG)
    row_count: int = Field(ge=0, sa_type=BIG)
    reading: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    columns: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    look: int = Field(default=1, ge=1)
    accepted_by_id: UUID | None = Field(default=None, foreign_key="person.id")
    accepted_at: datetime = Field(default_factory=now, sa_type=MOMENT)


class CheckIn(EditableRow, table=True):
    """One site's word on one week: was it delivered, was it used, what went wrong. Shares 0-1."""

    __table_args__ = (
        UniqueConstraint("pilot_id", "site", "week"),
        CheckConstraint("delivered >= 0 AND delivered <= 1", name="delivered_share"),
        CheckConstraint("used >= 0 AND used <= 1", name="used_share"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    site: str = Field(min_length=1, max_length=200)
    week: date
    delivered: float | None = Field(default=None, ge=0, le=1)
    used: float | None = Field(default=None, ge=0, le=1)
    trouble: str = Field(default="", sa_type=TEXT)
    given_by_id: UUID | None = Field(default=None, foreign_key="person.id")
