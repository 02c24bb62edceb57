"""Charts: views in, Altair charts out. Explicit colour domains, units on the axis, "better" always to the right.

``theme`` says on what ground a chart lies ("light", "dark"); colours of verdicts and arms are the same on both.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any, Literal

import altair as alt

from experiments.documents.views import ArmPoint, Better, IntervalRow, PowerPoint, SiteDot
from experiments.words import digits, say

Theme = Literal["light", "dark"]

TREATMENT = "#0072B2"
CONTROL = "#7F7F7F"
VERDICT_COLOURS = {
    "SCALE": "#009E73",
    "ITERATE": "#E69F00",
    "STOP": "#D55E00",
    "NOT_YET": "#56B4E9",
    "INVALID": "#9A9A9A",
}
VERDICT_SIGNS = {"SCALE": "↗", "ITERATE": "↻", "STOP": "■", "NOT_YET": "⧖", "INVALID": "⊗"}
"""For places where only text can stand; elsewhere the drawn sign of ``badge_svg``."""
ON_BADGE = "#000000"
INK = {"light": "#31333F", "dark": "#E6E6E6"}
FAINT = {"light": "#6B6B6B", "dark": "#A3A3A3"}
TONES = {
    "light": {"good": "#00664A", "bad": "#A63D00", "open": "#6B4A00", "none": "#5A5A5A"},
    "dark": {"good": "#4CD3A8", "bad": "#FF9A5C", "open": "#F2B544", "none": "#B0B0B0"},
}
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""With a true minus sign and arrows, which Noto Sans lacks; bundled with the renderer."""

_SIGNS = {
    "SCALE": '<path d="M5 19 19 5M9 5h10v10" fill="none" stroke-width="2.6"/>',
    "ITERATE": '<path d="M19.5 12a7.5 7.5 0 1 1-2.6-5.7" fill="none" stroke-width="2.6"/>'
    '<path d="M20.5 2.5v6h-6z" stroke="none"/>',
    "STOP": '<rect x="5" y="5" width="14" height="14" stroke="none"/>',
    "NOT_YET": '<path d="M6 4h12M6 20h12M7.5 4c0 5 9 11 9 16M16.5 4c0 5-9 11-9 16" fill="none" stroke-width="2.2"/>',
    "INVALID": '<circle cx="12" cy="12" r="8.5" fill="none" stroke-width="2.4"/>'
    '<path d="M6 6l12 12M18 6 6 18" fill="none" stroke-width="2.4"/>',
}


