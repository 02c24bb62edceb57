"""The rule: a locked plan and the evidence of one look in, a recommendation out. Pure, total, deterministic."""

from __future__ import annotations

from typing import Any

from stats.evidence import Evidence, as_json
from stats.money import (
    Measured,
    NetBenefit,
    break_even_effect,
    chosen_sites_discount,
    net_benefit,
    prior_of,
)
from stats.plan import Plan, canonical_json, sha256
from stats.results import Estimate
from stats.verdict.case import Case
from stats.verdict.delivery import delivery_light
from stats.verdict.gates import RESPONSE_CHECK, Quality, quality
from stats.verdict.levels import Levels, levels_at
from stats.verdict.next_step import next_step
from stats.verdict.reasons import reasons_of
from stats.verdict.recommendation import MetricState, Reason, Recommendation, Verdict
from stats.verdict.rules import ROWS, Row, deciding_row
from stats.verdict.scope import lowered, scope_of
from stats.verdict.states import estimates_of, metric_state, upper_limit

RULE_VERSION = "1"


def recommend(plan: Plan, evidence: Evidence, *, evidence_sha256: str | None = None) -> Recommendation:
    """What the rule says about this evidence under this plan, with the row that decided and every reason.

    evidence_sha256: hash under which the evidence is stored; computed from its canonical JSON if not given.
    """
    case = case_of(plan, evidence)
    row = deciding_row(case)
    reasons = _reasons(case, row)
    hidden = row.verdict in (Verdict.INVALID, Verdict.NOT_YET)
    scope, scope_reasons = scope_of(case) if row.verdict == Verdict.SCALE else (None, ())
    return Recommendation(
        verdict=row.verdict,
        row=row.number,
        reasons=reasons,
        scope=scope,
        scope_reasons=scope_reasons,
        mode=row.mode,
        states={} if hidden else case.states,
        delivery=case.delivery,
        grade=case.grade,
        levels=case.levels.as_dict(),
        inputs=_inputs(case, row, hidden=hidden),
        next_step=next_step(case, row, tuple(reason.code for reason in reasons)),
        notes=_notes(case, hidden=hidden),
        hidden=hidden,
        possible_harm=_possible_harm(case),
        plan_sha256=evidence.plan_sha256,
        evidence_sha256=sha256(canonical_json(as_json(evidence))) if evidence_sha256 is None else evidence_sha256,
        rule_version=RULE_VERSION,
    )


def case_of(plan: Plan, evidence: Evidence) -> Case:
    """Everything that the truth table looks at."""
    levels = levels_at(plan, evidence)
    gates = quality(plan, evidence, levels)
    money = _money(plan, evidence, best_end=False)
    bracketed = any(found.bracket for found in evidence.metrics.values())
    hopeful = _money(plan, evidence, best_end=True) if bracketed else money
    return Case(
        plan=plan,
        evidence=evidence,
        levels=levels,
        states=_states(plan, evidence, levels, gates),
        quality=gates,
        delivery=delivery_light(evidence.delivery, plan.gates),
        grade=_grade(evidence, gates),
        money=money,
        round_net=None if hopeful is None else hopeful.round_net,
        gain_doubtful=_gain_doubtful(plan, evidence, levels),
    )


def _states(plan: Plan, evidence: Evidence, levels: Levels, gates: Quality) -> dict[str, MetricState]:
    return {
        metric.key: metric_state(
            metric, evidence.metrics.get(metric.key), levels, usable=metric.key not in gates.broken
        )
        for metric in plan.metrics
    }


def _grade(evidence: Evidence, gates: Quality) -> str:
    """The evidence's grade, one down for each survey metric with unequal response.

    Every other cost is in the evidence's grade already; what unequal response costs depends on the states.
    """
    unequal = {gate.metric for gate in gates.grade_costs if gate.key == RESPONSE_CHECK}
    return lowered(evidence.grade.grade, len(unequal))


def _money(plan: Plan, evidence: Evidence, *, best_end: bool) -> NetBenefit | None:
    """Net benefit on the least favourable end of each bracket, or, for what another round could bring, on the best."""
    if plan.finance is None:
        return None
    measured = []
    for metric in plan.success:
        if not plan.finance.value_per_unit.get(metric.key):
            continue
        estimates = estimates_of(evidence.metrics.get(metric.key))
        if estimates is None:
            return None
        sign = 1.0 if metric.better == "higher" else -1.0
        ends = [(sign * end.effect, end.std_error) for end in estimates if end.std_error is not None]
        if len(ends) < len(estimates):
            return None
        effect, std_error = max(ends) if best_end else min(ends)
        measured.append(Measured(metric=metric, effect=effect, std_error=std_error))
    return net_benefit(
        plan.finance,
        measured,
        prior=prior_of(plan),
        sites_drawn_at_random=_sites_drawn_at_random(plan),
        chosen=chosen_sites_discount(plan),
    )


def _gain_doubtful(plan: Plan, evidence: Evidence, levels: Levels) -> bool:
    if plan.finance is None:
        return False
    valued = [metric for metric in plan.success if plan.finance.value_per_unit.get(metric.key)]
    at_random = _sites_drawn_at_random(plan)
    for metric in valued:
        break_even = break_even_effect(
            plan.finance, metric.key, sites_drawn_at_random=at_random, chosen=chosen_sites_discount(plan)
        )
        limit = upper_limit(metric, evidence.metrics.get(metric.key), levels.doubt)
        if limit is None or limit >= max(metric.mwe or 0.0, break_even or 0.0):
            return False
    return bool(valued)


