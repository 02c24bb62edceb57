"""Through the day and the week: a square for each half-hour of each weekday, green where better, red where worse."""

from __future__ import annotations

import json

import altair as alt

from experiments.pictures.axes import nice_ticks, tick_text
from experiments.pictures.theme import INK, ON_BADGE, VERDICT_COLOURS, Theme, dressed
from experiments.views import Better, HalfHour, HalfHoursView
from experiments.words import digits, say

EVEN = "#E9E9E9"
"""No difference: light on both grounds, so that the same ink is readable in every square."""
SQUARE = 17
MOST_WRITTEN = 7 * 32


def half_hour_squares(
    view: HalfHoursView, *, unit: str, better: Better, theme: Theme = "light", width: int = 280
) -> alt.LayerChart:
    """Half-hours downwards, weekdays across, the difference written in each square and shown by its colour."""
    largest = max(abs(cell.better_by) for cell in view.cells) or 1.0
    decimals = digits.decimals_for([largest], significant=2 if largest < 10 else 1)
    sign = 1.0 if better == "higher" else -1.0
    rows = [
        {
            "day": day_words(cell.day),
            "slot": cell.slot,
            "order": cell.order,
            "better_by": cell.better_by,
            "written": written(cell, digits.with_sign(digits.fixed(cell.better_by * sign + 0.0, decimals))),
            "change": cell.change_text,
            "interval": cell.interval_text,
            "treatment": cell.treatment_text,
            "control": cell.control_text,
        }
        for cell in view.cells
    ]
    days = [
        day_words(day) for day in sorted({cell.day for cell in view.cells}, key=lambda day: -1 if day is None else day)
    ]
    slots = [slot for _, slot in sorted({(cell.order, cell.slot) for cell in view.cells})]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("day:O", sort=days, title=None, axis=alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False)),
        y=alt.Y("slot:O", sort=slots, title=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=90)),
        tooltip=[
            alt.Tooltip("day:N", title=say("chart.weekday")),
            alt.Tooltip("slot:N", title=say("chart.half_hour")),
            alt.Tooltip("change:N", title=say("chart.change")),
            alt.Tooltip("interval:N", title=say("half_hours.interval")),
            alt.Tooltip("treatment:N", title=say("arm.treatment")),
            alt.Tooltip("control:N", title=say("arm.control")),
        ],
    )
    squares = base.mark_rect(stroke="transparent", strokeWidth=1).encode(color=_colour(largest, unit, sign, theme))
    layers: list[alt.Chart] = [squares]
    if len(rows) <= MOST_WRITTEN:
        layers.append(base.mark_text(fontSize=9.5, color=ON_BADGE).encode(text="written:N"))
    heading = alt.TitleParams(
        say("chart.squares", unit=unit), anchor="start", fontSize=11, fontWeight="normal", color=INK[theme]
    )
    size = {"width": width if len(days) > 2 else 60 * len(days), "height": alt.Step(SQUARE)}
    return dressed(alt.layer(*layers).properties(title=heading, **size), theme)


def written(cell: HalfHour, number: str) -> str:
    """The number where it is clear of zero, in brackets where it is not, a question mark where too few say anything."""
    if cell.sure is None:
        return "?"
    return number if cell.sure else f"({number})"


def in_words(cell: HalfHour) -> str:
    """The difference with where it likely lies, for the table."""
    return f"{cell.change_text}, {cell.interval_text}" if cell.interval_text else cell.change_text


def _colour(largest: float, unit: str, sign: float, theme: Theme) -> alt.Color:
    """Worse, even, better: the same colours as the verdicts'; the legend is written in the metric's own sign."""
    reach = nice_ticks(-largest, largest, 4)
    texts = [tick_text(tick * sign + 0.0, reach) + (f" {unit}" if tick == reach[-1] and unit else "") for tick in reach]
    expression = f"{json.dumps(texts, ensure_ascii=False)}[indexof({json.dumps(reach)}, datum.value)]"
    return alt.Color(
        "better_by:Q",
        title=say("chart.better_right"),
        scale=alt.Scale(
            domain=[-largest, 0, largest], range=[VERDICT_COLOURS["STOP"], EVEN, VERDICT_COLOURS["SCALE"]]
        ),
        legend=alt.Legend(
            orient="bottom", direction="horizontal", gradientLength=220, gradientThickness=10, values=reach,
            labelExpr=expression, titleFontWeight="normal", titleFontSize=11, titleColor=INK[theme],
        ),
    )  # fmt: skip


def day_words(day: int | None) -> str:
    """Mon, Tue ...; one word for where the data know only the half-hour."""
    return say("weekday.any") if day is None else say(f"weekday.{day}")
