"""Pilots that serve key results: which, through which metric, for how many, and how many it reaches by now."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from experiments.desk import Desk, charter_of, may
from experiments.errors import Refused
from experiments.objectives.keep import MOVES, kept
from registry import find
from registry.access import Act
from registry.objectives import KeyResult, PilotKeyResult
from registry.pilots import Pilot
from registry.unit_of_work import Work
from stats.errors import Problem


@dataclass(frozen=True, kw_only=True)
class Service:
    """A pilot serves a key result: see ``registry.objectives.PilotKeyResult``. metric "": the key result's own."""

    pilot: str
    key_result: str
    exposed_share: float
    metric: str = ""
    reached_share: float = 0.0
    reaches: str = ""
    note: str = ""


def attach(desk: Desk, new: Service) -> None:
    """Let a pilot serve a key result through one of its metrics."""
    may(desk, Act.KEEP_OBJECTIVES)
    with desk.work() as work:
        keep_service(desk, work, new)


def keep_service(desk: Desk, work: Work, new: Service) -> PilotKeyResult:
    """The same inside a unit of work."""
    session = work.session
    pilot, result = find.pilot(session, new.pilot), kept(desk, work, new.key_result)
    metric = new.metric.strip() or result.metric_key or ""
    if find.hypothesis(session, pilot.id) is None:
        raise Refused(Problem(code="pilot_serves_draft", facts={"pilot": pilot.title}))
    problems = [*_serves(pilot, result, metric), *_shares(new.exposed_share, new.reached_share)]
    if any((row.pilot_id, row.key_result_id) == (pilot.id, result.id) for row in find.served_key_results(session)):
        problems.append(Problem(code="pilot_serves_already", facts={"pilot": pilot.title, "name": result.name}))
    if problems:
        raise Refused(problems)
    row = PilotKeyResult(
        pilot_id=pilot.id,
        key_result_id=result.id,
        metric_key=metric,
        exposed_share=new.exposed_share,
        reached_share=new.reached_share,
        reaches=new.reaches.strip(),
        note=new.note.strip(),
    )
    after = {"key_result": result.key, "metric": metric, "exposed_share": new.exposed_share}
    work.record("pilot.serves", work.add(row), after=after)
    return row


def reached(desk: Desk, pilot: str, key: str, share: float, why: str) -> None:
    """How much of what the key result counts gets the change by now, and how that is known."""
    may(desk, Act.KEEP_OBJECTIVES)
    with desk.work() as work:
        result, piloted = kept(desk, work, key), find.pilot(work.session, pilot)
        found = [
            row
            for row in find.served_key_results(work.session)
            if (row.pilot_id, row.key_result_id) == (piloted.id, result.id)
        ]
        problems = [*_shares(1.0, share)]
        if not why.strip():
            problems.append(Problem(code="key_result_needs_reason"))
        if not found:
            problems.append(Problem(code="pilot_serves_not", facts={"pilot": piloted.title, "name": result.name}))
        if problems:
            raise Refused(problems)
        work.change(found[0], "pilot.reached", why=why.strip(), reached_share=share)


def _serves(pilot: Pilot, result: KeyResult, metric: str) -> list[Problem]:
    """The metric must be one that the pilot should make better, in the key result's unit."""
    found = {item.key: item for item in charter_of(pilot).metrics.success}
    if metric not in found:
        facts = {"pilot": pilot.title, "metric": metric or result.name, "offered": list(found)}
        return [Problem(code="pilot_serves_metric", facts=facts)]
    if result.kind in MOVES and found[metric].unit != result.unit:
        facts = {"metric": found[metric].name, "unit": found[metric].unit, "name": result.name, "wanted": result.unit}
        return [Problem(code="pilot_serves_unit", facts=facts)]
    return []


def _shares(exposed: float, reached_: float) -> list[Problem]:
    wrong = not (isfinite(exposed) and isfinite(reached_) and 0 < exposed <= 1 and 0 <= reached_ <= 1)
    return [Problem(code="pilot_serves_share")] if wrong else []
