"""Who takes part: departments, people, and what each person may be."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from registry.base import SLUG, EditableRow, Row, choice
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
