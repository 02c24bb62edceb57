"""Roll-outs: where each stands, its plans, and what its waves showed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from registry.rollouts import Rollout, RolloutMeasure, RolloutPlan


@dataclass(frozen=True, kw_only=True)
class MeasureHead:
    """One measurement without its evidence. canonical: its text; ring: the last wave that it covers, from 1."""

    plan_id: UUID
    ring: int
    made_at: datetime
    canonical: str


@dataclass(frozen=True, kw_only=True)
class Rolling:
    """One roll-out as lists need it. plan: text of the plan in force; measure: the newest, None before the first."""

    rollout: Rollout
    plan: str
    measure: MeasureHead | None


def rollout(session: Session, pilot_id: UUID) -> Rollout | None:
    """Where the pilot's roll-out stands; None before one was planned."""
    return session.exec(select(Rollout).where(Rollout.pilot_id == pilot_id)).first()


def rollout_plans(session: Session, pilot_id: UUID) -> list[RolloutPlan]:
    """Oldest first; the last is in force."""
    wanted = select(RolloutPlan).where(RolloutPlan.pilot_id == pilot_id)
    return list(session.exec(wanted.order_by(col(RolloutPlan.number))))


def measures(session: Session, pilot_id: UUID) -> list[RolloutMeasure]:
    """Oldest first."""
    wanted = select(RolloutMeasure).where(RolloutMeasure.pilot_id == pilot_id)
    order = (col(RolloutMeasure.made_at), col(RolloutMeasure.ring), col(RolloutMeasure.id))
    return list(session.exec(wanted.order_by(*order)))


def rolling(session: Session, only: Iterable[UUID] | None = None) -> dict[UUID, Rolling]:
    """Every roll-out by its pilot, in three queries. only: of these pilots."""
    keys = None if only is None else list(only)
    rows = list(session.exec(_of(select(Rollout), Rollout, keys)))
    if not rows:
        return {}
    plans = {
        row[0]: row[1]
        for row in session.exec(
            select(RolloutPlan.id, RolloutPlan.canonical).where(col(RolloutPlan.id).in_([row.plan_id for row in rows]))
        )
    }
    newest = _newest(session, keys)
    return {
        row.pilot_id: Rolling(rollout=row, plan=plans[row.plan_id], measure=newest.get(row.pilot_id)) for row in rows
    }


def rollouts(session: Session) -> dict[UUID, Rollout]:
    """Where each roll-out stands, by pilot."""
    return {row.pilot_id: row for row in session.exec(select(Rollout))}


def last_measures(session: Session) -> dict[UUID, tuple[RolloutPlan, RolloutMeasure]]:
    """The last measurement of each pilot's roll-out, with the plan that it was held against; by pilot."""
    query = select(RolloutPlan, RolloutMeasure).join(RolloutMeasure, col(RolloutMeasure.plan_id) == RolloutPlan.id)
    rows = session.exec(query.order_by(col(RolloutMeasure.made_at), col(RolloutMeasure.ring), col(RolloutMeasure.id)))
    return {measure.pilot_id: (plan, measure) for plan, measure in rows}


def _newest(session: Session, keys: list[UUID] | None) -> dict[UUID, MeasureHead]:
    """By pilot; only the newest texts are read, for they are long."""
    columns: Any = (RolloutMeasure.pilot_id, RolloutMeasure.id)
    order = (col(RolloutMeasure.made_at), col(RolloutMeasure.ring), col(RolloutMeasure.id))
    newest = dict(session.exec(_of(select(*columns), RolloutMeasure, keys).order_by(*order)).all())
    rows = session.exec(select(RolloutMeasure).where(col(RolloutMeasure.id).in_(newest.values()))) if newest else ()
    return {
        row.pilot_id: MeasureHead(plan_id=row.plan_id, ring=row.ring, made_at=row.made_at, canonical=row.canonical)
        for row in rows
    }


def _of(query: Any, model: type[Any], keys: list[UUID] | None) -> Any:
    return query if keys is None or len(keys) > 500 else query.where(col(model.pilot_id).in_(keys))
