"""Numbers with their unit, as people read them: "−18 s", "+4.1 points", "between −31 s and −6 s", money, dates.

Every text on screen, in memos and on charts comes from here, so that the same number is written the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from experiments.words.catalogue import say, written_day
from experiments.words.digits import MINUS, decimals_for, fixed, percent, plain, rounded, whole, with_sign

__all__ = ["Unit", "day", "day_and_distance", "effect", "effect_between", "level", "money", "percent", "plain", "whole"]

SHARE_KINDS = frozenset({"share", "share_beyond", "interval_share"})


@dataclass(frozen=True, kw_only=True)
class Unit:
    """How values of a metric are shown: times ``factor``; ``of_effect`` follows differences, ``of_level`` levels."""

    factor: float = 1.0
    of_effect: str = ""
    of_level: str = ""

    @classmethod
    def of(cls, unit: str, kind: str = "mean") -> Unit:
        """Shares (0-1) are shown in per cent, and their differences in percentage points."""
        if kind in SHARE_KINDS or unit == "share":
            return cls(factor=100.0, of_effect=say("unit.points"), of_level="%")
        if unit in {"%", "percent"}:
            return cls(of_effect=say("unit.points"), of_level="%")
        return cls(of_effect=unit, of_level=unit)


def effect(value: float, unit: Unit, *, beside: tuple[float | None, ...] = ()) -> str:
    """A difference with sign and unit: "−18 s", "+4.1 points". beside: its interval, so that the digits agree."""
    shown, decimals = value * unit.factor, _decimals(value, *beside, unit=unit)
    if shown and any(beside) and not f"{abs(shown):.{decimals}f}".strip("0."):
        return _with_unit(f"{0:.{decimals}f}", unit.of_effect)  # beside its interval, more digits would say nothing
    return _with_unit(with_sign(_digits(shown, decimals)), unit.of_effect)


def effect_between(lower: float | None, upper: float | None, unit: Unit, *, beside: tuple[float, ...] = ()) -> str:
    """An interval in words: "between −31 s and −6 s"; an open end is said."""
    decimals = _decimals(lower, upper, *beside, unit=unit)

    def end(value: float) -> str:
        return _with_unit(with_sign(_digits(value * unit.factor, decimals)), unit.of_effect)

    if lower is None and upper is None:
        return say("interval.open")
    if lower is None:
        return say("interval.at_most", upper=end(float(upper or 0.0)))
    if upper is None:
        return say("interval.at_least", lower=end(lower))
    return say("interval.between", lower=end(lower), upper=end(upper))


def level(value: float, unit: Unit) -> str:
    """A level without a sign: "212 s", "81.4 %"."""
    return _with_unit(plain(value * unit.factor), unit.of_level)


def size(value: float, unit: Unit) -> str:
    """A promised size of a difference, without a sign: "15 s", "2 points"."""
    return _with_unit(plain(abs(value) * unit.factor), unit.of_effect)


def effect_size(value: float, unit: Unit, *, beside: tuple[float | None, ...] = ()) -> str:
    """The size of an effect, with the digits that ``effect`` gives it: "18 s"."""
    return effect(abs(value), unit, beside=beside).lstrip("+")


def relative(fraction: float) -> str:
    """A relative change: "−12 %"."""
    shown = 100 * fraction
    return f"{with_sign(_digits(shown, decimals_for([shown])))} %"


def chance(probability: float) -> str:
    """A probability in whole per cent; never quite certain: "91 %", "more than 99 %", "less than 1 %"."""
    if probability > 0.99:
        return say("chance.above", percent="99 %")
    return say("chance.below", percent="1 %") if probability < 0.01 else percent(round(probability, 2))


def in_hundred(share: float, *, below: bool = False) -> str:
    """A simulated share as so many in 100, one decimal below ten; never quite none or all, which nobody simulated.

    below: it is less than that: so few were simulated that nothing rarer can be told.
    """
    if below:
        return say("rehearse.below", count=fixed(max(0.1, 100 * share), 1))
    if share < 0.0005:
        return say("rehearse.below", count="0.1")
    if share > 0.995:
        return say("rehearse.above", count="99")
    return fixed(100 * share, 1 if 100 * share < 9.95 else 0)


def money(amount: float, currency: str, period: str | None = None) -> str:
    """ "EUR 1.2 million a year": currency always, period where it is money per period; no cents from 10 on."""
    sign, size_ = (MINUS if amount < 0 else ""), abs(amount)
    for limit, key in ((1e9, "money.billion"), (1e6, "money.million")):
        if rounded(size_, 3) >= limit:
            shown = say(key, amount=plain(size_ / limit))
            break
    else:
        shown = plain(round(size_) if size_ >= 10 else size_)
    text = say("money.amount", currency=currency, amount=f"{sign}{shown}")
    return say("money.a_period", amount=text, period=period) if period else text


def day(value: date) -> str:
    """12 Mar 2026."""
    return written_day(value)


def day_and_distance(value: date, today: date) -> str:
    """12 Mar 2026 (in 3 weeks)."""
    return say("date.with_distance", day=written_day(value), distance=distance(value, today))


def distance(value: date, today: date) -> str:
    """ "today", "in 3 weeks", "2 months ago": the largest unit of which there are at least two."""
    days = (value - today).days
    if abs(days) <= 1:
        return say(("date.yesterday", "date.today", "date.tomorrow")[days + 1])
    counts = {
        name: round(abs(days) / length) for name, length in (("year", 365), ("month", 30), ("week", 7), ("day", 1))
    }
    name, count = next((name, count) for name, count in counts.items() if count >= 2)
    return say(f"date.{'in' if days > 0 else 'ago'}.{name}", count=count)


def _decimals(*values: float | None, unit: Unit) -> int:
    return decimals_for([value * unit.factor for value in values if value is not None])


def _digits(value: float, decimals: int) -> str:
    return fixed(rounded(value, 3) if abs(value) >= 1000 else value, decimals)


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit else text
