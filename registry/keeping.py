"""What is kept so that evidence can be computed again without its data, and what was forgotten on record."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from registry.base import BIG, MOMENT, SHA256, TEXT, Row, choice, now
from registry.kinds import ForgottenKind


class KeptInput(Row, table=True):
    """What one evidence was computed from, beside the plan: its cells, and what the register knew then. Never updated.

    The text lies packed in the snapshot store under sha256; size: bytes. Written when the data are forgotten, and for
    evidence that came with an archive.
    """

    __table_args__ = (
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint("size > 0", name="not_empty"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    evidence_id: UUID = Field(foreign_key="evidence_record.id", unique=True)
    sha256: str = Field(schema_extra=SHA256, max_length=64, index=True)
    size: int = Field(gt=0, sa_type=BIG)


class Forgotten(Row, table=True):
    """Bytes that were deleted on record: of a snapshot or an attachment. Its row stays, with the hash. Never updated.

    sha256: of the bytes that are gone.
    """

    __table_args__ = (
        UniqueConstraint("pilot_id", "kind", "sha256"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint("reason <> ''", name="has_reason"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    kind: ForgottenKind = Field(sa_type=choice(ForgottenKind, "kind"))
    sha256: str = Field(schema_extra=SHA256, max_length=64, index=True)
    reason: str = Field(min_length=1, sa_type=TEXT)
    forgotten_by_id: UUID | None = Field(default=None, foreign_key="person.id")
    forgotten_at: datetime = Field(default_factory=now, sa_type=MOMENT)
