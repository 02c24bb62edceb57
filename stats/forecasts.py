"""Scores of forecasts made before data: lower is better, and honest numbers score best on average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ENOUGH = 10
"""Scored forecasts below which nothing is said about a forecaster: luck decides with fewer."""
INTERVAL = 0.80


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a number of forecasts did together; scores are None below ``ENOUGH``.

    forecasts: with a known outcome; brier: mean, 0 best, .25 for "50 %" always; intervals: with a known effect;
    inside: share of them that hold the effect, promised .80; interval_score: mean, in units of the MWE.
    """

    forecasts: int
    intervals: int
    brier: float | None
    inside: float | None
    interval_score: float | None


def brier(probability: float, happened: bool) -> float:
    """Squared distance of a probability from what happened, 0-1 (Brier 1950, Monthly Weather Review 78:1).

    >>> brier(0.7, True)
    0.09
    """
    return round((probability - float(happened)) ** 2, 12)


def interval_score(low: float, high: float, value: float, *, coverage: float = INTERVAL) -> float:
    """Width of a central interval, plus 2 / (1 - coverage) times the distance by which it missed; same unit.

    Gneiting & Raftery 2007, J. Am. Stat. Assoc. 102:359, equation 43.

    >>> interval_score(1.0, 3.0, 2.5), interval_score(1.0, 3.0, 3.5)
    (2.0, 7.0)
    """
    missed = max(low - value, 0.0, value - high)
    return round(high - low + 2 / (1 - coverage) * missed, 12)


def standing(briers: Sequence[float], insides: Sequence[bool], scores: Sequence[float]) -> Standing:
    """Together; nothing but the counts below ``ENOUGH``."""
    return Standing(
        forecasts=len(briers),
        intervals=len(insides),
        brier=_mean(briers),
        inside=_mean([float(inside) for inside in insides]),
        interval_score=_mean(scores),
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if len(values) >= ENOUGH else None
