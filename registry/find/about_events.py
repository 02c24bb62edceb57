"""The log: what happened, in order."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from registry.events import Event


def events(
    session: Session,
    *,
    pilot_id: UUID | None = None,
    subject: str | None = None,
    act: str | None = None,
    newest: int = 0,
) -> list[Event]:
    """Events that fit every filter given, in order. newest: only so many of the last ones (0: all)."""
    query = select(Event).order_by(col(Event.seq).desc())
    for column, value in ((Event.pilot_id, pilot_id), (Event.subject, subject), (Event.act, act)):
        if value is not None:
            query = query.where(column == value)
    return list(session.exec(query.limit(newest) if newest else query))[::-1]
