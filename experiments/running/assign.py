"""Assign: who gets the change is drawn once, by the signed rule and seed, and can be drawn again by anyone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.desk import Desk, may, mine, move
from experiments.planning.plan import locked_plan
from registry import find
from registry.access import Act
from registry.kinds import Stage
from registry.pilots import Pilot
from registry.plans import AssignmentRecord
from stats.assignment.draw import Drawn, draw, sites_to_assign
from stats.plan import Plan, canonical_json, sha256


@dataclass(frozen=True, kw_only=True)
class Assigned:
    """arms: 0 control, 1 treatment, by site; empty where the data carry the arm. drawn None: nothing was drawn here.

    sha256: of the draw with everything that made it.
    """

    method: str
    seed: int
    arms: Mapping[str, int]
    drawn: Drawn | None
    sha256: str


def assign(desk: Desk, key: str) -> Assigned:
    """Draw the assignment of the signed plan. There is no second draw."""
    pilot = desk.pilot(key)
    may(desk, Act.ASSIGN, pilot)
    record, plan = locked_plan(desk, pilot)
    canonical = assignment_json(plan)
    with desk.work() as work:
        row = mine(work, pilot)
        kept = work.add(
            AssignmentRecord(
                pilot_id=row.id,
                plan_id=record.id,
                plan_sha256=record.sha256,
                method=_method(plan),
                seed=plan.assignment.seed,
                canonical=canonical,
                sha256=sha256(canonical),
                drawn_by_id=work.actor_id,
                drawn_at=work.now,
            )
        )
        move(work, row, Stage.ASSIGNED)
        work.record("sites.assigned", kept, after={"method": kept.method, "seed": kept.seed, "sha256": kept.sha256})
    return read_assignment(kept)


def assignment_json(plan: Plan) -> str:
    """What the plan's rule gives, as the text that is hashed: a function of the plan alone."""
    if _method(plan) == "in_data":
        return canonical_json({"method": "in_data"})
    if _method(plan) == "chosen":
        arms = {site.key: int(site.forced or len(plan.sites) == 1) for site in plan.sites}
        return canonical_json({"method": "chosen", "arms": arms})
    return draw(sites_to_assign(plan.sites), plan.assignment).canonical


def assigned(desk: Desk, pilot: Pilot) -> Assigned | None:
    """The draw of the plan in force; None before it is drawn."""
    with desk.read() as session:
        plan = find.locked_plan(session, pilot.id)
        record = find.assignment(session, plan.id) if plan else None
    return None if record is None else read_assignment(record)


def read_assignment(record: AssignmentRecord) -> Assigned:
    stored: dict[str, Any] = json.loads(record.canonical)
    drawn = Drawn.from_json(stored) if "rule" in stored else None
    return Assigned(
        method=record.method,
        seed=record.seed,
        arms=dict(stored.get("arms", {})),
        drawn=drawn,
        sha256=record.sha256,
    )


def _method(plan: Plan) -> str:
    """``in_data``: units were drawn elsewhere, one by one, and the data say which arm each got."""
    if plan.assignment.method == "chosen":
        return "chosen"
    return plan.assignment.method if plan.sites and plan.unit_of_assignment == "site" else "in_data"
