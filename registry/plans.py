"""What was promised: plans as canonical JSON, their amendments, who signed, and the draw."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from registry.base import JSON, MOMENT, SHA256, TEXT, EditableRow, Row, choice, now
from registry.kinds import AmendmentKind, Capacity, GuardrailClass, SignatureState


class PlanRecord(EditableRow, table=True):
    """One plan of a pilot. From ``locked_at`` on no column of it can change (a trigger refuses).

    canonical: the plan as canonical JSON, exactly as hashed; sha256: of its utf-8 bytes.
    number: 1 for the first; an amendment makes the next one. The plan in force is the last locked one.
    """

    __table_args__ = (
        UniqueConstraint("pilot_id", "number"),
        CheckConstraint("number >= 1", name="number_positive"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint("(locked_at IS NULL) = (locked_by_id IS NULL)", name="locked_by_and_at"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    number: int = Field(default=1, ge=1)
    canonical: str = Field(min_length=2, sa_type=TEXT)
    sha256: str = Field(schema_extra=SHA256, max_length=64, index=True)
    engine_version: str = Field(default="", max_length=40)
    proposed_by_id: UUID | None = Field(default=None, foreign_key="person.id")
    locked_at: datetime | None = Field(default=None, sa_type=MOMENT)
    locked_by_id: UUID | None = Field(default=None, foreign_key="person.id")


class Amendment(Row, table=True):
    """A recorded change of a locked plan: from one plan record to the next. Never updated.

    difference: what changed, {path: [before, after]}. after_first_data: a MAJOR one then costs grade.
    """

    __table_args__ = (
        CheckConstraint("from_plan_id <> to_plan_id", name="two_plans"),
        CheckConstraint("reason <> ''", name="has_reason"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    from_plan_id: UUID = Field(foreign_key="plan_record.id")
    to_plan_id: UUID = Field(foreign_key="plan_record.id", unique=True)
    kind: AmendmentKind = Field(sa_type=choice(AmendmentKind, "kind"))
    reason: str = Field(min_length=1, sa_type=TEXT)
    difference: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    after_first_data: bool = False
    made_by_id: UUID | None = Field(default=None, foreign_key="person.id")
    made_at: datetime = Field(default_factory=now, sa_type=MOMENT)


class Signature(Row, table=True):
    """What one person said to one plan, identified by its hash. Never updated: who changes their mind adds a row.

    pilot_metric_id, guardrail_class, margin: what a partner agreed to. delegated_to_id: who signs instead.
    """

    __table_args__ = (
        CheckConstraint("length(plan_sha256) = 64", name="sha256_length"),
        CheckConstraint("margin > 0", name="margin_positive"),
        CheckConstraint("capacity <> 'partner' OR partner_id IS NOT NULL", name="partner_named"),
        CheckConstraint("(state = 'delegated') = (delegated_to_id IS NOT NULL)", name="delegate_named"),
        CheckConstraint("state NOT IN ('declined', 'unsigned_on_record') OR reason <> ''", name="has_reason"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    plan_id: UUID = Field(foreign_key="plan_record.id", index=True)
    plan_sha256: str = Field(schema_extra=SHA256, max_length=64)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    capacity: Capacity = Field(sa_type=choice(Capacity, "capacity"))
    state: SignatureState = Field(default=SignatureState.SIGNED, sa_type=choice(SignatureState, "state"))
    partner_id: UUID | None = Field(default=None, foreign_key="pilot_partner.id")
    pilot_metric_id: UUID | None = Field(default=None, foreign_key="pilot_metric.id")
    guardrail_class: GuardrailClass | None = Field(default=None, sa_type=choice(GuardrailClass, "guardrail_class"))
    margin: float | None = Field(default=None, gt=0)
    delegated_to_id: UUID | None = Field(default=None, foreign_key="person.id")
    reason: str = Field(default="", sa_type=TEXT)
    signed_at: datetime = Field(default_factory=now, sa_type=MOMENT)


class AssignmentRecord(Row, table=True):
    """The draw of a plan: which unit got which arm. One a plan, never updated: no quiet re-draws.

    canonical: the draw with its candidates and balance as canonical JSON; seed: draws it again.
    """

    __table_args__ = (CheckConstraint("length(sha256) = 64", name="sha256_length"),)

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    plan_id: UUID = Field(foreign_key="plan_record.id", unique=True)
    plan_sha256: str = Field(schema_extra=SHA256, max_length=64)
    method: str = Field(max_length=40)
    seed: int = Field(ge=0, lt=2**31)
    canonical: str = Field(min_length=2, sa_type=TEXT)
    sha256: str = Field(schema_extra=SHA256, max_length=64)
    drawn_by_id: UUID | None = Field(default=None, foreign_key="person.id")
    drawn_at: datetime = Field(default_factory=now, sa_type=MOMENT)