def _sites_drawn_at_random(plan: Plan) -> bool:
    return plan.assumptions.get("sites_drawn_at_random") is True


def _reasons(case: Case, row: Row) -> tuple[Reason, ...]:
    if row.reason is None:
        return reasons_of(case)
    if row.verdict == Verdict.INVALID:
        return tuple(
            Reason(
                code=row.reason,
                gates=(gate.key,),
                metrics=(gate.metric,) if gate.metric else (),
                facts={"repair": gate.repair},
            )
            for gate in case.quality.failed
        )
    return (Reason(code=row.reason, metrics=_concerned(case, row.reason), facts=_reason_facts(case, row.reason)),)


def _concerned(case: Case, code: str) -> tuple[str, ...]:
    """The metrics that a fixed reason is about."""
    if code == "HARM":
        breached = tuple(
            metric.key for metric in case.guardrails if metric.critical and "BREACH" in case.state(metric).flags
        )
        return breached or case.harmed
    if code == "AMEND_GUARDRAIL":
        return case.keys(case.guardrails, "BREACH")
    if code in ("EARLY_WIN", "SHOWN"):
        return case.wins
    if code in ("FUTILE", "NO_WORTHWHILE_EFFECT"):
        return tuple(metric.key for metric in case.success if "RULED_OUT" in case.state(metric).flags)
    return ()


def _reason_facts(case: Case, code: str) -> dict[str, Any]:
    if code == "NOT_YET":
        return {"information": case.evidence.information, "look": case.levels.look, "looks": case.levels.looks}
    if code == "NOT_WORTH_ANOTHER_ROUND" and case.money is not None:
        return {"round_value": case.money.round_value, "round_net": case.round_net}
    if code == "OUT_OF_ROUNDS":
        facts = {"version": case.plan.version, "max_versions": case.plan.max_versions}
        return {**facts, "open": [reason.code for reason in reasons_of(case)]}
    return {}


def _possible_harm(case: Case) -> bool:
    """A loss is shown somewhere, on whatever data there are: told even where numbers stay hidden."""
    if case.harmed or case.keys(case.guardrails, "BREACH"):
        return True
    broken = (metric for metric in case.guardrails if metric.key in case.quality.broken)
    return any(
        metric_state(metric, case.evidence.metrics.get(metric.key), case.levels).label == "BREACH" for metric in broken
    )


def _notes(case: Case, *, hidden: bool) -> tuple[str, ...]:
    """Keys of sentences (``note.<key>``) that go with the verdict."""
    notes = [f"gate_{gate.key}" for gate in case.quality.warnings]
    if case.plan.finance is None:
        notes.append("no_finance")
    if case.plan.favourable_sites:
        notes.append("favourable_sites")
    if case.plan.simulated:
        notes.append("simulated")
    if not hidden and any(_smaller_last_third(case, metric.key) for metric in case.success):
        notes.append("last_third_smaller")
    return tuple(dict.fromkeys(notes))


def _smaller_last_third(case: Case, key: str) -> bool:
    found = case.evidence.metrics.get(key)
    if found is None or found.last_third is None or not isinstance(found.result, Estimate):
        return False
    sign = 1.0 if case.plan.metric(key).better == "higher" else -1.0
    return sign * found.last_third < sign * found.result.effect


def _inputs(case: Case, row: Row, *, hidden: bool) -> dict[str, Any]:
    """Everything that the rule looked at, as plain JSON values; effects left out where they stay hidden."""
    looked: dict[str, Any] = {
        "rows": [{"row": item.number, "name": item.name, "held": item is row} for item in ROWS[: ROWS.index(row) + 1]],
        "look": case.levels.look,
        "looks": case.levels.looks,
        "information": case.evidence.information,
        "final": case.evidence.final,
        "is_extension": case.evidence.is_extension,
        "extension_left": case.extension_left,
        "version": case.plan.version,
        "max_versions": case.plan.max_versions,
        "primary_rule": case.plan.primary_rule,
        "days_observed": case.evidence.days_observed,
        "minimum_days": case.plan.looks.minimum_days,
        "delivery": {item.component: item.share for item in case.evidence.delivery},
        "delivery_light": case.delivery,
        "grade": case.grade,
        "grade_of_design": case.evidence.grade.grade,
        "gates": as_json(case.quality),
        "recorded_afterwards": case.plan.recorded_afterwards,
        "unsigned_partners": [m.key for m in case.plan.metrics if m.partner and not m.signed],
    }
    if hidden:
        return looked
    looked["states"] = as_json(case.states)
    looked["open"] = [reason.code for reason in reasons_of(case)] if row.number >= 9 else []
    looked["money"] = as_json(case.money)
    looked["round_net"] = case.round_net
    looked["gain_doubtful"] = case.gain_doubtful
    looked["wins"] = list(case.wins)
    looked["fading"] = {key: case.evidence.metrics[key].decline_p for key in case.wins}
    looked["p_new_site"] = {key: case.evidence.metrics[key].p_new_site for key in case.wins}
    looked["guardrail_classes"] = {m.key: m.guardrail_class for m in case.guardrails}
    return looked
