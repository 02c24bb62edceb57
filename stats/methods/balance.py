"""How alike two groups of sites are before the start, and which sites are alike enough to be a pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class HasNumbers(Protocol):
    @property
    def size(self) -> float | None: ...
    @property
    def values(self) -> Mapping[str, float]: ...


@dataclass(frozen=True, kw_only=True)
class Balance:
    """One site value by arm: means in its own unit, and their difference in standard deviations between sites."""

    name: str
    mean_control: float
    mean_treatment: float
    smd: float | None


def site_numbers(sites: Sequence[HasNumbers], names: Sequence[str] = ()) -> dict[str, Floats]:
    """(S,) of each named site value, of all there are where none is named; ``size`` is one of them where known."""
    found: dict[str, Floats] = {}
    offered = list(names) or ["size", *dict.fromkeys(name for site in sites for name in site.values)]
    for name in offered:
        column = [site.values.get(name, site.size if name == "size" else None) for site in sites]
        if all(value is not None for value in column):
            found[name] = np.array(column, dtype=float)
    return found


def balance_table(numbers: Mapping[str, Floats], treated: Bools) -> tuple[Balance, ...]:
    return tuple(_balance(name, values, treated) for name, values in numbers.items())


def _balance(name: str, values: Floats, treated: Bools) -> Balance:
    control, treatment = values[~treated], values[treated]
    return Balance(
        name=name,
        mean_control=float(control.mean()),
        mean_treatment=float(treatment.mean()),
        smd=standardised_difference(control, treatment),
    )


def standardised_difference(control: Floats, treatment: Floats) -> float | None:
    """Difference of means over the root mean of the two variances (Austin 2009); None where it has no meaning."""
    if min(len(control), len(treatment)) < 2:
        return None
    spread = np.sqrt((control.var(ddof=1) + treatment.var(ddof=1)) / 2)
    return float((treatment.mean() - control.mean()) / spread) if spread > 0 else None


def imbalance(numbers: Mapping[str, Floats], arms: Bools) -> Floats:
    """(D,) Mahalanobis distance between the arms' means for each assignment (Morgan & Rubin 2012, eq. 1)."""
    x = _white(numbers)
    n_treatment = arms.sum(axis=1, keepdims=True)
    n_control = arms.shape[1] - n_treatment
    gap = arms @ x / n_treatment - ~arms @ x / n_control
    return (gap**2).sum(axis=1) * (n_treatment * n_control / arms.shape[1])[:, 0]


def nearest_pairs(numbers: Mapping[str, Floats]) -> tuple[str, ...]:
    """A pair label for each of an even number of sites: nearest first, then improved by exchanging partners.

    Deterministic. On one value it is the pairing of neighbours, which is the best there is.
    """
    x = _white(numbers)
    distance = np.sqrt(((x[:, None, :] - x[None, :, :]) ** 2).sum(axis=2))
    if x.shape[1] == 1:
        order = np.argsort(x[:, 0], kind="stable")
        pairs = [(int(a), int(b)) for a, b in order.reshape(-1, 2)]
    else:
        pairs = _exchanged(_greedy(distance), distance)
    labels = [""] * len(x)
    for number, (a, b) in enumerate(sorted((min(pair), max(pair)) for pair in pairs), start=1):
        labels[a] = labels[b] = f"pair {number}"
    return tuple(labels)


def _white(numbers: Mapping[str, Floats]) -> Floats:
    """Site values turned so that Euclidean distance is Mahalanobis distance, (S, rank)."""
    x = np.column_stack(list(numbers.values()))
    x = x - x.mean(axis=0)
    scale = x.std(axis=0, ddof=1)
    x = x[:, scale > 0] / scale[scale > 0]
    u, singular, _ = np.linalg.svd(x, full_matrices=False)
    return u[:, singular > 1e-8 * max(singular.max(initial=0), 1e-300)] * np.sqrt(len(x) - 1)


def _greedy(distance: Floats) -> list[tuple[int, int]]:
    left, pairs = set(range(len(distance))), []
    ranked = sorted((distance[a, b], a, b) for a in left for b in left if a < b)
    for _, a, b in ranked:
        if a in left and b in left:
            pairs.append((a, b))
            left -= {a, b}
    return pairs


def _exchanged(pairs: list[tuple[int, int]], distance: Floats) -> list[tuple[int, int]]:
    """Partners exchanged between two pairs as long as that lowers the sum of distances."""
    better = True
    while better:
        better = False
        for i in range(len(pairs)):
            for j in range(i + 1, len(pairs)):
                (a, b), (c, d) = pairs[i], pairs[j]
                now = distance[a, b] + distance[c, d]
                for first, second in (((a, c), (b, d)), ((a, d), (b, c))):
                    if distance[first] + distance[second] < now - 1e-12:
                        pairs[i], pairs[j], better = first, second, True
                        break
    return pairs
