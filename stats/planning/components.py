"""How much of a metric's variance stays with a site, passes with the period, or belongs to the record: REML on cells.

Cells are averages of n records by site and period; their model is that of ``Variation``. The variance of records within
cells is known from the scan. With any two periods equally alike two parameters are left, searched on two grids of
restricted likelihoods (Patterson & Thompson 1971, Biometrika 58:545), the second around what the first left possible;
profiles give the intervals, because with few sites, and at the edges, a standard error would say nothing. Where sites
drift, so that neighbouring periods are more alike, a third parameter is fitted, and taken if it is worth it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, expit, logit, ndtri

from stats.planning.variation import Variation
from stats.results import NotEstimable

Floats = NDArray[np.float64]
SITES_AT_LEAST = 3
ICCS = np.concatenate([[1e-5], np.geomspace(1e-4, 0.95, 35)])
AUTOCORRELATIONS = np.linspace(0.0, 1.0, 21)
FINER = 31
PERIODS_FOR_DRIFT = 4
PERIODS_AT_MOST = 52
CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class Range:
    """A value with its 95 % interval."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True)
class CellTable:
    """Averages by site and period, S by P: mean (metric's unit), n records behind it, 0 where there are none.

    within: variance of single records within cells, metric's unit squared; None where the data are averages already.
    """

    sites: tuple[str, ...]
    mean: Floats
    n: Floats
    within: float | None


@dataclass(frozen=True, kw_only=True)
class Components:
    """sd: of a single record, metric's unit; icc, autocorrelation, persistence: as in ``Variation``, by period of the
    history; records: median by site and period."""

    sd: float
    icc: Range
    autocorrelation: Range
    persistence: float
    records: float
    sites: int
    periods: int

    @property
    def variation(self) -> Variation:
        return Variation(
            sd=self.sd,
            icc=self.icc.value,
            autocorrelation=self.autocorrelation.value,
            persistence=self.persistence,
        )


def variance_components(cells: CellTable) -> Components | NotEstimable:
    """ICC and cluster autocorrelation of earlier outcomes, with profile-likelihood intervals."""
    n = np.where(np.isfinite(cells.mean), cells.n, 0.0)
    kept = (n > 0).sum(axis=1) > 0
    n, y = n[kept], np.where(n > 0, cells.mean, 0.0)[kept]
    sites, periods = int(kept.sum()), int((n > 0).any(axis=0).sum())
    facts = {"sites": sites, "periods": periods}
    if cells.within is None:
        return NotEstimable(code="history_without_records", facts=facts)
    if sites < SITES_AT_LEAST or periods < 2:
        return NotEstimable(code="history_too_short", facts={**facts, "sites_needed": SITES_AT_LEAST})
    if cells.within <= 0:
        return NotEstimable(code="history_without_variation", facts=facts)
    icc, autocorrelation = _profiles(y, n, cells.within, ICCS, AUTOCORRELATIONS)
    icc, autocorrelation = _profiles(
        y,
        n,
        cells.within,
        np.geomspace(*_around(ICCS, icc), FINER),
        np.linspace(*_around(AUTOCORRELATIONS, autocorrelation), FINER),
    )
    persistence = 0.0
    drift = _drifting(y, n, cells.within, icc.value, autocorrelation.value) if periods >= PERIODS_FOR_DRIFT else None
    if drift is not None:
        icc, autocorrelation, persistence = drift
    return Components(
        sd=float(np.sqrt(cells.within / (1 - icc.value))),
        icc=icc,
        autocorrelation=autocorrelation,
        persistence=persistence,
        records=float(np.median(n[n > 0])),
        sites=sites,
        periods=periods,
    )


def _drifting(
    y: Floats, n: Floats, within: float, icc: float, autocorrelation: float
) -> tuple[Range, Range, float] | None:
    """(icc, autocorrelation, persistence) on the latest periods, None where drift is not worth a parameter (Akaike).

    Intervals from the curvature on the logit scale; as wide as can be where that says nothing.
    """
    from scipy.optimize import minimize

    y, n = y[:, -PERIODS_AT_MOST:], n[:, -PERIODS_AT_MOST:]

    def deviance(point: Floats) -> float:
        return _deviance_of(y, n, within, *(float(each) for each in expit(point)))

    inside = np.clip([icc, autocorrelation, 0.5], 0.001, 0.98)
    plain = _deviance_of(y, n, within, icc, autocorrelation, 0.0)
    first = logit(inside)
    corners = np.vstack([first, first + 0.8 * np.eye(3)])
    settings = {"xatol": 0.01, "fatol": 0.01, "initial_simplex": corners}
    found = minimize(deviance, first, method="Nelder-Mead", options=settings)
    if found.fun > plain - 2:
        return None
    value = expit(found.x)
    curvature = _curvature(deviance, found.x)
    reach = np.full(3, np.inf)
    if np.linalg.eigvalsh(curvature).min() > 1e-3:
        reach = ndtri(0.5 + CONFIDENCE / 2) * np.sqrt(np.diag(np.linalg.inv(curvature / 2)))
    ranges = [
        Range(
            value=float(value[k]), lower=float(expit(found.x[k] - reach[k])), upper=float(expit(found.x[k] + reach[k]))
        )
        for k in range(2)
    ]
    return ranges[0], ranges[1], float(value[2])


