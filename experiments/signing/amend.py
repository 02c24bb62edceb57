"""Amend: a signed plan is changed on record, with a reason; what differs is kept beside it.

A minor amendment changes words. Everything else is major: after the first data it costs a grade, and once effects were
seen it is too late. A partner whose own number, class or margin changed has to sign again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from experiments.charters.check import pydantic_problems
from experiments.charters.promise import promise_problems
from experiments.desk import Desk, may, mine, spoken_for, why_not
from experiments.errors import Refused
from experiments.planning.plan import stored_plan
from experiments.words import say
from experiments.words.numbers import Unit, day, size
from registry import find
from registry.access import Act
from registry.kinds import AmendmentKind, Capacity, GuardrailClass, Verdict
from registry.pilots import Pilot
from registry.plans import Amendment, AssignmentRecord, PlanRecord, Signature
from registry.standing import speaks_for
from registry.unit_of_work import Work
from stats import ENGINE_VERSION
from stats.errors import Problem
from stats.plan import Plan, PlannedMetric, plan_json, sha256

MINOR = re.compile(
    r"^(title|unit_word|how_chosen|metrics\.[^.]+\.(name|partner_name|perspective|journey_step|waste)|sites\.[^.]+\.name"
    r"|metrics\.[^.]+\.signed)$"
)
"""Paths of words: they change nothing that is computed or promised."""
FIXED = ("pilot", "version", "max_versions", "simulated", "recorded_afterwards")
DRAWN = ("sites", "assignment", "design", "unit_of_assignment")
"""What the draw was made from: changed after it, it would be another pilot."""
PROMISED_TO_PARTNERS = frozenset({"spec", "margin", "guardrail_class", "better", "mwe", "role", "critical"})


@dataclass(frozen=True, kw_only=True)
class Amended:
    """An amendment as it was recorded. difference: {path: (before, after)}; unsigned: partners who sign again."""

    number: int
    kind: str
    difference: Mapping[str, list[Any]]
    after_first_data: bool
    costs_grade: bool
    unsigned: tuple[str, ...]
    plan_sha256: str


def amend(desk: Desk, key: str, changes: Mapping[str, Any], reason: str) -> Amended:
    """Change the locked plan. ``changes``: parts of the plan; metrics and sites by key, as {"metrics": {"wait": ...}}.

    Refused without a reason, where nothing changes, where the draw would not fit any more, and, for a major one, where
    effects have been seen.
    """
    pilot = desk.pilot(key)
    may(desk, Act.AMEND, pilot)
    if not reason.strip():
        raise Refused(Problem(code="reason_missing", facts={"what": "amendment"}))
    with desk.work() as work:
        row = mine(work, pilot)
        record = _in_force(work, row)
        before = stored_plan(record)
        after = _signed_again(before, _changed(before, changes))
        return _keep(work, row, record, after, reason.strip())


def sign_amendment(desk: Desk, key: str) -> Amended:
    """A partner signs again for its own numbers, which an amendment had changed."""
    pilot = desk.pilot(key)
    may(desk, Act.SIGN_AMENDMENT, pilot)
    with desk.work() as work:
        row = mine(work, pilot)
        record = _in_force(work, row)
        before = stored_plan(record)
        mine_ = {department.key: partner for partner, department in spoken_for(work, row)}
        metrics = [
            m.model_copy(update={"signed": True}) if m.partner in mine_ and not m.signed else m for m in before.metrics
        ]
        if metrics == before.metrics:
            name = desk.person.name if desk.person else ""
            raise Refused(Problem(code="signs_for_nobody", facts={"person": name, "pilot": key}))
        made = _keep(work, row, record, before.model_copy(update={"metrics": metrics}), "signed again")
        again = _in_force(work, row)
        for metric, _, definition in find.pilot_metrics(work.session, row.id):
            partner = next((p for p in mine_.values() if p.id == metric.partner_id), None)
            if partner is None or work.actor_id is None:
                continue
            planned = stored_plan(again).metric(definition.key)
            work.add(
                Signature(
                    pilot_id=row.id,
                    plan_id=again.id,
                    plan_sha256=again.sha256,
                    person_id=work.actor_id,
                    capacity=Capacity.PARTNER,
                    partner_id=partner.id,
                    pilot_metric_id=metric.id,
                    guardrail_class=GuardrailClass(planned.guardrail_class) if planned.guardrail_class else None,
                    margin=planned.margin,
                    signed_at=work.now,
                )
            )
        return made


def to_sign_again(desk: Desk, pilot: Pilot) -> tuple[str, ...]:
    """What the person at the desk may sign again after an amendment, a sentence for each number; mostly nothing."""
    if why_not(desk, Act.SIGN_AMENDMENT, pilot) is not None or desk.person is None:
        return ()
    with desk.read() as session:
        record = find.locked_plan(session, pilot.id)
        own = {department.key for _, department in speaks_for(session, desk.person, pilot)}
    if record is None or not amendments(desk, pilot.key):
        return ()
    metrics = [m for m in stored_plan(record).metrics if m.partner in own and not m.signed and m.margin]
    return tuple(_accepted(metric) for metric in metrics)


def _accepted(metric: PlannedMetric) -> str:
    must_prove = metric.critical or metric.guardrail_class == GuardrailClass.PROVE.value
    loss = size(metric.margin or 0.0, Unit.of(metric.unit, metric.spec.kind))
    return say("plan.accept_prove" if must_prove else "plan.accept", name=metric.name, loss=loss)


def amendments(desk: Desk, key: str) -> tuple[Amendment, ...]:
    """Oldest first."""
    pilot = desk.pilot(key)
    with desk.read() as session:
        return tuple(find.amendments(session, pilot.id))


def sentence(row: Amendment) -> str:
    """One amendment in words: day, kind, what changed and why."""
    late = say("amendment.costs") if row.after_first_data and row.kind == AmendmentKind.MAJOR else ""
    return say(
        f"amendment.{row.kind.value}",
        day=day(row.made_at.date()),
        paths=sorted(row.difference),
        reason=row.reason,
        late=late,
    ).strip()


def difference(before: Plan, after: Plan) -> dict[str, list[Any]]:
    """{path: [before, after]} of everything that differs; metrics and sites by their keys."""
    one, two = _by_key(before), _by_key(after)
    return dict(_differences("", one, two))


def kind_of(changed: Mapping[str, Any]) -> AmendmentKind:
    return AmendmentKind.MINOR if all(MINOR.match(path) for path in changed) else AmendmentKind.MAJOR


def _keep(work: Work, pilot: Pilot, record: PlanRecord, after: Plan, reason: str) -> Amended:
    changed = difference(stored_plan(record), after)
    kind = kind_of(changed)
    drawn = find.assignment(work.session, record.id)
    _refuse_too_late(work, pilot, changed, kind, drawn)
    canonical = plan_json(after)
    made = work.add(
        PlanRecord(
            pilot_id=pilot.id,
            number=find.next_number(work.session, PlanRecord, pilot_id=pilot.id),
            canonical=canonical,
            sha256=sha256(canonical),
            engine_version=ENGINE_VERSION,
            proposed_by_id=work.actor_id,
            locked_at=work.now,
            locked_by_id=work.actor_id,
        )
    )
    late = find.latest_snapshot(work.session, pilot.id) is not None
    kept = work.add(
        Amendment(
            pilot_id=pilot.id,
            from_plan_id=record.id,
            to_plan_id=made.id,
            kind=kind,
            reason=reason,
            difference=changed,
            after_first_data=late,
            made_by_id=work.actor_id,
            made_at=work.now,
        )
    )
    if drawn is not None:
        work.add(_same_draw(drawn, made))
    facts = {"kind": kind, "sha256": made.sha256, "paths": sorted(changed), "after_first_data": late}
    work.record("plan.amended", kept, after=facts, why=reason)
    return Amended(
        number=made.number,
        kind=kind.value,
        difference=changed,
        after_first_data=late,
        costs_grade=late and kind == AmendmentKind.MAJOR,
        unsigned=tuple(sorted({str(m.partner_name or m.partner) for m in after.metrics if m.partner and not m.signed})),
        plan_sha256=made.sha256,
    )


def _in_force(work: Work, pilot: Pilot) -> PlanRecord:
    record = find.locked_plan(work.session, pilot.id)
    if record is None:
        raise Refused(Problem(code="first_signed", facts={"pilot": pilot.key, "stage": pilot.stage.value}))
    return record


def _changed(before: Plan, changes: Mapping[str, Any]) -> Plan:
    """The plan with the changes put in, checked like any plan."""
    if not isinstance(changes, Mapping):
        raise Refused(Problem(code="charter_not_a_mapping"))
    fixed = [name for name in changes if name in FIXED]
    if fixed:
        raise Refused(Problem(code="amend_fixed", facts={"parts": fixed}))
    merged = _merged(_by_key(before), changes)
    for name in ("metrics", "sites"):
        merged[name] = list(merged[name].values())
    try:
        after = Plan.model_validate(merged)
    except ValidationError as error:
        raise Refused(pydantic_problems(error)) from None
    known = list(promise_problems(before))
    problems = [problem for problem in promise_problems(after) if problem not in known]
    if problems:
        raise Refused(problems)
    return after


def _signed_again(before: Plan, after: Plan) -> Plan:
    """A signature holds for what was signed: a partner's changed number counts as unsigned."""
    old = {metric.key: metric for metric in before.metrics}

    def still(metric: Any) -> bool:
        same = old.get(metric.key)
        return bool(same and all(getattr(same, name) == getattr(metric, name) for name in PROMISED_TO_PARTNERS))

    metrics = [m if not m.signed or still(m) else m.model_copy(update={"signed": False}) for m in after.metrics]
    return after.model_copy(update={"metrics": metrics})


