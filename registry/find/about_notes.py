"""What hangs on a pilot: concerns, comments, files, the diary of changes; and what people were told.

Those that take ``pilot_id`` as a choice give everything of every pilot where it is None.
"""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from registry.find.rows import of_one_or_all, rows_of
from registry.notes import Attachment, ChangeEntry, Comment, Concern
from registry.people import Notice


def change_entries(session: Session, pilot_id: UUID) -> list[ChangeEntry]:
    order = (ChangeEntry.happened_at, ChangeEntry.id)
    return rows_of(session, ChangeEntry, ChangeEntry.pilot_id == pilot_id, order=order)


def concerns(session: Session, pilot_id: UUID | None = None, *, open_only: bool = False) -> list[Concern]:
    rows = of_one_or_all(session, Concern, pilot_id, Concern.raised_at)
    return [row for row in rows if row.answered_at is None] if open_only else rows


def comments(session: Session, pilot_id: UUID | None = None) -> list[Comment]:
    return of_one_or_all(session, Comment, pilot_id, Comment.created_at)


def attachments(session: Session, pilot_id: UUID | None = None) -> list[Attachment]:
    return of_one_or_all(session, Attachment, pilot_id, Attachment.created_at)


def notices(session: Session, person_id: UUID | None = None) -> list[Notice]:
    """What people were told; of everybody where nobody is named."""
    query = select(Notice) if person_id is None else select(Notice).where(Notice.person_id == person_id)
    return list(session.exec(query.order_by(col(Notice.sent_at), col(Notice.id))))
