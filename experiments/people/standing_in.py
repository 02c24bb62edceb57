"""Standing in: while somebody is away another person signs and reviews for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from experiments.desk import Desk, allowed, may
from experiments.errors import Refused
from registry import find, shelf
from registry.access import Act
from registry.people import Delegation, Person
from stats.errors import Problem


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """One delegation in words. running: today lies within it and nobody ended it; mine: the person at the desk may
    end it; revision: as it was shown."""

    key: str
    away: str
    instead: str
    pilot: str
    starts: date
    ends: date
    reason: str
    running: bool
    over: bool
    mine: bool
    revision: int


def delegate(
    desk: Desk,
    instead: Person,
    *,
    starts: date,
    ends: date,
    away: Person | None = None,
    pilot: str = "",
    reason: str = "",
) -> Delegation:
    """``instead`` signs and reviews for ``away`` (None: the person at the desk), both days included.

    Everybody does so for themselves, administrators for anyone. pilot: only for that one. All problems at once.
    """
    may(desk, Act.DELEGATE)
    gone = away or desk.person
    if gone is None:
        raise Refused(Problem(code="nobody_acts"))
    if desk.person is None or gone.id != desk.person.id:
        may(desk, Act.KEEP_PEOPLE)
    problems = _wrong(desk, gone, instead, starts, ends)
    if problems:
        raise Refused(problems)
    only = desk.pilot(pilot).id if pilot else None
    with desk.work() as work:
        row = work.add(
            Delegation(
                from_id=gone.id, to_id=instead.id, pilot_id=only, starts=starts, ends=ends, reason=reason.strip()
            )
        )
        work.record("delegation.made", row, after={"starts": starts, "ends": ends})
        return row


def _wrong(desk: Desk, gone: Person, instead: Person, starts: date, ends: date) -> list[Problem]:
    found = []
    if gone.id == instead.id:
        found.append(Problem(code="stands_in_for_self", facts={"person": gone.name}))
    if not instead.active:
        found.append(Problem(code="person_inactive", facts={"person": instead.name}))
    if ends < starts:
        found.append(Problem(code="ends_before_start", facts={"starts": starts, "ends": ends}))
    elif ends < desk.registry.clock().date():
        found.append(Problem(code="ends_in_the_past", facts={"ends": ends}))
    return found


def end_delegation(desk: Desk, key: str, revision: int) -> None:
    """Back before the planned day. Whoever may make a delegation may end it."""
    may(desk, Act.DELEGATE)
    with desk.read() as session:
        found = next((row for row in find.delegations(session) if row.id == UUID(key)), None)
    if found is None:
        raise Refused(Problem(code="delegation_gone"))
    if desk.person is None or found.from_id != desk.person.id:
        may(desk, Act.KEEP_PEOPLE)
    with desk.work() as work:
        row = work.edit(Delegation, found.id, revision=revision)
        work.change(row, "delegation.ended", ended_at=work.now)


def stand_ins(desk: Desk) -> tuple[StandIn, ...]:
    """Every delegation, the newest first."""
    keeps = allowed(desk, Act.KEEP_PEOPLE)
    today = desk.registry.clock().date()
    with desk.read() as session:
        names = {person.id: person.name for person in find.people(session, active_only=False)}
        rows = find.delegations(session)
        of = {row.pilot_id for row in rows if row.pilot_id is not None}
        pilots = {pilot.id: pilot.title for pilot in shelf.pilots_by_id(session, list(of))}
    return tuple(_said(row, names, pilots, today, desk, keeps) for row in reversed(rows))


def _said(
    row: Delegation, names: Mapping[UUID, str], pilots: Mapping[UUID, str], today: date, desk: Desk, keeps: bool
) -> StandIn:
    over = row.ended_at is not None or row.ends < today
    return StandIn(
        key=str(row.id),
        away=names[row.from_id],
        instead=names[row.to_id],
        pilot=pilots.get(row.pilot_id, "") if row.pilot_id else "",
        starts=row.starts,
        ends=row.ends,
        reason=row.reason,
        running=not over and row.starts <= today,
        over=over,
        mine=keeps or (desk.person is not None and desk.person.id == row.from_id),
        revision=row.revision,
    )
