"""The weekly harm check: once a week, on the data so far, alarm or no alarm. No number is shown and nothing decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from experiments.desk import Desk, may, mine
from experiments.errors import Refused
from experiments.evidence.assess import snapshot_table
from experiments.planning.plan import locked_plan
from experiments.running.assign import assigned
from registry import find
from registry.access import Act
from registry.events import Event
from registry.outcomes import Snapshot
from registry.pilots import Pilot
from registry.plans import PlanRecord
from stats.errors import Problem
from stats.plan import Plan

CHECKED = "harm.checked"


@dataclass(frozen=True, kw_only=True)
class HarmCheck:
    """One weekly check. week: from 1; unchecked: names of metrics that the data say nothing about so far."""

    week: int
    on: date
    alarm: bool
    unchecked: tuple[str, ...]


def harm_check(desk: Desk, key: str) -> HarmCheck:
    """Look for harm in the newest data; a week's answer is given once and kept."""
    pilot = desk.pilot(key)
    may(desk, Act.ASSESS, pilot)
    record, plan = locked_plan(desk, pilot)
    today = desk.registry.clock().date()
    week = week_of(plan, today, pilot)
    with desk.read() as session:
        snapshot = find.latest_snapshot(session, pilot.id)
        before = [row for row in _checks(session, pilot) if (row.after or {})["week"] == week]
    if before:
        return _made(before[-1])
    if snapshot is None:
        raise Refused(Problem(code="first_running", facts={"pilot": key, "stage": pilot.stage.value}))
    alarm, unchecked = _look(desk, pilot, record, plan, snapshot, today)
    with desk.work() as work:
        row = mine(work, pilot)
        after = {"week": week, "alarm": alarm, "unchecked": list(unchecked), "snapshot": snapshot.sha256}
        made = work.record(CHECKED, row, after=after)
    return _made(made)


def harm_checks(desk: Desk, pilot: Pilot) -> tuple[HarmCheck, ...]:
    """Oldest first."""
    with desk.read() as session:
        return tuple(_made(row) for row in _checks(session, pilot))


def week_of(plan: Plan, today: date, pilot: Pilot) -> int:
    """The week of the pilot, from 1; refused outside its weeks, for which no error rate is left."""
    from stats.verdict.harm import weeks_of

    weeks = weeks_of(plan)
    if plan.start is None or not weeks:
        raise Refused(Problem(code="harm_without_dates", facts={"pilot": pilot.key}))
    week = (today - plan.start).days // 7 + 1
    if not 1 <= week <= weeks + 1:
        raise Refused(Problem(code="harm_outside", facts={"pilot": pilot.key, "start": plan.start, "weeks": weeks}))
    return min(week, weeks)


def _look(
    desk: Desk, pilot: Pilot, record: PlanRecord, plan: Plan, snapshot: Snapshot, today: date
) -> tuple[bool, tuple[str, ...]]:
    """What the data of the days that are over say, for any treatment arm."""
    from stats.assessing.assess import assess
    from stats.verdict.harm import harm_alarm, harm_plan

    drawn = assigned(desk, pilot)
    asked = harm_plan(plan, today - timedelta(days=1))
    found: dict[str, Any] = assess(
        asked,
        snapshot_table(desk, snapshot),
        look=1,
        snapshot_sha256=snapshot.sha256,
        plan_sha256=record.sha256,
        arms=drawn.arms if drawn is not None and drawn.arms else None,
        assignment=drawn.drawn.as_json() if drawn is not None and drawn.drawn else None,
        run_checks=lambda _inputs, _plan: (),
    )
    said = [harm_alarm(asked, evidence) for evidence in found.values()]
    if all(finding.alarm is None for finding in said):
        raise Refused(Problem(code="harm_not_enough", facts={"pilot": pilot.key}))
    names = {metric.key: metric.name for metric in plan.metrics}
    unchecked = sorted({names[key] for finding in said for key in finding.unchecked})
    return any(finding.alarm for finding in said), tuple(unchecked)


def _checks(session: Any, pilot: Pilot) -> list[Event]:
    return find.events(session, pilot_id=pilot.id, act=CHECKED)


def _made(event: Event) -> HarmCheck:
    kept = event.after or {}
    return HarmCheck(week=kept["week"], on=event.at.date(), alarm=kept["alarm"], unchecked=tuple(kept["unchecked"]))
