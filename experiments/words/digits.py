"""Digits: how a bare number is written, in one place, so that every page, memo and chart writes it alike.

Two or three significant digits, a true minus sign (U+2212), thousands separated by a comma, never "-0".
Units, intervals, dates and money are in ``numbers``.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, isfinite, log10

MINUS = "\u2212"
SEPARATOR = ","


def decimals_for(values: Iterable[float], *, significant: int = 2) -> int:
    """Decimals that give the largest of ``values`` that many significant digits; 0 where all are zero."""
    largest = max((abs(value) for value in values if isfinite(value)), default=0.0)
    return 0 if largest == 0 else max(0, significant - 1 - floor(log10(largest)))


def fixed(value: float, decimals: int) -> str:
    """``value`` with so many decimals; a number that would wrongly read as 0 keeps one significant digit."""
    text = f"{abs(value):,.{decimals}f}"
    if value != 0 and not text.strip("0.,"):
        text = f"{abs(value):,.{decimals_for([value], significant=1)}f}"
    return (MINUS if value < 0 else "") + text


def rounded(value: float, significant: int) -> float:
    """``value`` rounded to so many significant digits."""
    return 0.0 if value == 0 else round(value, significant - 1 - floor(log10(abs(value))))


def plain(value: float, *, significant: int = 3) -> str:
    """A level or fact: 3 significant digits and no trailing zeros: 12.3, 0.041, 1,230, 12,300.

    >>> plain(12345.6), plain(-0.0412), plain(7.0), plain(-0.0)
    ('12,300', '−0.0412', '7', '0')
    """
    value = rounded(float(value), significant)
    text = fixed(value, decimals_for([value], significant=significant))
    return text.rstrip("0").rstrip(".") if "." in text else text


def whole(value: float) -> str:
    """A count, exact: 12,345."""
    return fixed(round(value), 0)


def percent(share: float) -> str:
    """A fraction as a percentage: 0.123 -> 12.3 %, 0.5 -> 50 %; one decimal at most above 1 %.

    >>> percent(0.1234), percent(0.5), percent(1), percent(0.0004)
    ('12.3 %', '50 %', '100 %', '0.04 %')
    """
    value = 100 * float(share)
    value = round(value, 1) if abs(value) >= 1 else rounded(value, 1)
    return f"{plain(value, significant=4)} %"


def with_sign(text: str) -> str:
    """A plus before what is above zero; zero and what already has its minus stay as they are."""
    return f"+{text}" if text[0] != MINUS and text.strip("0.,") else text
