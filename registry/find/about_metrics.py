"""Metrics and their versions."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from registry.errors import NotFound, Problem
from registry.find.rows import by_key, rows_of
from registry.metrics import MetricDefinition, MetricVersion


def metric(session: Session, key: str) -> MetricDefinition:
    return by_key(session, MetricDefinition, key)


def metric_versions(session: Session, metric_id: UUID) -> list[MetricVersion]:
    return rows_of(session, MetricVersion, MetricVersion.metric_id == metric_id, order=(MetricVersion.number,))


def metric_version(session: Session, key: str, number: int | None = None) -> MetricVersion:
    """That version of the metric with that key; the newest if no number is given."""
    versions = metric_versions(session, metric(session, key).id)
    for version in reversed(versions):
        if number in (None, version.number):
            return version
    raise NotFound(Problem(code="metric_version_not_found", facts={"key": key, "number": number}))


def retired_metrics(session: Session) -> list[MetricDefinition]:
    """By key."""
    return rows_of(session, MetricDefinition, col(MetricDefinition.retired), order=(MetricDefinition.key,))


def catalogue(session: Session) -> list[tuple[MetricDefinition, MetricVersion]]:
    """Every metric in use with its newest version, by key."""
    query = select(MetricDefinition, MetricVersion).join(
        MetricVersion, col(MetricVersion.metric_id) == MetricDefinition.id
    )
    query = query.where(col(MetricDefinition.retired).is_(False)).order_by(
        MetricDefinition.key, col(MetricVersion.number)
    )
    return list({definition.id: (definition, version) for definition, version in session.exec(query)}.values())
