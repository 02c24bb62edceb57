"""People and departments as charters name them: found again by name, added when they are new."""

from __future__ import annotations

from experiments.charters import charter
from experiments.charters.charter import slug
from experiments.desk import Desk
from registry import find
from registry.errors import NotFound
from registry.kinds import Role
from registry.people import Department, Person, PersonRole
from registry.unit_of_work import Work


def department_of(work: Work, name: str) -> Department:
    """The department of that name (its key decides: capitals and accents do not)."""
    key = slug(name)
    try:
        return find.department(work.session, key)
    except NotFound:
        row = work.add(Department(key=key, name=name.strip()))
        work.record("department.added", row, after={"key": key})
        return row


def person_of(work: Work, who: charter.Person | tuple[str, Department], role: Role | None) -> Person:
    """The person of that e-mail address, or else of that name; added if new, and given ``role`` if there is one."""
    if isinstance(who, charter.Person):
        name, email, department = who.name, who.email, department_of(work, who.department)
    else:
        name, email, department = who[0], None, who[1]
    row = find.person_by_email(work.session, email) if email else _by_name(work, name)
    if row is None:
        address = email.strip().lower() if email else None
        row = work.add(Person(name=name.strip(), email=address, department_id=department.id))
        work.record("person.added", row)
    if role is not None and role not in find.roles(work.session, row.id):
        given = work.add(PersonRole(person_id=row.id, role=role))
        work.record("person.role_given", given, after={"role": role})
    return row


def _by_name(work: Work, name: str) -> Person | None:
    wanted = name.strip().lower()
    return next((row for row in find.people(work.session) if row.name.lower() == wanted), None)


def executives(desk: Desk) -> list[str]:
    """Names of everyone else who may decide, for a choice of second approver."""
    with desk.read() as session:
        known = find.people_in_role(session, Role.EXECUTIVE)
    return [row.name for row in known if desk.person is None or row.id != desk.person.id]


def me_as_owner(desk: Desk) -> dict[str, str]:
    """The person at the desk as a charter names its owner: proposed to whoever writes one."""
    if desk.person is None:
        return {}
    with desk.read() as session:
        homes = [row.name for row in find.departments(session) if row.id == desk.person.department_id]
    found = {"name": desk.person.name, "department": homes[0] if homes else "", "email": desk.person.email or ""}
    return {part: value for part, value in found.items() if value}
