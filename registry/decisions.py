"""What people made of the evidence: reviews, requests for more, overrules that wait, and the executive's decision."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from registry.base import JSON, MOMENT, SHA256, TEXT, EditableRow, Row, choice, now
from registry.kinds import DecisionKind, Mode, OverruleState, Scope, Stance, Verdict


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


class ReviewRound(EditableRow, table=True):
    """Until when partners are asked for their word on one piece of evidence, and how many words are enough then.

    quorum: partners who must have spoken before a decision, or, after ``until``, none: silence is shown as silence.
    """

    __table_args__ = (CheckConstraint("quorum >= 0", name="quorum_not_negative"),)

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    evidence_id: UUID = Field(foreign_key="evidence_record.id", unique=True)
    opened_at: datetime = Field(default_factory=now, sa_type=MOMENT)
    until: date
    quorum: int = Field(default=0, ge=0)


class RequestForMore(EditableRow, table=True):
    """Something a reviewer needs before giving a word, and what was answered."""

    __table_args__ = (
        CheckConstraint("(answered_at IS NULL) = (answered_by_id IS NULL)", name="answered_by_and_at"),
        CheckConstraint("answered_at IS NULL OR answer <> ''", name="answer_in_words"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    evidence_id: UUID = Field(foreign_key="evidence_record.id", index=True)
    asked_by_id: UUID = Field(foreign_key="person.id", index=True)
    what: str = Field(min_length=1, sa_type=TEXT)
    asked_at: datetime = Field(default_factory=now, sa_type=MOMENT)
    answer: str = Field(default="", sa_type=TEXT)
    answered_by_id: UUID | None = Field(default=None, foreign_key="person.id")
    answered_at: datetime | None = Field(default=None, sa_type=MOMENT)


class ProposedOverrule(EditableRow, table=True):
    """A decision against the recommendation that waits for a second executive. ``asked`` is the decision.

    state: waiting, confirmed (a Decision stands), declined, or lapsed because other evidence is in force by now.
    """

    __table_args__ = (
        CheckConstraint("proposed_by_id <> second_id", name="two_people"),
        CheckConstraint("length(evidence_sha256) = 64", name="sha256_length"),
        CheckConstraint("state <> 'declined' OR answer <> ''", name="declined_has_reason"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    evidence_id: UUID = Field(foreign_key="evidence_record.id")
    evidence_sha256: str = Field(schema_extra=SHA256, max_length=64)
    proposed_by_id: UUID = Field(foreign_key="person.id", index=True)
    second_id: UUID = Field(foreign_key="person.id", index=True)
    asked: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    proposed_at: datetime = Field(default_factory=now, sa_type=MOMENT)
    state: OverruleState = Field(default=OverruleState.WAITING, sa_type=choice(OverruleState, "state"))
    answer: str = Field(default="", sa_type=TEXT)
    answered_at: datetime | None = Field(default=None, sa_type=MOMENT)
