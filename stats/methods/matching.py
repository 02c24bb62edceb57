"""Finding comparison sites that are like the treated ones before the start: optimal matching and entropy balancing.

Source: Rosenbaum (1989), J. Am. Stat. Assoc. 84, for optimal matching (by assignment); Hainmueller (2012), Political
Analysis 20, for entropy balancing; Stuart (2010), Stat. Science 25, on standardised differences and effective numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.study import SitePeriods

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
MOST_CONTROLS = 3


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What sites are matched on. x: (S, K) columns ``names``, NaN unknown."""

    x: Floats
    names: tuple[str, ...]

    def take(self, keep: Bools) -> Traits:
        return Traits(x=self.x[keep], names=self.names)


def traits_of(data: SitePeriods) -> Traits:
    """Level, trend (from three periods before the start on) and log size before the start, and the site covariates."""
    before = ~data.post
    columns: dict[str, Floats] = {}
    value = np.where(np.isfinite(data.value), data.value, np.nan)[:, before]
    weight = np.where(np.isfinite(value), data.n[:, before], 0.0)
    total = weight.sum(axis=1)
    if data.pre is not None:
        columns["level"] = data.pre
    elif before.any():
        summed = (np.nan_to_num(value) * weight).sum(axis=1)
        columns["level"] = np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0)
    if before.sum() >= 3:
        columns["trend"] = _slopes(value)
    size = total if before.any() else data.n.sum(axis=1)
    if size.min() > 0 and np.ptp(np.log(size)) > 1e-9:
        columns["size"] = np.log(size)
    if data.covariates is not None:
        columns |= {f"covariate {k + 1}": column for k, column in enumerate(data.covariates.T)}
    names = tuple(columns)
    return Traits(
        x=np.column_stack([columns[name] for name in names]) if names else np.empty((len(size), 0)), names=names
    )


def _slopes(value: Floats) -> Floats:
    known = np.isfinite(value)
    time = np.where(known, np.arange(value.shape[1], dtype=float), 0.0)
    count = np.maximum(known.sum(axis=1), 1)
    gap = np.where(known, time - (time.sum(axis=1) / count)[:, None], 0.0)
    spread = (gap**2).sum(axis=1)
    rise = (gap * np.where(known, value, 0.0)).sum(axis=1)
    return np.divide(rise, spread, out=np.zeros(len(rise)), where=spread > 0)


def standardised(x: Floats, treated: Bools) -> Floats:
    """(S, K) in standard deviations pooled over both groups; a column that does not vary becomes zeros."""
    spread = np.sqrt((x[treated].var(axis=0, ddof=1) + x[~treated].var(axis=0, ddof=1)) / 2)
    return np.divide(x - x.mean(axis=0), spread, out=np.zeros_like(x), where=spread > 0)


def optimal_sets(x: Floats, treated: Bools, controls: int) -> Ints:
    """(S,) set of each site, -1 where it is in none: each treated site with ``controls`` sites of its own.

    x: (S, K) standardised. The sum of distances is the smallest there is; no control serves twice.
    """
    from scipy.optimize import linear_sum_assignment

    mine, theirs = np.flatnonzero(treated), np.flatnonzero(~treated)
    gaps = np.sqrt(((x[mine][:, None, :] - x[theirs][None, :, :]) ** 2).sum(axis=2))
    rows, columns = linear_sum_assignment(np.repeat(gaps, controls, axis=0))
    sets = np.full(len(treated), -1, dtype=np.int64)
    sets[mine] = np.arange(len(mine))
    sets[theirs[columns]] = rows // controls
    return sets


def entropy_weights(x: Floats, treated: Bools) -> Floats | None:
    """(S0,) weights of the control sites, sum 1, whose weighted means are the treated sites' means; None if impossible.

    The weights nearest to equal ones (in Kullback-Leibler distance) that balance exactly, by Newton on the dual.
    """
    target, control = x[treated].mean(axis=0), x[~treated]
    gap = control - target
    gap = gap[:, np.sqrt((gap**2).mean(axis=0)) > 1e-12]
    if gap.shape[1] == 0:
        return np.full(len(control), 1 / len(control))
    dual = np.zeros(gap.shape[1])
    loss, weights = _dual(gap, dual)
    for _ in range(200):
        slope = gap.T @ weights
        if np.abs(slope).max() < 1e-10:
            return weights
        curve = (gap * weights[:, None]).T @ gap - np.outer(slope, slope)
        step = np.linalg.lstsq(curve, slope, rcond=1e-12)[0]
        size = 1.0
        while size > 1e-8:
            moved, found = _dual(gap, dual - size * step)
            if moved < loss:
                break
            size /= 2
        else:
            return None
        dual, loss, weights = dual - size * step, moved, found
    return None


def _dual(gap: Floats, dual: Floats) -> tuple[float, Floats]:
    exponent = gap @ dual
    top = float(exponent.max())
    raised = np.exp(exponent - top)
    return top + float(np.log(raised.sum())), raised / raised.sum()


def effective_number(weights: Floats) -> float:
    """How many equally weighted sites these weights are worth (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def standardised_differences(x: Floats, treated: Bools, weights: Floats | None = None) -> Floats:
    """(K,) treated less (weighted) control means, in standard deviations of the treated sites (or of all).

    weights: (S,) of the sites; treated ones count as given too.
    """
    w = np.ones(len(treated)) if weights is None else weights
    own = np.average(x[treated], axis=0, weights=w[treated])
    theirs = np.average(x[~treated], axis=0, weights=w[~treated])
    spread = x[treated].std(axis=0, ddof=1) if treated.sum() > 1 else x.std(axis=0, ddof=1)
    spread = np.where(spread > 0, spread, x.std(axis=0, ddof=1))
    return np.divide(own - theirs, spread, out=np.zeros(x.shape[1]), where=spread > 0)
