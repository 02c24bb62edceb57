"""Measure a roll-out: each wave against what was promised, with the data up to its end; it can always be made again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from experiments.desk import Desk, may, mine
from experiments.errors import Refused
from experiments.evidence.assess import snapshot_table
from experiments.rollouts.bring import REACH, bring, brought_snapshots, measurable, pilot_plan
from experiments.rollouts.calendar import days
from experiments.rollouts.keep import Standing, read_plan, set_state
from experiments.words import say
from registry import find
from registry.access import Act
from registry.kinds import RolloutState
from registry.outcomes import Snapshot
from registry.pilots import Pilot
from registry.rollouts import RolloutMeasure, RolloutPlan
from stats import ENGINE_VERSION
from stats.errors import Problem
from stats.evidence import as_json
from stats.plan import Plan, canonical_json, sha256


@dataclass(frozen=True, kw_only=True)
class Window:
    """What is measured: waves up to ``ring`` (from 1), which started on ``starts``, with data up to ``until``."""

    ring: int
    starts: tuple[date, ...]
    until: date


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One measurement. found: what was kept, as JSON; again: it had been made before, and nothing was added."""

    ring: int
    rings: int
    state: str
    pause_proposed: bool
    roll_back_proposed: bool
    sha256: str
    again: bool
    found: Mapping[str, Any]
    warnings: tuple[Problem, ...] = ()


def measure(
    desk: Desk, key: str, path: Path | None = None, *, reading: Mapping[str, Any] | None = None, name: str | None = None
) -> Measured:
    """Bring a file (or take the newest) and measure the last wave whose time is over in it.

    Raises Refused where no wave is over yet; of a refused file nothing is kept.
    """
    pilot = desk.pilot(key)
    may(desk, Act.MEASURE_ROLLOUT, pilot)
    here = measurable(desk, pilot)
    brought = bring(desk, key, path, reading=reading, name=name) if path is not None else None
    pilot = desk.pilot(key)
    with desk.read() as session:
        snapshots = brought_snapshots(session, pilot)
        before = find.measures(session, pilot.id)
    if not snapshots:
        raise Refused(Problem(code="rollout_no_data", facts={"pilot": key}))
    newest = snapshots[-1]
    same = [row for row in before if row.plan_id == here.record.id and row.snapshot_id == newest.id]
    if same:
        return _measured(same[-1], again=True)
    window = window_of(here, newest, before)
    plan = pilot_plan(desk, pilot, here)
    canonical = measure_text(desk, plan, here.record, newest, window)
    with desk.work() as work:
        row = mine(work, pilot)
        kept = work.add(
            RolloutMeasure(
                pilot_id=row.id,
                plan_id=here.record.id,
                snapshot_id=newest.id,
                ring=window.ring,
                plan_sha256=here.record.sha256,
                snapshot_sha256=newest.sha256,
                engine_version=ENGINE_VERSION,
                canonical=canonical,
                sha256=sha256(canonical),
                made_at=work.now,
            )
        )
        made = _measured(kept, again=False, warnings=brought.warnings if brought else ())
        after = {
            "wave": made.ring,
            "waves": made.rings,
            "replication": made.state,
            "pause_proposed": made.pause_proposed,
            "roll_back_proposed": made.roll_back_proposed,
            "sha256": kept.sha256,
        }
        work.record("rollout.measured", kept, after=after)
        if made.ring == made.rings and here.rollout.state == RolloutState.RUNNING:
            why = say("rollout.finished_why", state=say(f"replication.{made.state}"))
            set_state(work, row, RolloutState.FINISHED, "rollout.finished", why=why, facts={"replication": made.state})
    return made


def window_of(here: Standing, snapshot: Snapshot, before: Sequence[RolloutMeasure]) -> Window:
    """The last wave whose time is over in these data; past the last one, everything up to the end of the comparison."""
    calendar = here.promise.calendar
    reach = date.fromisoformat(snapshot.columns[REACH])
    started = calendar.starts
    if here.rollout.state == RolloutState.PAUSED:
        paused = here.rollout.since.date()
        started = tuple(day for day in started if day <= paused)
    over = sum(end <= reach for end in calendar.measured[: len(started)])
    if over == 0:
        facts = {"reach": reach, "needed": calendar.measured[0]}
        raise Refused(Problem(code="rollout_too_early", facts=facts))
    until = calendar.measured[over - 1]
    full = over == len(calendar.starts)
    if full and any(row.ring == over and row.plan_id == here.record.id for row in before):
        until = max(until, min(reach, calendar.held_until - timedelta(days=1)))
    return Window(ring=over, starts=started[:over], until=until)


def measure_text(desk: Desk, plan: Plan, record: RolloutPlan, snapshot: Snapshot, window: Window) -> str:
    """What the data say, as the text that is hashed: a function of the two plans, the snapshot and the window."""
    from stats.rollout.judging import RingLook, judge
    from stats.rollout.where import measure_where

    promise = read_plan(record.canonical)
    evidence, where = measure_where(
        plan,
        snapshot_table(desk, snapshot),
        promise.rings,
        window.starts,
        until=window.until,
        keys=sorted(promise.predictions),
        snapshot_sha256=snapshot.sha256,
        plan_sha256=record.sha256,
    )
    judgement = judge(
        plan,
        promise.predictions,
        [RingLook(ring=window.ring, evidence=evidence)],
        fractions=promise.fractions,
        unproven=promise.unproven,
    )
    return canonical_json(
        {
            "pilot": plan.pilot,
            "plan_sha256": record.sha256,
            "snapshot_sha256": snapshot.sha256,
            "engine_version": ENGINE_VERSION,
            "ring": window.ring,
            "starts": [day.isoformat() for day in window.starts],
            "until": window.until.isoformat(),
            "judgement": as_json(judgement),
            "where": as_json(where),
            "evidence": as_json(evidence),
        }
    )


def measured_again(desk: Desk, pilot: Pilot, row: RolloutMeasure) -> str:
    """The same measurement computed anew from what is stored."""
    stored = json.loads(row.canonical)
    window = Window(ring=row.ring, starts=days(stored["starts"]), until=date.fromisoformat(stored["until"]))
    with desk.read() as session:
        record = next(each for each in find.rollout_plans(session, pilot.id) if each.id == row.plan_id)
        rollout = find.rollout(session, pilot.id)
        snapshot = next(each for each in find.snapshots(session, pilot.id) if each.id == row.snapshot_id)
    assert rollout is not None
    here = Standing(rollout=rollout, record=record, promise=read_plan(record.canonical))
    return measure_text(desk, pilot_plan(desk, pilot, here), record, snapshot, window)


def _measured(row: RolloutMeasure, *, again: bool, warnings: tuple[Problem, ...] = ()) -> Measured:
    found = json.loads(row.canonical)
    judged = found["judgement"]
    return Measured(
        ring=row.ring,
        rings=judged["rings"],
        state=judged["state"],
        pause_proposed=judged["pause_proposed"],
        roll_back_proposed=judged["roll_back_proposed"],
        sha256=row.sha256,
        again=again,
        found=found,
        warnings=warnings,
    )
