"""Wild cluster bootstrap with the null imposed, for few clusters.

WCR11 of Cameron, Gelbach & Miller (2008), Rev. Econ. Stat. 90, and Roodman et al. (2019), Stata J. 19: residuals of
the restricted fit, one sign per cluster, t statistic with CR1S. All sign vectors are used where there are few, so that
the p is exact and can't be 0. Rademacher signs, or the six points of Webb (2023) where clusters are too few for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stats.methods.clustered import ClusteredFit

Floats = NDArray[np.float64]
Signs = Literal["rademacher", "webb"]

ENUMERATE_UP_TO = 20_000
WEBB = np.sqrt([0.5, 1.0, 1.5])
TIE = 1e-9
FURTHEST = 12
"""Doublings of the first guess before a limit is called unbounded: thousands of standard errors."""


@dataclass(frozen=True, kw_only=True)
class WildP:
    """two_sided: share of bootstrap |t| at least as large as the observed one; greater, less: one-sided.

    t: observed statistic, CR1S, against the null value; draws, exceed: how many were made, how many were as large;
    exact: every sign vector was used.
    """

    two_sided: float
    greater: float
    less: float
    t: float
    draws: int
    exceed: int
    exact: bool


def sign_vectors(clusters: int, signs: Signs, draws: int, seed: int) -> tuple[Floats, bool]:
    """(D, G) multipliers and whether they are all there are."""
    if signs == "rademacher" and 2**clusters <= ENUMERATE_UP_TO:
        return np.array(list(product((1.0, -1.0), repeat=clusters))), True
    rng = np.random.default_rng(seed)
    points = np.array([-1.0, 1.0]) if signs == "rademacher" else np.concatenate([-WEBB, WEBB])
    return points[rng.integers(len(points), size=(draws, clusters))], False


def wild_p(fitted: ClusteredFit, position: int, *, signs: Signs, draws: int, seed: int, null: float = 0.0) -> WildP:
    """p of "the coefficient at ``position`` is ``null``"."""
    multipliers, exact = sign_vectors(len(fitted.scores), signs, draws, seed)
    return _compared(fitted, position, null, multipliers, exact)


def _compared(fitted: ClusteredFit, position: int, null: float, multipliers: Floats, exact: bool) -> WildP:
    row, groups = fitted.bread[position], len(fitted.scores)
    distance = fitted.coefficients[position] - null
    # The restricted fit moves the coefficients along the column of the bread; scores move with them.
    moved = fitted.bread[:, position] * distance / fitted.bread[position, position]
    scores = fitted.scores + fitted.moments.xtx @ moved
    own = scores @ row
    carried = np.einsum("gij,i->gj", fitted.moments.xtx, row) @ fitted.bread @ scores.T
    records, columns = fitted.moments.n.sum(), fitted.scores.shape[1]
    factor = groups / (groups - 1) * (records - 1) / (records - columns)
    effects = multipliers @ own
    spread = np.sqrt(factor * ((multipliers * own - multipliers @ carried.T) ** 2).sum(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(spread > 0, effects / spread, np.sign(effects) * np.inf)
    observed = float(distance / np.sqrt(factor * ((fitted.scores @ row) ** 2).sum()))
    slack = TIE * max(1.0, abs(observed))
    extra = 0 if exact else 1
    exceed = int((np.abs(t) >= abs(observed) - slack).sum())
    count = len(t) + extra
    return WildP(
        two_sided=(exceed + extra) / count,
        greater=(int((t >= observed - slack).sum()) + extra) / count,
        less=(int((t <= observed + slack).sum()) + extra) / count,
        t=observed,
        draws=len(t),
        exceed=exceed,
        exact=exact,
    )


def wild_limit(
    fitted: ClusteredFit,
    position: int,
    *,
    level: float,
    upper: bool,
    reach: float,
    signs: Signs,
    draws: int,
    seed: int,
) -> float | None:
    """One-sided limit: the null value at which the one-sided p falls to ``level``; None where it never does.

    reach: a first guess of its distance from the estimate.
    """
    multipliers, exact = sign_vectors(len(fitted.scores), signs, draws, seed)
    centre, sign = float(fitted.coefficients[position]), 1.0 if upper else -1.0

    def rejected(null: float) -> bool:
        p = _compared(fitted, position, null, multipliers, exact)
        return (p.less if upper else p.greater) <= level

    inner, outer = centre, centre + sign * reach
    for _ in range(FURTHEST):
        if rejected(outer):
            break
        inner, outer = outer, centre + 2 * (outer - centre)
    else:
        return None
    for _ in range(40):
        middle = (inner + outer) / 2
        inner, outer = (inner, middle) if rejected(middle) else (middle, outer)
    return inner
