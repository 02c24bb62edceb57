"""The roll: everybody with department, manager and roles, to look through and to take away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from experiments.desk import Desk
from experiments.words import say
from registry import find
from registry.people import Department, Person, PersonRole


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One person. roles: (role, department key) pairs, the key empty where it is their own or none is meant; login:
    whether they have ever come through a login."""

    key: str
    name: str
    email: str
    department: str
    manager: str
    roles: tuple[tuple[str, str], ...]
    roles_said: str
    active: bool
    login: bool


ORDERS = ("name", "department", "manager", "roles_said")


def roll(desk: Desk, *, words: str = "", order: str = "name", gone: bool = False) -> tuple[Entry, ...]:
    """Everybody in whose name, address, department, manager or roles all the words stand. gone: the deactivated too.

    order: one of ``ORDERS``; what is empty comes last.
    """
    with desk.read() as session:
        people = find.people(session, active_only=False)
        homes = {row.id: row for row in find.departments(session)}
        roles, logins = find.role_rows(session), {row.person_id for row in find.identities(session)}
    entries = [
        _entry(person, people, homes, [row for row in roles if row.person_id == person.id], person.id in logins)
        for person in people
        if person.active or gone
    ]
    wanted = words.lower().split()
    found = [entry for entry in entries if all(word in _text(entry) for word in wanted)]
    by = order if order in ORDERS else ORDERS[0]
    return tuple(sorted(found, key=lambda entry: (getattr(entry, by) == "", getattr(entry, by).lower(), entry.name)))


def departments(desk: Desk) -> tuple[str, ...]:
    """Their names."""
    with desk.read() as session:
        return tuple(row.name for row in find.departments(session) if row.active)


def to_take_away(entries: Sequence[Entry]) -> dict[str, list[Any]]:
    """The roll as a table, a column a field."""
    return {
        say("people.column.name"): [entry.name for entry in entries],
        say("people.column.email"): [entry.email for entry in entries],
        say("people.column.department"): [entry.department for entry in entries],
        say("people.column.manager"): [entry.manager for entry in entries],
        say("people.column.roles"): [entry.roles_said for entry in entries],
        say("people.column.active"): [say("fact.true" if entry.active else "fact.false") for entry in entries],
    }


def role_said(role: str, department: str = "") -> str:
    """The role in words; a reviewer with whom they speak for, where that is not their own department."""
    plain = say(f"role.{role}")
    return say("people.role_for", role=plain, department=department) if department else plain


def _entry(
    person: Person,
    people: Sequence[Person],
    homes: Mapping[UUID, Department],
    rows: Sequence[PersonRole],
    login: bool,
) -> Entry:
    names = {other.id: other.name for other in people}
    roles = tuple((row.role.value, homes[row.department_id].name if row.department_id else "") for row in rows)
    return Entry(
        key=str(person.id),
        name=person.name,
        email=person.email or "",
        department=homes[person.department_id].name if person.department_id else "",
        manager=names.get(person.manager_id, "") if person.manager_id else "",
        roles=roles,
        roles_said=", ".join(role_said(role, department) for role, department in roles),
        active=person.active,
        login=login,
    )


def _text(entry: Entry) -> str:
    return f"{entry.name} {entry.email} {entry.department} {entry.manager} {entry.roles_said}".lower()
