"""Entering: who a login provider says somebody is becomes the person that the record knows, with their roles."""

from __future__ import annotations

from experiments.errors import Refused
from experiments.login import Claims, LoginSettings
from experiments.people.named import department_of
from registry import find
from registry.kinds import Role, Via
from registry.open import Registry
from registry.people import Identity, Person, PersonRole
from registry.unit_of_work import Work
from stats.errors import Problem


def entered(registry: Registry, claims: Claims, settings: LoginSettings) -> Person:
    """The person who has just logged in: known by issuer and subject, or by a verified address, or new.

    Each login is recorded once: the cookie that keeps somebody logged in is no login, and changes no role.
    Raises Refused for somebody who was deactivated, or whose address belongs to somebody else's login.
    """
    known = recognised(registry, claims.issuer, claims.subject)
    with registry.read() as session:
        identity = find.identity(session, claims.issuer, claims.subject)
        if identity is not None and known is not None and find.last_login(session, identity) >= claims.issued:
            return known
    with registry.work(known, Via.LOGIN) as work:
        identity = find.identity(work.session, claims.issuer, claims.subject)
        person = work.get(Person, identity.person_id) if identity else _met(work, claims)
        _refuse_inactive(person)
        work.actor_id = person.id
        first = identity is None
        if identity is None:
            identity = work.add(Identity(person_id=person.id, issuer=claims.issuer, subject=claims.subject))
        work.record("identity.entered", identity, after={"issued": claims.issued})
        _give_roles(work, person, claims, settings, first=first)
        return person


def recognised(registry: Registry, issuer: str, subject: str) -> Person | None:
    """The active person of that login as the record has them now; None where it knows no such login.

    Raises Refused for somebody who was deactivated.
    """
    with registry.read() as session:
        identity = find.identity(session, issuer, subject)
        person = find.person(session, identity.person_id) if identity else None
    if person is not None:
        _refuse_inactive(person)
    return person


def _refuse_inactive(person: Person) -> None:
    if not person.active:
        raise Refused(Problem(code="person_inactive", facts={"person": person.name}))


def _met(work: Work, claims: Claims) -> Person:
    """Somebody whom a charter or an administrator named before, by verified address; else a new person."""
    person = find.person_by_email(work.session, claims.email) if claims.email else None
    home = department_of(work, claims.department) if claims.department else None
    if person is None:
        row = Person(name=claims.name, email=claims.email, department_id=home.id if home else None)
        work.record("person.added", work.add(row))
        return row
    if any(row.issuer == claims.issuer for row in find.identities(work.session, person.id)):
        # Addresses are given to new colleagues when old ones leave: a second login is not let into the first's place.
        raise Refused(Problem(code="login_address_taken", facts={"email": claims.email}))
    if home is not None and person.department_id is None:
        work.change(person, "person.department_changed", department_id=home.id)
    return person


def _give_roles(work: Work, person: Person, claims: Claims, settings: LoginSettings, *, first: bool) -> None:
    has = find.roles(work.session, person.id)
    said = {role for group in claims.groups for role in settings.roles.get(group, [])}
    wanted = set(said) if first or settings.refresh_roles else set()
    if claims.email and claims.email == settings.first_administrator.strip().lower() and not _kept(work):
        wanted.add(Role.ADMINISTRATOR)
    if not has | wanted:
        wanted.add(Role.VIEWER)
    for role in sorted(wanted - has):
        row = work.add(PersonRole(person_id=person.id, role=role))
        work.record("person.role_given", row, after={"role": role, "by": "login"})
    if settings.refresh_roles and not first:
        _take_roles(work, person, has & _mapped(settings) - said)


def _mapped(settings: LoginSettings) -> set[Role]:
    """Roles that the provider is asked about; all others are given here alone."""
    return {role for roles in settings.roles.values() for role in roles}


def _take_roles(work: Work, person: Person, gone: set[Role]) -> None:
    """What the provider no longer says, but never the last administrator's role."""
    for row in find.role_rows(work.session, person.id):
        last = row.role == Role.ADMINISTRATOR and len(find.people_in_role(work.session, Role.ADMINISTRATOR)) < 2
        if row.role in gone and not last:
            work.record("person.role_taken", row, before={"role": row.role}, after={"by": "login"})
            work.delete(row)


def _kept(work: Work) -> bool:
    """Whether there is an administrator."""
    return bool(find.people_in_role(work.session, Role.ADMINISTRATOR))
