"""What was learned afterwards, of every pilot at once: priors, what roll-outs showed, and hindsight on decisions.

As ``registry.find``: each function takes a session and gives plain rows, oldest first.
"""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from registry.learning import LearnedPrior
from registry.rollouts import Hindsight, Rollout, RolloutMeasure, RolloutPlan


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


def rollouts(session: Session) -> dict[UUID, Rollout]:
    """Where each roll-out stands, by pilot."""
    return {row.pilot_id: row for row in session.exec(select(Rollout))}


def last_measures(session: Session) -> dict[UUID, tuple[RolloutPlan, RolloutMeasure]]:
    """The last measurement of each pilot's roll-out, with the plan that it was held against; by pilot."""
    query = select(RolloutPlan, RolloutMeasure).join(RolloutMeasure, col(RolloutMeasure.plan_id) == RolloutPlan.id)
    rows = session.exec(query.order_by(col(RolloutMeasure.made_at), col(RolloutMeasure.ring), col(RolloutMeasure.id)))
    return {measure.pilot_id: (plan, measure) for plan, measure in rows}
