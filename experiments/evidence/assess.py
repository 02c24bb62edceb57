"""Assess: evidence = f(locked plan, snapshot), kept as canonical JSON; every look at the effects is counted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from experiments.desk import Desk, may, mine, move
from experiments.errors import Refused
from experiments.planning.looks import look_due
from experiments.planning.plan import locked_plan, stored_plan
from experiments.running.assign import Assigned, assigned
from experiments.running.check_ins import given_until
from registry import find
from registry.access import Act
from registry.evidence import EvidenceRecord
from registry.kinds import AmendmentKind, Stage
from registry.outcomes import Snapshot
from registry.pilots import Pilot
from registry.plans import PlanRecord
from stats import ENGINE_VERSION
from stats.errors import Problem
from stats.evidence import Evidence, as_json
from stats.plan import Plan, canonical_json, sha256

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from stats.assessing.cells import Reading

ENOUGH_DAYS = 0.8
"""Share of a check's window that its data must reach: the error rate was promised for all of it."""


@dataclass(frozen=True, kw_only=True)
class Assessed:
    """Evidence on one treatment arm, without its effects: those are shown with the recommendation."""

    look: int
    arm: int
    arm_label: str
    grade: str
    records: int
    n_treatment: int
    n_control: int
    plan_sha256: str
    snapshot_sha256: str
    sha256: str

    def as_shown(self) -> dict[str, Any]:
        return dict(vars(self))


def assess(desk: Desk, key: str) -> tuple[Assessed, ...]:
    """Make the evidence of the newest snapshot. The same snapshot under the same plan is assessed once."""
    pilot = desk.pilot(key)
    may(desk, Act.ASSESS, pilot)
    record, plan = locked_plan(desk, pilot)
    drawn = assigned(desk, pilot)
    at = desk.registry.clock()
    with desk.read() as session:
        snapshot = find.latest_snapshot(session, pilot.id)
        if snapshot is None:
            raise Refused(Problem(code="first_running", facts={"pilot": key, "stage": pilot.stage.value}))
        same = _of_the_same(session, pilot, record, snapshot)
        look = _look(session, pilot, plan, at, same)
        if look is None:
            return tuple(_assessed(found) for found in same)
        known = history_facts(session, pilot, record, at)
    made = evidence_texts(desk, record, snapshot, look, drawn, known)
    _refuse_unfinished(pilot, plan, look, [json.loads(text) for text in made.values()])
    with desk.work() as work:
        row = mine(work, pilot)
        kept = []
        for arm, canonical in made.items():
            kept.append(
                work.add(
                    EvidenceRecord(
                        pilot_id=row.id,
                        plan_id=record.id,
                        snapshot_id=snapshot.id,
                        plan_sha256=record.sha256,
                        snapshot_sha256=snapshot.sha256,
                        look=look,
                        arm=arm,
                        engine_version=ENGINE_VERSION,
                        canonical=canonical,
                        sha256=sha256(canonical),
                        made_at=at,
                    )
                )
            )
        move(work, row, Stage.ASSESSED)
        after = {"look": look, "sha256": [found.sha256 for found in kept]}
        work.record("evidence.assessed", kept[0], after=after)
    return tuple(_assessed(found) for found in kept)


def _refuse_unfinished(pilot: Pilot, plan: Plan, look: int, found: list[dict[str, Any]]) -> None:
    """A planned check is used up once made: data that hold nothing of its window, or end long before it, spare it."""
    from stats.assessing.look_window import at_look

    if not any(arm["n_control"] + arm["n_treatment"] for arm in found):
        raise Refused(Problem(code="nothing_after_start", facts={"pilot": pilot.key}))
    start, end = plan.start, at_look(plan, look).end
    days = [arm["days_observed"] for arm in found if arm["days_observed"] is not None]
    if start is None or end is None or not days:
        return
    if max(days) < ENOUGH_DAYS * ((end - start).days + 1):
        facts = {"pilot": pilot.key, "last": start + timedelta(days=max(days) - 1), "due": end}
        raise Refused(Problem(code="data_end_early", facts=facts))


def evidence_texts(
    desk: Desk,
    record: PlanRecord,
    snapshot: Snapshot,
    look: int,
    drawn: Assigned | None,
    known: Mapping[str, object],
    reading: Reading | None = None,
) -> dict[int, str]:
    """The evidence of each treatment arm as the text that is hashed. reading: what was kept where the data are gone."""
    from stats.assessing.assess import assess_reading

    plan = stored_plan(record)
    found: Mapping[str, Evidence] = assess_reading(
        plan,
        reading or reading_of(desk, plan, snapshot, look, drawn),
        look=look,
        snapshot_sha256=snapshot.sha256,
        plan_sha256=record.sha256,
        assignment=drawn.drawn.as_json() if drawn is not None and drawn.drawn else None,
        history={name: fact for name, fact in known.items() if name != "check_ins"},
        check_ins=known.get("check_ins", ()),  # type: ignore[arg-type]
    )
    return {evidence.arm: canonical_json(as_json(evidence)) for evidence in found.values()}


