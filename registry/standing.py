"""What a person is to the organisation and to one pilot, read from the record: what the table of access asks for."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import Session, col, select

from registry import find
from registry.access import Relation, Who
from registry.base import now
from registry.find import rollout
from registry.kinds import Role, Stage
from registry.people import Delegation, Department, Person, PersonRole
from registry.pilots import Pilot, PilotPartner


def standing_of(session: Session, person: Person, pilot: Pilot | None, on: date | None = None) -> frozenset[Who]:
    """Everything that this person is, to the organisation (roles) and to that pilot (relations), today or ``on``."""
    found: set[Who] = set(find.roles(session, person.id))
    if pilot is None:
        return frozenset(found)
    if pilot.owner_id == person.id or _owns_rollout(session, person, pilot):
        found.add(Relation.OWNER)
    elif pilot.department_id == person.department_id is not None and Role.INNOVATOR in found:
        found.add(Relation.TEAM)
    if pilot.sponsor_id is not None:
        if pilot.sponsor_id in {person.id, *stands_in_for(session, person.id, pilot.id, on)}:
            found.add(Relation.SPONSOR)
        if pilot.sponsor_id in managers(session, person):
            found.add(Relation.REPORTS_TO_SPONSOR)
    if speaks_for(session, person, pilot, on):
        found.add(Relation.PARTNER)
    return frozenset(found)


def _owns_rollout(session: Session, person: Person, pilot: Pilot) -> bool:
    """Whoever was named to answer for the roll-out is an owner while it goes on."""
    if pilot.stage != Stage.ROLLING_OUT:
        return False
    found = rollout(session, pilot.id)
    return found is not None and found.owner_id == person.id


def speaks_for(
    session: Session, person: Person, pilot: Pilot, on: date | None = None
) -> list[tuple[PilotPartner, Department]]:
    """The partners of a pilot for which this person may sign and review: as its contact, as a reviewer of the
    department, or in place of somebody who is away."""
    people_ = {person.id, *stands_in_for(session, person.id, pilot.id, on)}
    reviewed = reviewed_departments(session, person)
    return [row for row in find.partners(session, pilot.id) if row[0].contact_id in people_ or row[1].id in reviewed]


def reviewed_departments(session: Session, person: Person) -> set[UUID]:
    """Departments for which this person is a reviewer."""
    query = select(PersonRole).where(PersonRole.person_id == person.id, PersonRole.role == Role.REVIEWER)
    named = {row.department_id or person.department_id for row in session.exec(query)}
    return {department_id for department_id in named if department_id is not None}


def stands_in_for(session: Session, person_id: UUID, pilot_id: UUID, on: date | None = None) -> set[UUID]:
    """Whose place this person takes on that day (today, in UTC)."""
    day = on or now().date()
    query = select(Delegation.from_id).where(
        col(Delegation.to_id) == person_id,
        col(Delegation.starts) <= day,
        col(Delegation.ends) >= day,
        col(Delegation.ended_at).is_(None),
        or_(col(Delegation.pilot_id).is_(None), col(Delegation.pilot_id) == pilot_id),
    )
    return set(session.exec(query))


def managers(session: Session, person: Person) -> set[UUID]:
    """Everybody to whom this person reports, at any distance."""
    found: set[UUID] = set()
    above = person.manager_id
    while above is not None and above not in found:
        found.add(above)
        above = session.get_one(Person, above).manager_id
    return found
