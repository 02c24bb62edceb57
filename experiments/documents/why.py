"""Exactly one sentence that says why, and what is asked of whoever decides: from a plan and its recommendation.

The recommendation is its stored JSON (``stats.evidence.as_json``); so is the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from math import ceil
from typing import Any

from experiments.words import check_name, knows, say
from experiments.words.catalogue import listed
from experiments.words.numbers import Unit, effect_size
from stats.assessing.look_window import planned_looks
from stats.plan import Plan, PlannedMetric

Stored = Mapping[str, Any]

MORE_DATA_SETTLES = frozenset({"UNDERPOWERED", "GUARDRAIL_UNPROVEN"})


def why_sentence(plan: Plan, recommendation: Stored, evidence: Stored | None = None) -> str:
    """The one sentence. evidence is only asked how much of the planned information is in."""
    verdict = recommendation["verdict"]
    reason = _first_reason(recommendation)
    facts = facts_of(plan, recommendation, reason)
    if verdict == "INVALID":
        every = _unique(gate for each in recommendation["reasons"] for gate in each.get("gates") or ())
        return say("why.INVALID", **{**facts, "checks": listed([check_name(gate) for gate in every])})
    if verdict == "NOT_YET":
        return say("why.NOT_YET", information=min(1.0, (evidence or {}).get("information", 0.0)))
    if verdict == "SCALE":
        return _why_scale(plan, recommendation, reason)
    return _why_not(plan, recommendation, reason, facts)


def asked(plan: Plan, recommendation: Stored, *, decided: bool = False) -> tuple[str, ...]:
    """What is asked of the executive, at most three lines."""
    if decided:
        return (say("asked.decided"),)
    reason = _first_reason(recommendation)
    facts = facts_of(plan, recommendation, reason)
    verdict = recommendation["verdict"]
    alarm = (say("asked.possible_harm"),) if recommendation.get("possible_harm") else ()
    if verdict == "SCALE":
        return (*alarm, *_asked_scale(plan, recommendation, facts))
    if verdict == "ITERATE":
        return (*alarm, *_asked_iterate(recommendation, reason, facts))
    if verdict == "INVALID":
        return (*alarm, say("asked.INVALID"), *_repairs(recommendation))
    if verdict == "NOT_YET" and (on := _next_check(plan, recommendation)):
        return (*alarm, say("asked.NOT_YET.on", day=on))
    return (*alarm, say(f"asked.{verdict}"))


def _next_check(plan: Plan, recommendation: Stored) -> date | None:
    """The day of the next planned check; None where the plan has no dates."""
    number = (recommendation.get("next_step") or {}).get("next_look")
    return next((look.due for look in planned_looks(plan) if look.number == number), None)


def facts_of(plan: Plan, recommendation: Stored, reason: Stored) -> dict[str, Any]:
    """What sentences about a reason may name: metrics, partners, checks, the unit's word and what would settle it."""
    metrics = [metric for metric in plan.metrics if metric.key in set(reason.get("metrics") or ())]
    partners = _unique(metric.partner_name for metric in metrics if metric.partner_name)
    return {
        **(reason.get("facts") or {}),
        "metrics": listed([metric.name for metric in metrics]),
        "be": say("word.is" if len(metrics) == 1 else "word.are"),
        "partners": listed(partners),
        "checks": listed([check_name(gate) for gate in reason.get("gates") or ()]),
        "unit": plan.unit_word,
        "version": plan.version,
        "need": needed(plan, recommendation, reason),
    }


def needed(plan: Plan, recommendation: Stored, reason: Stored) -> str:
    """What would settle it: weeks to the extension's check, or sites that a next version needs; else nothing."""
    if reason.get("code") not in MORE_DATA_SETTLES or recommendation["verdict"] != "ITERATE":
        return ""
    step = recommendation.get("next_step") or {}
    if recommendation.get("mode") == "EXTEND":
        days = (recommendation.get("inputs") or {}).get("days_observed") or 0
        weeks = ceil(days * ((step.get("extension_ratio") or 1.0) - 1.0) / 7 - 1e-9)
        return say("why.need.weeks", count=weeks) if weeks > 0 else ""
    sites = step.get("sites") or 0
    return say("why.need.sites", count=sites, unit=plan.unit_word) if sites > 0 else ""


