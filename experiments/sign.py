"""Sign: partners agree to their own numbers, then owner or sponsor locks the plan. From then on it can't change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from experiments import forecasts
from experiments.desk import Desk, charter_of, may, mine, move, spoken_for, allowed
from experiments.errors import Refused
from experiments.plan import plan_of
from registry import find
from registry.access import Act
from registry.kinds import Capacity, Stage
from registry.pilots import Pilot, PilotMetric
from registry.plans import PlanRecord, Signature
from registry.unit_of_work import Work
from stats.errors import Problem
from stats.plan import Plan, plan_json, sha256


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What was signed: as a partner these metrics, or the whole plan, which is locked now."""

    capacity: str
    metrics: tuple[str, ...]
    plan_sha256: str
    unsigned: tuple[str, ...]
    recorded_afterwards: bool = False


def sign(desk: Desk, key: str) -> Signed:
    """Sign in the capacity that this person has: partner contacts their metrics, owner or sponsor the plan."""
    pilot = desk.pilot(key)
    act = Act.SIGN if allowed(desk, Act.SIGN, pilot) else Act.SIGN_METRIC
    may(desk, act, pilot)
    return lock(desk, pilot) if act == Act.SIGN else sign_as_partner(desk, pilot)


def sign_as_partner(desk: Desk, pilot: Pilot) -> Signed:
    """The contact of a partner department agrees to class and margin of its metrics."""
    with desk.work() as work:
        row = mine(work, pilot)
        record = _open_plan(work, row)
        concerned = _metrics_of(work, row)
        if not concerned:
            name = desk.person.name if desk.person else ""
            raise Refused(Problem(code="signs_for_nobody", facts={"person": name, "pilot": row.key}))
        names = []
        for metric, name in concerned:
            metric.signed_by_id, metric.signed_at = work.actor_id, work.now
            names.append(name)
        _write_again(work, row, record)
        work.record("plan.signed_by_partner", record, after={"metrics": names, "sha256": record.sha256})
        made = plan_of(work, row)
    return Signed(capacity="partner", metrics=tuple(names), plan_sha256=record.sha256, unsigned=_unsigned(made))


def lock(desk: Desk, pilot: Pilot) -> Signed:
    """Freeze the plan. A pilot whose start lies behind is recorded afterwards, and can never be scaled on it."""
    with desk.work() as work:
        row = mine(work, pilot)
        record = _open_plan(work, row)
        made = plan_of(work, row)
        late = made.start is not None and made.start < work.now.date()
        made = made.model_copy(update={"recorded_afterwards": late})
        record.canonical = plan_json(made)
        record.sha256 = sha256(record.canonical)
        record.locked_at, record.locked_by_id = work.now, work.actor_id
        row.recorded_afterwards = late
        capacity = Capacity.OWNER if work.actor_id == row.owner_id else Capacity.SPONSOR
        work.session.flush()
        _add_signatures(work, row, record, capacity)
        move(work, row, Stage.SIGNED)
        work.record("plan.locked", record, after={"sha256": record.sha256, "capacity": capacity, "late": late})
        bet = charter_of(row).forecast
        if bet is not None:
            work.record(forecasts.ACT, record, after=forecasts.frozen_facts(bet, late=late))
    return Signed(
        capacity=capacity.value,
        metrics=tuple(metric.key for metric in made.metrics),
        plan_sha256=record.sha256,
        unsigned=_unsigned(made),
        recorded_afterwards=late,
    )


def _write_again(work: Work, pilot: Pilot, record: PlanRecord) -> None:
    """Write the open plan again, now that a metric of it is signed."""
    work.session.flush()
    record.canonical = plan_json(plan_of(work, pilot))
    record.sha256 = sha256(record.canonical)


def _open_plan(work: Work, pilot: Pilot) -> PlanRecord:
    record = find.latest_plan(work.session, pilot.id)
    if record is None:
        raise Refused(Problem(code="first_plan", facts={"pilot": pilot.key, "stage": pilot.stage.value}))
    if record.locked_at is not None:
        raise Refused(Problem(code="already_signed", facts={"pilot": pilot.key, "stage": pilot.stage.value}))
    return record


def _metrics_of(work: Work, pilot: Pilot) -> list[tuple[PilotMetric, str]]:
    """The metrics of the partner departments for which this person is the contact; never the owner's own."""
    mine_ = {partner.id for partner, _ in spoken_for(work, pilot)}
    rows = find.pilot_metrics(work.session, pilot.id)
    return [(metric, version.name) for metric, version, _ in rows if metric.partner_id in mine_]


def _add_signatures(work: Work, pilot: Pilot, record: PlanRecord, capacity: Capacity) -> None:
    """One row for whoever locks, and one for each metric that its partner agreed to, all on the locked plan's hash."""
    common: dict[str, Any] = {"pilot_id": pilot.id, "plan_id": record.id, "plan_sha256": record.sha256}
    if work.actor_id is not None:
        work.add(Signature(**common, person_id=work.actor_id, capacity=capacity, signed_at=work.now))
    for metric, _, _ in find.pilot_metrics(work.session, pilot.id):
        if metric.signed_by_id is None or metric.signed_at is None:
            continue
        work.add(
            Signature(
                **common,
                person_id=metric.signed_by_id,
                capacity=Capacity.PARTNER,
                partner_id=metric.partner_id,
                pilot_metric_id=metric.id,
                guardrail_class=metric.guardrail_class,
                margin=metric.margin,
                signed_at=metric.signed_at,
            )
        )


def _unsigned(made: Plan) -> tuple[str, ...]:
    names = {str(m.partner_name or m.partner) for m in made.metrics if m.partner and not m.signed}
    return tuple(sorted(names))
