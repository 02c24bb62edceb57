"""The versions of a pilot over time: what each did on its own, what they say together, and what came of each.

Time runs to the right; "better" is up. The ground behind each version has the colour of its verdict, whose sign and
word stand above it; below stands what was changed.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import altair as alt

from experiments.pictures.axes import labelled, nice_ticks, tick_text
from experiments.pictures.theme import CONTROL, FAINT, INK, TREATMENT, VERDICT_COLOURS, VERDICT_SIGNS, Theme, dressed
from experiments.views import Better
from experiments.words import say

HEIGHT = 240
HEAD, FOOT = 4, 56
"""Room above the legend and below for what changed, in pixels."""
ON_A_PAGE = HEAD + FOOT + 100
"""What they, legend and axis take of the height where a page fits the whole picture into it."""
LETTERS, LINES = 15, 4
"""Of what changed, a line and how many."""


@dataclass(frozen=True, kw_only=True)
class Dot:
    """An effect with its 95 % interval, in what the axis shows (percentage points for shares), and its words."""

    effect: float
    lower: float | None
    upper: float | None
    text: str


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """One version. own: alone, filtered: with earlier ones; None where there is none, or its numbers are closed."""

    number: int
    start: date
    end: date
    verdict: str | None
    changed: str
    own: Dot | None
    filtered: Dot | None


@dataclass(frozen=True, kw_only=True)
class LineagePicture:
    """mwe: smallest gain worth having with its sign, so that it lies on the better side; unit: of the axis."""

    metric: str
    unit: str
    better: Better
    mwe: float | None
    stretches: tuple[Stretch, ...]

    @property
    def shows(self) -> bool:
        """Whether any version has a result to show."""
        return any(stretch.own for stretch in self.stretches)


def lineage_chart(view: LineagePicture, *, theme: Theme = "light", width: int = 420, height: int = HEIGHT) -> Any:
    """Own estimates as points with their intervals; what they say together as a line between diamonds."""
    y, (low, high) = _axis(view)
    rows = [_row(stretch, low, high) for stretch in view.stretches]
    x = alt.X(
        "at:T",
        title=None,
        scale=alt.Scale(domain=[_moment(view.stretches[0].start), _moment(max(each.end for each in view.stretches))]),
        axis=alt.Axis(format="%b %Y", labelAngle=0, labelOverlap=True, tickCount=5, grid=False),
    )
    base = alt.Chart(alt.Data(values=rows)).encode(x=x, tooltip=_tooltip())
    layers = [
        base.mark_rect(opacity=0.16).encode(
            x=alt.X("start:T"),
            x2="end:T",
            fill=alt.Fill("ground:N", scale=None, legend=None),
            y=alt.value(0),
            y2=alt.value("height"),
        ),
        *_lines(view, theme),
        *_own(base, y),
        *_together(base, y),
        base.mark_text(
            fontWeight="bold", baseline="line-bottom", lineBreak="\n", color=INK[theme], fontSize=12, dy=-14
        ).encode(text="head:N", y=alt.value(-6)),
        base.mark_text(baseline="top", lineBreak="\n", lineHeight=12, color=INK[theme], fontSize=10, dy=24).encode(
            text="changed:N", y=alt.value("height")
        ),
    ]
    chart = alt.layer(*layers).properties(width=width, height=height)
    dressed_chart = dressed(chart, theme)
    dressed_chart["config"]["padding"] = {"top": HEAD, "bottom": FOOT, "left": 2, "right": 12}
    return dressed_chart


def _own(base: Any, y: alt.Y) -> list[Any]:
    known = base.transform_filter("isValid(datum.effect)")
    colour = _colour()
    return [
        known.transform_filter("isValid(datum.low) && isValid(datum.high)")
        .mark_rule(strokeWidth=2.2, color=TREATMENT, clip=True)
        .encode(y=_field(y, "low"), y2="high:Q"),
        known.mark_point(filled=True, size=95, opacity=1, shape="circle").encode(y=y, color=_named("own_name", colour)),
    ]


def _together(base: Any, y: alt.Y) -> list[Any]:
    known = base.transform_filter("isValid(datum.filtered)")
    colour = _colour()
    shifted = known.encode(xOffset=alt.value(9))
    return [
        shifted.mark_line(strokeWidth=1.6, strokeDash=[5, 3], color=CONTROL).encode(y=_field(y, "filtered")),
        shifted.mark_rule(strokeWidth=1.4, color=CONTROL, clip=True).encode(
            y=_field(y, "filtered_low"), y2="filtered_high:Q"
        ),
        shifted.mark_point(filled=True, size=80, opacity=1, shape="diamond").encode(
            y=_field(y, "filtered"), color=_named("together_name", colour)
        ),
    ]


def _colour() -> dict[str, Any]:
    names = [say("lineage.picture.own"), say("lineage.picture.filtered")]
    legend = alt.Legend(orient="top", symbolOpacity=1, labelLimit=240, offset=38, direction="horizontal")
    return {"scale": alt.Scale(domain=names, range=[TREATMENT, CONTROL]), "title": None, "legend": legend}


def _named(field: str, colour: dict[str, Any]) -> alt.Color:
    return alt.Color(f"{field}:N", **colour)


def _lines(view: LineagePicture, theme: Theme) -> list[Any]:
    """No change, and the smallest gain worth having, each with its word at the right edge."""
    marked = [(0.0, say("lineage.picture.zero"))]
    if view.mwe is not None:
        marked.append((view.mwe, say("lineage.picture.mwe")))
    layers = []
    for place, (value, word) in enumerate(marked):
        line = alt.Chart(alt.Data(values=[{"effect": value, "word": word}]))
        dash = [6, 4] if place else [1, 0]
        layers.append(line.mark_rule(color=FAINT[theme], strokeWidth=1.3, strokeDash=dash).encode(y="effect:Q"))
        layers.append(
            line.mark_text(align="right", baseline="bottom", dx=-2, dy=-2, color=FAINT[theme], fontSize=10).encode(
                y="effect:Q", x=alt.value("width"), text="word:N"
            )
        )
    return layers


def _axis(view: LineagePicture) -> tuple[alt.Y, tuple[float, float]]:
    ends = [0.0, *([view.mwe] if view.mwe is not None else [])]
    for stretch in view.stretches:
        for dot in (stretch.own, stretch.filtered):
            if dot is not None:
                ends += [dot.effect, *(end for end in (dot.lower, dot.upper) if end is not None)]
    air = 0.08 * ((max(ends) - min(ends)) or 1.0)
    low, high = min(ends) - air, max(ends) + air
    ticks = nice_ticks(low, high)
    axis = alt.Y(
        "effect:Q",
        title=say(
            "lineage.picture.axis" if view.unit else "lineage.picture.axis_bare", metric=view.metric, unit=view.unit
        ),
        scale=alt.Scale(domain=[low, high], nice=False, zero=False, reverse=view.better == "lower"),
        axis=labelled(ticks, [tick_text(tick, ticks) for tick in ticks], grid=True),
    )
    return axis, (low, high)


def _row(stretch: Stretch, low: float, high: float) -> dict[str, Any]:
    middle = stretch.start + (stretch.end - stretch.start) / 2
    sign = f"{VERDICT_SIGNS[stretch.verdict]} {say(f'verdict.{stretch.verdict}')}" if stretch.verdict else ""
    own, filtered = stretch.own, stretch.filtered
    return {
        "at": middle.isoformat(),
        "start": stretch.start.isoformat(),
        "end": stretch.end.isoformat(),
        "ground": VERDICT_COLOURS.get(stretch.verdict or "", VERDICT_COLOURS["INVALID"]),
        "head": f"{say('lineage.picture.version', number=stretch.number)}\n{sign}".strip(),
        "changed": _wrapped(stretch.changed),
        "whole": stretch.changed,
        "effect": own.effect if own else None,
        "low": own.lower if own and own.lower is not None else low if own else None,
        "high": own.upper if own and own.upper is not None else high if own else None,
        "filtered": filtered.effect if filtered else None,
        "filtered_low": filtered.lower if filtered else None,
        "filtered_high": filtered.upper if filtered else None,
        "own_text": own.text if own else say("lineage.none"),
        "filtered_text": filtered.text if filtered else say("lineage.none"),
        "own_name": say("lineage.picture.own"),
        "together_name": say("lineage.picture.filtered"),
    }


def _wrapped(text: str) -> str:
    lines = textwrap.wrap(text, LETTERS)
    return "\n".join(lines if len(lines) <= LINES else [*lines[: LINES - 1], f"{lines[LINES - 1]} …"])


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("head:N", title=" "),
        alt.Tooltip("own_text:N", title=say("lineage.picture.own")),
        alt.Tooltip("filtered_text:N", title=say("lineage.picture.filtered")),
        alt.Tooltip("whole:N", title=say("lineage.picture.changed")),
    ]


def _moment(day: date) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "date": day.day}


def _field(axis: alt.Y, name: str) -> alt.Y:
    copied = axis.copy(deep=False)
    copied["shorthand"] = f"{name}:Q"
    return copied


def picture_words(view: LineagePicture) -> str:
    """The same in a sentence a version, for whoever does not see it."""
    said: Sequence[str] = [
        say(
            "lineage.picture.alt_version",
            number=stretch.number,
            said=", ".join(
                (
                    stretch.own.text if stretch.own else say("lineage.none"),
                    *([say(f"verdict.{stretch.verdict}")] if stretch.verdict else []),
                )
            ),
        )
        for stretch in view.stretches
    ]
    return say("lineage.picture.alt", metric=view.metric, versions=" ".join(said))
