"""The plan of a roll-out in sentences: waves, sites kept as before, what is foretold, what can be noticed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.desk import Desk
from experiments.errors import REFUSALS, sentences
from experiments.rollouts.keep import Promise
from experiments.rollouts.propose import Proposal, propose
from experiments.rollouts.wanted import Wanted
from experiments.words import say
from experiments.words.numbers import Unit, chance, effect, effect_between, size
from stats.evidence import as_json
from stats.plan import Plan, PlannedMetric
from stats.rollout.prediction import predicted_interval


def unit_of(metric: PlannedMetric) -> Unit:
    return Unit.of(metric.unit, metric.spec.kind)


def pays_in_money(plan: Plan, metric: PlannedMetric) -> bool:
    """Whether the line is where the effect pays for itself; else it is what should remain of the smallest gain."""
    return plan.finance is not None and bool(plan.finance.value_per_unit.get(metric.key))


def promise_of(made: Proposal) -> Promise:
    """A proposal as it would be stored."""
    return Promise(
        rings=made.rings,
        calendar=made.calendar,
        predictions=made.predictions,
        lines=made.lines,
        fractions=made.fractions,
        unproven=made.basis.unproven,
        power={key: as_json(found) for key, found in made.power.items()},
    )


def promise_lines(plan: Plan, promise: Promise) -> tuple[str, ...]:
    """Everything that is promised."""
    return (
        waves_line(promise),
        *_time_to_decide(promise),
        *held_lines(promise),
        *_foretold(plan, promise),
        *_power(promise),
    )


def waves_line(promise: Promise) -> str:
    sizes = sorted(len(ring) for ring in promise.rings.rings)
    facts = {
        "waves": len(sizes),
        "smallest": sizes[0],
        "largest": sizes[-1],
        "weeks": promise.calendar.weeks + promise.calendar.deciding,
        "start": promise.calendar.starts[0],
        "end": promise.calendar.measured[-1],
    }
    return say("rollout.waves_even" if sizes[0] == sizes[-1] else "rollout.waves", **facts)


def _time_to_decide(promise: Promise) -> Iterator[str]:
    """Between a wave's measurement and the next start, where there is a next one."""
    calendar = promise.calendar
    if len(calendar.starts) > 1:
        key = "rollout.decide_between" if calendar.deciding else "rollout.decide_too_late"
        yield say(key, weeks=calendar.weeks, deciding=calendar.deciding)


def held_lines(promise: Promise) -> Iterator[str]:
    rings = promise.rings
    facts = {"held": len(rings.held_back), "until": promise.calendar.held_until, "share": rings.holdback_share}
    yield say("rollout.held_few" if rings.scaled_down else "rollout.held", **facts)
    if rings.had_change:
        yield say("rollout.had_change", count=len(rings.had_change))


def _foretold(plan: Plan, promise: Promise) -> Iterator[str]:
    for key, made in promise.predictions.items():
        metric = plan.metric(key)
        unit, sign = unit_of(metric), 1 if metric.better == "higher" else -1
        power = promise.power.get(key)
        last: Mapping[str, Any] = power["by_ring"][-1] if power else {"std_error": None}
        ends = (made.lower, made.upper)
        if last["std_error"] is not None and last["df"] >= 1:
            ends = predicted_interval(made, std_error=last["std_error"], df=last["df"])
        low, high = sorted(sign * end for end in ends)
        yield say(
            "rollout.promise",
            metric=metric.name,
            pilot=effect(sign * made.pilot_effect, unit),
            predicted=effect(sign * made.mean, unit),
            between=effect_between(low, high, unit),
        )
        yield say(
            "rollout.line" if pays_in_money(plan, metric) else "rollout.line_gain",
            metric=metric.name,
            line=size(promise.lines[key], unit),
        )


def _power(promise: Promise) -> Iterator[str]:
    if promise.predictions and not promise.power:
        yield say("rollout.power.unknown")
    for power in promise.power.values():
        key = {"enough": "rollout.power"}.get(power["code"], f"rollout.power.{power['code']}")
        yield say(key, gone=chance(power["pause_if_gone"]))
        return


def proposed_lines(made: Proposal) -> tuple[str, ...]:
    return promise_lines(made.basis.plan, promise_of(made))


def proposal_lines(desk: Desk, key: str, wanted: Wanted) -> tuple[str, ...]:
    """Everything that would be kept, in sentences; what is missing where it can't be planned so."""
    try:
        made = propose(desk, key, wanted)
    except REFUSALS as refused:
        return (say("rollout.not_plannable"), *sentences(refused))
    return (*proposed_lines(made), *wave_lines(made))


def proposal_sentence(desk: Desk, key: str) -> str:
    """What would be proposed as it is: waves and sites kept as before; what is missing; "" if it was not scaled."""
    try:
        promise = promise_of(propose(desk, key))
    except REFUSALS as refused:
        if any(problem.code == "rollout_not_scaled" for problem in refused.problems):
            return ""
        return " ".join((say("rollout.not_plannable"), *sentences(refused)))
    return say("rollout.proposed", waves=waves_line(promise), held=next(held_lines(promise)))


def wave_lines(made: Proposal) -> tuple[str, ...]:
    """Which sites begin when, and which are kept as before."""
    rings = made.rings
    dated = zip(rings.rings, made.calendar.starts, strict=True)
    found = [
        say("cli.rollout.wave_dated", wave=say("rollout.wave", wave=number), start=day, sites=list(sites))
        for number, (sites, day) in enumerate(dated, 1)
    ]
    return (*found, say("cli.rollout.wave", wave=say("rollout.wave_kept"), sites=list(rings.held_back)))
