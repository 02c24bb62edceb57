"""Keeping people: who there is, in which department, under whom, in which roles. Administrators do this."""

from __future__ import annotations

from uuid import UUID

from experiments.charters.charter import slug
from experiments.desk import Desk, may
from experiments.errors import Refused
from experiments.people.named import department_of
from registry import find
from registry.access import Act
from registry.errors import NotFound
from registry.kinds import Role
from registry.people import Department, Person, PersonRole
from registry.standing import managers
from registry.unit_of_work import Work
from stats.errors import Problem


def person_called(desk: Desk, who: str, *, active_only: bool = False) -> Person:
    """The one person of that name or e-mail address. Raises Refused with the names that there are."""
    wanted = who.strip().lower()
    with desk.read() as session:
        known = find.people(session, active_only=active_only)
    meant = [person for person in known if wanted in {person.name.lower(), person.email or ""}]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise Refused(Problem(code="person_ambiguous", facts={"name": who, "count": len(meant)}))
    raise Refused(Problem(code="person_unknown", facts={"name": who, "offered": [person.name for person in known]}))


def add_person(
    desk: Desk,
    name: str,
    *,
    email: str = "",
    department: str = "",
    manager: str = "",
    role: str | None = None,
) -> Person:
    """A new person. department: by name, made if it is new; role: a first one (Role); viewer if left out."""
    may(desk, Act.KEEP_PEOPLE)
    above = person_called(desk, manager, active_only=True) if manager.strip() else None
    given = _role(role) if role else Role.VIEWER
    address = email.strip().lower() or None
    if not name.strip():
        raise Refused(Problem(code="person_without_name"))
    with desk.work() as work:
        if address and find.person_by_email(work.session, address):
            raise Refused(Problem(code="email_taken", facts={"email": address}))
        home = department_of(work, department) if department.strip() else None
        row = work.add(
            Person(
                name=name.strip(),
                email=address,
                department_id=home.id if home else None,
                manager_id=above.id if above else None,
            )
        )
        work.record("person.added", row)
        _give(work, row, given, None)
        return row


def move_person(
    desk: Desk, person: Person, *, department: str | None = None, manager: str | None = None, email: str | None = None
) -> None:
    """Another department, manager or address; None: as it was, empty: none. ``person`` is as the form showed them."""
    may(desk, Act.KEEP_PEOPLE)
    above = person_called(desk, manager, active_only=True) if manager and manager.strip() else None
    with desk.work() as work:
        row = work.edit(Person, person.id, revision=person.revision)
        if manager is not None:
            _no_circle(work, row, above)
            work.change(row, "person.manager_changed", manager_id=above.id if above else None)
        if department is not None:
            home = department_of(work, department).id if department.strip() else None
            work.change(row, "person.department_changed", department_id=home)
        if email is not None:
            address = email.strip().lower() or None
            taken = find.person_by_email(work.session, address) if address else None
            if taken is not None and taken.id != row.id:
                raise Refused(Problem(code="email_taken", facts={"email": address}))
            work.change(row, "person.email_changed", email=address)


def _no_circle(work: Work, row: Person, above: Person | None) -> None:
    if above is not None and (above.id == row.id or row.id in managers(work.session, above)):
        facts = {"person": row.name, "manager": above.name}
        raise Refused(Problem(code="manager_in_circle", facts=facts))


def give_role(desk: Desk, person: Person, role: str, department: str = "") -> None:
    """One more role. department: for a reviewer, whom they speak for where that is not their own."""
    may(desk, Act.KEEP_PEOPLE)
    wanted = _role(role)
    if department.strip() and wanted != Role.REVIEWER:
        raise Refused(Problem(code="role_without_department", facts={"role": wanted.value}))
    with desk.work() as work:
        home = find.department(work.session, slug(department)) if department.strip() else None
        _give(work, work.get(Person, person.id), wanted, home)


def _give(work: Work, person: Person, role: Role, home: Department | None) -> None:
    """Nothing where they have it already."""
    rows = find.role_rows(work.session, person.id)
    home_id = home.id if home else None
    if any(row.role == role and row.department_id == home_id for row in rows):
        return
    given = work.add(PersonRole(person_id=person.id, role=role, department_id=home_id))
    work.record("person.role_given", given, after={"role": role})


def take_role(desk: Desk, person: Person, role: str, department: str = "") -> None:
    """Take a role away; the last administrator keeps theirs."""
    may(desk, Act.KEEP_PEOPLE)
    wanted = _role(role)
    with desk.work() as work:
        home = find.department(work.session, slug(department)).id if department.strip() else None
        rows = [row for row in find.role_rows(work.session, person.id) if row.role == wanted]
        meant = [row for row in rows if row.department_id == home]
        if not meant:
            raise Refused(Problem(code="role_not_had", facts={"person": person.name, "role": wanted.value}))
        if wanted == Role.ADMINISTRATOR:
            _not_the_last(work, person)
        work.record("person.role_taken", meant[0], before={"role": wanted})
        work.delete(meant[0])


def deactivate(desk: Desk, person: Person, why: str = "") -> None:
    """They can't enter or act any more; what they did stays. The last administrator stays active."""
    may(desk, Act.KEEP_PEOPLE)
    with desk.work() as work:
        row = work.edit(Person, person.id, revision=person.revision)
        if Role.ADMINISTRATOR in find.roles(work.session, row.id):
            _not_the_last(work, row)
        work.change(row, "person.deactivated", active=False, why=why.strip())


def reactivate(desk: Desk, person: Person) -> None:
    """They are back, with the roles that they had."""
    may(desk, Act.KEEP_PEOPLE)
    with desk.work() as work:
        row = work.edit(Person, person.id, revision=person.revision)
        work.change(row, "person.reactivated", active=True)


def _not_the_last(work: Work, person: Person) -> None:
    others = [row for row in find.people_in_role(work.session, Role.ADMINISTRATOR) if row.id != person.id]
    if not others:
        raise Refused(Problem(code="last_administrator", facts={"person": person.name}))


def add_department(desk: Desk, name: str) -> Department:
    """A department of that name. Refused where there is one already."""
    may(desk, Act.KEEP_PEOPLE)
    if not name.strip():
        raise Refused(Problem(code="department_without_name"))
    with desk.work() as work:
        try:
            known = find.department(work.session, slug(name))
        except NotFound:
            return department_of(work, name)
        raise Refused(Problem(code="department_there", facts={"department": known.name}))


def by_key(desk: Desk, person_id: str) -> Person:
    """The person of that key, as they are now."""
    with desk.read() as session:
        return find.person(session, UUID(person_id))


def _role(name: str) -> Role:
    try:
        return Role(name.strip().lower())
    except ValueError:
        offered = [role.value for role in Role]
        raise Refused(Problem(code="role_unknown", facts={"name": name, "offered": offered})) from None
