"""Many pilots at once: what lists show of each, in a handful of queries however many there are.

The large texts (plans, evidence) are not read here: ``texts`` fetches those that a caller does not know yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from registry import find
from registry.decisions import Decision, ReviewRound
from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.find import Rolling, rolling
from registry.people import Department
from registry.pilots import Hypothesis, Pilot, PilotPartner
from registry.plans import PlanRecord

CHUNK = 500
"""Keys in one query: databases limit their number."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A stored text by its row's key and its hash."""

    id: UUID
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What is known of the pilots asked for, by the pilot's key.

    plans: the newest, locked or not; evidence: the newest of the first arm; recommendations: on that evidence;
    rounds: until when partners are asked on it; decisions: the newest; registered: those whose charter is complete;
    people, departments: names by key; rollouts: where there is one.
    """

    plans: Mapping[UUID, Stored]
    evidence: Mapping[UUID, Stored]
    recommendations: Mapping[UUID, Stored]
    rounds: Mapping[UUID, date]
    decisions: Mapping[UUID, Decision]
    partners: Mapping[UUID, tuple[str, ...]]
    registered: frozenset[UUID]
    people: Mapping[UUID, str]
    departments: Mapping[UUID, str]
    rollouts: Mapping[UUID, Rolling]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """By the pilot's key, as in ``Overview``: the newest plan, the evidence, the recommendation on it."""

    plans: Mapping[UUID, Stored]
    evidence: Mapping[UUID, Stored]
    recommendations: Mapping[UUID, Stored]


def judged(session: Session, pilots: Collection[Pilot]) -> Judged:
    """What is stored of the verdict on these pilots, apart from the texts."""
    keys = [pilot.id for pilot in pilots]
    evidence = _newest_evidence(session, keys)
    on = {stored.id: pilot_id for pilot_id, stored in evidence.items()}
    return Judged(plans=_newest_plans(session, keys), evidence=evidence, recommendations=_recommendations(session, on))


def overview(session: Session, pilots: Collection[Pilot]) -> Overview:
    """Everything that lists need of these pilots, apart from the texts."""
    keys = [pilot.id for pilot in pilots]
    evidence = _newest_evidence(session, keys)
    on = {stored.id: pilot_id for pilot_id, stored in evidence.items()}
    return Overview(
        plans=_newest_plans(session, keys),
        evidence=evidence,
        recommendations=_recommendations(session, on),
        rounds=_rounds(session, on),
        decisions=_newest_decisions(session, keys),
        partners=_partners(session, keys),
        registered=frozenset(
            row for part in chunks(keys) for row in session.exec(_of(select(Hypothesis.pilot_id), Hypothesis, part))
        ),
        people={person.id: person.name for person in find.people(session, active_only=False)},
        departments={department.id: department.name for department in find.departments(session)},
        rollouts=rolling(session, keys),
    )


def texts(session: Session, model: type[Any], ids: Iterable[UUID]) -> dict[UUID, str]:
    """The canonical texts of these rows (plans, evidence, recommendations), by key."""
    found: dict[UUID, str] = {}
    for part in chunks(list(ids)):
        found.update(session.exec(select(model.id, model.canonical).where(col(model.id).in_(part))).all())
    return found


def _newest_plans(session: Session, keys: list[UUID]) -> dict[UUID, Stored]:
    found: dict[UUID, Stored] = {}
    for part in chunks(keys):
        query = select(PlanRecord.pilot_id, PlanRecord.id, PlanRecord.sha256).order_by(col(PlanRecord.number))
        for pilot_id, key, sha256 in session.exec(_of(query, PlanRecord, part)):
            found[pilot_id] = Stored(id=key, sha256=sha256)
    return found


def _newest_evidence(session: Session, keys: list[UUID]) -> dict[UUID, Stored]:
    """In the order in which ``find.latest_evidence`` has them."""
    found: dict[UUID, Stored] = {}
    for part in chunks(keys):
        query = select(EvidenceRecord.pilot_id, EvidenceRecord.id, EvidenceRecord.sha256)
        query = query.where(EvidenceRecord.arm == 1).order_by(*find.MADE)
        for pilot_id, key, sha256 in session.exec(_of(query, EvidenceRecord, part)):
            found[pilot_id] = Stored(id=key, sha256=sha256)
    return found


def _recommendations(session: Session, on: Mapping[UUID, UUID]) -> dict[UUID, Stored]:
    """By pilot; ``on``: evidence to pilot."""
    found: dict[UUID, Stored] = {}
    for part in chunks(list(on)):
        query = select(RecommendationRecord.evidence_id, RecommendationRecord.id, RecommendationRecord.sha256)
        query = query.where(col(RecommendationRecord.evidence_id).in_(part)).order_by(col(RecommendationRecord.made_at))
        for evidence_id, key, sha256 in session.exec(query):
            found[on[evidence_id]] = Stored(id=key, sha256=sha256)
    return found


def _rounds(session: Session, on: Mapping[UUID, UUID]) -> dict[UUID, date]:
    """By pilot; ``on``: evidence to pilot."""
    found: dict[UUID, date] = {}
    for part in chunks(list(on)):
        evidence_id = col(ReviewRound.evidence_id)
        query = select(evidence_id, col(ReviewRound.until)).where(evidence_id.in_(part))
        found |= {on[key]: until for key, until in session.exec(query)}
    return found


def _newest_decisions(session: Session, keys: list[UUID]) -> dict[UUID, Decision]:
    found: dict[UUID, Decision] = {}
    for part in chunks(keys):
        newest = _of(select(Decision.pilot_id, func.max(Decision.number)), Decision, part).group_by(Decision.pilot_id)
        last = dict(session.exec(newest).all())
        rows = session.exec(_of(select(Decision), Decision, part))
        found |= {row.pilot_id: row for row in rows if row.number == last[row.pilot_id]}
    return found


def _partners(session: Session, keys: list[UUID]) -> dict[UUID, tuple[str, ...]]:
    found: dict[UUID, tuple[str, ...]] = {}
    for part in chunks(keys):
        query = select(PilotPartner.pilot_id, Department.name).join(
            Department, col(Department.id) == PilotPartner.department_id
        )
        for pilot_id, name in session.exec(_of(query, PilotPartner, part).order_by(Department.name)):
            found[pilot_id] = (*found.get(pilot_id, ()), name)
    return found


def _of(query: Any, model: type[Any], keys: list[UUID]) -> Any:
    return query.where(col(model.pilot_id).in_(keys))


def chunks(keys: list[UUID]) -> Iterator[list[UUID]]:
    """So many keys as one query may name."""
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))
