"""Randomisation inference for starts: what the average effect would be had the same starts fallen to other sites."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import factorial, prod

import numpy as np
from numpy.typing import NDArray

from stats.methods.imputation import Imputed, impute
from stats.methods.panel import Panel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ENUMERATE_UP_TO = 20_000
CELLS_AT_ONCE = 2_000_000
CELLS_IN_ALL = 30_000_000
REFITS_AT_MOST = 999
TIE = 1e-9


@dataclass(frozen=True, kw_only=True)
class AdoptionP:
    """p of no effect at any site. floor: the smallest that p can take; exact: all arrangements were looked at."""

    two_sided: float
    greater: float
    less: float
    floor: float
    total: int
    replayed: int
    exact: bool


def adoption_p(imputed: Imputed, *, draws: int, seed: int) -> AdoptionP:
    """The average effect over all treated cells under every (or ``draws`` seeded) arrangement of the starts.

    Starts are dealt out within strata where the panel has them. Where every site has every period with equal weight the
    average is a sum of one number a site and start; else each arrangement is fitted again, at most 999 of them.
    """
    panel = imputed.panel
    everything = np.ones(panel.y.shape, dtype=bool)
    total = arrangements(panel)
    exact = total <= ENUMERATE_UP_TO
    complete = panel.known.all() and len(np.unique(panel.weight)) == 1
    if complete:
        starts, code = np.unique(panel.start, return_inverse=True)
        loadings = imputed.loadings(everything)
        by_start = np.stack([loadings[np.flatnonzero(code == c)[0]] for c in range(len(starts))])
        table = panel.y @ by_start.T
        place = np.arange(len(panel.sites))
        wanted = min(draws, max(99, CELLS_IN_ALL // len(panel.sites)))
        batches = _enumerated(panel, code) if exact else _drawn(panel, code, wanted, seed)
        found = [table[place, chunk].sum(axis=1) for chunk in batches]
    else:
        wanted = min(draws, REFITS_AT_MOST, max(99, CELLS_IN_ALL * 20 // (panel.y.size * len(panel.periods))))
        exact = total <= wanted
        batches = _enumerated(panel, panel.start) if exact else _drawn(panel, panel.start, wanted, seed)
        found = [np.array([_refitted(panel, row) for row in chunk]) for chunk in batches]
    average = imputed.average(everything)
    assert average is not None
    values = np.concatenate(found)
    values = values[np.isfinite(values)]
    slack = TIE * max(1.0, float(np.abs(values).max(initial=0.0)))
    extra = 0 if exact else 1
    count = len(values) + extra

    def share(hits: NDArray[np.bool_]) -> float:
        return (int(hits.sum()) + extra) / count

    return AdoptionP(
        two_sided=share(np.abs(values) >= abs(average.effect) - slack),
        greater=share(values >= average.effect - slack),
        less=share(values <= average.effect + slack),
        floor=1 / count,
        total=total,
        replayed=len(values),
        exact=exact,
    )


def _blocks(panel: Panel) -> list[Ints]:
    if panel.strata is None:
        return [np.arange(len(panel.sites))]
    return [np.flatnonzero(panel.strata == label) for label in np.unique(panel.strata)]


def arrangements(panel: Panel) -> int:
    """In how many ways the starts could have been dealt out."""
    return prod(
        factorial(len(block)) // prod(factorial(int(n)) for n in np.unique(panel.start[block], return_counts=True)[1])
        for block in _blocks(panel)
    )


def _enumerated(panel: Panel, code: Ints) -> Iterator[Ints]:
    blocks = _blocks(panel)
    rows = []
    for parts in product(*(_orders(sorted(code[block].tolist())) for block in blocks)):
        row = np.empty(len(code), dtype=np.int64)
        for block, part in zip(blocks, parts, strict=True):
            row[block] = part
        rows.append(row)
    yield np.array(rows)


def _orders(values: list[int]) -> Iterator[list[int]]:
    """All distinct orders of a list with repeats (sorted), by the next order each time (Narayana)."""
    row = list(values)
    while True:
        yield row.copy()
        pivot = next((i for i in range(len(row) - 2, -1, -1) if row[i] < row[i + 1]), None)
        if pivot is None:
            return
        after = next(i for i in range(len(row) - 1, pivot, -1) if row[i] > row[pivot])
        row[pivot], row[after] = row[after], row[pivot]
        row[pivot + 1 :] = reversed(row[pivot + 1 :])


def _drawn(panel: Panel, code: Ints, draws: int, seed: int) -> Iterator[Ints]:
    rng = np.random.default_rng(seed)
    blocks = _blocks(panel)
    at_once = max(1, CELLS_AT_ONCE // len(code))
    for start in range(0, draws, at_once):
        rows = np.empty((min(at_once, draws - start), len(code)), dtype=np.int64)
        for block in blocks:
            rows[:, block] = rng.permuted(np.tile(code[block], (len(rows), 1)), axis=1)
        yield rows


def _refitted(panel: Panel, start: Ints) -> float:
    from dataclasses import replace

    found = impute(replace(panel, start=start), jackknifed=False)
    if not isinstance(found, Imputed):
        return float("nan")
    average = found.average(np.ones(found.panel.y.shape, dtype=bool))
    return float("nan") if average is None else average.effect
