"""The worst experience beside each average, in words: what the tail did while the mean moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from experiments.documents.why import Stored, unit_of
from experiments.views import MetricLine, WorstLine
from experiments.words import say
from experiments.words.numbers import level
from stats.plan import Plan, PlannedMetric

AVERAGES = frozenset({"mean", "quantile", "ratio"})


def worst_lines(
    plan: Plan, lines: Mapping[str, MetricLine], evidence: Stored, *, hidden: bool
) -> tuple[WorstLine, ...]:
    """A line for each average that customers feel, and for each worst experience that stands alone."""
    if hidden:
        return ()
    twins = {metric.twin_of: metric for metric in plan.metrics if metric.twin_of}
    averages = [metric for metric in plan.metrics if is_average(metric)]
    paired = {twins[metric.key].key for metric in averages if metric.key in twins}
    alone = [metric for metric in plan.metrics if is_tail(metric) and metric.key not in paired]
    return (
        *(_beside(metric, twins.get(metric.key), lines, evidence) for metric in averages),
        *(_alone(metric, lines[metric.key], evidence) for metric in alone),
    )


def is_average(metric: PlannedMetric) -> bool:
    """An average of something that customers or employees feel; money and volumes have no worst experience."""
    return metric.role == "SUCCESS" and metric.spec.kind in AVERAGES and not is_tail(metric)


def is_tail(metric: PlannedMetric) -> bool:
    spec = metric.spec
    far_out = spec.kind == "quantile" and spec.q is not None and not 0.2 < spec.q < 0.8
    return metric.twin_of is not None or far_out or spec.kind in {"tail_mean", "share_beyond"}


def _beside(
    metric: PlannedMetric, twin: PlannedMetric | None, lines: Mapping[str, MetricLine], evidence: Stored
) -> WorstLine:
    own = lines[metric.key]
    if twin is None:
        return WorstLine(
            average=metric.name, average_change=own.effect or own.note, worst="", levels="", change="",
            state="", tone="none", reading=say("worst.nobody"),
        )  # fmt: skip
    line = lines[twin.key]
    return WorstLine(
        average=metric.name,
        average_change=own.effect or own.note,
        worst=twin.name,
        levels=_levels(twin, evidence),
        change=_change(line),
        state=line.state,
        tone=line.tone,
        reading=reading(metric, twin, evidence),
    )


def _alone(metric: PlannedMetric, line: MetricLine, evidence: Stored) -> WorstLine:
    return WorstLine(
        average="",
        average_change="",
        worst=metric.name,
        levels=_levels(metric, evidence),
        change=_change(line),
        state=line.state,
        tone=line.tone,
        reading="",
    )


def _change(line: MetricLine) -> str:
    return say("evidence.change", effect=line.effect, interval=line.interval) if line.interval else line.effect


def _levels(metric: PlannedMetric, evidence: Stored) -> str:
    result = result_of(metric, evidence)
    treated, control = result.get("mean_treatment"), result.get("mean_control")
    if treated is None or control is None:
        return ""
    unit = unit_of(metric)
    return say("memo.levels", treatment=level(treated, unit), control=level(control, unit))


def reading(mean: PlannedMetric, tail: PlannedMetric, evidence: Stored) -> str:
    """What the worst experience did while the average moved; from the two-sided intervals."""
    said = moved(mean, evidence), moved(tail, evidence)
    if None in said:
        return say("worst.unknown")
    if said[1] == "worse":
        return say("worst.worse")
    if said[1] == "better":
        return say("worst.better")
    return say("worst.not_sure" if said[0] != "better" else "worst.behind")


def moved(metric: PlannedMetric, evidence: Stored) -> str | None:
    """better or worse where the whole two-sided interval says so, else unsure; None without an estimate."""
    ends = oriented(metric, evidence)
    if ends is None:
        return None
    return "better" if ends[0] > 0 else "worse" if ends[2] < 0 else "unsure"


def oriented(metric: PlannedMetric, evidence: Stored) -> tuple[float, float, float] | None:
    """(lower, effect, upper) so that + is better; None where an end is not known."""
    result = result_of(metric, evidence)
    lower, value, upper = (result.get(name) for name in ("ci_lower", "effect", "ci_upper"))
    if lower is None or value is None or upper is None:
        return None
    return (lower, value, upper) if metric.better == "higher" else (-upper, -value, -lower)


def result_of(metric: PlannedMetric, evidence: Stored) -> Stored:
    return dict((evidence["metrics"].get(metric.key) or {}).get("result") or {})


def details_of(metric: PlannedMetric, evidence: Stored) -> Stored:
    return dict((evidence["metrics"].get(metric.key) or {}).get("details") or {})


def pairs(plan: Plan) -> Sequence[tuple[PlannedMetric, PlannedMetric]]:
    """(average, its worst experience) for each pair of the plan, success metrics first."""
    order = [*plan.success, *(metric for metric in plan.metrics if metric.role != "SUCCESS")]
    twins = {metric.twin_of: metric for metric in plan.metrics if metric.twin_of}
    return [(metric, twins[metric.key]) for metric in order if metric.key in twins]
