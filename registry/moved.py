"""What has changed since somebody looked last, read from the log: so that lists read again only what is new.

Every change is in the log with the rows it touched, so nothing can be missed that went through a unit of work.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import Session, col, select

from registry.events import Event, LogHead
from registry.pilots import Pilot
from registry.searched import touched_by

MOST = 2_000
"""So many events are followed one by one; after more, everything is read again."""
APART = frozenset(
    {
        *("identity", "delegation", "notice", "person_role", "saved_view", "learning", "learned_prior"),
        *("metric_definition", "metric_version", "objective", "key_result", "key_result_check_in"),
    }
)
"""Tables that no list of pilots reads."""
NAMED = frozenset({"department", "person"})
"""Tables whose rows are named in lists beside those pilots that they belong to."""
OF_ALL = frozenset({"peer_value"})
"""Tables whose rows stand in lists beside many pilots."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A place in the log: number and hash of its newest event."""

    seq: int
    hash: str


def now_in(session: Session) -> Moment:
    head = session.exec(select(LogHead)).one()
    return Moment(seq=head.seq, hash=head.hash)


def moved_since(session: Session, seen: Moment) -> set[UUID] | None:
    """Pilots that something happened to since; None where that can't be told apart, or it is another log."""
    at = session.get(Event, seen.seq)
    if at is None or at.hash != seen.hash:
        return None
    since = select(Event.pilot_id, Event.seals).where(col(Event.seq) > seen.seq).limit(MOST + 1)
    events = session.exec(since).all()
    if len(events) > MOST:
        return None
    moved: set[UUID] = set()
    named: set[tuple[str, UUID]] = set()
    for pilot_id, seals in events:
        rows = [key.split("/", 1) for key in seals]
        tables = {table for table, _ in rows}
        moved |= {UUID(key) for table, key in rows if table == "pilot"}
        named |= {(table, UUID(key)) for table, key in rows if table in NAMED}
        if pilot_id is not None:
            moved.add(pilot_id)
        if tables & OF_ALL or (pilot_id is None and tables - APART - NAMED - {"pilot"}):
            return None
    return moved | {pilot for table, key in named for pilot in _naming(session, table, key)}


def _naming(session: Session, table: str, key: UUID) -> list[UUID]:
    """Pilots in whose lists this department or person is named."""
    if table == "department":
        return touched_by(session.connection(), table, key)
    return list(session.exec(select(Pilot.id).where(or_(col(Pilot.owner_id) == key, col(Pilot.sponsor_id) == key))))