def _curvature(function: Callable[[Floats], float], at: Floats, step: float = 0.1) -> Floats:
    """Second derivatives by central differences."""
    size = len(at)
    moves = step * np.eye(size)
    second = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            corners = [function(at + a * moves[i] + b * moves[j]) for a in (1, -1) for b in (1, -1)]
            second[i, j] = second[j, i] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * step**2)
    return second


def _deviance_of(y: Floats, n: Floats, within: float, icc: float, autocorrelation: float, persistence: float) -> float:
    """As ``_deviance`` for any covariance between periods: each site's matrix is factored."""
    seen = n > 0
    variation = Variation(
        sd=sqrt(within / (1 - icc)), icc=icc, autocorrelation=autocorrelation, persistence=persistence
    )
    covariance = variation.covariance(np.where(seen, n, 1.0))
    both = seen[:, :, None] & seen[:, None, :]
    covariance = np.where(both, covariance, np.eye(n.shape[1]))
    factor = np.linalg.cholesky(covariance)
    right = np.concatenate([np.eye(n.shape[1]) * seen[:, :, None], np.where(seen, y, 0.0)[:, :, None]], axis=2)
    white = np.linalg.solve(factor, right)
    products = np.einsum("spi,spj->ij", white, white)
    used = seen.any(axis=0)
    level, cross = products[:-1, :-1][np.ix_(used, used)], products[:-1, -1][used]
    determinants = 2 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum() + np.linalg.slogdet(level)[1]
    return float(determinants + products[-1, -1] - cross @ np.linalg.solve(level, cross))


def _profiles(y: Floats, n: Floats, within: float, iccs: Floats, autocorrelations: Floats) -> tuple[Range, Range]:
    fit = np.array([[_deviance(y, n, within, icc, r) for r in autocorrelations] for icc in iccs])
    return _range(iccs, fit.min(axis=1), logarithmic=True), _range(autocorrelations, fit.min(axis=0), logarithmic=False)


def _around(grid: Floats, found: Range) -> tuple[float, float]:
    """The grid's points next to the interval, outside it where there are any."""
    below, above = grid[grid < found.lower * (1 - 1e-9)], grid[grid > found.upper * (1 + 1e-9)]
    return float(below[-1] if len(below) else grid[0]), float(above[0] if len(above) else grid[-1])


def _deviance(y: Floats, n: Floats, within: float, icc: float, autocorrelation: float) -> float:
    """Minus twice the restricted log-likelihood (a constant apart), one level for each period.

    Each site's covariance is a diagonal plus a constant, so that its inverse is known (Sherman & Morrison).
    """
    between = within * icc / (1 - icc)
    stays = between * autocorrelation
    seen = n > 0
    own = between - stays + within / np.where(seen, n, 1.0)
    w = np.where(seen, 1 / own, 0.0)
    total = w.sum(axis=1)
    shrink = stays / (1 + stays * total)
    used = seen.any(axis=0)
    level = np.diag(w.sum(axis=0)) - (w * shrink[:, None]).T @ w
    weighted = w * y
    right = (weighted - (shrink * weighted.sum(axis=1))[:, None] * w).sum(axis=0)
    level, right = level[np.ix_(used, used)], right[used]
    square = float((weighted * y).sum() - (shrink * weighted.sum(axis=1) ** 2).sum())
    explained = float(right @ np.linalg.solve(level, right))
    determinants = np.log(own[seen]).sum() + np.log1p(stays * total).sum() + np.linalg.slogdet(level)[1]
    return float(determinants + square - explained)


def _range(grid: Floats, profile: Floats, *, logarithmic: bool) -> Range:
    """Lowest point of the profile and where it rises by the chi-square line on either side (the grid's end else)."""
    x = np.log(grid) if logarithmic else grid
    best = int(profile.argmin())
    line = float(profile[best] + chdtri(1, 1 - CONFIDENCE))

    def crossing(indices: NDArray[np.int64]) -> float:
        for near, far in pairwise(indices):
            if profile[far] > line:
                share = (line - profile[near]) / (profile[far] - profile[near])
                return float(x[near] + share * (x[far] - x[near]))
        return float(x[indices[-1]])

    ends = crossing(np.arange(best, -1, -1)), crossing(np.arange(best, len(grid)))
    lower, upper = (float(np.exp(end)) if logarithmic else end for end in ends)
    return Range(value=float(grid[best]), lower=lower, upper=upper)
