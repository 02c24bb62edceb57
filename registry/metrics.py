"""The catalogue of metrics. A metric is never edited in place: a change is a new version."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from registry.base import JSON, TEXT, EditableRow, Row, choice
from registry.kinds import Direction, MetricKind, Perspective, WasteClass


class MetricDefinition(EditableRow, table=True):
    """A metric by its lasting key; what it is stands in its versions."""

    key: str = Field(max_length=80, schema_extra={"pattern": r"^[a-z0-9]+([_-][a-z0-9]+)*$"}, unique=True)
    owner_department_id: UUID | None = Field(default=None, foreign_key="department.id")
    retired: bool = False


class MetricVersion(Row, table=True):
    """What a metric is, as from this version. Never updated (a trigger refuses).

    spec: how it is computed (the engine's metric specification as a dict); better: which way is good;
    meaning: what it is to the customer; lag_days: days after a contact until the value is final;
    journey_step: step of the customer's journey; twin_key: key of the worst-experience twin.
    """

    __table_args__ = (
        UniqueConstraint("metric_id", "number"),
        CheckConstraint("number >= 1", name="number_positive"),
        CheckConstraint("lag_days >= 0", name="lag_not_negative"),
        CheckConstraint("minimum_n >= 1", name="minimum_n_positive"),
    )

    metric_id: UUID = Field(foreign_key="metric_definition.id", index=True)
    number: int = Field(default=1, ge=1)
    name: str = Field(min_length=1, max_length=200)
    meaning: str = Field(default="", sa_type=TEXT)
    unit: str = Field(default="", max_length=80)
    better: Direction = Field(sa_type=choice(Direction, "better"))
    kind: MetricKind = Field(sa_type=choice(MetricKind, "kind"))
    spec: dict[str, Any] = Field(sa_type=JSON)
    lag_days: int = Field(default=0, ge=0)
    minimum_n: int = Field(default=1, ge=1)
    missing_rule: str = Field(default="exclude", max_length=80)
    survey: bool = False
    perspective: Perspective = Field(default=Perspective.CUSTOMER, sa_type=choice(Perspective, "perspective"))
    journey_step: str | None = Field(default=None, max_length=120)
    waste_class: WasteClass | None = Field(default=None, sa_type=choice(WasteClass, "waste_class"))
    twin_key: str | None = Field(default=None, max_length=80)
    defined_by_id: UUID | None = Field(default=None, foreign_key="person.id")