def gains(plan: Plan, recommendation: Stored) -> str:
    """What is shown better by enough, each with its size; empty where nothing is, or where numbers are closed."""
    if recommendation.get("hidden"):
        return ""
    states = recommendation.get("states") or {}
    winners = [metric for metric in plan.success if (states.get(metric.key) or {}).get("label") == "WIN"]
    return listed([say("why.gain", name=m.name, size=_gain(m, states[m.key])) for m in winners])


def unit_of(metric: PlannedMetric) -> Unit:
    """How this metric's values are written."""
    return Unit.of(metric.unit, metric.spec.kind)


def _gain(metric: PlannedMetric, state: Stored) -> str:
    return effect_size(state["effect"], unit_of(metric), beside=(state.get("lower"), state.get("upper")))


def _why_scale(plan: Plan, recommendation: Stored, reason: Stored) -> str:
    better = sentence_case(gains(plan, recommendation))
    if reason.get("code") == "EARLY_WIN":
        return say("why.SCALE.EARLY_WIN", gains=better)
    scope = recommendation.get("scope") or "full"
    if scope == "full":
        return say("why.SCALE.full" if plan.guardrails else "why.SCALE.alone", gains=better)
    return say(f"why.SCALE.{scope}", gains=better, because=_because(plan, recommendation))


def _because(plan: Plan, recommendation: Stored) -> str:
    unproven = labelled(plan, recommendation, "UNPROVEN")
    facts = {"metrics": listed(unproven), "be": say("word.is" if len(unproven) == 1 else "word.are")}
    return listed(_unique(say(f"why.because.{code}", **facts) for code in recommendation["scope_reasons"]))


def _why_not(plan: Plan, recommendation: Stored, reason: Stored, facts: Mapping[str, Any]) -> str:
    better = gains(plan, recommendation)
    code = reason.get("code", "")
    key = f"why.clause.{code}"
    if facts["partners"] and knows(f"{key}.partner"):
        key = f"{key}.partner"
    clause = say(key, **facts)
    if facts["need"]:
        clause = say("why.settle", clause=clause, need=facts["need"])
    if better:
        return sentence_case(say("why.but", gains=better, clause=clause))
    return sentence_case(say("why.only", clause=clause))


def _asked_scale(plan: Plan, recommendation: Stored, facts: Mapping[str, Any]) -> Iterable[str]:
    scope = recommendation.get("scope") or "full"
    yield say(f"asked.SCALE.{scope}")
    unproven = labelled(plan, recommendation, "UNPROVEN")
    if unproven:
        yield say("asked.measure_again", metrics=listed(unproven))
    yield say("asked.keep_some", **facts)


def _asked_iterate(recommendation: Stored, reason: Stored, facts: Mapping[str, Any]) -> Iterable[str]:
    if recommendation.get("mode") == "EXTEND":
        yield say("asked.ITERATE.EXTEND.for", need=facts["need"]) if facts["need"] else say("asked.ITERATE.EXTEND")
        return
    yield say("asked.ITERATE.REDESIGN")
    if knows(f"lever.{reason.get('code')}"):
        yield say(f"lever.{reason['code']}", **facts)


def labelled(plan: Plan, recommendation: Stored, label: str) -> list[str]:
    """Names of the metrics whose state has this label."""
    states = recommendation.get("states") or {}
    return [metric.name for metric in plan.metrics if (states.get(metric.key) or {}).get("label") == label]


def sentence_case(text: str) -> str:
    """The first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def _repairs(recommendation: Stored) -> list[str]:
    repairs = (recommendation.get("next_step") or {}).get("repairs") or {}
    return _unique(say(f"repair.{repair}") for repair in repairs.values())


def _first_reason(recommendation: Stored) -> Stored:
    reasons = recommendation.get("reasons") or [{}]
    return dict(reasons[0])


def _unique(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))
