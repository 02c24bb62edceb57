"""Axes of charts: ticks that read well, units on the axis, arms by colour and shape."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import ceil, floor, log10

import altair as alt

from experiments.pictures.theme import CONTROL, TREATMENT
from experiments.views import Better
from experiments.words import digits, say


def level_axis(values: Sequence[float], unit: str, better: Better) -> alt.X:
    low, high = min(values), max(values)
    air = 0.08 * ((high - low) or 1.0)
    ticks = nice_ticks(low - air, high + air)
    best = ticks[-1] if better == "higher" else ticks[0]
    decimals = digits.decimals_for([step_of(ticks)], significant=1)
    labels = [digits.fixed(tick, decimals) + (f" {unit}" if tick == best and unit else "") for tick in ticks]
    return alt.X(
        "value:Q",
        title=say("chart.better_right"),
        scale=alt.Scale(domain=[low - air, high + air], nice=False, zero=False, reverse=better == "lower"),
        axis=labelled(ticks, labels, grid=True),
    )


def labelled(ticks: list[float], labels: list[str], *, grid: bool = False) -> alt.Axis:
    expression = f"{json.dumps(labels, ensure_ascii=False)}[indexof({json.dumps(ticks)}, datum.value)]"
    return alt.Axis(
        values=ticks, labelExpr=expression, grid=grid, labelOverlap=True, labelBound=False, labelFlush=False
    )


def same_axis(x: alt.X, name: str) -> alt.X:
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


def step_of(ticks: list[float]) -> float:
    return ticks[1] - ticks[0] if len(ticks) > 1 else (ticks[0] if ticks else 1.0)


def tick_text(tick: float, ticks: list[float]) -> str:
    if tick == 0:
        return "0"
    return digits.with_sign(digits.fixed(tick, digits.decimals_for([float(f"{step_of(ticks):.6g}")], significant=1)))


def arm_name(treatment: bool) -> str:
    return say("arm.treatment" if treatment else "arm.control")


def period_axis() -> alt.Axis:
    return alt.Axis(
        labelAngle=0, labelAlign="center", labelBaseline="top", labelPadding=5, labelOverlap=True, grid=False
    )


def arm_colour(symbol: str = "circle") -> alt.Color:
    return alt.Color(
        "arm:N",
        title=None,
        scale=alt.Scale(domain=[arm_name(True), arm_name(False)], range=[TREATMENT, CONTROL]),
        legend=alt.Legend(orient="top", symbolOpacity=1, symbolType=symbol),
    )


def arm_shape() -> alt.Shape:
    return alt.Shape(
        "arm:N",
        title=None,
        scale=alt.Scale(domain=[arm_name(True), arm_name(False)], range=["circle", "square"]),
        legend=alt.Legend(orient="top", symbolOpacity=1),
    )
