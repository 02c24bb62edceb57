"""Portfolio: every pilot in a row, from what is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from experiments.desk import Desk
from experiments.words.numbers import Unit, effect
from registry import find
from registry.kinds import Stage
from registry.pilots import Pilot
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


def portfolio(desk: Desk, **filters: Any) -> tuple[PilotRow, ...]:
    """All pilots that fit the filters of ``registry.find.pilots``, the one that moved last first."""
    with desk.read() as session:
        return tuple(_row(session, pilot) for pilot in find.pilots(session, **filters))


def pilot_row(desk: Desk, key: str) -> PilotRow:
    with desk.read() as session:
        return _row(session, find.pilot(session, key))


def _row(session: Any, pilot: Pilot) -> PilotRow:
    people = {person.id: person.name for person in find.people(session, active_only=False)}
    departments = {department.id: department.name for department in find.departments(session)}
    plan_record = find.latest_plan(session, pilot.id)
    plan = Plan.model_validate_json(plan_record.canonical) if plan_record else None
    decision = find.latest_decision(session, pilot.id)
    return PilotRow(
        key=pilot.key,
        title=pilot.title,
        team=pilot.team,
        department=departments.get(pilot.department_id, "") if pilot.department_id else "",
        owner=people.get(pilot.owner_id, "") if pilot.owner_id else "",
        partners=tuple(department.name for _, department in find.partners(session, pilot.id)),
        stage=pilot.stage.value,
        stage_since=pilot.stage_since,
        version=pilot.version,
        simulated=pilot.simulated,
        showcase=pilot.showcase,
        registered=find.hypothesis(session, pilot.id) is not None,
        decided=decision.verdict.value if decision and decision.verdict else None,
        overruled=bool(decision and decision.overrules),
        next_date=_next_date(pilot, plan),
        **_found(session, pilot, plan),
    )


def _found(session: Any, pilot: Pilot, plan: Plan | None) -> dict[str, Any]:
    """What the newest evidence and recommendation say, as far as it may be shown."""
    evidence = find.latest_evidence(session, pilot.id)
    record = find.recommendation(session, evidence.id) if evidence else None
    if evidence is None or record is None or plan is None:
        return {}
    said: Mapping[str, Any] = json.loads(record.canonical)
    found: dict[str, Any] = {
        "verdict": said["verdict"],
        "scope": said["scope"],
        "mode": said["mode"],
        "reason": said["reasons"][0]["code"] if said["reasons"] else None,
        "grade": said["grade"],
    }
    first = plan.success[0]
    result = json.loads(evidence.canonical)["metrics"].get(first.key, {}).get("result", {})
    if not said["hidden"] and "effect" in result:
        unit = Unit.of(first.unit, first.spec.kind)
        found["metric"] = first.name
        found["effect"] = effect(result["effect"], unit, beside=(result["ci_lower"], result["ci_upper"]))
        found["state"] = (said["states"].get(first.key) or {}).get("label")
    return found


def _next_date(pilot: Pilot, plan: Plan | None) -> date | None:
    if plan is None:
        return None
    if pilot.stage in {Stage.ASSIGNED, Stage.RUNNING}:
        return plan.end
    return plan.start if pilot.stage in {Stage.PLAN, Stage.SIGNED} else None
