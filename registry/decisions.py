"""What people made of the evidence: the partners' reviews and the executive's decision."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from registry.base import JSON, MOMENT, SHA256, TEXT, Row, choice, now
from registry.kinds import DecisionKind, Mode, Scope, Stance, Verdict


class Review(Row, table=True):
    """A partner's word on the evidence that it saw (its hash). Never updated: a new word is a new row."""

    __table_args__ = (
        CheckConstraint("length(evidence_sha256) = 64", name="sha256_length"),
        CheckConstraint("stance = 'endorse' OR reason <> ''", name="has_reason"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    evidence_id: UUID = Field(foreign_key="evidence_record.id", index=True)
    evidence_sha256: str = Field(schema_extra=SHA256, max_length=64)
    reviewer_id: UUID = Field(foreign_key="person.id", index=True)
    partner_id: UUID | None = Field(default=None, foreign_key="pilot_partner.id")
    pilot_metric_id: UUID | None = Field(default=None, foreign_key="pilot_metric.id")
    stance: Stance = Field(sa_type=choice(Stance, "stance"))
    reason: str = Field(default="", sa_type=TEXT)
    reviewed_at: datetime = Field(default_factory=now, sa_type=MOMENT)


class Decision(Row, table=True):
    """What a person decided on the recommendation, with the evidence's hash. Never updated.

    overrules: against the recommendation (or a signed partner's objection): a reason and a second approver are
    required. commitments: budget, owner, departmental targets that change, date. hindsight_on: when to look back.
    """

    __table_args__ = (
        UniqueConstraint("pilot_id", "number"),
        CheckConstraint("number >= 1", name="number_positive"),
        CheckConstraint("length(evidence_sha256) = 64", name="sha256_length"),
        CheckConstraint("(kind = 'decided') = (verdict IS NOT NULL)", name="verdict_when_decided"),
        CheckConstraint("verdict IN ('SCALE', 'ITERATE', 'STOP')", name="verdict_decidable"),
        CheckConstraint("second_approver_id <> decided_by_id", name="two_people"),
        CheckConstraint(
            "overrules = false OR (reason <> '' AND second_approver_id IS NOT NULL)", name="overrule_has_reason"
        ),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    number: int = Field(default=1, ge=1)
    evidence_id: UUID = Field(foreign_key="evidence_record.id")
    recommendation_id: UUID = Field(foreign_key="recommendation_record.id")
    evidence_sha256: str = Field(schema_extra=SHA256, max_length=64)
    kind: DecisionKind = Field(default=DecisionKind.DECIDED, sa_type=choice(DecisionKind, "kind"))
    recommended: Verdict = Field(sa_type=choice(Verdict, "recommended"))
    verdict: Verdict | None = Field(default=None, sa_type=choice(Verdict, "verdict"))
    scope: Scope | None = Field(default=None, sa_type=choice(Scope, "scope"))
    mode: Mode | None = Field(default=None, sa_type=choice(Mode, "mode"))
    overrules: bool = False
    reason: str = Field(default="", sa_type=TEXT)
    decided_by_id: UUID = Field(foreign_key="person.id", index=True)
    decided_at: datetime = Field(default_factory=now, sa_type=MOMENT)
    second_approver_id: UUID | None = Field(default=None, foreign_key="person.id")
    conditions: list[str] = Field(default_factory=list, sa_type=JSON)
    commitments: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    hindsight_on: date | None = None
