"""Pause, resume, withdraw: each with its reason; a pilot that goes on stands where it stood."""

from __future__ import annotations

from experiments.desk import Desk, may, mine, move
from experiments.errors import Refused
from registry import find
from registry.access import Act
from registry.kinds import Stage
from registry.pilots import Pilot
from registry.unit_of_work import Work
from stats.errors import Problem

PAUSED = "pilot.paused"


def pause(desk: Desk, key: str, reason: str) -> Stage:
    """Nothing goes on until it is resumed. The stage that it stands at now."""
    return _aside(desk, key, Act.PAUSE, Stage.PAUSED, reason)


def withdraw(desk: Desk, key: str, reason: str) -> Stage:
    """End a pilot before its decision, for good."""
    return _aside(desk, key, Act.WITHDRAW, Stage.WITHDRAWN, reason)


def resume(desk: Desk, key: str, reason: str) -> Stage:
    """Go on at the stage before the pause, which the log tells."""
    pilot = desk.pilot(key)
    may(desk, Act.RESUME, pilot)
    said = _reason(reason, "resume")
    with desk.work() as work:
        row = mine(work, pilot)
        stage = before_pause(work, row)
        move(work, row, stage)
        work.record("pilot.resumed", row, before={"stage": Stage.PAUSED}, after={"stage": stage}, why=said)
    return stage


def before_pause(work: Work, pilot: Pilot) -> Stage:
    """The stage at which the pilot was paused last."""
    paused = find.events(work.session, pilot_id=pilot.id, act=PAUSED, newest=1)
    if not paused or not paused[0].before:
        raise Refused(Problem(code="not_paused", facts={"pilot": pilot.key}))
    return Stage(paused[0].before["stage"])


def _aside(desk: Desk, key: str, act: Act, stage: Stage, reason: str) -> Stage:
    pilot = desk.pilot(key)
    may(desk, act, pilot)
    said = _reason(reason, act.value)
    with desk.work() as work:
        row = mine(work, pilot)
        before = row.stage
        move(work, row, stage)
        row.stage_reason = said
        work.record(f"pilot.{stage.value}", row, before={"stage": before}, after={"stage": stage}, why=said)
    return stage


def _reason(reason: str, what: str) -> str:
    if not reason.strip():
        raise Refused(Problem(code="reason_missing", facts={"what": what}))
    return reason.strip()
