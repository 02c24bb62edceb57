"""What the average hides, in one sentence, where the evidence shows it: a tail that got worse, half-hours short of a
promise that the average keeps, a half-hour far from the mean, a site left behind, a tail that stayed where it was.

The order is that of what is remembered longest. Nothing is said that may well be chance (docs/methods/journey.md).
"""

from __future__ import annotations

from experiments.documents.experience import details_of, moved, oriented, pairs, result_of
from experiments.documents.promises import slot_words, unit_promised, when_words
from experiments.documents.why import Stored, unit_of
from experiments.words import say
from experiments.words.numbers import effect, level
from stats.assessing.site_agreement import left_behind
from stats.plan import Plan, PlannedMetric


def hides_sentence(plan: Plan, evidence: Stored, *, hidden: bool) -> str:
    """The one sentence; "" where the evidence shows nothing of the kind, or nothing may be shown."""
    if hidden:
        return ""
    for look_at in (_worse_tail, _short_of_promise, _half_hour, _site, _unmoved_tail):
        said = look_at(plan, evidence)
        if said:
            return said
    return ""


def _worse_tail(plan: Plan, evidence: Stored) -> str:
    for mean, tail in pairs(plan):
        if moved(tail, evidence) == "worse" and moved(mean, evidence) not in (None, "worse"):
            return say("hides.tail_worse", metric=mean.name, change=_moved_by(mean, evidence), **_tail(tail, evidence))
    return ""


def _unmoved_tail(plan: Plan, evidence: Stored) -> str:
    """The mean is shown better, and the estimate of its tail is no better at all."""
    for mean, tail in pairs(plan):
        ends = oriented(tail, evidence)
        if moved(mean, evidence) == "better" and ends is not None and ends[1] <= 0 < ends[2]:
            return say("hides.tail_still", metric=mean.name, change=_moved_by(mean, evidence), **_tail(tail, evidence))
    return ""


def _tail(tail: PlannedMetric, evidence: Stored) -> dict[str, str]:
    return {"tail": tail.name, "tail_change": _moved_by(tail, evidence)}


def _short_of_promise(plan: Plan, evidence: Stored) -> str:
    """The average keeps the promise, single half-hours do not."""
    for metric in plan.metrics:
        found = (details_of(metric, evidence).get("half_hours") or {}).get("promised")
        if not found or not found["short"] or found["level"] is None:
            continue
        if (found["level"] - found["target"]) * (1 if found["above"] else -1) >= 0:
            unit, run = unit_promised(metric), found["short"][0]
            facts = {"when": when_words(run), "low": level(run["level"], unit), "mean": level(found["level"], unit)}
            return say("hides.short", metric=metric.name, promise=level(found["target"], unit), **facts)
    return ""


def _half_hour(plan: Plan, evidence: Stored) -> str:
    """Further from the mean than the smallest gain worth having."""
    for metric in plan.success:
        found = (details_of(metric, evidence).get("half_hours") or {}).get("beneath")
        if found and metric.mwe is not None and abs(found["level"] - found["mean"]) >= metric.mwe:
            unit = unit_of(metric)
            facts = {"mean": level(found["mean"], unit), "low": level(found["level"], unit)}
            return say("hides.half_hour", metric=metric.name, slot=slot_words(found["slot"]), **facts)
    return ""


def _site(plan: Plan, evidence: Stored) -> str:
    """On the whole it got better; at one of the sites with the change it clearly did not."""
    for metric in plan.success:
        ends = oriented(metric, evidence)
        sites = (evidence["metrics"].get(metric.key) or {}).get("sites") or ()
        found = left_behind(sites, better=metric.better)
        if found is None or ends is None or ends[1] <= 0:
            continue
        unit = unit_of(metric)
        facts = {"change": _moved_by(metric, evidence), "site": found.site, "unit": plan.unit_word}
        if found.changes:
            moves = {"own": effect(found.value, unit), "others": effect(found.others, unit)}
            return say("hides.site", metric=metric.name, **facts, **moves)
        levels = {"own": level(found.value, unit), "others": level(found.others, unit)}
        return say("hides.site_level", metric=metric.name, **facts, **levels)
    return ""


def _moved_by(metric: PlannedMetric, evidence: Stored) -> str:
    result = result_of(metric, evidence)
    return effect(result["effect"], unit_of(metric), beside=(result.get("ci_lower"), result.get("ci_upper")))
