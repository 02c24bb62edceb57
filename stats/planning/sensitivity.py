"""What an answer would be if sites were more, or less, alike than assumed: the table that goes with an unknown ICC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

ICCS = (0.01, 0.05, 0.1, 0.2)
AUTOCORRELATIONS = (0.5, 0.8, 1.0)
"""What is usual: ICCs of process and outcome measures (Campbell, Fayers & Grimshaw 2005, Clin. Trials 2:99), cluster
autocorrelations of routine data (Korevaar et al. 2021, Clin. Trials 18:529)."""


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """value: the answer (power, sites, smallest effect) at this icc and autocorrelation, None where there is none."""

    icc: float
    autocorrelation: float
    value: float | None


def sensitivity(answer: Callable[[float, float], float | None]) -> tuple[Sensitivity, ...]:
    """The answer over usual values, from sites that are little alike to much."""
    return tuple(
        Sensitivity(icc=icc, autocorrelation=autocorrelation, value=answer(icc, autocorrelation))
        for icc in ICCS
        for autocorrelation in AUTOCORRELATIONS
    )
