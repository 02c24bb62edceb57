"""A metric of a panel: squares of day by half-hour where there are both, else bars along the first group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import altair as alt

from experiments.pictures.theme import INK, TREATMENT, Theme, dressed
from experiments.words import knows, say

CLOCKS = ("half-hour", "hour")
DAYS = ("day", "weekday", "week", "month")
SQUARE = 13
LIGHT = {"light": "#E8F1F8", "dark": "#22313D"}
BRIGHT = {"light": TREATMENT, "dark": "#7CC4F0"}


class Charted(Protocol):
    """What is drawn (``experiments.raw.view.ChartView``)."""

    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def values(self) -> Sequence[float | None]: ...
    @property
    def texts(self) -> Sequence[str]: ...


def panel_chart(one: Charted, groups: Mapping[str, Sequence[str]], *, theme: Theme = "light") -> alt.Chart:
    """Each cell with its groups, value and text; what is not known stays empty."""
    clock = next((name for name in CLOCKS if name in groups), None)
    day = next((name for name in DAYS if name in groups), None)
    rows = [
        {**{f"g{place}": values[row] for place, values in enumerate(groups.values())}, "value": value, "text": text}
        for row, (value, text) in enumerate(zip(one.values, one.texts, strict=True))
        if value is not None
    ]
    names = list(groups)
    told = [
        *(alt.Tooltip(f"g{place}:N", title=_title(name)) for place, name in enumerate(names)),
        alt.Tooltip("text:N", title=one.name),
    ]
    base = alt.Chart(alt.Data(values=rows)).encode(tooltip=told)
    title = f"{one.name} ({one.unit})" if one.unit else one.name
    if clock and day:
        drawn = _squares(base, f"g{names.index(day)}", f"g{names.index(clock)}", title, theme)
    else:
        drawn = _bars(base, f"g{names.index(clock or day or names[0])}", title, theme)
    return dressed(drawn, theme)


def _title(name: str) -> str:
    return say(f"raw.by.{name}") if knows(f"raw.by.{name}") else name


def _squares(base: alt.Chart, day: str, clock: str, title: str, theme: Theme) -> alt.Chart:
    colour = alt.Color(
        "mean(value):Q",
        title=title,
        scale=alt.Scale(range=[LIGHT[theme], BRIGHT[theme]]),
        legend=alt.Legend(orient="top", gradientLength=240, gradientThickness=10, titleColor=INK[theme]),
    )
    return base.mark_rect().encode(
        x=alt.X(f"{day}:O", title=None, axis=alt.Axis(labelAngle=-60)), y=alt.Y(f"{clock}:O", title=None), color=colour
    ).properties(width=alt.Step(SQUARE + 5), height=alt.Step(SQUARE))  # fmt: skip


def _bars(base: alt.Chart, group: str, title: str, theme: Theme) -> alt.Chart:
    return base.mark_bar(color=BRIGHT[theme]).encode(
        x=alt.X(f"{group}:O", title=None, axis=alt.Axis(labelAngle=-60)), y=alt.Y("mean(value):Q", title=title)
    ).properties(height=260)  # fmt: skip
