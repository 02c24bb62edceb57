"""Sign: partners agree to their own numbers; owner or sponsor locks the plan once every partner has.

A partner says with its signature what it expects, which of its targets pulls against the pilot and what relief was
agreed: "none" is an answer, silence is not. Where a signature does not come, the sponsor starts without it, on record
(``unsigned``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from experiments.desk import Desk, allowed, charter_of, may, mine, move, spoken_for
from experiments.errors import Refused
from experiments.learned.prior import with_learned
from experiments.planning import forecasts
from experiments.planning.plan import plan_of
from registry import find, standing
from registry.access import Act
from registry.kinds import Capacity, SignatureState, Stage
from registry.pilots import Pilot, PilotMetric
from registry.plans import PlanRecord, Signature
from registry.unit_of_work import Work
from stats.errors import Problem
from stats.plan import Plan, plan_json, sha256

TERMS = ("benefit", "pulls_against", "relief")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a partner states with its signature; None: as it stands on record already."""

    benefit: str | None = None
    pulls_against: str | None = None
    relief: str | None = None


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What was signed: as a partner these metrics, or the whole plan, which is locked now."""

    capacity: str
    metrics: tuple[str, ...]
    plan_sha256: str
    unsigned: tuple[str, ...]
    recorded_afterwards: bool = False


def sign(desk: Desk, key: str, terms: Terms | None = None) -> Signed:
    """Sign in the capacity that this person has: for a partner its metrics, as owner or sponsor the plan."""
    pilot = desk.pilot(key)
    if signs_as_partner(desk, pilot):
        may(desk, Act.SIGN_METRIC, pilot)
        return sign_as_partner(desk, pilot, terms or Terms())
    may(desk, Act.SIGN, pilot)
    return lock(desk, pilot)


def signs_as_partner(desk: Desk, pilot: Pilot) -> bool:
    """Whether this person's signature is a partner's: not that of owner or sponsor, unless their own metric waits."""
    if not allowed(desk, Act.SIGN, pilot):
        return allowed(desk, Act.SIGN_METRIC, pilot)
    if desk.person is None or not allowed(desk, Act.SIGN_METRIC, pilot):
        return False
    with desk.read() as session:
        spoken = {partner.id for partner, _ in standing.speaks_for(session, desk.person, pilot)}
        return any(m.partner_id in spoken and m.signed_at is None for m, _, _ in find.pilot_metrics(session, pilot.id))


def sign_as_partner(desk: Desk, pilot: Pilot, terms: Terms) -> Signed:
    """Somebody who speaks for a partner department agrees to class and margin of its metrics."""
    with desk.work() as work:
        row = mine(work, pilot)
        record = open_plan(work, row)
        concerned = metrics_of(work, row)
        if not concerned:
            name = desk.person.name if desk.person else ""
            raise Refused(Problem(code="signs_for_nobody", facts={"person": name, "pilot": row.key}))
        _state(work, row, terms, {metric.partner_id for metric, _ in concerned})
        names = []
        for metric, name in concerned:
            metric.signed_by_id, metric.signed_at = work.actor_id, work.now
            names.append(name)
        _write_again(work, row, record)
        work.record("plan.signed_by_partner", record, after={"metrics": names, "sha256": record.sha256})
        made = plan_of(work, row)
    return Signed(capacity="partner", metrics=tuple(names), plan_sha256=record.sha256, unsigned=unsigned(made))


def lock(desk: Desk, pilot: Pilot) -> Signed:
    """The last signature freezes the plan; refused, naming them, while partners have not signed their metrics."""
    with desk.work() as work:
        row = mine(work, pilot)
        open_plan(work, row)
        if missing := unsigned(plan_of(work, row)):
            raise Refused(Problem(code="signatures_missing", facts={"pilot": row.key, "partners": list(missing)}))
        return freeze(work, row)


def freeze(work: Work, pilot: Pilot, *, without: str = "") -> Signed:
    """Freeze the plan. A pilot whose start lies behind is recorded afterwards, and can never be scaled on it.

    without: why it is started though partners have not signed.
    """
    record = open_plan(work, pilot)
    made = plan_of(work, pilot)
    late = made.start is not None and made.start < work.now.date()
    made = with_learned(work.session, made.model_copy(update={"recorded_afterwards": late}))
    record.canonical = plan_json(made)
    record.sha256 = sha256(record.canonical)
    record.locked_at, record.locked_by_id = work.now, work.actor_id
    pilot.recorded_afterwards = late
    capacity = Capacity.OWNER if work.actor_id == pilot.owner_id else Capacity.SPONSOR
    work.session.flush()
    _add_signatures(work, pilot, record, capacity, without)
    move(work, pilot, Stage.SIGNED)
    after = {"sha256": record.sha256, "capacity": capacity, "late": late, "unsigned": list(unsigned(made))}
    work.record("plan.locked_unsigned" if without else "plan.locked", record, after=after, why=without)
    bet = charter_of(pilot).forecast
    if bet is not None:
        work.record(forecasts.ACT, record, after=forecasts.frozen_facts(bet, late=late))
    return Signed(
        capacity=capacity.value,
        metrics=tuple(metric.key for metric in made.metrics),
        plan_sha256=record.sha256,
        unsigned=unsigned(made),
        recorded_afterwards=late,
    )


def open_plan(work: Work, pilot: Pilot) -> PlanRecord:
    """The plan that can still be signed."""
    record = find.latest_plan(work.session, pilot.id)
    if record is None:
        raise Refused(Problem(code="first_plan", facts={"pilot": pilot.key, "stage": pilot.stage.value}))
    if record.locked_at is not None:
        raise Refused(Problem(code="already_signed", facts={"pilot": pilot.key, "stage": pilot.stage.value}))
    return record


def metrics_of(work: Work, pilot: Pilot) -> list[tuple[PilotMetric, str]]:
    """The metrics of the partner departments for which whoever acts may speak, with their names."""
    mine_ = {partner.id for partner, _ in spoken_for(work, pilot)}
    rows = find.pilot_metrics(work.session, pilot.id)
    return [(metric, version.name) for metric, version, _ in rows if metric.partner_id in mine_]


def unsigned(made: Plan) -> tuple[str, ...]:
    """Partner departments that have not signed a metric of theirs."""
    names = {str(m.partner_name or m.partner) for m in made.metrics if m.partner and not m.signed}
    return tuple(sorted(names))


def _state(work: Work, pilot: Pilot, terms: Terms, partner_ids: set[UUID | None]) -> None:
    """Keep what each partner states, beside what stands already; refused with everything that is left open."""
    problems = []
    for partner, department in find.partners(work.session, pilot.id):
        if partner.id not in partner_ids:
            continue
        stated = {name: (getattr(terms, name) or getattr(partner, name)).strip() for name in TERMS}
        problems += [
            Problem(code=f"sign_without_{name}", facts={"partner": department.name})
            for name, value in stated.items()
            if not value
        ]
        work.change(partner, "partner.terms_stated", **stated)
    if problems:
        raise Refused(problems)


def _write_again(work: Work, pilot: Pilot, record: PlanRecord) -> None:
    """Write the open plan again, now that a metric of it is signed."""
    work.session.flush()
    record.canonical = plan_json(plan_of(work, pilot))
    record.sha256 = sha256(record.canonical)


def _add_signatures(work: Work, pilot: Pilot, record: PlanRecord, capacity: Capacity, without: str) -> None:
    """One row for whoever locks, and one for each partner's metric, signed or not, all on the locked plan's hash."""
    common: dict[str, Any] = {"pilot_id": pilot.id, "plan_id": record.id, "plan_sha256": record.sha256}
    if work.actor_id is None:
        return
    work.add(Signature(**common, person_id=work.actor_id, capacity=capacity, signed_at=work.now))
    for metric, _, _ in find.pilot_metrics(work.session, pilot.id):
        if metric.partner_id is None:
            continue
        missing = metric.signed_by_id is None or metric.signed_at is None
        work.add(
            Signature(
                **common,
                person_id=metric.signed_by_id or work.actor_id,
                capacity=Capacity.PARTNER,
                state=SignatureState.UNSIGNED_ON_RECORD if missing else SignatureState.SIGNED,
                partner_id=metric.partner_id,
                pilot_metric_id=metric.id,
                guardrail_class=metric.guardrail_class,
                margin=metric.margin,
                reason=without if missing else "",
                signed_at=metric.signed_at or work.now,
            )
        )
