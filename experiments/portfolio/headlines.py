"""What a row says of a pilot's plan, evidence and recommendation: read and taken apart once, then kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from experiments.documents.beside import before_and_after, levels_now
from experiments.planning.money import horizon_words
from experiments.portfolio.rates import chance_of_falling_short
from experiments.portfolio.touches import Touch, touches
from experiments.words.numbers import Unit, effect
from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.overview import Overview, texts
from registry.plans import PlanRecord
from stats.plan import Plan, PlannedMetric


@dataclass(frozen=True, kw_only=True)
class Headline:
    """What lists show of a plan and of what was said on its evidence; ``found`` is empty where nothing may be shown.

    levels: metrics with where those with the change stand now, none where nothing may be shown; touches: what it
    measures along the customer's journey.
    """

    start: date | None
    end: date | None
    unit_word: str
    sites: frozenset[str]
    found: Mapping[str, Any]
    levels: tuple[tuple[PlannedMetric, float], ...] = ()
    touches: tuple[Touch, ...] = ()


_HEADLINES: dict[tuple[str, ...], Headline] = {}
"""By the hashes of plan, evidence and recommendation: whatever those say never changes."""
REMEMBERED = 20_000


def headlines(session: Any, known: Overview) -> dict[UUID, Headline]:
    """By pilot; only what was never looked at before is read and taken apart."""
    marks = {pilot_id: _mark(known, pilot_id) for pilot_id in known.plans}
    fresh = [pilot_id for pilot_id, mark in marks.items() if mark not in _HEADLINES]
    plans = texts(session, PlanRecord, [known.plans[key].id for key in fresh])
    said = {key for key in fresh if key in known.recommendations}
    advice = texts(session, RecommendationRecord, [known.recommendations[key].id for key in said])
    evidence = texts(session, EvidenceRecord, [known.evidence[key].id for key in said])
    if len(_HEADLINES) + len(fresh) > REMEMBERED:
        _HEADLINES.clear()
    found = {key: _HEADLINES[mark] for key, mark in marks.items() if mark in _HEADLINES}
    for key in fresh:
        plan = Plan.model_validate_json(plans[known.plans[key].id])
        told, levels, stored, rule = {}, {}, None, None
        if key in said:
            stored = from_json(evidence[known.evidence[key].id])
            rule = from_json(advice[known.recommendations[key].id])
            told, levels = _found(plan, stored, rule), {} if rule["hidden"] else levels_now(stored)
        found[key] = _HEADLINES[marks[key]] = Headline(
            start=plan.start,
            end=plan.end,
            unit_word=plan.unit_word,
            sites=frozenset(site.key for site in plan.sites),
            found=told,
            levels=tuple((metric, levels[metric.key]) for metric in plan.metrics if metric.key in levels),
            touches=touches(plan.metrics, stored, rule),
        )
    return found


def _mark(known: Overview, pilot_id: UUID) -> tuple[str, ...]:
    stored = (known.plans, known.evidence, known.recommendations)
    return tuple(part[pilot_id].sha256 if pilot_id in part else "" for part in stored)


def _found(plan: Plan, evidence: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What the newest evidence and recommendation say, as far as it may be shown."""
    found: dict[str, Any] = {
        "verdict": said["verdict"],
        "scope": said["scope"],
        "mode": said["mode"],
        "reason": said["reasons"][0]["code"] if said["reasons"] else None,
        "grade": said["grade"],
    }
    if said["hidden"]:
        return found
    results = {key: metric.get("result") or {} for key, metric in evidence["metrics"].items()}
    found["loyalty"] = " ".join(before_and_after(plan, evidence))
    benefit = said["inputs"].get("money")
    if benefit and plan.finance:
        found["expected"], found["currency"] = benefit["expected"], benefit["currency"]
        found["horizon"] = horizon_words(plan.finance)
        found["roi"] = benefit["expected"] / benefit["costs"] if benefit["costs"] > 0 else None
    found["short"] = chance_of_falling_short(plan, said["inputs"], results)
    first = plan.success[0]
    result = results.get(first.key, {})
    if "effect" in result:
        unit = Unit.of(first.unit, first.spec.kind)
        found["metric"] = first.name
        found["effect"] = effect(result["effect"], unit, beside=(result["ci_lower"], result["ci_upper"]))
        found["cautious"] = _cautious(plan, (benefit or {}).get("shrunken") or {}, result)
        found["state"] = (said["states"].get(first.key) or {}).get("label")
    return found


def _cautious(plan: Plan, stored: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Of the first success metric, in words, as treatment minus control; as it is stored, else made in the same way."""
    from stats.money import prior_of, shrink

    first = plan.success[0]
    sign = 1.0 if first.better == "higher" else -1.0
    if first.key in stored:
        mean = float(stored[first.key]["mean"])
    elif result.get("std_error"):
        mean = shrink(sign * result["effect"], result["std_error"], first.mwe, prior_of(plan)).mean
    else:
        return ""
    unit = Unit.of(first.unit, first.spec.kind)
    return effect(sign * mean, unit, beside=(result["ci_lower"], result["ci_upper"]))
