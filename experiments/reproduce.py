"""Reproduce: draw, evidence and recommendation made again from what is stored, and held against the stored bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from experiments.assess import evidence_texts, history_facts
from experiments.assign import assignment_json, read_assignment
from experiments.desk import Desk
from experiments.plan import stored_plan
from experiments.recommend import recommendation_json
from experiments.words import say
from registry import find
from stats.plan import sha256


@dataclass(frozen=True, kw_only=True)
class Reproduced:
    """what: the thing in words; stored, again: hashes; identical: the same bytes."""

    what: str
    stored: str
    again: str
    identical: bool


def reproduce(desk: Desk, key: str) -> tuple[Reproduced, ...]:
    """Everything computed that is stored for this pilot, computed again."""
    pilot = desk.pilot(key)
    items = []
    with desk.read() as session:
        plans = {row.id: row for row in find.plans(session, pilot.id) if row.locked_at is not None}
        draws = {plan_id: find.assignment(session, plan_id) for plan_id in plans}
        snapshots = {row.id: row for row in find.snapshots(session, pilot.id)}
        evidence = find.evidence(session, pilot.id)
        recommendations = {row.id: find.recommendation(session, row.id) for row in evidence}
        known = {row.id: history_facts(session, pilot, plans[row.plan_id], row.made_at) for row in evidence}
    for plan_id, record in plans.items():
        draw = draws[plan_id]
        if draw is not None:
            items.append(_held("assignment", {}, draw.canonical, assignment_json(stored_plan(record))))
    for row in evidence:
        draw = draws[row.plan_id]
        drawn = read_assignment(draw) if draw else None
        made = evidence_texts(desk, plans[row.plan_id], snapshots[row.snapshot_id], row.look, drawn, known[row.id])
        items.append(_held("evidence", {"look": row.look, "arm": row.arm}, row.canonical, made[row.arm]))
        said = recommendations[row.id]
        if said is not None:
            again = recommendation_json(stored_plan(plans[row.plan_id]), row)
            items.append(_held("recommendation", {"look": row.look, "arm": row.arm}, said.canonical, again))
    return tuple(items)


def _held(what: str, facts: dict[str, Any], stored: str, again: str) -> Reproduced:
    return Reproduced(
        what=say(f"reproduced.{what}", **facts), stored=sha256(stored), again=sha256(again), identical=stored == again
    )
