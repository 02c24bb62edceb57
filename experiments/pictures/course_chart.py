"""A key result over time: the words on it as a line with points, the way to its target as a dashed line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import altair as alt

from experiments.pictures.theme import FAINT, TREATMENT, Theme, dressed
from experiments.words import say

Point = tuple[date, float, str, str]
"""Day, value in the unit shown, the value with its unit, and how sure its owner was ("" for the way)."""


def course_chart(
    said: Sequence[Point], ways: Sequence[Sequence[Point]], *, unit: str, theme: Theme = "light"
) -> alt.LayerChart:
    """What was said over the way to the target (or the two lines to keep within)."""
    rows = [{"on": on.isoformat(), "value": value, "text": text, "outlook": sure} for on, value, text, sure in said]
    x = alt.X("on:T", title=None, axis=alt.Axis(format="%b %Y", labelOverlap=True, tickCount=6))
    y = alt.Y("value:Q", title=unit or None, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5))
    words = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(color=TREATMENT, strokeWidth=2.2, point=alt.OverlayMarkDef(size=60, filled=True, color=TREATMENT))
        .encode(
            x=x,
            y=y,
            tooltip=[
                alt.Tooltip("on:T", title=say("objectives.course.day"), format="%d %b %Y"),
                alt.Tooltip("text:N", title=say("objectives.course.value")),
                alt.Tooltip("outlook:N", title=say("objectives.field.outlook")),
            ],
        )
    )
    lines = [
        alt.Chart(alt.Data(values=[{"on": on.isoformat(), "value": value} for on, value, _, _ in way]))
        .mark_line(color=FAINT[theme], strokeDash=[5, 4], strokeWidth=1.6)
        .encode(x=x, y=y)
        for way in ways
    ]
    return dressed(alt.layer(*lines, words).properties(width="container", height=180), theme)
