"""Last year's data, brought before the start: what they say of each metric, and what this plan would have shown there.

The file is read and checked as the outcomes will be; nothing is kept of it but the numbers that go into the charter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.charters.check import read_charter
from experiments.charters.to_plan import to_plan
from experiments.files import require_file
from experiments.forms.power_preview import plan_so_far
from experiments.incoming import on_disk
from experiments.words import not_estimable_sentence, problem_sentence, say
from experiments.words.catalogue import plural
from experiments.words.numbers import Unit, in_hundred, level, size
from stats.plan import Plan, PlannedMetric
from stats.results import NotEstimable

if TYPE_CHECKING:
    from stats.planning.history import History
    from stats.planning.past import Past
    from stats.planning.replay import Replayed

STEADY, FAIRLY_STEADY = 0.8, 0.5
DAYS_OF_MONTH = 365.25 / 12
DIGITS = 4
MOST_STEADY = 0.99
"""Nothing tells all of the future, and the form takes no more."""
Report = Callable[[float], None]


@dataclass(frozen=True, kw_only=True)
class ReadPast:
    """history: as it stands in a charter, by metric; lines: what was read, in plain words."""

    plan: Plan
    past: Past
    history: Mapping[str, dict[str, Any]]
    lines: tuple[str, ...]


def read_past(
    document: Mapping[str, Any], path: Path, *, name: str | None = None, today: date | None = None
) -> ReadPast:
    """A file of earlier data against a charter, which may still be unfinished: metrics, sites and columns are enough.

    Raises Refused or RefusedData with everything that is wrong.
    """
    from stats.outcomes import guess_reading, open_table
    from stats.planning import past as engine

    require_file(path)
    plan = plan_so_far(document) or to_plan(read_charter(document))
    reading = guess_reading(path, name or path.name)
    found = engine.read_past(open_table(path, reading), plan, today=today or datetime.now(UTC).date(), reading=reading)
    return ReadPast(plan=plan, past=found, history=charter_history(found), lines=tuple(past_lines(plan, found)))


def read_uploaded(document: Mapping[str, Any], content: bytes, name: str, today: date) -> ReadPast:
    """The same for uploaded bytes."""
    with on_disk(content, name) as path:
        return read_past(document, path, name=name, today=today)


def charter_history(past: Past) -> dict[str, dict[str, Any]]:
    """``history`` of a charter, four digits each; metrics about which nothing can be said are left out."""
    made: dict[str, dict[str, Any]] = {}
    weeks = past.laid.weeks
    for key, history in past.metrics.items():
        facts = {name.removeprefix(f"{key}."): value for name, value in history.assumptions(key).items()}
        if "spread" not in facts:
            continue
        made[key] = {
            "spread": _short(facts.pop("spread")),
            "steadiness": min(_short(facts.pop("steadiness")), MOST_STEADY),
        }
        if weeks is not None and not past.laid.as_planned:
            made[key]["weeks"] = _short(weeks)
        if facts and past.laid.days is not None:
            made[key]["drift"] = {name: _short(value) for name, value in facts.items()}
            made[key]["drift"]["period_weeks"] = _short(past.laid.days / 7)
    return made


def facts(read: ReadPast) -> dict[str, Any]:
    """What was read, for programs: times in days and weeks, metrics in their own unit."""
    past, laid = read.past, read.past.laid
    return {
        "rows": past.rows,
        "sites": past.sites,
        "sites_of_plan": past.of_plan,
        "periods": past.periods,
        "first": past.first,
        "last": past.last,
        "left_out": past.later,
        "window": {
            "weeks": laid.weeks,
            "periods_before": laid.before,
            "periods_after": laid.after,
            "as_planned": laid.as_planned,
        },
        "metrics": {
            key: {"windows": found.windows, "components": found.components} for key, found in past.metrics.items()
        },
        "absent": {key: [problem_sentence(each) for each in problems] for key, problems in past.absent.items()},
        "history": read.history,
    }


def as_written(spread: float, steadiness: float, read: Mapping[str, Any]) -> dict[str, Any]:
    """One metric's history with these two numbers; what else was read is kept while neither of them was changed."""
    same = isclose(spread, read.get("spread") or 0.0) and isclose(steadiness, read.get("steadiness") or 0.0)
    return {**(read if same else {}), "spread": spread, "steadiness": steadiness}


