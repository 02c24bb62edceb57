"""Who takes part: departments, people, what each may be, who stands in for whom, and what they were told."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from registry.base import MOMENT, SLUG, TEXT, EditableRow, Row, choice, now
from registry.kinds import Role


class Department(EditableRow, table=True):
    key: str = Field(max_length=80, schema_extra=SLUG, unique=True)
    name: str = Field(min_length=1, max_length=200)
    active: bool = True


class Person(EditableRow, table=True):
    """email is unique and lower-case where given. manager_id: to whom this person reports."""

    __table_args__ = (
        CheckConstraint("manager_id <> id", name="own_manager"),
        CheckConstraint("email = lower(email)", name="email_lower"),
    )

    name: str = Field(min_length=1, max_length=200)
    email: str | None = Field(default=None, max_length=320, unique=True)
    department_id: UUID | None = Field(default=None, foreign_key="department.id", index=True)
    manager_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    active: bool = True


class PersonRole(Row, table=True):
    """One role of one person. department_id: for whom a reviewer speaks (else the person's own department)."""

    __table_args__ = (
        UniqueConstraint("person_id", "role", "department_id"),
        # NULLs are distinct in a unique constraint: a role without department needs its own line.
        Index(
            "uq_person_role_without_department",
            "person_id",
            "role",
            unique=True,
            sqlite_where=text("department_id IS NULL"),
            postgresql_where=text("department_id IS NULL"),
        ),
    )

    person_id: UUID = Field(foreign_key="person.id", index=True)
    role: Role = Field(sa_type=choice(Role, "role"))
    department_id: UUID | None = Field(default=None, foreign_key="department.id")


class Identity(Row, table=True):
    """How a person is known to a login provider. Roles stay in the record: a login cookie would keep old ones."""

    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    person_id: UUID = Field(foreign_key="person.id", index=True)
    issuer: str = Field(min_length=1, max_length=500)
    subject: str = Field(min_length=1, max_length=500)


class Delegation(EditableRow, table=True):
    """While somebody is away another person signs and reviews for them: both days included, unless ended before.

    pilot_id: only for that pilot; None: for all.
    """

    __table_args__ = (
        CheckConstraint("from_id <> to_id", name="two_people"),
        CheckConstraint("starts <= ends", name="starts_before_ends"),
    )

    from_id: UUID = Field(foreign_key="person.id", index=True)
    to_id: UUID = Field(foreign_key="person.id", index=True)
    pilot_id: UUID | None = Field(default=None, foreign_key="pilot.id", index=True)
    starts: date
    ends: date
    reason: str = Field(default="", sa_type=TEXT)
    ended_at: datetime | None = Field(default=None, sa_type=MOMENT)


class Notice(Row, table=True):
    """Something a person was told once. kind and about name it, so that it is not told twice.

    channel: "app" for what only the app shows, else the kind of address it went to; failed: why it did not go out.
    """

    __table_args__ = (UniqueConstraint("person_id", "pilot_id", "kind", "about"),)

    person_id: UUID = Field(foreign_key="person.id", index=True)
    pilot_id: UUID | None = Field(default=None, foreign_key="pilot.id", index=True)
    kind: str = Field(min_length=1, max_length=80)
    about: str = Field(default="", max_length=200)
    channel: str = Field(default="app", max_length=40)
    sent_at: datetime = Field(default_factory=now, sa_type=MOMENT)
    failed: str = Field(default="", sa_type=TEXT)
