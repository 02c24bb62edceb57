"""What a search knows of a pilot: its words by weight, and what lists are narrowed by. Read from the record."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlmodel import col

from registry import find
from registry.decisions import Decision
from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.kinds import Bearing
from registry.learning import Learning, LearningPilot, Takeaway
from registry.metrics import MetricDefinition, MetricVersion
from registry.people import Department
from registry.pilots import Hypothesis, Pilot, PilotMetric, PilotPartner

SOURCES = frozenset(
    {
        *("pilot", "hypothesis", "pilot_partner", "pilot_metric", "takeaway", "learning_pilot"),
        *("evidence_record", "recommendation_record", "decision"),
    }
)
"""Tables of what is read here that name their pilot; departments and learnings are those of several."""


@dataclass(kw_only=True)
class Known:
    """One pilot. title, takeaway, body: texts, the first two weigh more. metric_key, kind, journey_step: of what the
    hypothesis is about; verdict, grade: of the newest recommendation, None where its numbers are closed; decided: the
    newest decision's verdict, year: its year."""

    title: str
    takeaway: str = ""
    body: list[str] = field(default_factory=list)
    metric_key: str | None = None
    kind: str | None = None
    journey_step: str | None = None
    verdict: str | None = None
    grade: str | None = None
    decided: str | None = None
    year: int | None = None


def known(connection: Connection, pilot_ids: Sequence[UUID]) -> dict[UUID, Known]:
    """Of these pilots, as far as they are in the record."""
    found = _charters(connection, pilot_ids)
    _hypotheses(connection, found)
    _partners_and_metrics(connection, found)
    _takeaways(connection, found)
    _verdicts(connection, found)
    return found


def touched_by(connection: Connection, table: str, key: UUID) -> list[UUID]:
    """Pilots whose words change with a department or a learning."""
    if table == "department":
        own = _ask(Pilot.id).where(col(Pilot.department_id) == key)
        partners = _ask(PilotPartner.pilot_id).where(col(PilotPartner.department_id) == key)
        return [*connection.scalars(own.union(partners))]
    if table == "learning":
        return [*connection.scalars(_ask(LearningPilot.pilot_id).where(col(LearningPilot.learning_id) == key))]
    return []


def _charters(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Known]:
    query = _ask(Pilot.id, Pilot.key, Pilot.title, Pilot.problem, Pilot.team, Pilot.draft, col(Department.name))
    query = query.outerjoin(Department, col(Department.id) == Pilot.department_id).where(col(Pilot.id).in_(ids))
    found = {}
    for pilot_id, key, title, problem, team, draft, department in connection.execute(query):
        written = draft or {}
        body = [key, problem, team, department or "", *_hypothesis_drafted(written), *_sites(written)]
        found[pilot_id] = Known(title=title, body=body)
    return found


def _hypothesis_drafted(draft: Mapping[str, Any]) -> list[str]:
    """A charter that is not complete yet has its hypothesis only here."""
    written = draft.get("hypothesis")
    if not isinstance(written, Mapping):
        return []
    return [str(written[name]) for name in ("change", "for_whom", "because") if written.get(name)]


def _sites(draft: Mapping[str, Any]) -> list[str]:
    where = draft.get("where")
    sites = where.get("sites") if isinstance(where, Mapping) else None
    named: list[str] = []
    for site in sites if isinstance(sites, list) else []:
        if isinstance(site, Mapping):
            named += [str(site[name]) for name in ("key", "name") if site.get(name)]
        else:
            named.append(str(site))
    return named


def _hypotheses(connection: Connection, found: Mapping[UUID, Known]) -> None:
    query = (
        _ask(
            *(Hypothesis.pilot_id, Hypothesis.change, Hypothesis.for_whom, Hypothesis.because),
            *(MetricDefinition.key, MetricVersion.kind, MetricVersion.journey_step),
        )
        .join(MetricVersion, col(MetricVersion.id) == Hypothesis.metric_version_id)
        .join(MetricDefinition, col(MetricDefinition.id) == MetricVersion.metric_id)
    )
    for pilot_id, change, for_whom, because, key, kind, step in connection.execute(_of(query, Hypothesis, found)):
        one = found[pilot_id]
        # Where the charter is complete its draft says the same: once is enough.
        one.body = [text for text in one.body if text not in {change, for_whom, because}]
        one.body += [change, for_whom, because]
        one.metric_key, one.kind, one.journey_step = key, str(kind), step or None


def _partners_and_metrics(connection: Connection, found: Mapping[UUID, Known]) -> None:
    partners = _ask(PilotPartner.pilot_id, PilotPartner.benefit, Department.name).join(
        Department, col(Department.id) == PilotPartner.department_id
    )
    metrics = _ask(PilotMetric.pilot_id, MetricVersion.name, MetricVersion.meaning).join(
        MetricVersion, col(MetricVersion.id) == PilotMetric.metric_version_id
    )
    for query, model in ((partners, PilotPartner), (metrics, PilotMetric)):
        for pilot_id, *texts in connection.execute(_of(query, model, found)):
            found[pilot_id].body += texts


def _takeaways(connection: Connection, found: Mapping[UUID, Known]) -> None:
    said = _ask(
        *(Takeaway.pilot_id, Takeaway.lesson, Takeaway.why, Takeaway.differently, Takeaway.holds_where)
    ).order_by(col(Takeaway.number))
    for pilot_id, lesson, *more in connection.execute(_of(said, Takeaway, found)):
        found[pilot_id].takeaway = "\n".join((lesson, *more))
    learned = _ask(LearningPilot.pilot_id, Learning.statement).join(
        Learning, col(Learning.id) == LearningPilot.learning_id
    )
    supported = learned.where(LearningPilot.bearing == Bearing.SUPPORTS)
    for pilot_id, statement in connection.execute(_of(supported, LearningPilot, found)):
        found[pilot_id].body.append(statement)


def _verdicts(connection: Connection, found: Mapping[UUID, Known]) -> None:
    newest: dict[UUID, UUID] = {}
    evidence = _ask(EvidenceRecord.pilot_id, EvidenceRecord.id).where(EvidenceRecord.arm == 1)
    evidence = evidence.order_by(*find.MADE)
    for pilot_id, key in connection.execute(_of(evidence, EvidenceRecord, found)):
        newest[pilot_id] = key
    said = _ask(RecommendationRecord.pilot_id, RecommendationRecord.verdict, RecommendationRecord.canonical)
    said = said.where(col(RecommendationRecord.evidence_id).in_(newest.values()))
    for pilot_id, verdict, canonical in connection.execute(said.order_by(col(RecommendationRecord.made_at))):
        advice = json.loads(canonical)
        found[pilot_id].verdict = str(verdict)
        found[pilot_id].grade = None if advice.get("hidden") else advice.get("grade")
    numbers = _of(_ask(Decision.pilot_id, func.max(Decision.number)), Decision, found).group_by(Decision.pilot_id)
    last = dict(connection.execute(numbers).all())
    decisions = _ask(Decision.pilot_id, Decision.number, Decision.verdict, Decision.decided_at)
    for pilot_id, number, verdict, at in connection.execute(_of(decisions, Decision, found)):
        if number == last[pilot_id]:
            found[pilot_id].decided, found[pilot_id].year = (str(verdict) if verdict else None), at.year


def _of(query: Any, model: type[Any], found: Iterable[UUID]) -> Any:
    return query.where(col(model.pilot_id).in_(list(found)))


def _ask(*columns: Any) -> Any:
    """A query for these columns, whose types the models know."""
    return select(*columns)