def reading_of(desk: Desk, plan: Plan, snapshot: Snapshot, look: int, drawn: Assigned | None) -> Reading:
    """All that the evidence of that look asks of the data."""
    from stats.assessing.cells import read_plan
    from stats.assessing.look_window import at_look

    arms = drawn.arms if drawn is not None and drawn.arms else None
    return read_plan(at_look(plan, look), snapshot_table(desk, snapshot), arms)


def snapshot_table(desk: Desk, snapshot: Snapshot) -> ir.Table:
    """The accepted bytes, after checking their hash, as the table that was accepted."""
    from stats.outcomes import Reading, open_table

    path = desk.registry.snapshots.verified_path(snapshot.sha256)
    return open_table(path, Reading.model_validate(snapshot.reading))


def history_facts(session: Any, pilot: Pilot, record: PlanRecord, at: datetime) -> dict[str, object]:
    """What the register knows and the data can't say, as it was at that moment (so that it can be computed again)."""
    amended = [row for row in find.amendments(session, pilot.id) if row.made_at <= at]
    promised = find.first_locked_at(session, pilot.id) or at
    changes = [row for row in find.change_entries(session, pilot.id) if promised <= row.created_at <= at]
    return {
        "plan_differs": sha256(record.canonical) != record.sha256,
        "major_amendment": any(row.kind == AmendmentKind.MAJOR and row.after_first_data for row in amended),
        "definition_changed": any(
            ".spec" in path for row in amended if row.after_first_data for path in row.difference
        ),
        "recorded_afterwards": pilot.recorded_afterwards,
        # What was changed while the pilot was being shaped came before the promise.
        "altering_change": any(row.alters_treatment for row in changes),
        "overlapping": _overlapping(session, pilot, record, at),
        "check_ins": given_until(session, pilot.id, at),
    }


def _overlapping(session: Any, pilot: Pilot, record: PlanRecord, at: datetime) -> list[str]:
    """Pilots that were on the same sites, at the same time, with one of the same metrics."""
    own = stored_plan(record)
    others = []
    for other in find.pilots(session, simulated=pilot.simulated):
        locked = find.locked_plan(session, other.id)
        if other.id == pilot.id or locked is None or locked.locked_at is None or locked.locked_at > at:
            continue
        plan = stored_plan(locked)
        if _overlap(own, plan):
            others.append(plan.title or other.key)
    return sorted(others)


def _overlap(one: Plan, other: Plan) -> bool:
    if None in (one.start, one.end, other.start, other.end) or one.unit_word != other.unit_word:
        return False
    together = one.start <= other.end and other.start <= one.end  # type: ignore[operator]
    sites = {site.key for site in one.sites} & {site.key for site in other.sites}
    metrics = {metric.key for metric in one.metrics} & {metric.key for metric in other.metrics}
    return bool(together and sites and metrics)


def _of_the_same(session: Any, pilot: Pilot, record: PlanRecord, snapshot: Snapshot) -> list[EvidenceRecord]:
    """Evidence that was made of this snapshot under this plan: that of its newest check."""
    wanted = (record.sha256, snapshot.sha256)
    made = [row for row in find.evidence(session, pilot.id) if (row.plan_sha256, row.snapshot_sha256) == wanted]
    return [row for row in made if row.look == made[-1].look]


def _look(session: Any, pilot: Pilot, plan: Plan, at: datetime, same: list[EvidenceRecord]) -> int | None:
    """Number of the planned check to make now; None where the newest data have been looked at already."""
    try:
        look = look_due(session, pilot, plan, at.date())
    except Refused:
        if same:
            return None
        raise
    if same and look.number > same[0].look:
        raise Refused(Problem(code="no_newer_data", facts={"pilot": pilot.key, "look": look.number}))
    return None if same else look.number


def _assessed(record: EvidenceRecord) -> Assessed:
    found = json.loads(record.canonical)
    return Assessed(
        look=record.look,
        arm=record.arm,
        arm_label=found["arm_label"],
        grade=found["grade"]["grade"],
        records=found["records"],
        n_treatment=found["n_treatment"],
        n_control=found["n_control"],
        plan_sha256=record.plan_sha256,
        snapshot_sha256=record.snapshot_sha256,
        sha256=record.sha256,
    )
