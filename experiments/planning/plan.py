"""Plan: the promise worked out from the charter, with what it can decide at its number of sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.charters.to_plan import to_plan
from experiments.desk import Desk, charter_of, may, mine, move
from experiments.errors import Refused
from registry import find
from registry.access import Act
from registry.kinds import Stage
from registry.pilots import Pilot
from registry.plans import PlanRecord
from registry.unit_of_work import Work
from stats import ENGINE_VERSION
from stats.errors import Problem
from stats.plan import Plan, plan_json, sha256

if TYPE_CHECKING:
    from stats.planning.plan_sizing import PlanSizing


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan with its hash, what it can decide, and what must be said about it before it is signed."""

    plan: Plan
    sha256: str
    sizing: PlanSizing
    warnings: tuple[Problem, ...]


def plan(desk: Desk, key: str) -> Planned:
    """Make the plan from the charter, or make it again while it is not signed."""
    pilot = desk.pilot(key)
    may(desk, Act.PLAN, pilot)
    if pilot.stage == Stage.SHAPING:
        raise Refused(Problem(code="still_shaping", facts={"pilot": key}))
    with desk.work() as work:
        row = mine(work, pilot)
        made = plan_of(work, row)
        canonical = plan_json(made)
        record = _record(work, row, canonical)
        move(work, row, Stage.PLAN)
        work.record("plan.made", record, after={"number": record.number, "sha256": record.sha256})
    return _planned(made, record.sha256)


def plan_of(work: Work, pilot: Pilot) -> Plan:
    """The plan as the charter says it, with the catalogue's metric versions and who has signed so far."""
    if find.hypothesis(work.session, pilot.id) is None:
        raise Refused(Problem(code="first_registered", facts={"pilot": pilot.key}))
    made = to_plan(charter_of(pilot), pilot.version)
    kept = {definition.key: (row, version) for row, version, definition in find.pilot_metrics(work.session, pilot.id)}
    metrics = [
        metric.model_copy(
            update={"version": kept[metric.key][1].number, "signed": kept[metric.key][0].signed_by_id is not None}
        )
        for metric in made.metrics
    ]
    return made.model_copy(update={"metrics": metrics, "pilot": pilot.key})


def stored_plan(record: PlanRecord) -> Plan:
    return Plan.model_validate_json(record.canonical)


def planned(desk: Desk, key: str) -> Planned | None:
    """The newest plan as it is stored; None before there is one."""
    with desk.read() as session:
        record = find.latest_plan(session, find.pilot(session, key).id)
    return None if record is None else _planned(stored_plan(record), record.sha256)


def locked_plan(desk: Desk, pilot: Pilot) -> tuple[PlanRecord, Plan]:
    """The plan in force; refused with the step that comes first where nothing is signed yet."""
    with desk.read() as session:
        record = find.locked_plan(session, pilot.id)
    if record is None:
        raise Refused(Problem(code="first_signed", facts={"pilot": pilot.key, "stage": pilot.stage.value}))
    return record, stored_plan(record)


def _record(work: Work, pilot: Pilot, canonical: str) -> PlanRecord:
    record = find.latest_plan(work.session, pilot.id)
    if record is None or record.locked_at is not None:
        number = find.next_number(work.session, PlanRecord, pilot_id=pilot.id)
        record = PlanRecord(
            pilot_id=pilot.id,
            number=number,
            canonical=canonical,
            sha256=sha256(canonical),
            engine_version=ENGINE_VERSION,
            proposed_by_id=work.actor_id,
        )
        return work.add(record)
    record.canonical, record.sha256, record.engine_version = canonical, sha256(canonical), ENGINE_VERSION
    return record


def _planned(made: Plan, digest: str) -> Planned:
    from stats.planning.plan_sizing import plan_sizing

    sizing = plan_sizing(made)
    return Planned(plan=made, sha256=digest, sizing=sizing, warnings=tuple(_warnings(made, sizing)))


WHY_UNKNOWN = {
    "plan_needs_history": "warn_no_formula",
    "plan_too_few_sites": "warn_too_few_to_judge",
    "plan_not_separable": "warn_too_few_to_judge",
    "plan_without_comparison": "warn_no_comparison",
}
"""What to say where a metric's precision is not known, by the reason; else its history is missing."""


def _learning(sizing: PlanSizing, facts: dict[str, Any]) -> Problem:
    """Not sized to decide: how many sites would be, where any number is."""
    needed = [metric.needed for metric in sizing.metrics if not metric.sufficient]
    known = [count for count in needed if count is not None]
    if len(known) < len(needed) or not known:
        return Problem(code="warn_learning_no_number", facts=facts)
    return Problem(code="warn_learning", facts={**facts, "needed": max(known)})


def _warnings(made: Plan, sizing: PlanSizing) -> list[Problem]:
    facts = {"treatment": sizing.n_treatment, "control": sizing.n_control, "word": made.unit_word}
    found = []
    if sizing.sizing == "learning":
        found.append(_learning(sizing, facts))
    for key in sizing.unknown:
        code = WHY_UNKNOWN.get(sizing.why_unknown.get(key, ""), "warn_no_history")
        found.append(Problem(code=code, facts={**facts, "metric": made.metric(key).name}))
    for assumed in sizing.assumed:
        about = {"metric": made.metric(assumed.metric).name if assumed.metric else "", "waves": assumed.waves}
        found.append(Problem(code=f"warn_assumed_{assumed.code}", facts={**facts, **about}))
    if sizing.best_grade == "D":
        found.append(Problem(code="warn_no_comparison", facts=facts))
    elif sizing.best_grade != "A":
        found.append(Problem(code="warn_few_sites", facts={**facts, "grade": sizing.best_grade}))
    if not sizing.p_reaches_alpha:
        found.append(Problem(code="warn_few_draws", facts={**facts, "smallest": sizing.smallest_p}))
    unsigned = [m.partner_name or m.partner for m in made.metrics if m.partner and not m.signed]
    if unsigned:
        found.append(Problem(code="warn_unsigned", facts={"partners": sorted(set(map(str, unsigned)))}))
    return found
