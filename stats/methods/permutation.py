"""Randomisation inference: what the comparison would have shown under every assignment that could have been drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from math import comb, prod

import numpy as np
from numpy.typing import NDArray

from stats.methods.site_means import SiteValues, Variance, site_ancova_many

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

ENUMERATE_UP_TO = 20_000
CHUNK = 4_000
TIE = 1e-9
"""Statistics within this fraction of the observed one are ties: the same assignment may differ by rounding."""


@dataclass(frozen=True, kw_only=True)
class Replays:
    """Assignments that could have been drawn. arms: (D, S), True where treated; exact: all of them, else seeded draws.

    total: how many there are in all; mirrored: with each assignment its opposite could have been drawn too.
    """

    arms: Bools
    exact: bool
    total: int
    mirrored: bool

    @property
    def p_floor(self) -> float:
        """The smallest two-sided p that can come out: an assignment and its mirror image are equally extreme."""
        smallest = (2 if self.mirrored else 1) / self.total
        return min(1.0, smallest if self.exact else max(smallest, 1 / (len(self.arms) + 1)))

    @property
    def p_floor_one_sided(self) -> float:
        return min(1.0, 1 / self.total if self.exact else max(1 / self.total, 1 / (len(self.arms) + 1)))


@dataclass(frozen=True, kw_only=True)
class RandomisationP:
    """p values by replaying the assignment. two_sided: share of |t| at least as large; greater, less: one-sided.

    floor, floor_one_sided: the smallest that these can take; draws: assignments replayed; exact: all there are.
    """

    two_sided: float
    greater: float
    less: float
    floor: float
    floor_one_sided: float
    draws: int
    exact: bool


def replay_within(
    treated: Bools,
    groups: Ints | None = None,
    *,
    draws: int = 9999,
    seed: int = 20260101,
    enumerate_up_to: int = ENUMERATE_UP_TO,
) -> Replays:
    """All assignments with as many treated sites in each group as in ``treated``, or seeded draws where too many.

    groups: stratum or pair of each site, (S,); None: complete randomisation over all sites. The last few are kept,
    because every metric of a pilot has the same.
    """
    codes = np.zeros(len(treated), dtype=np.int64) if groups is None else np.unique(groups, return_inverse=True)[1]
    return _replays(tuple(map(bool, treated)), tuple(map(int, codes)), draws, seed, enumerate_up_to)


@lru_cache(maxsize=8)
def _replays(arm: tuple[bool, ...], group: tuple[int, ...], draws: int, seed: int, enumerate_up_to: int) -> Replays:
    treated, codes = np.array(arm, dtype=bool), np.array(group, dtype=np.int64)
    blocks = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    counts = [int(treated[block].sum()) for block in blocks]
    total = prod(comb(len(block), count) for block, count in zip(blocks, counts, strict=True))
    mirrored = all(2 * count == len(block) for block, count in zip(blocks, counts, strict=True))
    exact = total <= enumerate_up_to
    arms = _enumerated(blocks, counts, total) if exact else random_within(blocks, counts, draws, seed)
    arms.setflags(write=False)
    return Replays(arms=arms, exact=exact, total=total, mirrored=mirrored)


def _enumerated(blocks: list[Ints], counts: list[int], total: int) -> Bools:
    arms = np.zeros((total, sum(map(len, blocks))), dtype=bool)
    choices = (combinations(block.tolist(), count) for block, count in zip(blocks, counts, strict=True))
    for row, chosen in enumerate(product(*choices)):
        arms[row, [site for part in chosen for site in part]] = True
    return arms


def random_within(blocks: list[Ints], counts: list[int], draws: int, seed: int) -> Bools:
    """(draws, S) random assignments with ``counts`` treated sites in each block of sites."""
    rng = np.random.default_rng(seed)
    sites = sum(map(len, blocks))
    block_of = np.empty(sites)
    for index, block in enumerate(blocks):
        block_of[block] = index
    # Sorting by block, then at random, puts each block's sites in random order; its first ``count`` are treated.
    order = np.argsort(block_of + rng.random((draws, sites)), axis=1)
    first = np.concatenate([np.arange(len(block)) < count for block, count in zip(blocks, counts, strict=True)])
    arms = np.zeros((draws, sites), dtype=bool)
    np.put_along_axis(arms, order, np.broadcast_to(first, order.shape), axis=1)
    return arms


def statistic(values: SiteValues, weights: Floats | None, shift: float = 0.0) -> Callable[[Bools], Floats]:
    """The t of the site comparison as a function of the assignment, with ``shift`` taken off the treated sites."""
    variance: Variance = "pooled" if weights is None else "hc0"
    y = (values.y - shift * values.treated)[None]

    def of(arms: Bools) -> Floats:
        fits = site_ancova_many(y, arms, values.adjusters, values.groups, weights, variance)
        # No residual at all: the assignment separates the sites perfectly. No effect at all: it leaves an arm empty.
        return np.where(
            np.isfinite(fits.t), fits.t, np.where(np.isnan(fits.effect), 0.0, np.copysign(np.inf, fits.effect))
        )

    return of


def randomisation_p(values: SiteValues, replays: Replays, weights: Floats | None = None) -> RandomisationP:
    """p of no effect at any site, by the t of the comparison under each replayed assignment.

    Draws that are not exhaustive count the observed assignment as one of them (Phipson & Smyth 2010), so p is never 0.
    """
    return p_of(statistic(values, weights), values.treated, replays)


def p_of(t_of: Callable[[Bools], Floats], observed: Bools, replays: Replays) -> RandomisationP:
    seen = float(t_of(observed[None])[0])
    slack = TIE * max(1.0, abs(seen)) if np.isfinite(seen) else 0.0
    above = below = beyond = 0
    for arms in _chunks(replays.arms):
        t = t_of(arms)
        above += int((t >= seen - slack).sum())
        below += int((t <= seen + slack).sum())
        beyond += int((np.abs(t) >= abs(seen) - slack).sum())
    extra = 0 if replays.exact else 1
    count = len(replays.arms) + extra
    return RandomisationP(
        two_sided=(beyond + extra) / count,
        greater=(above + extra) / count,
        less=(below + extra) / count,
        floor=replays.p_floor,
        floor_one_sided=replays.p_floor_one_sided,
        draws=len(replays.arms),
        exact=replays.exact,
    )


def _chunks(arms: Bools) -> Iterator[Bools]:
    for start in range(0, len(arms), CHUNK):
        yield arms[start : start + CHUNK]


def inverted_limit(
    values: SiteValues,
    replays: Replays,
    weights: Floats | None,
    *,
    centre: float,
    reach: float,
    level: float,
    upper: bool,
) -> float | None:
    """One-sided confidence limit: the effect at which the one-sided randomisation p equals ``level``.

    centre, reach: the estimate and a first guess of the distance. None: unbounded, because even the most extreme
    assignment has a p above ``level``. Bisection; assumes the same effect at every site.
    """
    if replays.p_floor_one_sided > level:
        return None

    def rejected(shift: float) -> bool:
        p = p_of(statistic(values, weights, shift), values.treated, replays)
        return (p.less if upper else p.greater) <= level

    sign = 1.0 if upper else -1.0
    inner, outer = centre, centre + sign * reach
    for _ in range(60):
        if rejected(outer):
            break
        inner, outer = outer, centre + 2 * (outer - centre)
    else:
        return None
    for _ in range(40):
        middle = (inner + outer) / 2
        inner, outer = (inner, middle) if rejected(middle) else (middle, outer)
    return inner
