"""The log: what happened, in order."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from registry.events import Event


def events(
    session: Session,
    *,
    pilot_id: UUID | None = None,
    subject: str | None = None,
    act: str | None = None,
    since: datetime | None = None,
    newest: int = 0,
) -> list[Event]:
    """Events that fit every filter given, in order. newest: only so many of the last ones (0: all)."""
    query = select(Event).order_by(col(Event.seq).desc())
    for column, value in ((Event.pilot_id, pilot_id), (Event.subject, subject), (Event.act, act)):
        if value is not None:
            query = query.where(column == value)
    if since is not None:
        query = query.where(col(Event.at) >= since)
    return list(session.exec(query.limit(newest) if newest else query))[::-1]


def has_acted(session: Session, person_id: UUID) -> bool:
    """Whether anything on record was done by this person."""
    return session.exec(select(Event.seq).where(Event.actor_id == person_id).limit(1)).first() is not None
