"""What is on record of roll-outs: where each stands, its plans, and what its waves showed."""

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
    newest: dict[UUID, MeasureHead] = {}
    columns: Any = (
        RolloutMeasure.pilot_id,
        RolloutMeasure.plan_id,
        RolloutMeasure.ring,
        RolloutMeasure.made_at,
        RolloutMeasure.canonical,
    )
    wanted = select(*columns)
    order = (col(RolloutMeasure.made_at), col(RolloutMeasure.ring), col(RolloutMeasure.id))
    for pilot_id, plan_id, ring, made_at, text in session.exec(_of(wanted, RolloutMeasure, keys).order_by(*order)):
        newest[pilot_id] = MeasureHead(plan_id=plan_id, ring=ring, made_at=made_at, canonical=text)
    return {
        row.pilot_id: Rolling(rollout=row, plan=plans[row.plan_id], measure=newest.get(row.pilot_id)) for row in rows
    }


def _of(query: Any, model: type[Any], keys: list[UUID] | None) -> Any:
    return query if keys is None or len(keys) > 500 else query.where(col(model.pilot_id).in_(keys))
