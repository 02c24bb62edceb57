"""One pilot along the customer's journey, and its metrics by class of waste: from the plan and the rows of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from experiments.metrics import JOURNEY_STEPS
from experiments.metrics.placing import WASTES, step_of, waste_of
from experiments.views import Memo, MetricLine, PlacedLine
from experiments.words import say
from experiments.words.catalogue import listed
from stats.plan import Plan, PlannedMetric


def journey_lines(plan: Plan, lines: Mapping[str, MetricLine]) -> tuple[PlacedLine, ...]:
    """The metrics at their steps, in the order in which a customer goes; those that nobody placed are left out."""
    placed = [(step_of(metric), metric) for metric in plan.metrics]
    return tuple(
        placed_line(say(f"journey.{_name(step)}"), metric, lines[metric.key])
        for step in JOURNEY_STEPS
        for at, metric in placed
        if at == step
    )


def journey_note(plan: Plan) -> str:
    """Where nobody measures, and what nobody placed."""
    steps = {step_of(metric) for metric in plan.metrics}
    gaps = [say(f"journey.{_name(step)}") for step in JOURNEY_STEPS if step not in steps]
    loose = [metric.name for metric in plan.metrics if step_of(metric) is None]
    if len(gaps) == len(JOURNEY_STEPS):
        return say("journey.none_placed")
    said = [say("journey.gaps", steps=listed(gaps))] if gaps else []
    return " ".join([*said, say("journey.loose", metrics=listed(loose))] if loose else said)


def waste_lines(plan: Plan, lines: Mapping[str, MetricLine]) -> tuple[PlacedLine, ...]:
    """The metrics that show waste, class by class."""
    return tuple(
        placed_line(say(f"metrics.waste.{waste}"), metric, lines[metric.key])
        for waste in WASTES
        for metric in plan.metrics
        if waste_of(metric) == waste
    )


def waste_note(plan: Plan) -> str:
    """Classes of waste that no metric of this pilot shows."""
    known = {waste_of(metric) for metric in plan.metrics}
    gaps = [say(f"metrics.waste.{waste}").lower() for waste in WASTES if waste not in known]
    if len(gaps) == len(WASTES):
        return say("waste.none")
    return say("waste.gaps", classes=listed(gaps)) if gaps else ""


def placed_line(place: str, metric: PlannedMetric, line: MetricLine) -> PlacedLine:
    change = say("evidence.change", effect=line.effect, interval=line.interval) if line.interval else line.effect
    return PlacedLine(
        place=place,
        metric=metric.name,
        whose=say(f"metrics.perspective.{metric.perspective}"),
        change=change or line.note,
        effect=line.effect,
        state=line.state,
        tone=line.tone,
    )


def placed_sentences(placed: Sequence[PlacedLine], note: str) -> tuple[str, ...]:
    """The same as sentences, a place each, for paper: the intervals stand in the table of the first page."""
    by_place: dict[str, list[str]] = {}
    for line in placed:
        key = "journey.item" if line.effect else "journey.item_closed"
        said = say(key, metric=line.metric, effect=line.effect, state=line.state)
        by_place.setdefault(line.place, []).append(said)
    lines = [say("journey.line", place=place, said="; ".join(said)) for place, said in by_place.items()]
    return (*lines, note) if note else tuple(lines)


def further(memo: Memo) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(short name of the heading, sentences) of what stands in the memo's appendix, where there is something to say."""
    parts = (*memo.parts, say("parts.note")) if memo.parts else ()
    named = {
        "short": memo.short,
        "parts": parts,
        "waste": placed_sentences(memo.waste, memo.waste_note),
        "journey": placed_sentences(memo.journey, memo.journey_note),
    }
    return tuple((name, said) for name, said in named.items() if said)


def _name(step: str) -> str:
    return step.replace(" ", "_")
