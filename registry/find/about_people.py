"""People, their roles, logins and departments, and who stands in for whom."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from registry.errors import NotFound, Problem
from registry.find.about_events import events
from registry.find.rows import by_key, newest_of, rows_of
from registry.kinds import Role
from registry.people import Delegation, Department, Identity, Person, PersonRole


def departments(session: Session) -> list[Department]:
    """By name."""
    return rows_of(session, Department, order=(Department.name,))


def department(session: Session, key: str) -> Department:
    return by_key(session, Department, key)


def people(session: Session, *, active_only: bool = True) -> list[Person]:
    """By name."""
    return rows_of(session, Person, *([col(Person.active)] if active_only else []), order=(Person.name,))


def person(session: Session, person_id: UUID) -> Person:
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound(Problem(code="person_not_found", facts={"value": str(person_id)}))
    return found


def person_by_email(session: Session, email: str) -> Person | None:
    """The person of that address, whatever its capitals; None if there is none."""
    return newest_of(session, Person, Person.email == email.strip().lower(), order=Person.name)


def roles(session: Session, person_id: UUID) -> set[Role]:
    return {
        row.role for row in rows_of(session, PersonRole, PersonRole.person_id == person_id, order=(PersonRole.role,))
    }


def role_rows(session: Session, person_id: UUID | None = None) -> list[PersonRole]:
    """Roles with the department of each, of one person or of everybody, oldest first."""
    of = [] if person_id is None else [PersonRole.person_id == person_id]
    return rows_of(session, PersonRole, *of, order=(PersonRole.created_at, PersonRole.id))


def identity(session: Session, issuer: str, subject: str) -> Identity | None:
    """The login of that issuer and subject; None if nobody ever came with it."""
    return newest_of(
        session, Identity, Identity.issuer == issuer, Identity.subject == subject, order=Identity.created_at
    )


def identities(session: Session, person_id: UUID | None = None) -> list[Identity]:
    """Logins of one person or of everybody."""
    of = [] if person_id is None else [Identity.person_id == person_id]
    return rows_of(session, Identity, *of, order=(Identity.created_at,))


def last_login(session: Session, of: Identity) -> int:
    """When the newest login with it was issued, in seconds since 1970; 0 for none."""
    said = events(session, subject=f"identity/{of.id}", act="identity.entered", newest=1)
    return int((said[0].after or {})["issued"]) if said else 0


def delegations(session: Session) -> list[Delegation]:
    """Who stands in for whom, the newest beginning last."""
    return rows_of(session, Delegation, order=(Delegation.starts, Delegation.created_at))


def people_in_role(session: Session, role: Role) -> list[Person]:
    """Active people who have that role, by name."""
    query = select(Person).join(PersonRole, col(PersonRole.person_id) == Person.id)
    return list(session.exec(query.where(PersonRole.role == role, col(Person.active)).order_by(Person.name).distinct()))
