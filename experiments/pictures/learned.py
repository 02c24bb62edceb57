"""Pictures of what pilots taught: two figures a row, each with its range, in smallest gains worth having."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from experiments.pictures.axes import labelled, nice_ticks, tick_text
from experiments.pictures.theme import CONTROL, FAINT, TREATMENT, Theme, dressed

ROW = 17
LONGEST = 220


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A value with its range; a range of None is drawn as a dot alone."""

    value: float
    lower: float | None = None
    upper: float | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """Of what is drawn."""
        return (
            self.value if self.lower is None else self.lower,
            self.value if self.upper is None else self.upper,
        )


@dataclass(frozen=True, kw_only=True)
class PairRow:
    """One row: two figures of the same thing, named alike in every row."""

    name: str
    first: Figure
    second: Figure


def pairs(
    rows: Sequence[PairRow], *, first: str, second: str, axis: str, theme: Theme = "light", width: int | str = 460
) -> alt.LayerChart:
    """first (grey square) above second (blue dot) in each row; dashed line at 0, full line at one gain worth having."""
    named = [(row.name, what, figure) for row in rows for what, figure in ((first, row.first), (second, row.second))]
    drawn = [
        {"row": name, "what": what, "value": figure.value, "lower": figure.ends[0], "upper": figure.ends[1]}
        for name, what, figure in named
    ]
    low, high = (
        min([0.0, *(figure.ends[0] for _, _, figure in named)]),
        max([1.0, *(figure.ends[1] for _, _, figure in named)]),
    )
    air = 0.06 * (high - low)
    ends = [low - air, high + air]
    ticks = nice_ticks(ends[0], ends[1], most=7)
    x = alt.X(
        "value:Q",
        title=axis,
        scale=alt.Scale(domain=ends, nice=False, zero=False),
        axis=labelled(ticks, [tick_text(tick, ticks) for tick in ticks], grid=True),
    )
    base = alt.Chart(alt.Data(values=drawn)).encode(
        y=alt.Y(
            "row:N",
            sort=[row.name for row in rows],
            title=None,
            axis=alt.Axis(labelLimit=LONGEST, ticks=False, domain=False),
        ),
        yOffset=alt.YOffset("what:N", sort=[first, second], scale=alt.Scale(paddingOuter=0.35)),
        color=alt.Color(
            "what:N",
            title=None,
            scale=alt.Scale(domain=[first, second], range=[CONTROL, TREATMENT]),
            legend=alt.Legend(orient="top", labelLimit=420, symbolOpacity=1),
        ),
    )
    dot = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=x,
        shape=alt.Shape(
            "what:N",
            title=None,
            scale=alt.Scale(domain=[first, second], range=["square", "circle"]),
            legend=alt.Legend(orient="top", labelLimit=420, symbolOpacity=1),
        ),
    )
    span = base.mark_rule(strokeWidth=2).encode(x=alt.X("lower:Q", title=axis), x2="upper:Q")
    made = alt.layer(_line(0.0, [4, 3], theme), _line(1.0, [1, 0], theme), span, dot)
    return dressed(made.properties(width=width, height=alt.Step(ROW)), theme)


def _line(at: float, dash: list[int], theme: Theme) -> Any:
    return alt.Chart(alt.Data(values=[{"at": at}])).mark_rule(color=FAINT[theme], strokeDash=dash).encode(x="at:Q")
