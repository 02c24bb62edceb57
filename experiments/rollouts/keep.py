"""Keep the plan of a roll-out and begin it: what was promised before the first wave, with its hash, on record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from experiments.desk import Desk, may, mine, move
from experiments.errors import Refused
from experiments.rollouts.calendar import Calendar
from experiments.rollouts.propose import Proposal, propose
from experiments.rollouts.wanted import Wanted
from registry import find
from registry.access import Act
from registry.kinds import RolloutState, Stage
from registry.pilots import Pilot
from registry.rollouts import Rollout, RolloutPlan
from registry.unit_of_work import Work
from stats import ENGINE_VERSION
from stats.errors import Problem
from stats.evidence import as_json
from stats.plan import canonical_json, sha256
from stats.rollout.prediction import Prediction
from stats.rollout.rings import Rings

TOO_LATE = timedelta(days=6)
"""A first wave that began this long ago without being said so did not begin as planned."""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A stored plan, read. predictions, lines: by metric; unproven: guardrails to be judged in the roll-out;
    power: what each wave can show, as it was calculated."""

    rings: Rings
    calendar: Calendar
    predictions: Mapping[str, Prediction]
    lines: Mapping[str, float]
    fractions: tuple[float, ...]
    unproven: tuple[str, ...]
    power: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a roll-out stands: its row, the plan in force with its text read, and how often it was planned."""

    rollout: Rollout
    record: RolloutPlan
    promise: Promise


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A plan as it was kept. number: 1, and one more each time it was planned anew."""

    number: int
    sha256: str
    rings: int
    held_back: int
    starts: tuple[date, ...]


def keep_plan(desk: Desk, key: str, wanted: Wanted | None = None, *, reason: str = "") -> Kept:
    """Keep what ``propose`` proposes. Planned anew only before the first wave, with a reason."""
    pilot = desk.pilot(key)
    may(desk, Act.PLAN_ROLLOUT, pilot)
    with desk.read() as session:
        before = find.rollout(session, pilot.id)
    problems = list(_against_anew(before, reason))
    if problems:
        raise Refused(problems)
    made = propose(desk, key, wanted)
    with desk.work() as work:
        row = mine(work, pilot)
        return _keep(work, row, made, reason.strip())


def start(desk: Desk, key: str) -> RolloutState:
    """Say that the first wave begins as planned."""
    pilot = desk.pilot(key)
    may(desk, Act.PLAN_ROLLOUT, pilot)
    here = standing(desk, pilot)
    if here.rollout.state != RolloutState.PLANNED:
        raise Refused(Problem(code="rollout_begun", facts={"pilot": key, "state": here.rollout.state.value}))
    first, today = here.promise.calendar.starts[0], desk.registry.clock().date()
    if today > first + TOO_LATE:
        raise Refused(Problem(code="rollout_start_passed", facts={"start": first}))
    with desk.work() as work:
        set_state(work, mine(work, pilot), RolloutState.RUNNING, "rollout.started", facts={"start": first})
    return RolloutState.RUNNING


def standing(desk: Desk, pilot: Pilot) -> Standing:
    """Refused where nothing is planned yet."""
    with desk.read() as session:
        found = standing_in(session, pilot)
    if found is None:
        raise Refused(Problem(code="rollout_not_planned", facts={"pilot": pilot.key}))
    return found


def standing_in(session: Any, pilot: Pilot) -> Standing | None:
    row = find.rollout(session, pilot.id)
    if row is None:
        return None
    record = next(each for each in find.rollout_plans(session, pilot.id) if each.id == row.plan_id)
    return Standing(rollout=row, record=record, promise=read_plan(record.canonical))


def read_plan(canonical: str) -> Promise:
    """The inverse of ``plan_text``."""
    value = json.loads(canonical)
    return Promise(
        rings=Rings.from_json(value["rings"]),
        calendar=Calendar.from_json(value["calendar"]),
        predictions={one["key"]: Prediction.from_json(one) for one in value["forecast"]},
        lines=value["lines"],
        fractions=tuple(value["fractions"]),
        unproven=tuple(value["unproven"]),
        power=value["power"],
    )


def plan_text(made: Proposal) -> str:
    """The promise as the text that is hashed."""
    basis, decision = made.basis, made.basis.decision
    return canonical_json(
        {
            "pilot": basis.pilot.key,
            "decision": decision.number,
            "scope": decision.scope.value if decision.scope else None,
            "conditions": list(decision.conditions),
            "commitments": {name: text for name, text in decision.commitments.items() if name != "owner"},
            "owner": str(made.owner.id),
            "evidence_sha256": basis.record.sha256,
            "plan_sha256": basis.record.plan_sha256,
            "engine_version": ENGINE_VERSION,
            "rings": made.rings.as_json(),
            "calendar": made.calendar.as_json(),
            "forecast": [made.predictions[key].as_json() for key in sorted(made.predictions)],
            "lines": dict(made.lines),
            "fractions": list(made.fractions),
            "unproven": list(basis.unproven),
            "power": {key: as_json(found) for key, found in made.power.items()},
        }
    )


def add_plan(work: Work, pilot: Pilot, decision_id: Any, canonical: str) -> RolloutPlan:
    """One more plan of this pilot's roll-out."""
    return work.add(
        RolloutPlan(
            pilot_id=pilot.id,
            decision_id=decision_id,
            number=find.next_number(work.session, RolloutPlan, pilot_id=pilot.id),
            canonical=canonical,
            sha256=sha256(canonical),
            made_by_id=work.actor_id,
            made_at=work.now,
        )
    )


def set_state(
    work: Work,
    pilot: Pilot,
    state: RolloutState,
    act: str,
    *,
    why: str = "",
    facts: Mapping[str, Any] | None = None,
    plan: RolloutPlan | None = None,
) -> Rollout:
    """Put the roll-out into a state; one event says so."""
    row = find.rollout(work.session, pilot.id)
    if row is None:
        raise Refused(Problem(code="rollout_not_planned", facts={"pilot": pilot.key}))
    before = row.state
    row.state, row.reason, row.since = state, why, work.now
    if plan is not None:
        row.plan_id = plan.id
    work.record(act, row, before={"state": before}, after={"state": state, **(facts or {})}, why=why)
    return row


def _against_anew(before: Rollout | None, reason: str) -> list[Problem]:
    if before is None:
        return []
    found = []
    if before.state != RolloutState.PLANNED:
        found.append(Problem(code="rollout_begun", facts={"state": before.state.value}))
    elif not reason.strip():
        found.append(Problem(code="rollout_anew_reason"))
    return found


def _keep(work: Work, pilot: Pilot, made: Proposal, reason: str) -> Kept:
    record = add_plan(work, pilot, made.basis.decision.id, plan_text(made))
    row = find.rollout(work.session, pilot.id)
    if row is None:
        row = work.add(Rollout(pilot_id=pilot.id, plan_id=record.id, owner_id=made.owner.id, since=work.now))
    else:
        row.plan_id, row.owner_id, row.since = record.id, made.owner.id, work.now
    move(work, pilot, Stage.ROLLING_OUT)
    kept = Kept(
        number=record.number,
        sha256=record.sha256,
        rings=len(made.rings.rings),
        held_back=len(made.rings.held_back),
        starts=made.calendar.starts,
    )
    after = {
        "number": record.number,
        "sha256": record.sha256,
        "waves": kept.rings,
        "held_back": kept.held_back,
        "start": kept.starts[0],
    }
    work.record("rollout.planned", record, after=after, why=reason)
    return kept
