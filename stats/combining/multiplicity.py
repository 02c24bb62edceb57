"""Adjusted p values: Bonferroni, Holm, Hochberg, Benjamini-Hochberg. What was not tested is not counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Adjusted:
    """Adjusted p values in the order given, None where there was none; tested: how many there were.

    rejected: adjusted p at or below alpha, None where there was no p.
    """

    method: str
    p: tuple[float | None, ...]
    rejected: tuple[bool | None, ...]
    tested: int
    alpha: float


def _bonferroni(ordered: Floats) -> Floats:
    return ordered * len(ordered)


def _holm(ordered: Floats) -> Floats:
    left = np.arange(len(ordered), 0, -1)
    return np.maximum.accumulate(ordered * left)


def _hochberg(ordered: Floats) -> Floats:
    left = np.arange(len(ordered), 0, -1)
    return np.minimum.accumulate((ordered * left)[::-1])[::-1]


def _benjamini_hochberg(ordered: Floats) -> Floats:
    rank = np.arange(1, len(ordered) + 1)
    return np.minimum.accumulate((ordered * len(ordered) / rank)[::-1])[::-1]


METHODS: Mapping[str, Callable[[Floats], Floats]] = {
    "bonferroni": _bonferroni,
    "holm": _holm,
    "hochberg": _hochberg,
    "benjamini_hochberg": _benjamini_hochberg,
}
"""By name, on increasing p values: Bonferroni; Holm (1979); Hochberg (1988); Benjamini and Hochberg (1995)."""


def adjust(p_values: Sequence[float | None], method: str = "holm", alpha: float = 0.05) -> Adjusted:
    """Adjusted p values; None and NaN are hypotheses without a test: they stay so and do not count.

    >>> adjust([0.01, None, 0.04], "holm").p
    (0.02, None, 0.04)
    """
    known = [index for index, p in enumerate(p_values) if p is not None and not isnan(p)]
    values = np.array([p_values[index] for index in known], dtype=float)
    order = np.argsort(values, kind="stable")
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(1.0, METHODS[method](values[order])) if len(values) else values
    found: dict[int, float] = {index: float(value) for index, value in zip(known, adjusted, strict=True)}
    p = tuple(found.get(index) for index in range(len(p_values)))
    return Adjusted(
        method=method,
        p=p,
        rejected=tuple(None if value is None else value <= alpha for value in p),
        tested=len(known),
        alpha=alpha,
    )
