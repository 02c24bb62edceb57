"""What pilots of one kind have in common: a random-effects summary, and what to expect of the next one of that kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stats.combining.pooling import Pooled, pool
from stats.learning.prior import PilotEffect
from stats.results import NotEstimable

FEWEST = 3
"""Below that there is no interval for the next one (its t has k - 2 df), and so no summary."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of change. summary: in MWE, by REML with Hartung and Knapp's interval, and the interval in which the
    true effect of the next pilot of that kind should lie; NotEstimable with the number of pilots below three."""

    kind: str
    effects: tuple[PilotEffect, ...]
    summary: Pooled | NotEstimable


def by_kind(pairs: Iterable[tuple[str, PilotEffect]]) -> tuple[Kind, ...]:
    """(kind, effect) pairs gathered; the kind with the most pilots first."""
    grouped: dict[str, list[PilotEffect]] = {}
    for kind, effect in pairs:
        grouped.setdefault(kind, []).append(effect)
    return tuple(
        Kind(kind=kind, effects=tuple(effects), summary=summary(effects)) for kind, effects in _most_first(grouped)
    )


def summary(effects: Sequence[PilotEffect]) -> Pooled | NotEstimable:
    if len(effects) < FEWEST:
        return NotEstimable(code="too_few_pilots_of_kind", facts={"count": len(effects), "fewest": FEWEST})
    values = np.array([each.effect for each in effects], dtype=np.float64)
    variances = np.array([each.error**2 for each in effects], dtype=np.float64)
    return pool(values, variances, method="reml", hartung_knapp=True, prediction="t")


def _most_first(grouped: Mapping[str, list[PilotEffect]]) -> list[tuple[str, list[PilotEffect]]]:
    return sorted(grouped.items(), key=lambda pair: (-len(pair[1]), pair[0]))
