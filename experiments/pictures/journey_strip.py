"""The journey as a strip: for each step how many numbers were shown better, safe, worse and neither."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt

from experiments.pictures.theme import INK, ON_BADGE, VERDICT_COLOURS, Theme, dressed
from experiments.words import say

SIGNS = {"better": "▲", "safe": "✓", "worse": "▼", "open": "–"}
COLOURS = {"better": VERDICT_COLOURS["SCALE"], "safe": "#56B4E9", "worse": VERDICT_COLOURS["STOP"], "open": "#BFBFBF"}
ROW = 30


def journey_strip(counts: Mapping[str, Mapping[str, int]], *, theme: Theme = "light") -> alt.LayerChart:
    """Steps (in words) downwards in the order of the journey, each with how many numbers were shown better, safe,
    worse and neither; each part of a bar has its sign and number, never colour alone."""
    rows = []
    for step, count in counts.items():
        start = 0
        for outcome in COLOURS:
            number = count[outcome]
            rows.append(
                {
                    "step": step,
                    "outcome": say(f"journey.chart.{outcome}"),
                    "number": number,
                    "from": start,
                    "to": start + number,
                    "middle": start + number / 2,
                    "written": f"{SIGNS[outcome]} {number}" if number else "",
                }
            )
            start += number
    steps = list(counts)
    gap = say("journey.chart.gap")
    gaps = [{"step": step, "at": 0, "written": gap} for step, count in counts.items() if not any(count.values())]
    y = alt.Y("step:N", sort=steps, title=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=120))
    colour = alt.Color(
        "outcome:N",
        title=None,
        scale=alt.Scale(domain=[say(f"journey.chart.{name}") for name in COLOURS], range=list(COLOURS.values())),
        # Two beside each other fit on a phone.
        legend=alt.Legend(orient="bottom", direction="horizontal", symbolType="square", columns=2),
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
