"""Every decided pilot's effects from what is stored: in the metric's unit, and in smallest gains worth having."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from experiments.desk import Desk
from experiments.words.numbers import Unit
from registry import find
from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.overview import Overview, overview, texts
from registry.pilots import Pilot
from registry.plans import PlanRecord
from stats.learning.prior import PilotEffect
from stats.money import break_even_effect, chosen_sites_discount
from stats.plan import Plan, PlannedMetric

REMEMBERED = 20_000


@dataclass(frozen=True, kw_only=True)
class MetricEffect:
    """One metric's estimate, oriented so that + is better, metric's unit (shares 0-1). mwe: smallest gain worth
    having, None for a metric that must only not get worse; line: gain from which on scaling pays, in MWE; partner:
    department whose metric it is."""

    key: str
    name: str
    unit: Unit
    better: str
    effect: float
    std_error: float
    df: float | None
    mwe: float | None
    line: float | None
    partner: str | None
    state: str | None

    def in_gains(self, pilot: str) -> PilotEffect:
        """In MWE; asked only of a metric that has one."""
        scale = self.mwe or 1.0
        return PilotEffect(pilot=pilot, effect=self.effect / scale, std_error=self.std_error / scale, df=self.df)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What plan, evidence and recommendation of one pilot say; ``metrics`` is empty where effects stay closed."""

    grade: str
    hidden: bool
    recommended: str
    recorded_afterwards: bool
    success: tuple[MetricEffect, ...]
    others: tuple[MetricEffect, ...]


@dataclass(frozen=True, kw_only=True)
class Decided:
    """One pilot that was decided, the newest decision. first: its first success metric that has an estimate."""

    key: str
    title: str
    version: int
    team: str
    department: str
    owner: str
    stage: str
    simulated: bool
    decided: str
    scope: str | None
    overruled: bool
    decided_on: date
    grade: str
    hidden: bool
    recommended: str
    recorded_afterwards: bool
    success: tuple[MetricEffect, ...]
    others: tuple[MetricEffect, ...]
    plan_sha256: str
    evidence_sha256: str

    @property
    def first(self) -> MetricEffect | None:
        return self.success[0] if self.success else None

    @property
    def scaled(self) -> bool:
        return self.decided == "SCALE"


_FOUND: dict[tuple[str, ...], Found] = {}
"""By the hashes of plan, evidence and recommendation: what those say never changes."""


def decided_pilots(desk: Desk) -> tuple[Decided, ...]:
    """Every pilot with a verdict that somebody decided on evidence, by key."""
    with desk.read() as session:
        pilots = find.pilots(session, drafts=False)
        known = overview(session, pilots)
        decided = [
            pilot
            for pilot in pilots
            if pilot.id in known.recommendations and pilot.id in known.decisions and known.decisions[pilot.id].verdict
        ]
        found = _found(session, known, [pilot.id for pilot in decided])
    return tuple(sorted((_decided(pilot, known, found[pilot.id]) for pilot in decided), key=lambda one: one.key))


def counted(pilots: Sequence[Decided]) -> tuple[Decided, ...]:
    """Those that count: made-up pilots only where there are no others."""
    real = tuple(one for one in pilots if not one.simulated)
    return real or tuple(pilots)


def _decided(pilot: Pilot, known: Overview, found: Found) -> Decided:
    decision = known.decisions[pilot.id]
    return Decided(
        key=pilot.key,
        title=pilot.title,
        version=pilot.version,
        team=pilot.team,
        department=known.departments.get(pilot.department_id, "") if pilot.department_id else "",
        owner=known.people.get(pilot.owner_id, "") if pilot.owner_id else "",
        stage=pilot.stage.value,
        simulated=pilot.simulated,
        decided=decision.verdict.value if decision.verdict else "",
        scope=decision.scope.value if decision.scope else None,
        overruled=decision.overrules,
        decided_on=decision.decided_at.date(),
        plan_sha256=known.plans[pilot.id].sha256,
        evidence_sha256=known.evidence[pilot.id].sha256,
        **{name: getattr(found, name) for name in Found.__dataclass_fields__},
    )


def _found(session: Any, known: Overview, keys: Sequence[UUID]) -> dict[UUID, Found]:
    """By pilot; only what was never looked at before is read and taken apart."""
    stored = (known.plans, known.evidence, known.recommendations)
    marks = {key: tuple(part[key].sha256 for part in stored) for key in keys}
    fresh = [key for key in keys if marks[key] not in _FOUND]
    plans = texts(session, PlanRecord, [known.plans[key].id for key in fresh])
    evidence = texts(session, EvidenceRecord, [known.evidence[key].id for key in fresh])
    advice = texts(session, RecommendationRecord, [known.recommendations[key].id for key in fresh])
    if len(_FOUND) + len(fresh) > REMEMBERED:
        _FOUND.clear()
    made = {key: _FOUND[mark] for key, mark in marks.items() if mark in _FOUND}
    for key in fresh:
        plan = Plan.model_validate_json(plans[known.plans[key].id])
        said = json.loads(advice[known.recommendations[key].id])
        made[key] = _FOUND[marks[key]] = _taken_apart(plan, said, json.loads(evidence[known.evidence[key].id]))
    return made


def _taken_apart(plan: Plan, said: Mapping[str, Any], evidence: Mapping[str, Any]) -> Found:
    shown = [] if said["hidden"] else [_effect(plan, metric, said, evidence) for metric in plan.metrics]
    known = [(metric.role, one) for metric, one in zip(plan.metrics, shown, strict=False) if one is not None]
    return Found(
        grade=said["grade"],
        hidden=said["hidden"],
        recommended=said["verdict"],
        recorded_afterwards=plan.recorded_afterwards,
        success=tuple(one for role, one in known if role == "SUCCESS" and one.mwe),
        others=tuple(one for role, one in known if role != "SUCCESS"),
    )


def _effect(
    plan: Plan, metric: PlannedMetric, said: Mapping[str, Any], evidence: Mapping[str, Any]
) -> MetricEffect | None:
    result = (evidence["metrics"].get(metric.key) or {}).get("result") or {}
    if result.get("effect") is None or not result.get("std_error"):
        return None
    sign = 1.0 if metric.better == "higher" else -1.0
    return MetricEffect(
        key=metric.key,
        name=metric.name,
        unit=Unit.of(metric.unit, metric.spec.kind),
        better=metric.better,
        effect=sign * result["effect"],
        std_error=result["std_error"],
        df=result.get("df"),
        mwe=metric.mwe,
        line=_line(plan, metric),
        partner=(metric.partner_name or metric.partner) if metric.partner else None,
        state=(said["states"].get(metric.key) or {}).get("label"),
    )


def _line(plan: Plan, metric: PlannedMetric) -> float | None:
    """The effect from which on scaling pays, in MWE; None without a value in money."""
    if plan.finance is None or not metric.mwe:
        return None
    drawn = plan.assumptions.get("sites_drawn_at_random") is True
    effect = break_even_effect(
        plan.finance, metric.key, sites_drawn_at_random=drawn, chosen=chosen_sites_discount(plan)
    )
    return None if effect is None else effect / metric.mwe
