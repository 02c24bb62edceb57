"""What the organisation has learned: takeaways, learnings across pilots, reactions, priors, and views people saved."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from registry.base import MOMENT, SHA256, SLUG, TEXT, EditableRow, Row, choice, now
from registry.kinds import Bearing, ReactionKind


class Takeaway(Row, table=True):
    """What a closed pilot leaves to the next team. Never updated: a better one is a new row.

    lesson: in one sentence; why: what made it work or fail; differently: what the team would do another time;
    holds_where: for whom it should hold, as far as is known.
    """

    __table_args__ = (
        UniqueConstraint("pilot_id", "number"),
        CheckConstraint("number >= 1", name="number_positive"),
        CheckConstraint("lesson <> ''", name="has_lesson"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    number: int = Field(default=1, ge=1)
    lesson: str = Field(min_length=1, sa_type=TEXT)
    why: str = Field(default="", sa_type=TEXT)
    differently: str = Field(default="", sa_type=TEXT)
    holds_where: str = Field(default="", sa_type=TEXT)
    written_by_id: UUID | None = Field(default=None, foreign_key="person.id")
    written_at: datetime = Field(default_factory=now, sa_type=MOMENT)


class Learning(EditableRow, table=True):
    """A sentence that holds beyond one pilot, as far as pilots bear it out."""

    key: str = Field(max_length=80, schema_extra=SLUG, unique=True)
    statement: str = Field(min_length=1, max_length=500)
    entered_by_id: UUID | None = Field(default=None, foreign_key="person.id")


class LearningPilot(EditableRow, table=True):
    """A pilot that supports or contradicts a learning, and how."""

    __table_args__ = (UniqueConstraint("learning_id", "pilot_id"),)

    learning_id: UUID = Field(foreign_key="learning.id", index=True)
    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    bearing: Bearing = Field(sa_type=choice(Bearing, "bearing"))
    note: str = Field(default="", sa_type=TEXT)
    entered_by_id: UUID | None = Field(default=None, foreign_key="person.id")


class Reaction(EditableRow, table=True):
    """What a colleague makes of a story in the showcase."""

    __table_args__ = (UniqueConstraint("pilot_id", "person_id", "kind"),)

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    kind: ReactionKind = Field(sa_type=choice(ReactionKind, "kind"))


class LearnedPrior(Row, table=True):
    """What earlier pilots say of the next one, as canonical JSON with its hash. Never updated: each time a new row."""

    __table_args__ = (
        CheckConstraint("number >= 1", name="number_positive"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
    )

    number: int = Field(ge=1, unique=True)
    canonical: str = Field(min_length=2, sa_type=TEXT)
    sha256: str = Field(schema_extra=SHA256, max_length=64)
    made_by_id: UUID | None = Field(default=None, foreign_key="person.id")
    made_at: datetime = Field(default_factory=now, sa_type=MOMENT)


class PeerValue(EditableRow, table=True):
    """What others reach on a metric of the catalogue, in its unit (shares 0-1). source: who says so, for whom."""

    __table_args__ = (UniqueConstraint("metric_key", "source"),)

    metric_key: str = Field(min_length=1, max_length=80, index=True)
    source: str = Field(min_length=1, max_length=200)
    value: float
    as_of: date


class SavedView(EditableRow, table=True):
    """A page with its filters under a person's own name for it. query: as in the address."""

    __table_args__ = (UniqueConstraint("person_id", "page", "name"),)

    person_id: UUID = Field(foreign_key="person.id", index=True)
    page: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=80)
    query: str = Field(default="", max_length=2_000)
