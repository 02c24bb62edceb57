"""Two-way fixed effects on a panel of sites by periods: absorbed, exact also where cells are missing.

Site effects are taken off as site means, period effects by one system of P equations; nothing of the size of the
records is ever solved. Source: Frisch-Waugh-Lovell; Wooldridge (2021), "Two-way fixed effects, the two-way Mundlak
regression, and difference-in-differences estimators"; clustered errors by ``clustered``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stats.methods.clustered import ClusteredFit, ClusterMoments, Correction, clustered_variance
from stats.methods.record_design import independent_columns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Error = Literal["classical", "cr0", "cr1", "cr1s", "cr2", "cr3"]
LARGEST_DESIGN = 40_000_000
"""Numbers in the design matrices that CR2 needs (distinct sites x periods x columns): 320 MB."""


@dataclass(frozen=True, kw_only=True)
class TwoWayFit:
    """K coefficients of the columns in ``kept``; S sites, P periods.

    coefficients: (K,); bread: (K, K) inverse of the cross-products of the columns net of the effects; net: (K, S, P)
    these columns; residual: (S, P); weight: (S, P), 0 where nothing is known; scores: (G, K) of the G sites with data;
    n: cells with data; fixed_effects: independent ones; kept: which of the given columns have variation of their own.
    """

    coefficients: Floats
    bread: Floats
    net: Floats
    residual: Floats
    weight: Floats
    scores: Floats
    n: int
    fixed_effects: int
    kept: tuple[int, ...]

    @property
    def groups(self) -> int:
        return len(self.scores)

    @property
    def df(self) -> int:
        """Cells less everything that was estimated."""
        return self.n - self.fixed_effects - len(self.kept)


@dataclass(frozen=True, kw_only=True)
class Effects:
    """Site and period effects to be taken off columns. total: (S,) weight of each site; inverse: (P, P)."""

    weight: Floats
    total: Floats
    inverse: Floats
    rank: int

    def off(self, values: Floats) -> Floats:
        """Columns (..., S, P) net of site and period effects, 0 where nothing is known."""
        own = self.off_sites(values)
        of_period = (self.weight * own).sum(axis=-2) @ self.inverse
        return own - self.off_sites(np.broadcast_to(of_period[..., None, :], own.shape))

    def off_sites(self, values: Floats) -> Floats:
        known = self.weight > 0
        level = (self.weight * np.where(known, values, 0.0)).sum(axis=-1) / np.where(self.total > 0, self.total, 1.0)
        return np.where(known, values - level[..., None], 0.0)


def effects_of(weight: Floats) -> Effects:
    """The effects of a panel with these weights (S, P), 0 where a cell is unknown."""
    total = weight.sum(axis=1)
    share = weight / np.where(total > 0, total, 1.0)[:, None]
    gram = np.diag(weight.sum(axis=0)) - weight.T @ share
    values, vectors = np.linalg.eigh(gram)
    real = values > 1e-10 * max(float(values.max(initial=0.0)), 1e-300)
    inverse = (vectors[:, real] / values[real]) @ vectors[:, real].T
    return Effects(weight=weight, total=total, inverse=inverse, rank=int((total > 0).sum()) + int(real.sum()))


def two_way(y: Floats, x: Floats, weight: Floats) -> TwoWayFit:
    """Weighted least squares of y (S, P) on the columns x (K, S, P), site effects and period effects.

    weight: (S, P) > 0 where the cell is known, else 0 (y and x may then be anything).
    """
    weight = weight / weight[weight > 0].mean() if (weight > 0).any() else weight
    effects = effects_of(weight)
    net_y = effects.off(y)
    net_x = effects.off(x)
    root = np.sqrt(weight)
    flat = (root * net_x).reshape(len(x), -1).T
    spread = np.sqrt((weight * effects.off_sites(x) ** 2).sum(axis=(1, 2)))
    real = [k for k in range(len(x)) if np.sqrt((flat[:, k] ** 2).sum()) > 1e-9 * max(spread[k], 1e-300)]
    kept = [real[k] for k in independent_columns(flat[:, real])] if real else []
    net_x, flat = net_x[kept], flat[:, kept]
    bread = np.linalg.inv(flat.T @ flat) if kept else np.empty((0, 0))
    coefficients = bread @ (flat.T @ (root * net_y).reshape(-1))
    residual = net_y - np.tensordot(coefficients, net_x, axes=1)
    scores = (weight * net_x * residual).sum(axis=2).T
    return TwoWayFit(
        coefficients=coefficients,
        bread=bread,
        net=net_x,
        residual=residual,
        weight=weight,
        scores=scores[effects.total > 0],
        n=int((weight > 0).sum()),
        fixed_effects=effects.rank,
        kept=tuple(kept),
    )


def std_error(
    fitted: TwoWayFit, x: Floats, contrast: Floats, error: Error, *, nested: bool = False
) -> tuple[float, float] | None:
    """(standard error, df) of contrast'coefficients; contrast: (K,) over the kept columns; x: the columns as given.

    classical: N - K df, all effects counted. cr0, cr1, cr1s: clustered by site, G - 1 df; cr1s has the factor
    (N - 1) / (N - K), where ``nested`` leaves the site effects out of K (as fixest and reghdfe do). cr2, cr3:
    Satterthwaite df; None where they would need more memory than ``LARGEST_DESIGN``.
    """
    row = fitted.bread @ contrast
    if error == "classical":
        variance = float((fitted.weight * fitted.residual**2).sum() / fitted.df)
        return sqrt(variance * float(contrast @ row)), float(fitted.df)
    if error in ("cr2", "cr3"):
        return _small_sample(fitted, x, contrast, error)
    groups = fitted.groups
    factor = 1.0 if error == "cr0" else groups / (groups - 1)
    if error == "cr1s":
        columns = len(fitted.kept) + fitted.fixed_effects - (groups - 1 if nested else 0)
        factor *= (fitted.n - 1) / (fitted.n - columns)
    return sqrt(factor * float(((fitted.scores @ row) ** 2).sum())), groups - 1.0


def _small_sample(fitted: TwoWayFit, x: Floats, contrast: Floats, error: Correction) -> tuple[float, float] | None:
    """CR2 and CR3: period effects as columns, site effects absorbed (they are nested in the clusters)."""
    used = fitted.weight.sum(axis=1) > 0
    weight, columns = fitted.weight[used], x[list(fitted.kept)][:, used]
    first, pattern = _patterns(weight, columns)
    periods = np.flatnonzero((weight > 0).any(axis=0))[1:]
    if len(first) * weight.shape[1] * (len(columns) + len(periods)) > LARGEST_DESIGN:
        return None
    design = np.concatenate(
        [
            columns[:, first],
            np.broadcast_to(np.eye(weight.shape[1])[periods][:, None], (len(periods), len(first), weight.shape[1])),
        ]
    )
    w = weight[first]
    effects = Effects(weight=w, total=w.sum(axis=1), inverse=np.empty((0, 0)), rank=0)
    own = effects.off_sites(design).transpose(1, 2, 0)
    xtx = np.einsum("upk,up,upl->ukl", own, w, own)
    shared = np.bincount(pattern, minlength=len(first)).astype(float)
    total = np.tensordot(shared, xtx, axes=1)
    keep = _independent(total)
    xtx, total = xtx[:, keep][:, :, keep], total[np.ix_(keep, keep)]
    scale = 1 / np.sqrt(np.diag(total))
    bread = np.linalg.inv(total * np.outer(scale, scale)) * np.outer(scale, scale)
    scores = _scores(own[:, :, keep], weight * fitted.residual[used], pattern)
    moments = ClusterMoments(xtx=xtx, xty=scores, n=(weight > 0).sum(axis=1), pattern=pattern)
    wide = np.concatenate([contrast, np.zeros(len(keep) - len(contrast))])
    full = ClusteredFit(coefficients=np.zeros(len(keep)), bread=bread, scores=scores, moments=moments)
    variance, df = clustered_variance(full, wide, error)
    return sqrt(variance), df


def _scores(own: Floats, weighted: Floats, pattern: Ints) -> Floats:
    """(G, K) products of each site's columns (those of its kind, (U, P, K)) with its weighted residuals (G, P)."""
    if len(own) == len(pattern):
        return np.asarray(np.einsum("gpk,gp->gk", own[pattern], weighted))
    scores = np.empty((len(pattern), own.shape[2]))
    for kind in range(len(own)):
        members = pattern == kind
        scores[members] = weighted[members] @ own[kind]
    return scores


def _patterns(weight: Floats, columns: Floats) -> tuple[Ints, Ints]:
    """(a site of each kind, (G,) kind of each site): sites with the same columns and weights in every period."""
    return site_patterns(np.concatenate([weight, *np.where(weight > 0, columns, 0.0)], axis=1))


def site_patterns(rows: Floats) -> tuple[Ints, Ints]:
    """(first row of each kind, kind of each row) for rows that are equal in every number."""
    rows = np.ascontiguousarray(rows) + 0.0
    text = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    _, first, pattern = np.unique(text, return_index=True, return_inverse=True)
    return first.astype(np.int64), pattern.astype(np.int64)


def _independent(total: Floats) -> list[int]:
    """Columns that are no combination of those before them, from their cross-products."""
    values, vectors = np.linalg.eigh(total)
    return independent_columns(np.sqrt(np.clip(values, 0, None))[:, None] * vectors.T)
