"""Outcomes of a pilot, the evidence from them, and what the rule said on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import Session

from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.find.rows import newest_of, rows_of
from registry.keeping import Forgotten, KeptInput
from registry.outcomes import CheckIn, Snapshot

MADE: tuple[Any, ...] = (
    EvidenceRecord.made_at,
    EvidenceRecord.look,
    EvidenceRecord.created_at,
    EvidenceRecord.arm,
    EvidenceRecord.id,
)


def snapshots(session: Session, pilot_id: UUID) -> list[Snapshot]:
    return rows_of(session, Snapshot, Snapshot.pilot_id == pilot_id, order=(Snapshot.number,))


def latest_snapshot(session: Session, pilot_id: UUID) -> Snapshot | None:
    return newest_of(session, Snapshot, Snapshot.pilot_id == pilot_id, order=Snapshot.number)


def check_ins(session: Session, pilot_id: UUID) -> list[CheckIn]:
    """By week, then site."""
    return rows_of(session, CheckIn, CheckIn.pilot_id == pilot_id, order=(CheckIn.week, CheckIn.site))


def evidence(session: Session, pilot_id: UUID) -> list[EvidenceRecord]:
    return rows_of(session, EvidenceRecord, EvidenceRecord.pilot_id == pilot_id, order=MADE)


def latest_evidence(session: Session, pilot_id: UUID, arm: int = 1) -> EvidenceRecord | None:
    """The newest evidence on one treatment arm; None before the first assessment."""
    rows = rows_of(session, EvidenceRecord, EvidenceRecord.pilot_id == pilot_id, EvidenceRecord.arm == arm, order=MADE)
    return rows[-1] if rows else None


def evidence_by_hash(session: Session, sha256: str) -> EvidenceRecord | None:
    return newest_of(session, EvidenceRecord, EvidenceRecord.sha256 == sha256, order=EvidenceRecord.made_at)


def recommendation(session: Session, evidence_id: UUID) -> RecommendationRecord | None:
    """What the rule said on that evidence (the newest, if the rule itself changed); None if it was not asked."""
    wanted = RecommendationRecord.evidence_id == evidence_id
    return newest_of(session, RecommendationRecord, wanted, order=RecommendationRecord.made_at)


def kept_inputs(session: Session, pilot_id: UUID) -> dict[UUID, KeptInput]:
    """What was kept of the data, by evidence."""
    rows = rows_of(session, KeptInput, KeptInput.pilot_id == pilot_id, order=(KeptInput.created_at, KeptInput.id))
    return {row.evidence_id: row for row in rows}


def forgotten(session: Session, pilot_id: UUID) -> list[Forgotten]:
    return rows_of(session, Forgotten, Forgotten.pilot_id == pilot_id, order=(Forgotten.forgotten_at, Forgotten.id))
