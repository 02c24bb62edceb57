"""Pilots over time: one bar a pilot, from its first day at its sites to its last, today as a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import altair as alt

from experiments.pictures.theme import CONTROL, FAINT, INK, TREATMENT, VERDICT_COLOURS, Theme, dressed
from experiments.words import say

BAR = 26
"""Height of a pilot's line in pixels."""


@dataclass(frozen=True, kw_only=True)
class TimelineBar:
    """One pilot. over: its last day is behind us; shared: with whom it shares sites at the same time, "" if nobody."""

    title: str
    start: date
    end: date
    over: bool
    shared: str


def timeline(bars: Sequence[TimelineBar], *, today: date, theme: Theme = "light") -> alt.LayerChart:
    """In the order given. What shares its sites has a colour, a mark and words of its own."""
    kinds = {"shared": VERDICT_COLOURS["ITERATE"], "alone": TREATMENT, "over": CONTROL}
    names = {kind: say(f"timeline.kind.{kind}") for kind in kinds}
    rows = [
        {
            "title": bar.title,
            "start": bar.start.isoformat(),
            "end": bar.end.isoformat(),
            "kind": names[_kind(bar)],
            "mark": say("timeline.mark") if bar.shared else "",
            "shared": bar.shared or say("timeline.nobody"),
        }
        for bar in bars
    ]
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y(
            "title:N",
            sort=[bar.title for bar in bars],
            title=None,
            axis=alt.Axis(labelLimit=160, ticks=False, domain=False, labelFontSize=12),
        )
    )
    drawn = base.mark_bar(height=12, cornerRadius=3).encode(
        x=alt.X("start:T", title=None, axis=alt.Axis(format="%b %Y", labelOverlap=True, tickCount=6)),
        x2="end:T",
        color=alt.Color(
            "kind:N",
            title=None,
            scale=alt.Scale(domain=list(names.values()), range=list(kinds.values())),
            legend=alt.Legend(orient="top", symbolType="square", symbolOpacity=1, labelColor=INK[theme], columns=1),
        ),
        tooltip=[
            alt.Tooltip("title:N", title=say("timeline.column.title")),
            alt.Tooltip("start:T", title=say("timeline.column.start"), format="%d %b %Y"),
            alt.Tooltip("end:T", title=say("timeline.column.end"), format="%d %b %Y"),
            alt.Tooltip("shared:N", title=say("timeline.column.shared")),
        ],
    )
    marked = base.mark_text(align="left", dx=4, fontSize=12, fontWeight=700, color=INK[theme]).encode(
        x="end:T", text="mark:N"
    )
    now = alt.Chart(alt.Data(values=[{"today": today.isoformat()}])).mark_rule(
        color=FAINT[theme], strokeDash=[4, 3], strokeWidth=1.5
    )
    now = now.encode(x="today:T", tooltip=[alt.Tooltip("today:T", title=say("timeline.today"), format="%d %b %Y")])
    return dressed(alt.layer(drawn, marked, now).properties(width="container", height=alt.Step(BAR)), theme)


def _kind(bar: TimelineBar) -> str:
    if bar.shared:
        return "shared"
    return "over" if bar.over else "alone"
