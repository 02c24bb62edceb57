"""Charts: views in, Altair charts out. Explicit colour domains, units on the axis, "better" always to the right.

``theme`` says on what ground a chart lies ("light", "dark"); colours of verdicts and arms are the same on both.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import altair as alt

from experiments.pictures.axes import (
    arm_colour,
    arm_name,
    arm_shape,
    labelled,
    level_axis,
    nice_ticks,
    period_axis,
    same_axis,
    tick_text,
)
from experiments.pictures.theme import FAINT, INK, TONES, TREATMENT, VERDICT_COLOURS, Theme, dressed
from experiments.views import ArmPoint, Better, IntervalRow, PowerPoint, SiteDot
from experiments.words import digits, say


def interval_plot(rows: Sequence[IntervalRow], *, theme: Theme = "light", width: int = 340) -> alt.VConcatChart:
    """The picture that carries the product: one panel a metric, each on its own scale, state in words on the right."""
    panels = [_named_panel(row, theme, width) for row in rows]
    return dressed(alt.vconcat(*panels, spacing=6).resolve_scale(x="independent"), theme)


def interval_row(row: IntervalRow, *, theme: Theme = "light", width: int = 230, height: int = 16) -> alt.LayerChart:
    """One row without its words, to stand in a table."""
    return dressed(_panel(row, theme, width, height), theme)


def site_dots(
    dots: Sequence[SiteDot], *, unit: str, better: Better, theme: Theme = "light", width: int = 420
) -> alt.LayerChart:
    """Sites side by side, ordered by their value after the start; the faint end of the line is the value before."""
    ordered = sorted(dots, key=lambda dot: dot.value, reverse=better == "lower")
    names = [dot.site for dot in reversed(ordered)]
    rows = [
        {
            "site": dot.site,
            "arm": arm_name(dot.treatment),
            "value": dot.value,
            "before": dot.before,
            "text": f"{digits.plain(dot.value)} {unit}".strip(),
            "was": f"{digits.plain(dot.before)} {unit}".strip() if dot.before is not None else say("fact.none"),
        }
        for dot in ordered
    ]
    values = [number for dot in dots for number in (dot.value, dot.before) if number is not None]
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("site:N", sort=names, title=None, axis=alt.Axis(labelLimit=160, ticks=False, domain=False)),
        color=arm_colour(),
    )
    x = level_axis(values, unit, better)
    tooltip = [
        alt.Tooltip("site:N", title=say("chart.site")),
        alt.Tooltip("arm:N", title=say("chart.arm")),
        alt.Tooltip("text:N", title=say("chart.after")),
        alt.Tooltip("was:N", title=say("chart.before")),
    ]
    was = base.transform_filter("datum.before != null")
    return dressed(
        alt.layer(
            was.mark_rule(strokeWidth=2, opacity=0.45).encode(x=x, x2="before:Q"),
            was.mark_point(size=22, opacity=0.8, strokeWidth=1.2).encode(x=same_axis(x, "before"), shape=arm_shape()),
            base.mark_point(filled=True, size=75, opacity=1).encode(x=x, shape=arm_shape(), tooltip=tooltip),
        ).properties(width=width, height=alt.Step(17)),
        theme,
    )


def arm_lines(
    points: Sequence[ArmPoint], *, unit: str, better: Better, theme: Theme = "light", width: int = 420
) -> alt.LayerChart:
    """Before and after by arm: one line an arm over the periods, a rule where the change began."""
    rows = [
        {
            "arm": arm_name(point.treatment),
            "period": point.period,
            "value": point.value,
            "text": f"{digits.plain(point.value)} {unit}".strip(),
        }
        for point in points
    ]
    periods = list(dict.fromkeys(point.period for point in sorted(points, key=lambda point: point.order)))
    first = min((point for point in points if point.after), key=lambda point: point.order, default=None)
    lines = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(point=alt.OverlayMarkDef(size=45, filled=True), strokeWidth=2)
        .encode(
            x=alt.X("period:O", sort=periods, title=None, axis=period_axis()),
            y=alt.Y(
                "value:Q",
                title=say(
                    "chart.higher_is_better" if better == "higher" else "chart.lower_is_better", unit=unit
                ).strip(),
                scale=alt.Scale(zero=False, nice=True),
                axis=alt.Axis(tickCount=5),
            ),
            color=arm_colour("stroke"),
            strokeDash=alt.StrokeDash(
                "arm:N", scale=alt.Scale(domain=[arm_name(True), arm_name(False)], range=[[1, 0], [5, 3]]), title=None
            ),
            tooltip=[
                alt.Tooltip("arm:N", title=say("chart.arm")),
                alt.Tooltip("period:N", title=say("chart.period")),
                alt.Tooltip("text:N", title=say("chart.value")),
            ],
        )
    )
    layers: list[Any] = [lines]
    if first is not None and first.period != periods[0]:
        start = alt.Chart(alt.Data(values=[{"period": first.period}]))
        layers.insert(
            0, start.mark_rule(color=FAINT[theme], strokeDash=[3, 3]).encode(x=alt.X("period:O", sort=periods))
        )
    return dressed(alt.layer(*layers).properties(width=width, height=190), theme)


def power_curve(
    points: Sequence[PowerPoint],
    *,
    unit: str,
    worth_having: float,
    sites_planned: int,
    unit_word: str = "site",
    theme: Theme = "light",
    width: int = 420,
) -> alt.LayerChart:
    """Sites against the smallest gain that they can show: below what is worth having, the plan can decide.

    unit_word: what a site is called there.
    """
    rows = [
        {
            "sites": point.sites,
            "detectable": point.detectable,
            "text": f"{digits.plain(point.detectable)} {unit}".strip(),
        }
        for point in points
    ]
    ink, faint = INK[theme], FAINT[theme]
    here = min(points, key=lambda point: abs(point.sites - sites_planned))
    curve = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(color=TREATMENT, strokeWidth=2.2, point=alt.OverlayMarkDef(size=30, filled=True, color=TREATMENT))
        .encode(
            x=alt.X(
                "sites:Q",
                title=say("chart.sites", unit=unit_word),
                axis=alt.Axis(tickMinStep=1, tickCount=8),
                scale=alt.Scale(zero=False),
            ),
            y=alt.Y("detectable:Q", title=say("chart.detectable", unit=unit).strip(" ,"), axis=alt.Axis(tickCount=5)),
            tooltip=[
                alt.Tooltip("sites:Q", title=say("chart.sites", unit=unit_word)),
                alt.Tooltip("text:N", title=say("chart.smallest_gain")),
            ],
        )
    )
    first, last = (pick(points, key=lambda point: point.sites) for pick in (min, max))
    # The curve falls: to the lower left and to the upper right of a point nothing is in the way.
    lower_left = here.sites - first.sites > 0.4 * (last.sites - first.sites)
    beside: dict[str, Any] = (
        {"align": "right", "dx": -8, "dy": 14} if lower_left else {"align": "left", "dx": 10, "dy": -10}
    )
    # Where the curve is not: above the line at its end if it ends well below, else below the line at its beginning.
    ends_below = last.detectable < 0.85 * worth_having
    worth = alt.Chart(
        alt.Data(
            values=[
                {
                    "sites": (last if ends_below else first).sites,
                    "y": worth_having,
                    "text": say("chart.worth_having"),
                }
            ]
        )
    )
    plan = alt.Chart(
        alt.Data(
            values=[
                {
                    "sites": here.sites,
                    "y": here.detectable,
                    "text": say("chart.this_plan", count=sites_planned, unit=unit_word),
                }
            ]
        )
    )
    return dressed(
        alt.layer(
            worth.mark_rule(color=VERDICT_COLOURS["SCALE"], strokeWidth=1.6, strokeDash=[5, 3]).encode(y="y:Q"),
            worth.mark_text(
                align="right" if ends_below else "left", dy=-7 if ends_below else 11, color=ink, fontSize=11
            ).encode(x="sites:Q", y="y:Q", text="text:N"),
            curve,
            plan.mark_point(size=150, color=ink, strokeWidth=2).encode(x="sites:Q", y="y:Q"),
            plan.mark_text(color=faint, fontSize=11, **beside).encode(x="sites:Q", y="y:Q", text="text:N"),
        ).properties(width=width, height=200),
        theme,
    )


def _named_panel(row: IntervalRow, theme: Theme, width: int) -> Any:
    words = alt.Chart(alt.Data(values=[{}])).encode(y=alt.value(12))
    name = words.mark_text(
        align="right", baseline="middle", text=textwrap.wrap(row.name, 30)[:2] or [""], fontSize=12, color=INK[theme]
    ).encode(x=alt.value(-14))
    state = words.mark_text(
        align="left", baseline="middle", text=row.state, fontSize=12, fontWeight=600, color=TONES[theme][row.tone]
    ).encode(x=alt.value(width + 14))
    return alt.layer(_panel(row, theme, width, 24), name, state).properties(width=width, height=24)


def _panel(row: IntervalRow, theme: Theme, width: int, height: int) -> Any:
    """Zone, zero, line, interval and estimate of one metric; without an estimate only the lines."""
    low, high = interval_domain(row)
    x = _effect_axis(low, high, row)
    middle = alt.value(height / 2)
    layers: list[Any] = []
    if row.line is not None:
        layers += _line_and_zone(row, low, high, x, theme)
    layers.append(alt.Chart(alt.Data(values=[{"x": 0}])).mark_rule(color=FAINT[theme], strokeWidth=1.4).encode(x=x))
    if row.effect is not None:
        shown = {
            "low": low if row.lower is None else row.lower,
            "high": high if row.upper is None else row.upper,
            "effect": row.effect,
            "name": row.name,
            "effect_text": row.effect_text,
            "interval_text": row.interval_text,
            "line_text": row.line_text,
            "state": row.state,
        }
        tooltip = [
            alt.Tooltip("name:N", title=say("chart.metric")),
            alt.Tooltip("effect_text:N", title=say("chart.change")),
            alt.Tooltip("interval_text:N", title=say("chart.interval")),
            alt.Tooltip("line_text:N", title=say("chart.line")),
            alt.Tooltip("state:N", title=say("chart.state")),
        ]
        data = alt.Chart(alt.Data(values=[shown])).encode(tooltip=tooltip, y=middle)
        layers.append(
            data.mark_rule(color=TREATMENT, strokeWidth=4, strokeCap="round", opacity=0.75).encode(
                x=same_axis(x, "low"), x2="high:Q"
            )
        )
        layers.append(
            data.mark_point(filled=True, size=110, color=TREATMENT, opacity=1).encode(x=same_axis(x, "effect"))
        )
    return alt.layer(*layers).properties(width=width, height=height)


def _line_and_zone(row: IntervalRow, low: float, high: float, x: alt.X, theme: Theme) -> list[Any]:
    gain = row.beyond == "gain"
    upwards = (row.better == "higher") == gain
    colour = VERDICT_COLOURS["SCALE" if gain else "STOP"]
    data = alt.Chart(alt.Data(values=[{"line": row.line, "edge": high if upwards else low, "text": row.line_text}]))
    tooltip = alt.Tooltip("text:N", title=say("chart.line"))
    return [
        data.mark_rect(color=colour, opacity=0.16 if theme == "light" else 0.34).encode(
            x=same_axis(x, "line"), x2="edge:Q", tooltip=tooltip
        ),
        data.mark_rule(color=colour, strokeWidth=1.6, strokeDash=[4, 3]).encode(
            x=same_axis(x, "line"), tooltip=tooltip
        ),
    ]


def interval_domain(row: IntervalRow) -> tuple[float, float]:
    """Everything drawn, zero among it, and a little air on both sides."""
    shown = [0.0, *(value for value in (row.effect, row.lower, row.upper, row.line) if value is not None)]
    low, high = min(shown), max(shown)
    air = 0.14 * ((high - low) or 1.0)
    return low - air, high + air


def _effect_axis(low: float, high: float, row: IntervalRow) -> alt.X:
    """Ticks written with sign, the unit at the end where things get better; reversed where lower is better."""
    ticks = nice_ticks(low, high)
    best = ticks[-1] if row.better == "higher" else ticks[0]
    labels = [tick_text(tick, ticks) + (f" {row.unit}" if tick == best and row.unit else "") for tick in ticks]
    return alt.X(
        "x:Q",
        title=None,
        scale=alt.Scale(domain=[low, high], nice=False, zero=False, reverse=row.better == "lower"),
        axis=labelled(ticks, labels),
    )
