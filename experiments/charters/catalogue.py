"""The metric catalogue as charters use it: the same metric keeps its version, a changed one gets the next."""

from __future__ import annotations

from typing import Any

from registry import find
from registry.errors import NotFound
from registry.kinds import Direction, MetricKind, Perspective
from registry.metrics import MetricDefinition, MetricVersion
from registry.unit_of_work import Work
from stats.plan import PlannedMetric


def metric_version_of(work: Work, metric: PlannedMetric, twin_key: str | None = None) -> MetricVersion:
    """The catalogue's version of this metric; added where the catalogue does not know it as it is meant here."""
    definition = _definition(work, metric.key)
    versions = find.metric_versions(work.session, definition.id)
    meant = _meant(metric, twin_key)
    for version in reversed(versions):
        if all(getattr(version, name) == value for name, value in meant.items()):
            return version
    row = work.add(MetricVersion(metric_id=definition.id, number=len(versions) + 1, **meant))
    work.record("metric.version_added", row, after={"key": metric.key, "number": row.number})
    return row


def _definition(work: Work, key: str) -> MetricDefinition:
    try:
        return find.metric(work.session, key)
    except NotFound:
        return work.add(MetricDefinition(key=key))


def _meant(metric: PlannedMetric, twin_key: str | None) -> dict[str, Any]:
    return {
        "name": metric.name,
        "unit": metric.unit,
        "better": Direction(metric.better),
        "kind": MetricKind(metric.spec.kind),
        "spec": metric.spec.model_dump(mode="json"),
        "minimum_n": metric.spec.minimum_n,
        "survey": metric.survey,
        "perspective": Perspective(metric.perspective),
        "twin_key": twin_key,
    }
