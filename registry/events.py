"""The log: one row an act, append-only, each carrying the hash of the one before."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from registry.base import JSON, MOMENT, SHA256, TEXT, choice
from registry.kinds import Via

BEGINNING = "0" * 64
"""What stands for "the event before" in the first event."""


class Event(SQLModel, table=True):
    """Who did what, when, through which door, to what, and why. Never updated or deleted (triggers refuse).

    seq: 1, 2, 3 without gaps. actor_id: the person, None for the system itself; names never stand here.
    subject: "<table>/<id>" of what it is about. before, after: what changed, in plain values.
    seals: {"<table>/<id>": seal of the row after this act, or None if the row was deleted}: through them the chain
    vouches for every stored field (seals.py). hash: sha256 over all other columns.
    """

    __table_args__ = (CheckConstraint("seq >= 1", name="seq_positive"),)

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=MOMENT)
    actor_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    via: Via = Field(sa_type=choice(Via, "via"))
    act: str = Field(min_length=1, max_length=80, index=True)
    subject: str = Field(min_length=1, max_length=200, index=True)
    pilot_id: UUID | None = Field(default=None, foreign_key="pilot.id", index=True)
    before: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    after: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    why: str = Field(default="", sa_type=TEXT)
    seals: dict[str, dict[str, Any] | None] = Field(default_factory=dict, sa_type=JSON)
    previous_hash: str = Field(schema_extra=SHA256, max_length=64, unique=True)
    hash: str = Field(schema_extra=SHA256, max_length=64, unique=True)


class LogHead(SQLModel, table=True):
    """The one row that names the last event. Writers take its lock first, so the chain can't fork."""

    __tablename__ = "log_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int = 0
    hash: str = Field(default=BEGINNING, schema_extra=SHA256, max_length=64)
