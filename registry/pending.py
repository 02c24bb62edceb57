"""What waits for somebody's word: review rounds, requests, overrules, concerns; and what hangs on a pilot.

As ``registry.find``: each function takes a session and gives plain rows, oldest first. Those that take ``pilot_id``
give everything of every pilot where it is None.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from registry.decisions import Decision, ProposedOverrule, RequestForMore, ReviewRound
from registry.kinds import OverruleState
from registry.notes import Attachment, Comment, Concern
from registry.people import Notice


def review_round(session: Session, evidence_id: UUID) -> ReviewRound | None:
    """The round on that evidence; None where none was opened."""
    return session.exec(select(ReviewRound).where(ReviewRound.evidence_id == evidence_id)).first()


def requests(session: Session, pilot_id: UUID | None = None) -> list[RequestForMore]:
    return _rows(session, RequestForMore, pilot_id, RequestForMore.asked_at)


def overrules(session: Session, pilot_id: UUID | None = None, *, waiting_only: bool = False) -> list[ProposedOverrule]:
    """Decisions against the recommendation that were proposed, whatever became of them."""
    rows = _rows(session, ProposedOverrule, pilot_id, ProposedOverrule.proposed_at)
    return [row for row in rows if row.state == OverruleState.WAITING] if waiting_only else rows


def concerns(session: Session, pilot_id: UUID | None = None, *, open_only: bool = False) -> list[Concern]:
    rows = _rows(session, Concern, pilot_id, Concern.raised_at)
    return [row for row in rows if row.answered_at is None] if open_only else rows


def overruling_decisions(session: Session) -> list[Decision]:
    """Confirmed decisions against the recommendation, of every pilot."""
    query = select(Decision).where(col(Decision.overrules).is_(True))
    return list(session.exec(query.order_by(col(Decision.decided_at), col(Decision.id))))


def comments(session: Session, pilot_id: UUID | None = None) -> list[Comment]:
    return _rows(session, Comment, pilot_id, Comment.created_at)


def attachments(session: Session, pilot_id: UUID | None = None) -> list[Attachment]:
    return _rows(session, Attachment, pilot_id, Attachment.created_at)


def notices(session: Session, person_id: UUID | None = None) -> list[Notice]:
    """What people were told; of everybody where nobody is named."""
    query = select(Notice) if person_id is None else select(Notice).where(Notice.person_id == person_id)
    return list(session.exec(query.order_by(col(Notice.sent_at), col(Notice.id))))


def _rows(session: Session, model: type[Any], pilot_id: UUID | None, order: Any) -> list[Any]:
    query = select(model) if pilot_id is None else select(model).where(model.pilot_id == pilot_id)
    return list(session.exec(query.order_by(order, model.created_at, model.id)))
