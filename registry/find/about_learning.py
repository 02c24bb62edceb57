"""What was learned afterwards: priors, and hindsight on decisions."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from registry.learning import LearnedPrior
from registry.rollouts import Hindsight


def priors(session: Session) -> list[LearnedPrior]:
    """Every version, the first one first; the last one is in force."""
    return list(session.exec(select(LearnedPrior).order_by(col(LearnedPrior.number))))


def prior_in_force(session: Session) -> LearnedPrior | None:
    """None while nothing was learned yet."""
    return session.exec(select(LearnedPrior).order_by(col(LearnedPrior.number).desc()).limit(1)).first()


def hindsights(session: Session, pilot_id: UUID | None = None) -> list[Hindsight]:
    """Of one pilot or of all; each look back is a row, the last one on a decision counts."""
    query = select(Hindsight) if pilot_id is None else select(Hindsight).where(Hindsight.pilot_id == pilot_id)
    return list(session.exec(query.order_by(col(Hindsight.looked_on), col(Hindsight.created_at), col(Hindsight.id))))