def badge_svg(verdict: str) -> str:
    """The sign of a verdict, drawn: 24 by 24, in the colour that text has on the badge."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" '
        f'stroke="{ON_BADGE}" fill="{ON_BADGE}" stroke-linecap="round" stroke-linejoin="round">{_SIGNS[verdict]}</svg>'
    )


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
            "arm": _arm(dot.treatment),
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
        color=_arm_colour(),
    )
    x = _level_axis(values, unit, better)
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
            was.mark_point(size=22, opacity=0.8, strokeWidth=1.2).encode(x=_plain(x, "before"), shape=_arm_shape()),
            base.mark_point(filled=True, size=75, opacity=1).encode(x=x, shape=_arm_shape(), tooltip=tooltip),
        ).properties(width=width, height=alt.Step(17)),
        theme,
    )


def arm_lines(
    points: Sequence[ArmPoint], *, unit: str, better: Better, theme: Theme = "light", width: int = 420
) -> alt.LayerChart:
    """Before and after by arm: one line an arm over the periods, a rule where the change began."""
    rows = [
        {
            "arm": _arm(point.treatment),
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
            x=alt.X("period:O", sort=periods, title=None, axis=_period_axis()),
            y=alt.Y(
                "value:Q",
                title=say(
                    "chart.higher_is_better" if better == "higher" else "chart.lower_is_better", unit=unit
                ).strip(),
                scale=alt.Scale(zero=False, nice=True),
                axis=alt.Axis(tickCount=5),
            ),
            color=_arm_colour("stroke"),
            strokeDash=alt.StrokeDash(
                "arm:N", scale=alt.Scale(domain=[_arm(True), _arm(False)], range=[[1, 0], [5, 3]]), title=None
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
    theme: Theme = "light",
    width: int = 420,
) -> alt.LayerChart:
    """Sites against the smallest gain that they can show: below what is worth having, the plan can decide."""
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
                title=say("chart.sites"),
                axis=alt.Axis(tickMinStep=1, tickCount=8),
                scale=alt.Scale(zero=False),
            ),
            y=alt.Y("detectable:Q", title=say("chart.detectable", unit=unit).strip(), axis=alt.Axis(tickCount=5)),
            tooltip=[
                alt.Tooltip("sites:Q", title=say("chart.sites")),
                alt.Tooltip("text:N", title=say("chart.smallest_gain")),
            ],
        )
    )
    first, last = (pick(points, key=lambda point: point.sites) for pick in (min, max))
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
            values=[{"sites": here.sites, "y": here.detectable, "text": say("chart.this_plan", count=sites_planned)}]
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
            plan.mark_text(
                align="left", dx=10, dy=16 if here.detectable < worth_having else -10, color=faint, fontSize=11
            ).encode(x="sites:Q", y="y:Q", text="text:N"),
        ).properties(width=width, height=200),
        theme,
    )


def svg(chart: alt.TopLevelMixin, *, name: str = "chart") -> str:
    """The chart as SVG text, the same bytes each time; what it shows must be said in words beside it.

    name: distinguishes its inner references from those of other drawings on the same page.
    """
    import vl_convert

    drawn = str(vl_convert.vegalite_to_svg(chart.to_dict(validate=False), vl_version=_VEGALITE))
    return _own_ids(re.sub(r' (?:aria-[a-z]+|role)="[^"]*"', "", drawn), name)


def png(svg_text: str, *, scale: float = 3) -> bytes:
    """An SVG as PNG, for documents that can't hold drawings."""
    import vl_convert

    return bytes(vl_convert.svg_to_png(svg_text, scale=scale))


_VEGALITE = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])


def _own_ids(text: str, chart: str) -> str:
    """Clip paths are numbered through the life of the process: number them from the chart's own content instead."""
    ids = list(dict.fromkeys(re.findall(r'id="([^"]+)"', text)))
    for place, name in enumerate(ids):
        text = re.sub(rf'(id="|#){re.escape(name)}(?=["\')])', rf"\g<1>{chart}-{place}", text)
    return text


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
                x=_plain(x, "low"), x2="high:Q"
            )
        )
        layers.append(data.mark_point(filled=True, size=110, color=TREATMENT, opacity=1).encode(x=_plain(x, "effect")))
    return alt.layer(*layers).properties(width=width, height=height)


