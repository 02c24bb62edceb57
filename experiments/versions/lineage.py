"""Lineage: the versions of a pilot, what changed between them, and what each did on its own.

Versions are separate windows: their effects stand side by side and are never pooled. Beside each stands what the
versions up to it say together (stats/lineage.py), and the share of error that the whole lineage has used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from experiments.charters.charter import Lineage
from experiments.desk import Desk
from experiments.planning.plan import stored_plan
from experiments.words import say
from experiments.words.numbers import Unit, effect, effect_between
from registry import find
from registry.pilots import Pilot
from stats.lineage import STEP_PER_MWE, alpha_used, filtered
from stats.plan import Plan, PlannedMetric


@dataclass(frozen=True, kw_only=True)
class VersionEffect:
    """One version's own effect on the lineage's metric, treatment minus control, in the metric's unit."""

    effect: float
    std_error: float
    ci_lower: float | None
    ci_upper: float | None
    filtered_effect: float | None = None
    filtered_std_error: float | None = None
    effect_text: str = ""
    interval_text: str = ""
    filtered_text: str = ""


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version. number: position in the lineage; version: of what is tried, which repeats where only the window is
    new; cause, lever: why the one before led to it; effect None where there is none, or its numbers are closed."""

    key: str
    number: int
    version: int
    stage: str
    change: str
    changed: str
    cause: str
    lever: str
    start: date | None
    end: date | None
    verdict: str | None
    decided: str | None
    grade: str | None
    alpha: float | None
    alpha_used: float
    effect: VersionEffect | None


@dataclass(frozen=True, kw_only=True)
class LineageView:
    """metric, metric_name: whose effect is shown; unit, kind: of it; alpha_promised, alpha_used: over all versions.

    A useless idea passes at least one of its versions at most as often as ``alpha_promised`` says, however they are
    related: the sum bounds it. How often it does is less, because a useless idea is mostly stopped before.
    """

    origin: str
    metric: str
    metric_name: str
    better: str
    mwe: float | None
    versions: tuple[Version, ...]
    max_versions: int
    alpha_promised: float
    alpha_used: float
    unit: str = ""
    kind: str = "mean"


def lineage(desk: Desk, key: str) -> LineageView:
    """All versions that share this pilot's origin, the first one first."""
    pilot = desk.pilot(key)
    with desk.read() as session:
        found = [_Found.of(session, row) for row in find.lineage(session, pilot)]
    metric = next((each.plan.success[0] for each in found if each.plan is not None), None)
    effects = [_own(each, metric) for each in found]
    beside = filtered(
        [None if own is None else (own["effect"], own["std_error"]) for own in effects],
        STEP_PER_MWE * (metric.mwe or 0.0) if metric else 0.0,
    )
    versions = tuple(
        _version(each, _with_filter(own, other, metric))
        for each, own, other in zip(found, effects, beside, strict=True)
    )
    return LineageView(
        origin=found[0].pilot.key,
        metric=metric.key if metric else "",
        metric_name=metric.name if metric else "",
        better=metric.better if metric else "",
        mwe=metric.mwe if metric else None,
        versions=versions,
        max_versions=max((each.plan.max_versions for each in found if each.plan), default=0),
        alpha_promised=sum(version.alpha or 0.0 for version in versions),
        alpha_used=sum(version.alpha_used for version in versions),
        unit=metric.unit if metric else "",
        kind=metric.spec.kind if metric else "mean",
    )


@dataclass(frozen=True, kw_only=True)
class _Found:
    """One version as it is stored. looks: how many checks were made, those that showed nothing left out."""

    pilot: Pilot
    terms: Lineage | None
    plan: Plan | None
    evidence: Mapping[str, Any] | None
    said: Mapping[str, Any] | None
    looks: int
    decided: str | None

    @classmethod
    def of(cls, session: Any, pilot: Pilot) -> _Found:
        record = find.locked_plan(session, pilot.id)
        evidence = find.latest_evidence(session, pilot.id)
        said = find.recommendation(session, evidence.id) if evidence else None
        decision = find.latest_decision(session, pilot.id)
        terms = dict(pilot.draft or {}).get("lineage")
        return cls(
            pilot=pilot,
            terms=Lineage.model_validate(terms) if terms else None,
            plan=stored_plan(record) if record else None,
            evidence=json.loads(evidence.canonical) if evidence else None,
            said=json.loads(said.canonical) if said else None,
            looks=max((row.look for row in find.evidence(session, pilot.id)), default=0),
            decided=decision.verdict.value if decision and decision.verdict else None,
        )


def _own(found: _Found, metric: PlannedMetric | None) -> dict[str, Any] | None:
    """The version's estimate of the lineage's metric; None where it has none, or it is closed."""
    if metric is None or found.evidence is None or found.said is None or found.said["hidden"]:
        return None
    result = (found.evidence["metrics"].get(metric.key) or {}).get("result") or {}
    return result if "effect" in result and result.get("std_error") else None


def _with_filter(own: Mapping[str, Any] | None, beside: Any, metric: PlannedMetric | None) -> VersionEffect | None:
    if own is None or metric is None:
        return None
    unit = Unit.of(metric.unit, metric.spec.kind)
    ends = (own["ci_lower"], own["ci_upper"])
    return VersionEffect(
        effect=own["effect"],
        std_error=own["std_error"],
        ci_lower=ends[0],
        ci_upper=ends[1],
        filtered_effect=beside.effect,
        filtered_std_error=beside.std_error,
        effect_text=effect(own["effect"], unit, beside=ends),
        interval_text=effect_between(*ends, unit, beside=(own["effect"],)),
        filtered_text=effect(beside.effect, unit, beside=ends),
    )


def _version(found: _Found, own: VersionEffect | None) -> Version:
    plan, pilot, draft = found.plan, found.pilot, dict(found.pilot.draft or {})
    where: Mapping[str, Any] = draft.get("where") or {}
    return Version(
        key=pilot.key,
        number=pilot.version,
        version=found.terms.version if found.terms else 1,
        stage=pilot.stage.value,
        change=str((draft.get("hypothesis") or {}).get("change") or ""),
        changed=found.terms.changed if found.terms else "",
        cause=found.terms.cause if found.terms else "",
        lever=found.terms.lever if found.terms else "",
        start=plan.start if plan else _day(where.get("start")),
        end=plan.end if plan else _day(where.get("end")),
        verdict=found.said["verdict"] if found.said else None,
        decided=found.decided,
        grade=found.said["grade"] if found.said and not found.said["hidden"] else None,
        alpha=plan.errors.alpha if plan else found.terms.alpha if found.terms else None,
        alpha_used=alpha_used(plan, found.looks) if plan else 0.0,
        effect=own,
    )


def _day(value: Any) -> date | None:
    return None if not value else value if isinstance(value, date) else date.fromisoformat(str(value))


def cells(version: Version) -> tuple[str, ...]:
    """One version as a row of a table: number, verdict, own effect, its interval, the filtered one, what changed."""
    own = version.effect
    return (
        str(version.number),
        say(f"verdict.{version.verdict}") if version.verdict else say(f"stage.{version.stage}"),
        own.effect_text if own else say("lineage.closed" if version.verdict else "lineage.none"),
        own.interval_text if own else "",
        own.filtered_text if own else "",
        changed(version),
    )


def changed(version: Version) -> str:
    """What was different from the version before, in the team's words, else what the rule asked for."""
    if version.number == 1:
        return version.change
    return version.changed or (say(f"version.lever.{version.lever}") if version.lever else "")