def _refuse_too_late(
    work: Work, pilot: Pilot, changed: Mapping[str, Any], kind: AmendmentKind, drawn: AssignmentRecord | None
) -> None:
    facts = {"pilot": pilot.key}
    if not changed:
        raise Refused(Problem(code="amend_nothing", facts=facts))
    touched = [path for path in changed if path.split(".")[0] in DRAWN and not MINOR.match(path)]
    if drawn is not None and touched:
        raise Refused(Problem(code="amend_draw", facts={**facts, "parts": touched}))
    if kind == AmendmentKind.MAJOR and _effects_seen(work, pilot):
        raise Refused(Problem(code="amend_effects_seen", facts=facts))


def _effects_seen(work: Work, pilot: Pilot) -> bool:
    said = [find.recommendation(work.session, row.id) for row in find.evidence(work.session, pilot.id)]
    return any(found is not None and found.verdict not in {Verdict.NOT_YET, Verdict.INVALID} for found in said)


def _same_draw(drawn: AssignmentRecord, made: PlanRecord) -> AssignmentRecord:
    """The draw of the plan before holds on: who got the change is not drawn again."""
    return AssignmentRecord(
        pilot_id=made.pilot_id,
        plan_id=made.id,
        plan_sha256=made.sha256,
        method=drawn.method,
        seed=drawn.seed,
        canonical=drawn.canonical,
        sha256=drawn.sha256,
        drawn_by_id=drawn.drawn_by_id,
        drawn_at=drawn.drawn_at,
    )


def _by_key(plan: Plan) -> dict[str, Any]:
    value = plan.model_dump(mode="json", by_alias=True)
    return {**value, **{name: {item["key"]: item for item in value[name]} for name in ("metrics", "sites")}}


def _merged(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(before)
    for name, value in changes.items():
        known = made.get(name)
        nested = isinstance(known, Mapping) and isinstance(value, Mapping)
        made[str(name)] = _merged(known, value) if nested else value  # type: ignore[arg-type]
    return made


def _differences(path: str, one: Any, two: Any) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        for name in sorted({*one, *two}):
            yield from _differences(f"{path}.{name}" if path else name, one.get(name), two.get(name))
    elif one != two:
        yield path, [one, two]
