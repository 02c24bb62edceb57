"""Plots of one metric from its stored evidence: over time, against placebos, through the day. Final texts and numbers.

Only what is stored is drawn; where numbers are closed, nothing is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from experiments.documents.half_hours import half_hours_view
from experiments.documents.parts import part_lines
from experiments.documents.time_axis import Steps, moment_words, steps_of
from experiments.documents.why import Stored, unit_of
from experiments.views import (
    CoursePoint,
    CourseView,
    MetricPlots,
    PathPoint,
    PathView,
    Placebo,
    PlaceboView,
    SiteDot,
)
from experiments.words import say
from experiments.words.numbers import Unit, effect, effect_between, level, size
from stats.plan import Plan, PlannedMetric


def metric_plots(plan: Plan, evidence: Stored, *, hidden: bool) -> tuple[MetricPlots, ...]:
    """One for each metric of which something is stored that can be drawn, success metrics first."""
    if hidden:
        return ()
    first = [*plan.success, *(metric for metric in plan.metrics if metric.role != "SUCCESS")]
    made = [_plots(plan, metric, evidence["metrics"].get(metric.key) or {}) for metric in first]
    return tuple(plots for plots in made if plots is not None)


def _plots(plan: Plan, metric: PlannedMetric, found: Stored) -> MetricPlots | None:
    result, more = found.get("result") or {}, found.get("details") or {}
    if "effect" not in result:
        return None
    details, unit = result.get("details") or {}, unit_of(metric)
    drawn: dict[str, Any] = {
        "path": path_view(plan, metric, details.get("event_study") or more.get("path") or ()),
        "course": course_view(plan, metric, result),
        "placebo": _placebos(plan, metric, result),
        "half_hours": half_hours_view(plan, metric, more.get("half_hours")),
        "parts": part_lines(metric, more.get("segments")),
    }
    if not any(drawn.values()):
        return None
    return MetricPlots(
        key=metric.key,
        name=metric.name,
        unit=unit.of_effect,
        level_unit=unit.of_level,
        better=metric.better,
        **drawn,
    )


def path_view(plan: Plan, metric: PlannedMetric, path: Sequence[Stored]) -> PathView | None:
    """The effect by time since the start; None with fewer than three periods."""
    known = [line for line in path if line.get("effect") is not None]
    if len(known) < 3:
        return None
    steps = _steps(plan, known)
    points = tuple(_path_point(line, at, steps, unit_of(metric)) for line, at in zip(known, steps.at, strict=True))
    return PathView(points=points, period=steps.word, sentence=_path_sentence(points, metric.better, steps.word))


def _steps(plan: Plan, path: Sequence[Stored]) -> Steps:
    """Paths of roll-outs count periods since each site's own start; the others name the period."""
    if "time" in path[0]:
        return steps_of(plan, [line["time"] for line in path], [line["time"] >= 0 for line in path])
    return steps_of(plan, [line["period"] for line in path], [bool(line["after"]) for line in path])


def _path_point(line: Stored, at: int, steps: Steps, unit: Unit) -> PathPoint:
    lower, upper, value = line.get("ci_lower"), line.get("ci_upper"), line["effect"]
    known = lower is not None and upper is not None
    return PathPoint(
        at=at,
        label=steps.label(at),
        effect=value * unit.factor,
        lower=None if lower is None else lower * unit.factor,
        upper=None if upper is None else upper * unit.factor,
        reference=bool(line.get("reference")),
        effect_text=effect(value, unit, beside=(lower, upper)),
        interval_text=effect_between(lower, upper, unit, beside=(value,)) if known else say("fact.none"),
    )


def _path_sentence(points: Sequence[PathPoint], better: str, period: str) -> str:
    sign = 1.0 if better == "higher" else -1.0
    before = [point for point in points if point.at < 0 and point.lower is not None]
    after = [point for point in points if point.at >= 0]
    worse = _clear(after, -sign)
    facts = {
        "count": len(after),
        "period": period,
        "better": sum(point.effect * sign > 0 for point in after),
        "clear": _clear(after, sign),
        "worse": worse,
    }
    read = say("path.read", period=period)
    if not before:
        return " ".join([say("path.after_only", **facts), read])
    earlier = say("path.before", count=len(before), clear=_clear(before, 1) + _clear(before, -1), period=period)
    return " ".join([earlier, say("path.after_worse" if worse else "path.after", **facts), read])


def _clear(points: Iterable[PathPoint], sign: float) -> int:
    """Points whose whole interval lies on that side of zero."""
    ends = [point.lower if sign > 0 else point.upper for point in points]
    return sum(1 for end in ends if end is not None and end * sign > 0)


