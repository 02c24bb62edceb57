"""Objectives, key results, and which pilot serves which."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from registry.find.rows import by_key, rows_of
from registry.objectives import KeyResult, KeyResultCheckIn, Objective, PilotKeyResult


def objective(session: Session, key: str) -> Objective:
    return by_key(session, Objective, key)


def objectives(session: Session) -> list[Objective]:
    """As they were added."""
    return rows_of(session, Objective, order=(Objective.created_at, Objective.key))


def key_result(session: Session, key: str) -> KeyResult:
    return by_key(session, KeyResult, key)


def key_results(session: Session) -> list[KeyResult]:
    """As they were added."""
    return rows_of(session, KeyResult, order=(KeyResult.created_at, KeyResult.key))


def latest_key_result_check_ins(session: Session) -> dict[UUID, KeyResultCheckIn]:
    """The newest word on each key result; of one day the one that was written last."""
    rows = rows_of(session, KeyResultCheckIn, order=(KeyResultCheckIn.said_on, KeyResultCheckIn.created_at))
    return {row.key_result_id: row for row in rows}


def key_result_check_ins(session: Session, key_result_id: UUID) -> list[KeyResultCheckIn]:
    """By day."""
    wanted = KeyResultCheckIn.key_result_id == key_result_id
    return rows_of(session, KeyResultCheckIn, wanted, order=(KeyResultCheckIn.said_on, KeyResultCheckIn.created_at))


def served_key_results(session: Session) -> list[PilotKeyResult]:
    """Which pilot serves which key result, of all of them."""
    return rows_of(session, PilotKeyResult, order=(PilotKeyResult.created_at, PilotKeyResult.id))
