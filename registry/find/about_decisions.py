"""Decisions, and what is said before them: reviews, rounds, requests, overrules.

Those that take ``pilot_id`` as a choice give everything of every pilot where it is None.
"""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from registry.decisions import Decision, ProposedOverrule, RequestForMore, Review, ReviewRound
from registry.find.rows import newest_of, of_one_or_all, rows_of
from registry.kinds import OverruleState


def reviews(session: Session, evidence_id: UUID) -> list[Review]:
    return rows_of(session, Review, Review.evidence_id == evidence_id, order=(Review.reviewed_at, Review.id))


def decisions(session: Session, pilot_id: UUID) -> list[Decision]:
    return rows_of(session, Decision, Decision.pilot_id == pilot_id, order=(Decision.number,))


def latest_decision(session: Session, pilot_id: UUID) -> Decision | None:
    return newest_of(session, Decision, Decision.pilot_id == pilot_id, order=Decision.number)


def overruling_decisions(session: Session) -> list[Decision]:
    """Confirmed decisions against the recommendation, of every pilot."""
    query = select(Decision).where(col(Decision.overrules).is_(True))
    return list(session.exec(query.order_by(col(Decision.decided_at), col(Decision.id))))


def review_round(session: Session, evidence_id: UUID) -> ReviewRound | None:
    """The round on that evidence; None where none was opened."""
    return session.exec(select(ReviewRound).where(ReviewRound.evidence_id == evidence_id)).first()


def requests(session: Session, pilot_id: UUID | None = None) -> list[RequestForMore]:
    return of_one_or_all(session, RequestForMore, pilot_id, RequestForMore.asked_at)


def overrules(session: Session, pilot_id: UUID | None = None, *, waiting_only: bool = False) -> list[ProposedOverrule]:
    """Decisions against the recommendation that were proposed, whatever became of them."""
    rows = of_one_or_all(session, ProposedOverrule, pilot_id, ProposedOverrule.proposed_at)
    return [row for row in rows if row.state == OverruleState.WAITING] if waiting_only else rows
