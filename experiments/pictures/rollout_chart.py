"""The picture of a roll-out: where each wave's measurement should lie, and where it does; and the sign of its state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import altair as alt

from experiments.pictures.axes import labelled, nice_ticks, same_axis, tick_text
from experiments.pictures.theme import FAINT, INK, ON_BADGE, TREATMENT, VERDICT_COLOURS, Theme, dressed
from experiments.views import Better
from experiments.words import say

COLOURS = {
    "REPLICATED": VERDICT_COLOURS["SCALE"],
    "ATTENUATED": VERDICT_COLOURS["ITERATE"],
    "FAILED": VERDICT_COLOURS["STOP"],
    "WAITING": VERDICT_COLOURS["NOT_YET"],
    "": VERDICT_COLOURS["INVALID"],
}
_SIGNS = {
    "REPLICATED": '<path d="M4.5 12.5 10 18 19.5 6.5" fill="none" stroke-width="2.8"/>',
    "ATTENUATED": '<path d="M5 5 19 19M19 9v10H9" fill="none" stroke-width="2.6"/>',
    "FAILED": '<path d="M5.5 5.5l13 13M18.5 5.5l-13 13" fill="none" stroke-width="2.8"/>',
    "WAITING": '<path d="M6 4h12M6 20h12M7.5 4c0 5 9 11 9 16M16.5 4c0 5-9 11-9 16" fill="none" stroke-width="2.2"/>',
    "": '<path d="M5 12h14" fill="none" stroke-width="2.4"/>',
}
BAND = "#7F7F7F"


class Row(Protocol):
    """One row (``experiments.rollouts.forecast.ForecastRow``)."""

    @property
    def label(self) -> str: ...
    @property
    def band(self) -> tuple[float, float] | None: ...
    @property
    def effect(self) -> float | None: ...
    @property
    def lower(self) -> float | None: ...
    @property
    def upper(self) -> float | None: ...
    @property
    def text(self) -> str: ...


def replication_svg(state: str) -> str:
    """The sign of a state, drawn: 24 by 24; "" before the first measurement."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" '
        f'stroke="{ON_BADGE}" fill="{ON_BADGE}" stroke-linecap="round" stroke-linejoin="round">{_SIGNS[state]}</svg>'
    )


def rollout_chart(
    rows: Sequence[Row], *, line: float, unit: str, better: Better, theme: Theme = "light", width: int = 360
) -> alt.LayerChart:
    """A row each for the pilot and the waves; "better" to the right, as everywhere."""
    values = [_values(row) for row in rows]
    names = [row.label for row in rows]
    low, high = _domain(rows, line)
    x = _axis(low, high, unit, better)
    y = alt.Y("label:N", sort=names, title=None, axis=alt.Axis(labelLimit=160, ticks=False, domain=False))
    base = alt.Chart(alt.Data(values=values)).encode(y=y, tooltip=[alt.Tooltip("text:N", title=say("chart.change"))])
    rules: list[Any] = [
        _rule(0.0, x).mark_rule(color=FAINT[theme], strokeWidth=1.4),
        _rule(line, x).mark_rule(color=VERDICT_COLOURS["SCALE"], strokeWidth=1.8, strokeDash=[5, 3]),
    ]
    band = base.transform_filter("datum.from != null")
    measured = base.transform_filter("datum.effect != null")
    bands = band.mark_bar(color=BAND, opacity=0.28 if theme == "light" else 0.45, height=20).encode(
        x=same_axis(x, "from"), x2="to:Q"
    )
    bars = measured.mark_rule(color=TREATMENT, strokeWidth=4, strokeCap="round", opacity=0.8).encode(
        x=same_axis(x, "low"), x2="high:Q"
    )
    dots = measured.mark_point(
        filled=True, size=115, color=TREATMENT, opacity=1, stroke=INK[theme], strokeWidth=0
    ).encode(x=same_axis(x, "effect"))
    return dressed(alt.layer(bands, *rules, bars, dots).properties(width=width, height=alt.Step(34)), theme)


def _rule(value: float, x: alt.X) -> Any:
    return alt.Chart(alt.Data(values=[{"x": value}])).encode(x=x)


def _values(row: Row) -> dict[str, object]:
    first, second = row.band if row.band is not None else (None, None)
    return {
        "label": row.label,
        "from": first,
        "to": second,
        "effect": row.effect,
        "low": row.effect if row.lower is None else row.lower,
        "high": row.effect if row.upper is None else row.upper,
        "text": row.text,
    }


def _domain(rows: Sequence[Row], line: float) -> tuple[float, float]:
    shown = [0.0, line]
    for row in rows:
        shown += [value for value in (row.effect, row.lower, row.upper, *(row.band or ())) if value is not None]
    low, high = min(shown), max(shown)
    air = 0.08 * ((high - low) or 1.0)
    return low - air, high + air


def _axis(low: float, high: float, unit: str, better: Better) -> alt.X:
    ticks = nice_ticks(low, high)
    best = ticks[-1] if better == "higher" else ticks[0]
    labels = [tick_text(tick, ticks) + (f" {unit}" if tick == best and unit else "") for tick in ticks]
    return alt.X(
        "x:Q",
        title=say("chart.better_right"),
        scale=alt.Scale(domain=[low, high], nice=False, zero=False, reverse=better == "lower"),
        axis=labelled(ticks, labels),
    )
