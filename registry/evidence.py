"""What the data said under the plan, and what the rule made of it. Computed elsewhere, kept here as canonical JSON."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from registry.base import MOMENT, SHA256, TEXT, Row, choice, now
from registry.kinds import Verdict


class EvidenceRecord(Row, table=True):
    """Evidence = f(plan, snapshot), for one look and one treatment arm. Never updated.

    canonical: exactly as hashed; sha256: of its utf-8 bytes; arm: 1 for the first treatment.
    """

    __table_args__ = (
        UniqueConstraint("plan_id", "snapshot_id", "look", "arm", "sha256"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint("look >= 1", name="look_positive"),
        CheckConstraint("arm >= 1", name="arm_positive"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    plan_id: UUID = Field(foreign_key="plan_record.id", index=True)
    snapshot_id: UUID = Field(foreign_key="snapshot.id", index=True)
    plan_sha256: str = Field(schema_extra=SHA256, max_length=64)
    snapshot_sha256: str = Field(schema_extra=SHA256, max_length=64)
    look: int = Field(default=1, ge=1)
    arm: int = Field(default=1, ge=1)
    engine_version: str = Field(min_length=1, max_length=40)
    canonical: str = Field(min_length=2, sa_type=TEXT)
    sha256: str = Field(schema_extra=SHA256, max_length=64, index=True)
    made_at: datetime = Field(default_factory=now, sa_type=MOMENT)


class RecommendationRecord(Row, table=True):
    """What the rule recommends on one evidence record. Never updated. row: of the rule's truth table."""

    __table_args__ = (
        UniqueConstraint("evidence_id", "sha256"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint("row >= 0", name="row_not_negative"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    evidence_id: UUID = Field(foreign_key="evidence_record.id", index=True)
    evidence_sha256: str = Field(schema_extra=SHA256, max_length=64)
    verdict: Verdict = Field(sa_type=choice(Verdict, "verdict"))
    row: int = Field(ge=0)
    rule_version: str = Field(default="1", max_length=40)
    canonical: str = Field(min_length=2, sa_type=TEXT)
    sha256: str = Field(schema_extra=SHA256, max_length=64)
    made_at: datetime = Field(default_factory=now, sa_type=MOMENT)
