"""The only numbers that a story may tell: cautious estimates, rounded towards zero.

A raw effect of a pilot that won is too large on average (it would not have won otherwise). So a story tells the
estimate shrunken towards what earlier pilots found (``stats.money.shrink``), as stored with the recommendation, never
more than the raw one, and no digit of it is rounded up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, log10
from typing import TYPE_CHECKING, Any

from experiments.words.numbers import Unit, money, size
from stats.plan import PlannedMetric

if TYPE_CHECKING:
    from stats.money import Prior

ONE_IN_TWENTY = 1.6448536269514722
"""Normal quantile: one chance in 20 that the effect lies further down."""


@dataclass(frozen=True, kw_only=True)
class Cautious:
    """One effect as a story may tell it, in the metric's unit (shares 0-1), oriented: above 0 is better.

    most: the cautious estimate; least: one chance in 20 that it is below that. words, least_words: their sizes with
    unit, rounded towards zero; least_words is "" where it may be nothing at all.
    """

    metric: str
    most: float
    least: float
    words: str
    least_words: str


def cautious(
    metric: PlannedMetric, recommendation: Mapping[str, Any], result: Mapping[str, Any], prior: Prior
) -> Cautious | None:
    """The effect of one metric, None where there is no estimate. result: of the stored evidence; prior: of its plan.

    The scale on which it is shrunken is the smallest gain worth having, or the largest loss that its owner accepts.
    """
    from stats.money import Shrunken, shrink

    if result.get("effect") is None or result.get("std_error") is None:
        return None
    raw = result["effect"] if metric.better == "higher" else -result["effect"]
    stored = ((recommendation.get("inputs") or {}).get("money") or {}).get("shrunken") or {}
    known = stored.get(metric.key)
    found = (
        Shrunken(mean=known["mean"], sd=known["sd"], weight=known["weight"])
        if known
        else shrink(raw, result["std_error"], metric.mwe or metric.margin, prior)
    )
    most = _nearer_to_zero(found.mean, raw)
    least = max(0.0, abs(most) - ONE_IN_TWENTY * found.sd)
    unit = Unit.of(metric.unit, metric.spec.kind)
    return Cautious(
        metric=metric.name,
        most=most,
        least=least if most >= 0 else -least,
        words=size(rounded_down(abs(most) * unit.factor) / unit.factor, unit),
        least_words=size(rounded_down(least * unit.factor) / unit.factor, unit) if least > 0 else "",
    )


def money_down(amount: float, currency: str) -> str:
    """An amount above zero, rounded down: "EUR 740,000"."""
    return money(rounded_down(amount), currency)


def rounded_down(value: float) -> float:
    """Two significant digits, towards zero: what is told is never more than what was found.

    >>> rounded_down(744531.7), rounded_down(0.0199), rounded_down(28.0), rounded_down(0.0)
    (740000.0, 0.019, 28.0, 0.0)
    """
    if value <= 0:
        return 0.0
    places = 1 - floor(log10(value))
    # The addend keeps 0.29 * 100 = 28.999999999999996 at 29: less than the last digit of a float, nothing to people.
    down = floor(value * 10.0**places * (1 + 1e-12))
    return round(down / 10.0**places, places + 3)


def _nearer_to_zero(shrunken: float, raw: float) -> float:
    """Where earlier pilots would make an effect larger than it was found, what was found stands."""
    return shrunken if abs(shrunken) <= abs(raw) or shrunken * raw <= 0 else raw
