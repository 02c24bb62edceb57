"""Plans of a pilot, what was changed in them, who signed them, and the draw."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from registry.find.rows import newest_of, rows_of
from registry.plans import Amendment, AssignmentRecord, PlanRecord, Signature


def plans(session: Session, pilot_id: UUID) -> list[PlanRecord]:
    return rows_of(session, PlanRecord, PlanRecord.pilot_id == pilot_id, order=(PlanRecord.number,))


def latest_plan(session: Session, pilot_id: UUID) -> PlanRecord | None:
    """The newest plan, locked or not; None if there is none yet."""
    return newest_of(session, PlanRecord, PlanRecord.pilot_id == pilot_id, order=PlanRecord.number)


def locked_plan(session: Session, pilot_id: UUID) -> PlanRecord | None:
    """The plan in force: the newest locked one; None before the first lock."""
    locked = col(PlanRecord.locked_at).is_not(None)
    return newest_of(session, PlanRecord, PlanRecord.pilot_id == pilot_id, locked, order=PlanRecord.number)


def first_locked_at(session: Session, pilot_id: UUID) -> datetime | None:
    """When the first plan was locked: from then on the pilot is a promise. None before."""
    moments = [plan.locked_at for plan in plans(session, pilot_id) if plan.locked_at is not None]
    return moments[0] if moments else None


def amendments(session: Session, pilot_id: UUID) -> list[Amendment]:
    return rows_of(
        session,
        Amendment,
        Amendment.pilot_id == pilot_id,
        order=(Amendment.made_at, Amendment.created_at, Amendment.id),
    )


def signatures(session: Session, plan_id: UUID) -> list[Signature]:
    return rows_of(session, Signature, Signature.plan_id == plan_id, order=(Signature.signed_at, Signature.id))


def assignment(session: Session, plan_id: UUID) -> AssignmentRecord | None:
    """The draw of a plan; None before it is drawn."""
    return session.exec(select(AssignmentRecord).where(AssignmentRecord.plan_id == plan_id)).first()
