"""Part by part (channels, say): levels and changes side by side, in words. They describe; they decide nothing."""

from __future__ import annotations

from collections.abc import Iterable

from experiments.documents.why import Stored, unit_of
from experiments.views import MetricPlots, PartLine
from experiments.words import say
from experiments.words.numbers import effect, effect_between, level
from stats.plan import PlannedMetric


def part_lines(metric: PlannedMetric, stored: Stored | None) -> tuple[PartLine, ...]:
    """A line a part, those with most behind them first."""
    if not stored:
        return ()
    unit = unit_of(metric)
    columns = ("segment", "treatment", "control", "treatment_before", "control_before", "ci_lower", "ci_upper")
    made = []
    for name, treated, control, before, control_before, lower, upper in zip(
        *(stored[column] for column in columns), strict=True
    ):
        if treated is None or control is None:
            continue
        difference = treated - control
        if stored["changes"]:
            if before is None or control_before is None:
                continue
            difference -= before - control_before
        known = lower is not None and upper is not None
        made.append(
            PartLine(
                name=name,
                treatment=level(treated, unit),
                control=level(control, unit),
                effect=effect(difference, unit, beside=(lower, upper)),
                interval=effect_between(lower, upper, unit, beside=(difference,)) if known else say("parts.too_few"),
            )
        )
    return tuple(made)


def part_sentences(plots: Iterable[MetricPlots]) -> Iterable[str]:
    """The same as sentences, for paper."""
    for each in plots:
        for part in each.parts:
            facts = {
                "effect": part.effect,
                "interval": part.interval,
                "with_it": part.treatment,
                "as_before": part.control,
            }
            yield say("parts.line", metric=each.name, part=part.name, **facts)
