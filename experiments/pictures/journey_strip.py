"""The journey as a strip: for each step how many numbers were shown better, shown worse and neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from experiments.pictures.theme import INK, ON_BADGE, VERDICT_COLOURS, Theme, dressed
from experiments.words import say

SIGNS = {"better": "▲", "worse": "▼", "open": "–"}
COLOURS = {"better": VERDICT_COLOURS["SCALE"], "worse": VERDICT_COLOURS["STOP"], "open": "#BFBFBF"}
ROW = 30


@dataclass(frozen=True, kw_only=True)
class StepCount:
    """Numbers at one step, in words: its name, and how many were shown better, worse, neither."""

    name: str
    better: int
    worse: int
    open: int


def journey_strip(counts: Sequence[StepCount], *, theme: Theme = "light") -> alt.LayerChart:
    """Steps downwards in the order of the journey; each part of a bar has its sign and number, never colour alone."""
    rows = []
    for count in counts:
        start = 0
        for place, outcome in enumerate(COLOURS):
            number = getattr(count, outcome)
            rows.append(
                {
                    "step": count.name,
                    "outcome": say(f"journey.chart.{outcome}"),
                    "place": place,
                    "number": number,
                    "from": start,
                    "to": start + number,
                    "middle": start + number / 2,
                    "written": f"{SIGNS[outcome]} {number}" if number else "",
                }
            )
            start += number
    steps = [count.name for count in counts]
    gaps = [
        {"step": count.name, "at": 0, "written": say("journey.chart.gap")}
        for count in counts
        if not (count.better or count.worse or count.open)
    ]
    y = alt.Y("step:N", sort=steps, title=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=120))
    colour = alt.Color(
        "outcome:N",
        title=None,
        scale=alt.Scale(domain=[say(f"journey.chart.{name}") for name in COLOURS], range=list(COLOURS.values())),
        legend=alt.Legend(orient="bottom", direction="horizontal", symbolType="square"),
    )
    base = alt.Chart(alt.Data(values=rows)).encode(y=y)
    bars = base.mark_bar(height=ROW - 10).encode(
        x=alt.X("from:Q", title=say("journey.chart.count"), axis=alt.Axis(tickMinStep=1, format="d")),
        x2="to:Q",
        color=colour,
        tooltip=[
            alt.Tooltip("step:N", title=say("journey.chart.step")),
            alt.Tooltip("outcome:N", title=say("column.state")),
            alt.Tooltip("number:Q", title=say("journey.chart.count")),
        ],
    )
    numbers = base.mark_text(color=ON_BADGE, fontSize=11).encode(x="middle:Q", text="written:N")
    empty = (
        alt.Chart(alt.Data(values=gaps))
        .mark_text(align="left", dx=4, fontSize=11, fontStyle="italic", color=INK[theme])
        .encode(y=y, x="at:Q", text="written:N")
    )
    layers = [bars, numbers, empty] if gaps else [bars, numbers]
    return dressed(alt.layer(*layers).properties(height=alt.Step(ROW), width="container"), theme)
