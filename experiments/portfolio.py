"""Portfolio: every pilot in a row, from what is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from experiments.desk import Desk
from experiments.words.numbers import Unit, effect
from registry import find
from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.kinds import Stage
from registry.overview import Overview, overview, texts
from registry.pilots import Pilot
from registry.plans import PlanRecord
from stats.plan import Plan


@dataclass(frozen=True, kw_only=True)
class PilotRow:
    """One pilot as lists show it. effect: of the first success metric, in words ("" where hidden or none).

    verdict, scope, mode, reason: of the newest recommendation; decided: the verdict of the newest decision;
    registered: False while the charter is a draft; next_date: the planned end while it runs, else the planned start,
    None where neither lies ahead.
    """

    key: str
    title: str
    team: str
    department: str
    owner: str
    partners: tuple[str, ...]
    stage: str
    stage_since: datetime
    version: int
    simulated: bool
    showcase: bool
    registered: bool
    verdict: str | None = None
    scope: str | None = None
    mode: str | None = None
    reason: str | None = None
    grade: str | None = None
    metric: str = ""
    effect: str = ""
    state: str | None = None
    decided: str | None = None
    overruled: bool = False
    next_date: date | None = None


@dataclass(frozen=True, kw_only=True)
class Headline:
    """What lists show of a plan and of what was said on its evidence; ``found`` is empty where nothing may be shown."""

    start: date | None
    end: date | None
    found: Mapping[str, Any]


_HEADLINES: dict[tuple[str, ...], Headline] = {}
"""By the hashes of plan, evidence and recommendation: whatever those say never changes."""
REMEMBERED = 20_000


def portfolio(desk: Desk, **filters: Any) -> tuple[PilotRow, ...]:
    """All pilots that fit the filters of ``registry.find.pilots``, the one that moved last first."""
    with desk.read() as session:
        return _rows(session, find.pilots(session, **filters))


def pilot_row(desk: Desk, key: str) -> PilotRow:
    with desk.read() as session:
        return _rows(session, [find.pilot(session, key)])[0]


def _rows(session: Any, pilots: Sequence[Pilot]) -> tuple[PilotRow, ...]:
    known = overview(session, pilots)
    headlines = _headlines(session, known)
    return tuple(_row(pilot, known, headlines.get(pilot.id)) for pilot in pilots)


def _row(pilot: Pilot, known: Overview, headline: Headline | None) -> PilotRow:
    decision = known.decisions.get(pilot.id)
    return PilotRow(
        key=pilot.key,
        title=pilot.title,
        team=pilot.team,
        department=known.departments.get(pilot.department_id, "") if pilot.department_id else "",
        owner=known.people.get(pilot.owner_id, "") if pilot.owner_id else "",
        partners=known.partners.get(pilot.id, ()),
        stage=pilot.stage.value,
        stage_since=pilot.stage_since,
        version=pilot.version,
        simulated=pilot.simulated,
        showcase=pilot.showcase,
        registered=pilot.id in known.registered,
        decided=decision.verdict.value if decision and decision.verdict else None,
        overruled=bool(decision and decision.overrules),
        next_date=_next_date(pilot, headline),
        **(headline.found if headline else {}),
    )


def _headlines(session: Any, known: Overview) -> dict[UUID, Headline]:
    """By pilot; only what was never looked at before is read and taken apart."""
    marks = {pilot_id: _mark(known, pilot_id) for pilot_id in known.plans}
    fresh = [pilot_id for pilot_id, mark in marks.items() if mark not in _HEADLINES]
    plans = texts(session, PlanRecord, [known.plans[key].id for key in fresh])
    said = {key for key in fresh if key in known.recommendations}
    advice = texts(session, RecommendationRecord, [known.recommendations[key].id for key in said])
    evidence = texts(session, EvidenceRecord, [known.evidence[key].id for key in said])
    if len(_HEADLINES) + len(fresh) > REMEMBERED:
        _HEADLINES.clear()
    found = {key: _HEADLINES[mark] for key, mark in marks.items() if mark in _HEADLINES}
    for key in fresh:
        plan = Plan.model_validate_json(plans[known.plans[key].id])
        told = {}
        if key in said:
            told = _found(plan, evidence[known.evidence[key].id], advice[known.recommendations[key].id])
        found[key] = _HEADLINES[marks[key]] = Headline(start=plan.start, end=plan.end, found=told)
    return found


def _mark(known: Overview, pilot_id: UUID) -> tuple[str, ...]:
    stored = (known.plans, known.evidence, known.recommendations)
    return tuple(part[pilot_id].sha256 if pilot_id in part else "" for part in stored)


def _found(plan: Plan, evidence: str, advice: str) -> dict[str, Any]:
    """What the newest evidence and recommendation say, as far as it may be shown."""
    said: Mapping[str, Any] = json.loads(advice)
    found: dict[str, Any] = {
        "verdict": said["verdict"],
        "scope": said["scope"],
        "mode": said["mode"],
        "reason": said["reasons"][0]["code"] if said["reasons"] else None,
        "grade": said["grade"],
    }
    first = plan.success[0]
    result = json.loads(evidence)["metrics"].get(first.key, {}).get("result", {})
    if not said["hidden"] and "effect" in result:
        unit = Unit.of(first.unit, first.spec.kind)
        found["metric"] = first.name
        found["effect"] = effect(result["effect"], unit, beside=(result["ci_lower"], result["ci_upper"]))
        found["state"] = (said["states"].get(first.key) or {}).get("label")
    return found


def _next_date(pilot: Pilot, headline: Headline | None) -> date | None:
    if headline is None:
        return None
    if pilot.stage in {Stage.ASSIGNED, Stage.RUNNING}:
        return headline.end
    return headline.start if pilot.stage in {Stage.PLAN, Stage.SIGNED} else None
