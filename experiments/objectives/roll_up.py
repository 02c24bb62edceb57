"""What pilots bring to each key result if scaled, and what the scaled ones brought since, from stored evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from experiments.desk import Desk
from experiments.learned.prior import Held, in_force
from experiments.objectives.tree import Result, Served, Tree
from experiments.planning.plan import stored_plan
from experiments.words import say
from experiments.words.numbers import Unit, effect, effect_between, percent
from registry import find
from registry.kinds import KeyResultKind
from stats.contributions import Contribution, Measured, contribution
from stats.money import transport_discount
from stats.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Of one pilot: what it would bring; without ``measured`` ``why`` says why nothing is counted."""

    pilot: str
    title: str
    measured: Measured | None
    reached_share: float = 0.0
    scaled: bool = False
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class RollUp:
    """Of one key result, its own pilots and those of its parts. expected: of those that are or should be scaled."""

    result: Result
    pilots: tuple[Expected, ...]
    expected: Contribution | None
    delivered: Contribution | None


def roll_ups(desk: Desk, of: Tree) -> tuple[RollUp, ...]:
    """For every key result that moves; in the tree's order."""
    known: dict[tuple[str, str], Expected] = {}
    learned = in_force(desk)
    return tuple(_roll_up(desk, of, result, known, learned) for result in of.results if result.row.kind in SIGNS)


SIGNS = {KeyResultKind.INCREASE: 1.0, KeyResultKind.DECREASE: -1.0}


def _roll_up(desk: Desk, of: Tree, result: Result, known: dict[tuple[str, str], Expected], learned: Held) -> RollUp:
    pilots = []
    for part, share in of.parts_of(result):
        for served in part.served:
            mark = (str(served.link.id), part.row.kind.value)
            if mark not in known:
                known[mark] = _expected(desk, part, served, learned)
            pilots.append(_within(known[mark], share))
    counted = [one.measured for one in pilots if one.measured and not one.why]
    scaled = [
        replace(one.measured, exposed_share=one.reached_share)
        for one in pilots
        if one.measured and one.scaled and one.reached_share > 0
    ]
    prior = learned.prior
    return RollUp(
        result=result,
        pilots=tuple(pilots),
        expected=contribution(counted, prior=prior),
        delivered=contribution(scaled, prior=prior),
    )


def _within(one: Expected, share: float) -> Expected:
    """The same pilot as part of what a key result above counts."""
    if one.measured is None:
        return one
    measured = replace(one.measured, exposed_share=share * one.measured.exposed_share)
    return replace(one, measured=measured, reached_share=share * one.reached_share)


def _expected(desk: Desk, result: Result, served: Served, learned: Held) -> Expected:
    """From the newest evidence, where effects may be shown and the metric has a standard error."""
    link, pilot = served.link, served.pilot
    nothing = Expected(pilot=pilot.key, title=pilot.title, measured=None)
    with desk.read() as session:
        evidence = find.latest_evidence(session, pilot.id)
        advice = find.recommendation(session, evidence.id) if evidence else None
        record = next((row for row in find.plans(session, pilot.id) if evidence and row.id == evidence.plan_id), None)
        decision = find.latest_decision(session, pilot.id)
    if evidence is None or advice is None or record is None:
        return replace(nothing, why="no_evidence")
    said = json.loads(advice.canonical)
    if said["hidden"]:
        return replace(nothing, why="hidden")
    found = json.loads(evidence.canonical)["metrics"].get(link.metric_key, {}).get("result", {})
    if found.get("effect") is None or found.get("std_error") is None:
        return replace(nothing, why="no_estimate")
    plan = stored_plan(record)
    metric = next((one for one in plan.metrics if one.key == link.metric_key), None)
    verdict = decision.verdict.value if decision and decision.verdict else said["verdict"]
    measured = Measured(
        pilot=pilot.key,
        effect=SIGNS[result.row.kind] * found["effect"],
        std_error=found["std_error"],
        df=found.get("df"),
        mwe=metric.mwe if metric else None,
        exposed_share=link.exposed_share,
        transport=_transport(plan, learned.transport),
        reaches=_reaches(plan, link.reaches),
    )
    return Expected(
        pilot=pilot.key,
        title=pilot.title,
        measured=measured,
        reached_share=link.reached_share,
        scaled=bool(decision and decision.verdict == "SCALE"),
        why="" if verdict == "SCALE" else "not_to_be_scaled",
    )


def _reaches(plan: Plan, words: str) -> frozenset[str]:
    group = {f"group {words.strip().lower()}"} if words.strip() else set()
    return frozenset(group | {f"site {site.key}" for site in plan.sites})


def _transport(plan: Plan, chosen: float) -> float:
    drawn = plan.assumptions.get("sites_drawn_at_random") is True
    return transport_discount(plan.finance, sites_drawn_at_random=drawn, chosen=chosen)


def amount(result: Result, found: Contribution) -> str:
    """A sum in the key result's unit, signed as the key result reads: "−4.1 s, between −7 s and −1 s"."""
    unit, sign = Unit.of(result.row.unit), SIGNS[result.row.kind]
    lower, upper = sorted((sign * found.lower, sign * found.upper))
    mean = sign * found.mean
    between = effect_between(lower, upper, unit, beside=(mean,))
    return say("objectives.amount", mean=effect(mean, unit, beside=(lower, upper)), between=between)


def naive_amount(result: Result, found: Contribution) -> str:
    """The estimates added up as they are, which overstates."""
    return effect(SIGNS[result.row.kind] * found.naive, Unit.of(result.row.unit))


def pilot_sentences(roll: RollUp) -> Sequence[str]:
    """A line for each pilot: what it would bring alone, at which share it counts, or why nothing is counted."""
    parts = {part.pilot: part for part in roll.expected.parts} if roll.expected else {}
    unit, sign = Unit.of(roll.result.row.unit), SIGNS[roll.result.row.kind]
    lines = []
    for one in roll.pilots:
        part = parts.get(one.pilot)
        if part is None or one.why:
            lines.append(say(f"objectives.not_counted.{one.why}", pilot=one.title))
            continue
        facts = {
            "pilot": one.title,
            "mean": effect(sign * part.mean, unit),
            "share": percent(part.exposed_share),
            "counted": percent(part.counted_share),
        }
        whole = abs(part.counted_share - part.exposed_share) < 1e-9
        lines.append(say("objectives.counted.whole" if whole else "objectives.counted.part", **facts))
    return lines