def _line_and_zone(row: IntervalRow, low: float, high: float, x: alt.X, theme: Theme) -> list[Any]:
    gain = row.beyond == "gain"
    upwards = (row.better == "higher") == gain
    colour = VERDICT_COLOURS["SCALE" if gain else "STOP"]
    data = alt.Chart(alt.Data(values=[{"line": row.line, "edge": high if upwards else low, "text": row.line_text}]))
    tooltip = alt.Tooltip("text:N", title=say("chart.line"))
    return [
        data.mark_rect(color=colour, opacity=0.16 if theme == "light" else 0.34).encode(
            x=_plain(x, "line"), x2="edge:Q", tooltip=tooltip
        ),
        data.mark_rule(color=colour, strokeWidth=1.6, strokeDash=[4, 3]).encode(x=_plain(x, "line"), tooltip=tooltip),
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
    labels = [_tick(tick, ticks) + (f" {row.unit}" if tick == best and row.unit else "") for tick in ticks]
    return alt.X(
        "x:Q",
        title=None,
        scale=alt.Scale(domain=[low, high], nice=False, zero=False, reverse=row.better == "lower"),
        axis=_labelled(ticks, labels),
    )


def _level_axis(values: Sequence[float], unit: str, better: Better) -> alt.X:
    low, high = min(values), max(values)
    air = 0.08 * ((high - low) or 1.0)
    ticks = nice_ticks(low - air, high + air)
    best = ticks[-1] if better == "higher" else ticks[0]
    decimals = digits.decimals_for([_step(ticks)], significant=1)
    labels = [digits.fixed(tick, decimals) + (f" {unit}" if tick == best and unit else "") for tick in ticks]
    return alt.X(
        "value:Q",
        title=say("chart.better_right"),
        scale=alt.Scale(domain=[low - air, high + air], nice=False, zero=False, reverse=better == "lower"),
        axis=_labelled(ticks, labels, grid=True),
    )


def _labelled(ticks: list[float], labels: list[str], *, grid: bool = False) -> alt.Axis:
    expression = f"{json.dumps(labels, ensure_ascii=False)}[indexof({json.dumps(ticks)}, datum.value)]"
    return alt.Axis(
        values=ticks, labelExpr=expression, grid=grid, labelOverlap=True, labelBound=False, labelFlush=False
    )


def _plain(x: alt.X, name: str) -> alt.X:
    """The same axis for another field of the same row."""
    copied = x.copy(deep=False)
    copied["shorthand"] = f"{name}:Q"
    return copied


def nice_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Ticks at 1, 2 or 5 times a power of ten, within the domain, at most ``most`` of them."""
    rough = (high - low) / most
    power = 10.0 ** floor(log10(rough))
    for times in (1, 2, 5, 10, 20):
        step = times * power
        first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
        if last - first + 1 <= most:
            break
    return [float(f"{place * step:.12g}") for place in range(first, last + 1)]


def _step(ticks: list[float]) -> float:
    return ticks[1] - ticks[0] if len(ticks) > 1 else (ticks[0] if ticks else 1.0)


def _tick(tick: float, ticks: list[float]) -> str:
    if tick == 0:
        return "0"
    return digits.with_sign(digits.fixed(tick, digits.decimals_for([float(f"{_step(ticks):.6g}")], significant=1)))


def _arm(treatment: bool) -> str:
    return say("arm.treatment" if treatment else "arm.control")


def _period_axis() -> alt.Axis:
    return alt.Axis(
        labelAngle=0, labelAlign="center", labelBaseline="top", labelPadding=5, labelOverlap=True, grid=False
    )


def _arm_colour(symbol: str = "circle") -> alt.Color:
    return alt.Color(
        "arm:N",
        title=None,
        scale=alt.Scale(domain=[_arm(True), _arm(False)], range=[TREATMENT, CONTROL]),
        legend=alt.Legend(orient="top", symbolOpacity=1, symbolType=symbol),
    )


def _arm_shape() -> alt.Shape:
    return alt.Shape(
        "arm:N",
        title=None,
        scale=alt.Scale(domain=[_arm(True), _arm(False)], range=["circle", "square"]),
        legend=alt.Legend(orient="top", symbolOpacity=1),
    )


def dressed(chart: Any, theme: Theme) -> Any:
    """The chart with fonts, inks and no frame; set in one go, because each ``configure_*`` copies the whole chart."""
    ink, faint = INK[theme], FAINT[theme]
    axis = {
        "labelColor": ink,
        "titleColor": ink,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "domainColor": faint,
        "tickColor": faint,
        "tickSize": 3,
        "gridColor": faint,
        "gridOpacity": 0.18,
    }
    chart["config"] = {
        "background": "transparent",
        "padding": 2,
        "font": FONT,
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {"grid": False},
        "legend": {"labelColor": ink, "labelFontSize": 11},
    }
    return chart