def replay(
    read: ReadPast, *, pilots: int, seed: int, report: Report | None = None
) -> dict[str, tuple[Replayed | NotEstimable, Replayed | NotEstimable]]:
    """Each success metric of the file: what the plan's own estimator shows of a gain worth having, and of nothing."""
    from stats.planning.of_plan import planned_level
    from stats.planning.past import trial_of
    from stats.planning.replay import replay_power

    plan, tell = read.plan, report or _nobody
    asked = [metric for metric in plan.success if metric.key in read.past.metrics and metric.mwe is not None]
    trial = trial_of(plan, read.past.laid)

    def run(turn: int, metric: PlannedMetric, effect: float) -> Replayed | NotEstimable:
        return replay_power(
            read.past.metrics[metric.key].cells,
            trial,
            effect=effect,
            tail=planned_level(plan, metric),
            pilots=pilots,
            seed=seed,
            estimator=plan.estimator,
            report=lambda share: tell((turn + share) / (2 * len(asked))),
        )

    gains = [(metric.mwe or 0.0) * (1 if metric.better == "higher" else -1) for metric in asked]
    return {
        metric.key: (run(2 * place, metric, gain), run(2 * place + 1, metric, 0.0))
        for place, (metric, gain) in enumerate(zip(asked, gains, strict=True))
    }


def replay_lines(
    plan: Plan, replayed: Mapping[str, tuple[Replayed | NotEstimable, Replayed | NotEstimable]]
) -> list[str]:
    """What the plan would have shown in the past, a sentence a metric."""
    lines = []
    for key, (gain, nothing) in replayed.items():
        metric = plan.metric(key)
        if isinstance(gain, NotEstimable):
            lines.append(say("past.replay_not", metric=metric.name, why=not_estimable_sentence(gain)))
            continue
        if isinstance(nothing, NotEstimable):
            lines.append(say("past.replay_not", metric=metric.name, why=not_estimable_sentence(nothing)))
            continue
        facts = {
            "metric": metric.name,
            "gain": size(metric.mwe or 0.0, _unit(metric)),
            "pilots": gain.pilots,
            "shown": in_hundred(gain.shown),
            "alarms": in_hundred(nothing.shown if metric.better == "higher" else nothing.wrongly),
        }
        lines.append(say("past.replay", **facts))
        if gain.repeats_sites:
            lines.append(say("past.replay_repeats", unit=plan.unit_word, sites=gain.sites_in_history))
    return lines


def past_lines(plan: Plan, past: Past) -> list[str]:
    """What was read: how much, over which time, and what it says about each metric."""
    facts = {"rows": past.rows, "sites": _counted(past.sites, plan.unit_word), "periods": past.periods}
    dated = past.first is not None and past.last is not None
    if past.first is not None and past.last is not None:
        months = max(1, round(((past.last - past.first).days + 1) / DAYS_OF_MONTH))
        facts |= {"first": past.first, "last": past.last, "months": months}
    lines = [say("past.read_dated" if dated else "past.read", **facts)]
    if plan.sites:
        lines.append(say("past.of_plan", known=past.of_plan, planned=len(plan.sites), unit=plan.unit_word))
    if past.later:
        lines.append(say("past.later", rows=past.later, start=plan.start))
    lines.append(_window(past))
    for metric in plan.metrics:
        if metric.key in past.metrics:
            lines += _metric(plan, metric, past.metrics[metric.key])
        elif metric.key in past.absent:
            named = [replace(each, facts={**each.facts, "used_for": metric.name}) for each in past.absent[metric.key]]
            why = " ".join(problem_sentence(problem) for problem in named)
            lines.append(say("past.absent", metric=metric.name, why=why))
    return lines


def _window(past: Past) -> str:
    laid = past.laid
    if laid.weeks is None or laid.days is None:
        return say("past.window.unknown", periods=laid.after)
    return say("past.window.planned" if laid.as_planned else "past.window.shorter", weeks=round(laid.weeks))


def _metric(plan: Plan, metric: PlannedMetric, history: History) -> list[str]:
    found, unit = history.windows, _unit(metric)
    if isinstance(found, NotEstimable):
        return [say("past.not_known", metric=metric.name, why=not_estimable_sentence(found))]
    ends = {"low": size(found.spread.lower, unit), "high": size(found.spread.upper, unit)}
    spread = say("past.spread", metric=metric.name, unit=plan.unit_word, spread=size(found.spread.value, unit), **ends)
    if found.steadiness is None:
        return [f"{spread} {say('past.steady.unknown')}"]
    value = max(0.0, found.steadiness.value)
    how = "much" if value >= STEADY else "some" if value >= FAIRLY_STEADY else "little"
    return [f"{spread} {say(f'past.steady.{how}', unit=plan.unit_word, steadiness=round(value, 2))}"]


def _unit(metric: PlannedMetric) -> Unit:
    return Unit.of(metric.unit, metric.spec.kind)


def _counted(count: int, word: str) -> str:
    return level(count, Unit(of_level=word if count == 1 else plural(word)))


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _nobody(share: float) -> None:
    """Told the share done where nobody watches."""
