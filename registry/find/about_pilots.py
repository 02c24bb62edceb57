"""Pilots, and what their charters say: hypothesis, partners, metrics."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from registry.find.rows import LONGEST_SEARCH, askable, by_key, rows_of
from registry.kinds import Stage
from registry.metrics import MetricDefinition, MetricVersion
from registry.people import Department
from registry.pilots import Hypothesis, Pilot, PilotMetric, PilotPartner


def pilot(session: Session, key: str) -> Pilot:
    """The pilot of that key; NotFound names the nearest ones."""
    return by_key(session, Pilot, key)


def pilots(
    session: Session,
    *,
    stages: Collection[Stage] | None = None,
    department_id: UUID | None = None,
    person_id: UUID | None = None,
    words: str = "",
    simulated: bool | None = None,
    drafts: bool = True,
) -> list[Pilot]:
    """Pilots that fit every filter given, the one whose stage changed last first.

    person_id: owner or sponsor; words: in key, title, problem or team, in any case. drafts: with the charters as they
    were written, the bulk of a row; without them, to ask a pilot for its draft is an error.
    """
    wanted: list[Any] = []
    if stages is not None:
        wanted.append(col(Pilot.stage).in_(stages))
    if department_id is not None:
        partners_too = select(PilotPartner.pilot_id).where(PilotPartner.department_id == department_id)
        wanted.append(or_(col(Pilot.department_id) == department_id, col(Pilot.id).in_(partners_too)))
    if person_id is not None:
        wanted.append(or_(col(Pilot.owner_id) == person_id, col(Pilot.sponsor_id) == person_id))
    for word in askable(words)[:LONGEST_SEARCH].split():
        columns = (Pilot.key, Pilot.title, Pilot.problem, Pilot.team)
        wanted.append(or_(*(col(column).icontains(word, autoescape=True) for column in columns)))
    if simulated is not None:
        wanted.append(col(Pilot.simulated).is_(simulated))
    query = select(Pilot).where(*wanted).order_by(col(Pilot.stage_since).desc(), Pilot.key)
    if not drafts:
        query = query.options(defer(Pilot.draft, raiseload=True))  # type: ignore[arg-type]
    return list(session.exec(query))


def lineage(session: Session, of: Pilot) -> list[Pilot]:
    """All versions that share this pilot's origin, the first version first."""
    origin = of
    while origin.parent_id is not None:
        origin = session.get_one(Pilot, origin.parent_id)
    found = [origin]
    while children := rows_of(session, Pilot, col(Pilot.parent_id).in_([p.id for p in found]), order=(Pilot.version,)):
        fresh = [child for child in children if child not in found]
        if not fresh:
            break
        found += fresh
    return sorted(found, key=lambda version: (version.version, version.key))


def hypothesis(session: Session, pilot_id: UUID) -> Hypothesis | None:
    """None while it is still a draft."""
    return session.exec(select(Hypothesis).where(Hypothesis.pilot_id == pilot_id)).first()


def partners(session: Session, pilot_id: UUID) -> list[tuple[PilotPartner, Department]]:
    """The partners of a pilot with their departments, by name."""
    query = select(PilotPartner, Department).join(Department, col(Department.id) == PilotPartner.department_id)
    return list(session.exec(query.where(PilotPartner.pilot_id == pilot_id).order_by(Department.name)))


def pilot_metrics(session: Session, pilot_id: UUID) -> list[tuple[PilotMetric, MetricVersion, MetricDefinition]]:
    """The metrics of a pilot with what they are, in the charter's order."""
    query = (
        select(PilotMetric, MetricVersion, MetricDefinition)
        .join(MetricVersion, col(MetricVersion.id) == PilotMetric.metric_version_id)
        .join(MetricDefinition, col(MetricDefinition.id) == MetricVersion.metric_id)
    )
    rows = session.exec(query.where(PilotMetric.pilot_id == pilot_id))
    return sorted(rows, key=lambda row: (row[0].position, row[0].created_at, row[2].key))
