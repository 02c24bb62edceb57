"""What the organisation wants to reach: objectives by period and department, their key results, and who serves them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from registry.base import SLUG, TEXT, EditableRow, Row, choice
from registry.kinds import KeyResultKind, Outlook


class Objective(EditableRow, table=True):
    """Something worth reaching in a period ("2027 Q1"). department_id None: of the whole organisation.

    parent_id: the objective that this one is part of.
    """

    __table_args__ = (CheckConstraint("parent_id <> id", name="own_parent"),)

    key: str = Field(max_length=80, schema_extra=SLUG, unique=True)
    title: str = Field(min_length=1, max_length=200)
    period: str = Field(min_length=1, max_length=40)
    department_id: UUID | None = Field(default=None, foreign_key="department.id", index=True)
    parent_id: UUID | None = Field(default=None, foreign_key="objective.id", index=True)
    owner_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)


class KeyResult(EditableRow, table=True):
    """How an objective is known to be reached. Values in ``unit``; shares 0-1; of a milestone, the share done.

    metric_key: of the catalogue, None for what it does not know. target: of an increase or decrease; lowest, highest:
    what is kept within. every_days: how often it is checked in. part_of_id, part_share: the key result above that this
    one is a part of, and how much (0-1) of what that one counts happens here.
    """

    __table_args__ = (
        CheckConstraint("part_of_id <> id", name="own_part"),
        CheckConstraint("kind NOT IN ('increase', 'decrease') OR target IS NOT NULL", name="has_target"),
        CheckConstraint("kind <> 'increase' OR baseline < target", name="increase_rises"),
        CheckConstraint("kind <> 'decrease' OR baseline > target", name="decrease_falls"),
        CheckConstraint(
            "kind <> 'keep_within' OR (lowest IS NOT NULL AND highest IS NOT NULL AND lowest < highest)",
            name="within_has_room",
        ),
        CheckConstraint("(part_of_id IS NULL) = (part_share IS NULL)", name="part_has_share"),
        CheckConstraint("part_share > 0 AND part_share <= 1", name="part_share_is_share"),
        CheckConstraint("every_days >= 1", name="rhythm_positive"),
    )

    objective_id: UUID = Field(foreign_key="objective.id", index=True)
    key: str = Field(max_length=80, schema_extra=SLUG, unique=True)
    name: str = Field(min_length=1, max_length=200)
    metric_key: str | None = Field(default=None, max_length=80)
    kind: KeyResultKind = Field(sa_type=choice(KeyResultKind, "kind"))
    baseline: float | None = None
    target: float | None = None
    lowest: float | None = None
    highest: float | None = None
    unit: str = Field(default="", max_length=80)
    due: date
    every_days: int = Field(default=30, ge=1)
    part_of_id: UUID | None = Field(default=None, foreign_key="key_result.id", index=True)
    part_share: float | None = Field(default=None, gt=0, le=1)


class KeyResultCheckIn(Row, table=True):
    """Where a key result stood on a day. Never updated: a correction is a new row.

    outlook: how sure its owner is to reach it; corrective_action: what is done about it, needed where it is off track.
    """

    __table_args__ = (
        CheckConstraint("outlook <> 'off_track' OR corrective_action <> ''", name="off_track_has_action"),
    )

    key_result_id: UUID = Field(foreign_key="key_result.id", index=True)
    said_on: date
    value: float
    outlook: Outlook = Field(sa_type=choice(Outlook, "outlook"))
    note: str = Field(default="", sa_type=TEXT)
    corrective_action: str = Field(default="", sa_type=TEXT)
    said_by_id: UUID | None = Field(default=None, foreign_key="person.id")


class PilotKeyResult(EditableRow, table=True):
    """A pilot that serves a key result through one of its metrics.

    exposed_share: of everything that the key result counts, how much would get the change if it were scaled (0-1);
    reached_share: how much of it gets the change by now. reaches: who gets it, in words; pilots with the same words
    reach the same people. note: what is expected of it.
    """

    __table_args__ = (
        UniqueConstraint("pilot_id", "key_result_id"),
        CheckConstraint("exposed_share > 0 AND exposed_share <= 1", name="exposed_share_is_share"),
        CheckConstraint("reached_share >= 0 AND reached_share <= 1", name="reached_share_is_share"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    key_result_id: UUID = Field(foreign_key="key_result.id", index=True)
    metric_key: str = Field(min_length=1, max_length=80)
    exposed_share: float = Field(gt=0, le=1)
    reached_share: float = Field(default=0.0, ge=0, le=1)
    reaches: str = Field(default="", max_length=200)
    note: str = Field(default="", sa_type=TEXT)
