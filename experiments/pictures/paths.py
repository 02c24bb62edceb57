"""Over time: the effect since the start, one series against its earlier course, one site's gap among the others'.

Time runs to the right, the start is a marked line, "better" is up for effects and said for levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from experiments.pictures.axes import labelled, nice_ticks, tick_text
from experiments.pictures.theme import CONTROL, FAINT, INK, TREATMENT, Theme, dressed
from experiments.views import Better, CourseView, PathView, PlaceboView
from experiments.words import say

HEIGHT = 210
STRIP = 36
ON_A_PAGE = 90
"""What title, legend and axis take of the height where a page fits the whole picture into it."""
LONGEST = 2.0
"""Times the middle length of all intervals: what one may reach on either side before it is cut at the edge."""
NARROW = 3.0
"""Room of one period, in pixels, below which intervals are drawn as thin lines."""


def event_study(
    view: PathView, *, unit: str, better: Better, theme: Theme = "light", width: int = 420, height: int = HEIGHT
) -> alt.LayerChart:
    """The effect in each period since the start with its interval; before the start it should lie around zero."""
    rows = [
        {
            "at": point.at,
            "effect": point.effect,
            "low": point.lower,
            "high": point.upper,
            "label": point.label,
            "effect_text": point.effect_text,
            "interval_text": point.interval_text,
            "reference": point.reference,
        }
        for point in view.points
    ]
    x, y = _since_start([point.at for point in view.points], view.period), _effect_axis(_ends(view), better)
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=x,
        tooltip=[
            alt.Tooltip("label:N", title=say("chart.period")),
            alt.Tooltip("effect_text:N", title=say("chart.change")),
            alt.Tooltip("interval_text:N", title=say("chart.interval")),
        ],
    )
    thin = width / max(1, len(rows)) < NARROW
    known = base.transform_filter("isValid(datum.low) && isValid(datum.high)")
    layers = [
        *_zero_and_start(theme),
        known.mark_rule(color=TREATMENT, strokeWidth=1 if thin else 2, opacity=0.55).encode(
            y=_field(y, "low"), y2="high:Q"
        ),
        base.transform_filter("!datum.reference")
        .mark_point(filled=True, color=TREATMENT, size=18 if thin else 45, opacity=1)
        .encode(y=y),
    ]
    if any(point.reference for point in view.points):  # a layer of nothing would be read out as a picture of nothing
        reference = base.transform_filter("datum.reference")
        layers.append(reference.mark_point(color=TREATMENT, size=45, strokeWidth=2, opacity=1).encode(y=y))
    return _titled(layers, say("chart.effect_up", unit=unit), theme, width, height)


def course(
    view: CourseView, *, unit: str, better: Better, theme: Theme = "light", width: int = 420, height: int = HEIGHT
) -> alt.LayerChart:
    """One series: what was measured as points, where the course before the start leads as a broken line."""
    names = [say("chart.measured"), say("chart.earlier_course")]
    rows = [
        {
            "at": point.at,
            "label": point.label,
            "value": point.value,
            "expected": point.expected,
            "value_text": point.value_text,
            "expected_text": point.expected_text,
            "measured_name": names[0],
            "course_name": names[1],
        }
        for point in view.points
    ]
    values = [value for point in view.points for value in (point.value, point.expected)]
    x = _since_start([point.at for point in view.points], view.period)
    y = _level_axis(values, "value")
    colour: dict[str, Any] = {"scale": alt.Scale(domain=names, range=[TREATMENT, CONTROL]), "title": None}
    legend = alt.Legend(
        orient="top", symbolOpacity=1, direction="horizontal", labelLimit=240, symbolType="circle", offset=20
    )
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=x,
        tooltip=[
            alt.Tooltip("label:N", title=say("chart.period")),
            alt.Tooltip("value_text:N", title=names[0]),
            alt.Tooltip("expected_text:N", title=names[1]),
        ],
    )
    layers = [
        *_zero_and_start(theme, zero=False),
        base.mark_line(strokeWidth=2.2, strokeDash=[5, 3]).encode(
            y=_field(y, "expected"), color=alt.Color("course_name:N", legend=legend, **colour)
        ),
        base.mark_point(filled=True, size=40, opacity=1).encode(
            y=y, color=alt.Color("measured_name:N", legend=legend, **colour)
        ),
    ]
    key = "chart.higher_is_better" if better == "higher" else "chart.lower_is_better"
    return _titled(layers, say(key, unit=unit).strip(), theme, width, height)


def gaps(
    view: PlaceboView, *, unit: str, better: Better, theme: Theme = "light", width: int = 420, height: int = HEIGHT
) -> alt.LayerChart:
    """The distance to its mix over time: the true site among the others, each as if it had been the one."""
    names = [say("chart.gap_own"), say("chart.gap_others")]
    rows = [
        {"site": found.name, "at": at, "gap": gap, "whose": names[0 if found.own else 1]}
        for found in view.found
        for at, gap in found.gaps
    ]
    x = _since_start([row["at"] for row in rows], view.period)  # type: ignore[misc]
    y = _effect_axis([float(row["gap"]) for row in rows], better)  # type: ignore[arg-type]
    colour = alt.Color(
        "whose:N",
        title=None,
        scale=alt.Scale(domain=names, range=[TREATMENT, CONTROL]),
        legend=alt.Legend(
            orient="top", direction="vertical", symbolType="stroke", symbolOpacity=1, labelLimit=0, offset=20
        ),
    )
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=x, y=_field(y, "gap"), detail="site:N", color=colour, tooltip=[alt.Tooltip("site:N", title=say("chart.site"))]
    )
    layers = [
        *_zero_and_start(theme),
        base.transform_filter(f"datum.whose == {_quoted(names[1])}").mark_line(strokeWidth=1, opacity=0.55),
        base.transform_filter(f"datum.whose == {_quoted(names[0])}").mark_line(strokeWidth=2.8),
    ]
    return _titled(layers, say("chart.effect_up", unit=unit), theme, width, height)


def placebo_strip(
    view: PlaceboView, *, unit: str, better: Better, theme: Theme = "light", width: int = 420, height: int = STRIP
) -> alt.LayerChart:
    """What was found where nothing can be, as ticks, and the true finding as a point; better to the right."""
    names = [say("chart.found_true"), say(f"chart.found_{view.kind}")]
    rows = [
        {
            "name": found.name,
            "effect": found.effect,
            "middle": 0.5,
            "text": found.effect_text,
            "whose": names[0 if found.own else 1],
        }
        for found in view.found
    ]
    low, high = _domain([found.effect for found in view.found])
    ticks = nice_ticks(low, high)
    best = ticks[-1] if better == "higher" else ticks[0]
    labels = [tick_text(tick, ticks) + (f" {unit}" if tick == best and unit else "") for tick in ticks]
    x = alt.X(
        "effect:Q",
        title=say("chart.better_right"),
        scale=alt.Scale(domain=[low, high], nice=False, zero=False, reverse=better == "lower"),
        axis=labelled(ticks, labels),
    )
    colour = alt.Color(
        "whose:N",
        title=None,
        scale=alt.Scale(domain=names, range=[TREATMENT, CONTROL]),
        legend=alt.Legend(orient="top", direction="vertical", symbolType="circle", symbolOpacity=1, labelLimit=0),
    )
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=x,
        y=alt.Y("middle:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False)),
        color=colour,
        tooltip=[
            alt.Tooltip("name:N", title=say("chart.where_tried")),
            alt.Tooltip("text:N", title=say("chart.change")),
        ],
    )
    zero = alt.Chart(alt.Data(values=[{"effect": 0}])).mark_rule(color=FAINT[theme], strokeWidth=1.4).encode(x=x)
    layers = [
        zero,
        base.transform_filter(f"datum.whose == {_quoted(names[1])}").mark_tick(
            orient="vertical", thickness=2.5, size=24, opacity=0.75
        ),
        base.transform_filter(f"datum.whose == {_quoted(names[0])}").mark_point(filled=True, size=130, opacity=1),
    ]
    return dressed(alt.layer(*layers).properties(width=width, height=height), theme)


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


def _ends(view: PathView) -> list[float]:
    """Everything drawn; an interval many times as long as the others may leave the picture's edge."""
    known = [point for point in view.points if point.lower is not None and point.upper is not None]
    lengths = sorted((point.upper or 0.0) - (point.lower or 0.0) for point in known)
    most = LONGEST * lengths[len(lengths) // 2] if lengths else 0.0
    ends = [point.effect for point in view.points]
    for point in known:
        ends += [max(point.lower or 0.0, point.effect - most), min(point.upper or 0.0, point.effect + most)]
    return ends


def _domain(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(0.0, *values), max(0.0, *values)
    air = 0.06 * ((high - low) or 1.0)
    return low - air, high + air


def _effect_axis(values: Sequence[float], better: Better) -> alt.Y:
    low, high = _domain(values)
    ticks = nice_ticks(low, high)
    return alt.Y(
        "effect:Q",
        title=None,
        scale=alt.Scale(domain=[low, high], nice=False, zero=False, clamp=True, reverse=better == "lower"),
        axis=labelled(ticks, [tick_text(tick, ticks) for tick in ticks], grid=True),
    )


def _level_axis(values: Sequence[float], name: str) -> alt.Y:
    low, high = min(values), max(values)
    air = 0.08 * ((high - low) or 1.0)
    return alt.Y(
        f"{name}:Q",
        title=None,
        scale=alt.Scale(domain=[low - air, high + air], nice=False, zero=False),
        axis=alt.Axis(tickCount=5, grid=True),
    )


def _since_start(at: Sequence[int], period: str) -> alt.X:
    first, last = min(*at, 0), max(at)
    ticks = [int(tick) for tick in nice_ticks(float(first), float(last), 7) if float(tick).is_integer()]
    return alt.X(
        "at:Q",
        title=say("chart.since_start", period=period),
        scale=alt.Scale(domain=[first - 0.8, last + 0.8], nice=False, zero=False),
        axis=alt.Axis(values=ticks, format="d", labelOverlap=True, labelFlush=False),
    )


def _field(axis: alt.Y, name: str) -> alt.Y:
    copied = axis.copy(deep=False)
    copied["shorthand"] = f"{name}:Q"
    return copied


def _zero_and_start(theme: Theme, *, zero: bool = True) -> list[Any]:
    """The line of no effect, and the start half a step before the first period with the change."""
    start = alt.Chart(alt.Data(values=[{"at": -0.5, "text": say("chart.start")}]))
    layers: list[Any] = [
        start.mark_rule(color=INK[theme], strokeDash=[4, 3], strokeWidth=1.2).encode(x="at:Q"),
        start.mark_text(align="left", baseline="bottom", dx=4, fontSize=11, color=INK[theme]).encode(
            x="at:Q", y=alt.value(-3), text="text:N"
        ),
    ]
    if zero:
        line = alt.Chart(alt.Data(values=[{"effect": 0}]))
        layers.append(line.mark_rule(color=FAINT[theme], strokeWidth=1.4).encode(y="effect:Q"))
    return layers


def _titled(layers: Sequence[Any], title: str, theme: Theme, width: int, height: int) -> alt.LayerChart:
    """What the upright axis shows stands above it, where it is never cut."""
    heading = alt.TitleParams(
        title, anchor="start", frame="group", fontSize=11, fontWeight="normal", color=INK[theme], offset=18
    )
    return dressed(alt.layer(*layers).properties(width=width, height=height, title=heading), theme)
