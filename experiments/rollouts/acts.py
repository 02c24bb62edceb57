"""Pause, go on, roll back: each by somebody, with a reason, on record."""

from __future__ import annotations

import json
from datetime import date, timedelta

from experiments.desk import Desk, may, mine
from experiments.errors import Refused
from experiments.rollouts.calendar import Calendar
from experiments.rollouts.keep import add_plan, set_state, standing
from registry.access import Act
from registry.kinds import RolloutState
from stats.errors import Problem
from stats.plan import canonical_json

STOPPABLE = (RolloutState.PLANNED, RolloutState.RUNNING, RolloutState.PAUSED, RolloutState.FINISHED)


def pause(desk: Desk, key: str, reason: str) -> RolloutState:
    """No further wave starts until somebody lets it go on; sites that have the change keep it."""
    return _set(desk, key, reason, Act.PAUSE_ROLLOUT, (RolloutState.RUNNING,), RolloutState.PAUSED)


def roll_back(desk: Desk, key: str, reason: str) -> RolloutState:
    """The change is taken back everywhere, for good."""
    return _set(desk, key, reason, Act.ROLL_BACK, STOPPABLE, RolloutState.ROLLED_BACK)


def resume(desk: Desk, key: str, reason: str, *, start: date | None = None) -> tuple[date, ...]:
    """Go on: waves that have not started move by whole weeks, so that the next one starts in the future.

    start: no earlier than this. The starts of all waves as they are now. The calendar is a plan of its own number.
    """
    pilot = desk.pilot(key)
    may(desk, Act.RESUME_ROLLOUT, pilot)
    said = _reason(reason, "resume_rollout")
    here = standing(desk, pilot)
    _stands(here.rollout.state, (RolloutState.PAUSED,))
    today, paused = desk.registry.clock().date(), here.rollout.since.date()
    if start is not None and start <= today:
        raise Refused(Problem(code="rollout_start_past", facts={"start": start}))
    calendar = moved(here.promise.calendar, paused, start or today + timedelta(days=1))
    with desk.work() as work:
        row = mine(work, pilot)
        value = json.loads(here.record.canonical)
        record = here.record
        if calendar != here.promise.calendar:
            canonical = canonical_json({**value, "calendar": calendar.as_json(), "resumed_from": record.sha256})
            record = add_plan(work, row, record.decision_id, canonical)
        facts = {"number": record.number}
        set_state(work, row, RolloutState.RUNNING, "rollout.resumed", why=said, facts=facts, plan=record)
    return calendar.starts


def moved(calendar: Calendar, paused: date, earliest: date) -> Calendar:
    """The calendar after a pause: waves that had started stay, later ones start no earlier than ``earliest``."""
    return calendar.from_ring(calendar.begun(paused), earliest)


def _set(
    desk: Desk, key: str, reason: str, act: Act, among: tuple[RolloutState, ...], state: RolloutState
) -> RolloutState:
    pilot = desk.pilot(key)
    may(desk, act, pilot)
    said = _reason(reason, act.value)
    _stands(standing(desk, pilot).rollout.state, among)
    with desk.work() as work:
        set_state(work, mine(work, pilot), state, f"rollout.{state.value}", why=said)
    return state


def _reason(reason: str, what: str) -> str:
    if not reason.strip():
        raise Refused(Problem(code="rollout_reason_missing", facts={"act": what}))
    return reason.strip()


def _stands(state: RolloutState, among: tuple[RolloutState, ...]) -> None:
    if state not in among:
        raise Refused(Problem(code=f"rollout_is_{state.value}", facts={"why": ""}))