def course_view(plan: Plan, metric: PlannedMetric, result: Stored) -> CourseView | None:
    """One series and where its earlier course leads."""
    course = list((result.get("details") or {}).get("series") or ())
    if len(course) < 3 or "expected" not in course[0]:
        return None
    unit = unit_of(metric)
    steps = steps_of(plan, [line["period"] for line in course], [bool(line["after"]) for line in course])
    points = tuple(
        CoursePoint(
            at=at,
            label=steps.label(at),
            value=line["value"] * unit.factor,
            expected=line["expected"] * unit.factor,
            value_text=level(line["value"], unit),
            expected_text=level(line["expected"], unit),
        )
        for line, at in zip(course, steps.at, strict=True)
    )
    after = [line for line in course if line["after"]]
    facts = {
        "expected": level(sum(line["expected"] for line in after) / len(after), unit),
        "value": level(sum(line["value"] for line in after) / len(after), unit),
        "interval": effect_between(result.get("ci_lower"), result.get("ci_upper"), unit, beside=(result["effect"],)),
    }
    return CourseView(points=points, period=steps.word, sentence=say("course.read", **facts))


def _placebos(plan: Plan, metric: PlannedMetric, result: Stored) -> PlaceboView | None:
    details = result.get("details") or {}
    if details.get("placebo"):
        return placebo_sites(plan, metric, result)
    return placebo_dates(plan, metric, result) if details.get("placebo_dates") else None


def placebo_sites(plan: Plan, metric: PlannedMetric, result: Stored) -> PlaceboView | None:
    """The true site among the others, each treated as if it had been the one."""
    details, unit = result["details"], unit_of(metric)
    placebo, own = details["placebo"], details.get("gaps") or ()
    if not own or not placebo.get("effects"):
        return None
    steps = steps_of(plan, [line["period"] for line in own], [bool(line["after"]) for line in own])
    stored = placebo.get("gaps") or [{"site": "", "gaps": ()} for _ in placebo["effects"]]
    others = [
        _placebo(each["site"], value, unit, steps.at, each["gaps"])
        for each, value in zip(stored, placebo["effects"], strict=True)
    ]
    true = _placebo(
        say("placebo.own", unit=plan.unit_word),
        result["effect"],
        unit,
        steps.at,
        [line["gap"] for line in own],
        own=True,
    )
    as_far = round(placebo["p_two_sided"] * placebo["sites"]) - 1
    facts = {"others": len(others), "as_far": as_far, "sites": placebo["sites"], "effect": true.effect_text}
    sentence = say("placebo.sites" if as_far else "placebo.sites_none", unit=plan.unit_word, **facts)
    return PlaceboView(kind="sites", found=(true, *others), period=steps.word, sentence=sentence)


def _placebo(
    name: str, value: float, unit: Unit, at: Sequence[int], gaps: Sequence[float], *, own: bool = False
) -> Placebo:
    return Placebo(
        name=name,
        effect=value * unit.factor,
        own=own,
        effect_text=effect(value, unit),
        gaps=tuple((place, gap * unit.factor) for place, gap in zip(at, gaps, strict=bool(gaps))),
    )


def placebo_dates(plan: Plan, metric: PlannedMetric, result: Stored) -> PlaceboView:
    """The true start among earlier dates, at which nothing began."""
    unit, found = unit_of(metric), result["details"]["placebo_dates"]
    others = [_placebo(moment_words(plan, period), value, unit, (), ()) for period, value in found.items()]
    true = _placebo(say("placebo.true_start"), result["effect"], unit, (), (), own=True)
    largest = max(found.values(), key=abs)
    sentence = say("placebo.dates", count=len(others), largest=size(largest, unit), effect=true.effect_text)
    return PlaceboView(kind="dates", found=(true, *others), period="", sentence=sentence)


def sites_sentence(plan: Plan, metric: PlannedMetric, dots: Sequence[SiteDot]) -> str:
    """How many of the sites with the change did better than the middle one of the others."""
    changed = all(dot.before is not None for dot in dots)
    worth = {dot.site: dot.value - (dot.before or 0.0) if changed else dot.value for dot in dots}
    control = sorted(worth[dot.site] for dot in dots if not dot.treatment)
    treated = [worth[dot.site] for dot in dots if dot.treatment]
    if not control or not treated:
        return ""
    middle = (control[(len(control) - 1) // 2] + control[len(control) // 2]) / 2
    sign = 1.0 if metric.better == "higher" else -1.0
    ahead = sum((value - middle) * sign > 0 for value in treated)
    key = "sites.changed" if changed else "sites.stand"
    if len(treated) == 1:
        key += "_one" if ahead else "_one_not"
    return say(key, ahead=ahead, count=len(treated), unit=plan.unit_word)
