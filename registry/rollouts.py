"""After a SCALE: how the change is carried out in rings, what each ring showed, and hindsight on decisions."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from registry.base import MOMENT, SHA256, TEXT, EditableRow, Row, choice, now
from registry.kinds import InHindsight, RolloutState


class RolloutPlan(Row, table=True):
    """What was promised before the first ring: rings and sites kept as before, their calendar, and the forecast.

    canonical: the plan as canonical JSON; sha256: its hash. A plan made anew is a new row; never updated.
    """

    __table_args__ = (
        UniqueConstraint("pilot_id", "number"),
        CheckConstraint("number >= 1", name="number_positive"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    decision_id: UUID = Field(foreign_key="decision.id")
    number: int = Field(default=1, ge=1)
    canonical: str = Field(min_length=2, sa_type=TEXT)
    sha256: str = Field(schema_extra=SHA256, max_length=64)
    made_by_id: UUID | None = Field(default=None, foreign_key="person.id")
    made_at: datetime = Field(default_factory=now, sa_type=MOMENT)


class Rollout(EditableRow, table=True):
    """Where a roll-out stands. reason: why it is paused, rolled back or finished; owner_id: who answers for it."""

    __table_args__ = (CheckConstraint("state IN ('planned', 'running') OR reason <> ''", name="state_has_reason"),)

    pilot_id: UUID = Field(foreign_key="pilot.id", unique=True)
    plan_id: UUID = Field(foreign_key="rollout_plan.id")
    owner_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    state: RolloutState = Field(default=RolloutState.PLANNED, sa_type=choice(RolloutState, "state"))
    reason: str = Field(default="", sa_type=TEXT)
    since: datetime = Field(default_factory=now, sa_type=MOMENT)


class RolloutMeasure(Row, table=True):
    """What the rings up to ``ring`` showed against the forecast, as canonical JSON. Never updated."""

    __table_args__ = (
        UniqueConstraint("plan_id", "snapshot_id"),
        CheckConstraint("ring >= 1", name="ring_positive"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint("length(plan_sha256) = 64", name="plan_sha256_length"),
        CheckConstraint("length(snapshot_sha256) = 64", name="snapshot_sha256_length"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    plan_id: UUID = Field(foreign_key="rollout_plan.id", index=True)
    snapshot_id: UUID = Field(foreign_key="snapshot.id")
    ring: int = Field(ge=1)
    plan_sha256: str = Field(schema_extra=SHA256, max_length=64)
    snapshot_sha256: str = Field(schema_extra=SHA256, max_length=64)
    engine_version: str = Field(min_length=1, max_length=40)
    canonical: str = Field(min_length=2, sa_type=TEXT)
    sha256: str = Field(schema_extra=SHA256, max_length=64)
    made_at: datetime = Field(default_factory=now, sa_type=MOMENT)


class Hindsight(Row, table=True):
    """What a later look says of a decision that overruled the recommendation. Never updated: each look is a row."""

    __table_args__ = (CheckConstraint("reason <> ''", name="has_reason"),)

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    decision_id: UUID = Field(foreign_key="decision.id", index=True)
    found: InHindsight = Field(sa_type=choice(InHindsight, "found"))
    reason: str = Field(min_length=1, sa_type=TEXT)
    looked_on: date
    looked_by_id: UUID | None = Field(default=None, foreign_key="person.id")
