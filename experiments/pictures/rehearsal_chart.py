"""The picture of a rehearsal: one bar a truth, as long as a hundred pilots, divided by how they end."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import altair as alt

from experiments.pictures.rehearsal_view import VERDICTS, TruthRow
from experiments.pictures.theme import INK, ON_BADGE, VERDICT_COLOURS, Theme, dressed
from experiments.words import say

LINE = 38
"""Letters of a bar's name that stand in one line."""
WRITTEN_FROM = 0.07
"""Share from which a number has room inside its part of the bar."""


def verdict_bars(rows: Sequence[TruthRow], *, theme: Theme = "light", width: int = 460) -> alt.LayerChart:
    """Stacked bars in the colours of the verdicts, SCALE on the left."""
    names = [say(f"verdict.{verdict}") for verdict in VERDICTS]
    parts = [part for row in rows for part in _parts(row)]
    base = alt.Chart(alt.Data(values=parts)).encode(
        y=alt.Y(
            "truth:N",
            sort=[_wrapped(row.words) for row in rows],
            title=None,
            axis=alt.Axis(
                labelLimit=280, ticks=False, domain=False, labelFontSize=12, labelExpr="split(datum.label, '\\n')"
            ),
        )
    )
    bars = base.mark_bar(height=22).encode(
        x=alt.X(
            "from:Q",
            title=say("rehearse.axis"),
            scale=alt.Scale(domain=[0, 100], nice=False),
            axis=alt.Axis(values=[0, 25, 50, 75, 100]),
        ),
        x2="to:Q",
        color=alt.Color(
            "verdict:N",
            title=None,
            scale=alt.Scale(domain=names, range=[VERDICT_COLOURS[verdict] for verdict in VERDICTS]),
            legend=alt.Legend(orient="top", symbolType="square", symbolOpacity=1, labelColor=INK[theme]),
        ),
        tooltip=[
            alt.Tooltip("words:N", title=say("column.truth")),
            alt.Tooltip("verdict:N", title=say("column.what")),
            alt.Tooltip("text:N", title=say("rehearse.axis")),
        ],
    )
    written = (
        base.transform_filter(f"datum.to - datum.from >= {100 * WRITTEN_FROM}")
        .mark_text(color=ON_BADGE, fontSize=12, fontWeight=600)
        .encode(x="middle:Q", text="whole:N")
    )
    # As high as the longest label, so that two of them never touch.
    most = max(_wrapped(row.words).count("\n") + 1 for row in rows)
    return dressed(alt.layer(bars, written).properties(width=width, height=alt.Step(max(32, 15 * most + 5))), theme)


def _wrapped(words: str) -> str:
    return "\n".join(textwrap.wrap(words, LINE))


def _parts(row: TruthRow) -> list[dict[str, object]]:
    parts: list[dict[str, object]] = []
    begin = 0.0
    for verdict in VERDICTS:
        end = begin + 100 * row.shares[verdict]
        parts.append(
            {
                "truth": _wrapped(row.words),
                "words": row.words,
                "verdict": say(f"verdict.{verdict}"),
                "from": begin,
                "to": end,
                "middle": (begin + end) / 2,
                "text": row.said[verdict],
                "whole": f"{100 * row.shares[verdict]:.0f}",
            }
        )
        begin = end
    return parts
