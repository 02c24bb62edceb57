"""What a pilot is and whom it concerns: the charter."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from registry.base import JSON, MOMENT, SLUG, TEXT, EditableRow, choice, now
from registry.kinds import Direction, GuardrailClass, MetricRole, Stage


class Pilot(EditableRow, table=True):
    """One version of a pilot; ``parent_id`` and ``version`` give its lineage (``revision`` only guards edits).

    draft: the charter as far as it is written, saved at each step (``draft_step``).
    stage_reason: why it is paused or withdrawn. simulated: made-up data, labelled so everywhere.
    showcase: chosen to be seen, on favourable sites. recorded_afterwards: registered after its first data.
    """

    __table_args__ = (
        CheckConstraint("version >= 1", name="version_positive"),
        CheckConstraint("parent_id <> id", name="own_parent"),
        CheckConstraint("(version = 1) = (parent_id IS NULL)", name="lineage"),
        CheckConstraint("stage NOT IN ('paused', 'withdrawn') OR stage_reason <> ''", name="stage_has_reason"),
    )

    key: str = Field(max_length=80, schema_extra=SLUG, unique=True)
    title: str = Field(min_length=1, max_length=200)
    problem: str = Field(default="", sa_type=TEXT)
    stage: Stage = Field(default=Stage.DRAFT, sa_type=choice(Stage, "stage"), index=True)
    stage_since: datetime = Field(default_factory=now, sa_type=MOMENT)
    stage_reason: str = Field(default="", sa_type=TEXT)
    version: int = Field(default=1, ge=1)
    parent_id: UUID | None = Field(default=None, foreign_key="pilot.id", index=True)
    department_id: UUID | None = Field(default=None, foreign_key="department.id", index=True)
    owner_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    sponsor_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    team: str = Field(default="", max_length=200)
    simulated: bool = False
    showcase: bool = False
    recorded_afterwards: bool = False
    draft: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    draft_step: str = Field(default="", max_length=80)


class Hypothesis(EditableRow, table=True):
    """If we <change> for <for_whom>, then <metric> will go <direction> by <mwe>, because <because>."""

    __table_args__ = (CheckConstraint("mwe > 0", name="mwe_positive"),)

    pilot_id: UUID = Field(foreign_key="pilot.id", unique=True)
    change: str = Field(min_length=1, sa_type=TEXT)
    for_whom: str = Field(min_length=1, sa_type=TEXT)
    metric_version_id: UUID = Field(foreign_key="metric_version.id")
    direction: Direction = Field(sa_type=choice(Direction, "direction"))
    mwe: float = Field(gt=0)
    because: str = Field(default="", sa_type=TEXT)


class PilotPartner(EditableRow, table=True):
    """A department that the pilot touches: its own benefit, what of its targets pulls against it, the relief agreed."""

    __table_args__ = (UniqueConstraint("pilot_id", "department_id"),)

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    department_id: UUID = Field(foreign_key="department.id", index=True)
    contact_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    benefit: str = Field(default="", sa_type=TEXT)
    pulls_against: str = Field(default="", sa_type=TEXT)
    relief: str = Field(default="", sa_type=TEXT)


class PilotMetric(EditableRow, table=True):
    """A metric of this pilot. mwe (success) and margin (guardrail) in the metric's unit, above 0; shares 0-1.

    partner_id: the partner who named it; signed_by_id, signed_at: who agreed to class and margin, and when.
    """

    __table_args__ = (
        UniqueConstraint("pilot_id", "metric_version_id"),
        CheckConstraint("mwe > 0", name="mwe_positive"),
        CheckConstraint("margin > 0", name="margin_positive"),
        CheckConstraint("role <> 'SUCCESS' OR mwe IS NOT NULL", name="success_has_mwe"),
        CheckConstraint(
            "role <> 'GUARDRAIL' OR (margin IS NOT NULL AND guardrail_class IS NOT NULL)", name="guardrail_has_margin"
        ),
        CheckConstraint("(signed_by_id IS NULL) = (signed_at IS NULL)", name="signed_by_and_at"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    metric_version_id: UUID = Field(foreign_key="metric_version.id", index=True)
    position: int = Field(default=0, ge=0)
    role: MetricRole = Field(sa_type=choice(MetricRole, "role"))
    mwe: float | None = Field(default=None, gt=0)
    margin: float | None = Field(default=None, gt=0)
    guardrail_class: GuardrailClass | None = Field(default=None, sa_type=choice(GuardrailClass, "guardrail_class"))
    critical: bool = False
    partner_id: UUID | None = Field(default=None, foreign_key="pilot_partner.id", index=True)
    twin_of_id: UUID | None = Field(default=None, foreign_key="pilot_metric.id")
    pre_column: str | None = Field(default=None, max_length=200)
    signed_by_id: UUID | None = Field(default=None, foreign_key="person.id")
    signed_at: datetime | None = Field(default=None, sa_type=MOMENT)
