"""How many sites can decide on how small a gain: the points of the picture, and each metric's size in words.

Picture, table and verdict on the size hold one line: the registration gate of ``stats.planning.plan_sizing``.
"""

from __future__ import annotations

from dataclasses import dataclass

from experiments.views import PowerPoint
from experiments.words import say
from experiments.words.numbers import Unit, size
from stats.plan import Plan, PlannedMetric
from stats.planning.plan_sizing import MetricSizing, PlanSizing, line_borne_at

FEWEST = 4
POINTS = 24


@dataclass(frozen=True, kw_only=True)
class PowerPicture:
    """What ``charts.power_curve`` needs for one metric, in the unit shown."""

    metric: str
    unit: str
    points: tuple[PowerPoint, ...]
    worth_having: float
    planned: int


def power_picture(plan: Plan, sizing: PlanSizing) -> PowerPicture | None:
    """The picture of the first success metric whose spread is known; None where none is."""
    known = {metric.key: metric for metric in sizing.metrics}
    for metric in plan.success:
        if metric.key in known and metric.mwe is not None:
            return _picture(plan, metric, known[metric.key], sizing.n_treatment + sizing.n_control)
    return None


def _picture(plan: Plan, metric: PlannedMetric, sized: MetricSizing, planned: int) -> PowerPicture:
    unit = Unit.of(metric.unit, metric.spec.kind)
    most = max(2 * planned, round(1.3 * (sized.needed or planned)), FEWEST + 8)
    step = max(2, 2 * round(most / POINTS / 2))
    points = []
    for count in sorted({*range(FEWEST, most + 1, step), planned}):
        found = line_borne_at(plan, metric, count) if count >= FEWEST else None
        if found is not None:
            points.append(PowerPoint(sites=count, detectable=found * unit.factor))
    worth = float(metric.mwe or 0) * unit.factor
    visible = tuple(point for point in points if point.detectable <= 4 * worth or point.sites == planned)
    return PowerPicture(
        metric=metric.name, unit=unit.of_effect, points=visible or tuple(points), worth_having=worth, planned=planned
    )


def sizing_rows(plan: Plan, sizing: PlanSizing) -> dict[str, list[str]]:
    """A row each metric that decides: what is promised, what this plan can show, whether that is enough."""
    rows: dict[str, list[str]] = {"metric_known": [], "promised": [], "can_show": [], "enough": []}
    for sized in sizing.metrics:
        metric = plan.metric(sized.key)
        unit = Unit.of(metric.unit, metric.spec.kind)
        can = "plan.can_show" if sized.role == "SUCCESS" else "plan.can_show_loss"
        shown = say(can, size=size(sized.line_borne, unit))
        rows["metric_known"].append(metric.name)
        rows["promised"].append(say(f"memo.line.{sized.role}", size=size(sized.line, unit)))
        rows["can_show"].append(shown)
        word = plan.unit_word
        rows["enough"].append(say("plan.enough") if sized.sufficient else _needed(sized.needed, word))
    for key in sizing.unknown:
        metric = plan.metric(key)
        line = metric.mwe if metric.role == "SUCCESS" else metric.margin
        unit = Unit.of(metric.unit, metric.spec.kind)
        rows["metric_known"].append(metric.name)
        rows["promised"].append(say(f"memo.line.{metric.role}", size=size(line or 0.0, unit)))
        rows["can_show"].append(say("plan.not_known"))
        rows["enough"].append(say("plan.history_wanted"))
    return rows


def _needed(count: int | None, word: str) -> str:
    return say("plan.never_enough") if count is None else say("plan.needed", count=count, unit=word)
