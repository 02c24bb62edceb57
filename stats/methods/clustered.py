"""Least squares on records with standard errors that let records of one cluster be alike: CR0 to CR3.

Everything is computed from each cluster's X'X and X'y, so records are passed over once and never needed again.
Source: Bell & McCaffrey (2002); Pustejovsky & Tipton (2018), J. Bus. Econ. Stat. 36, eqs. 5-11 (CR2, working model:
independent errors of equal variance); names as in clubSandwich.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Correction = Literal["cr0", "cr1", "cr1s", "cr2", "cr3"]


@dataclass(frozen=True, kw_only=True)
class ClusterMoments:
    """G clusters, K columns. xtx: (U, K, K); xty: (G, K); n: (G,) records.

    pattern: (G,) which of the U matrices is a cluster's X'X, where many clusters share one (a balanced panel has one a
    cohort); None: U = G, each its own.
    """

    xtx: Floats
    xty: Floats
    n: Ints
    pattern: Ints | None = None

    @property
    def of_cluster(self) -> Ints:
        return np.arange(len(self.n)) if self.pattern is None else self.pattern

    @property
    def shared_by(self) -> Floats:
        """(U,) how many clusters have this X'X."""
        return np.bincount(self.of_cluster, minlength=len(self.xtx)).astype(float)


@dataclass(frozen=True, kw_only=True)
class ClusteredFit:
    """coefficients: (K,); bread: (K, K) inverse of X'X; scores: (G, K) X_g' residuals of each cluster."""

    coefficients: Floats
    bread: Floats
    scores: Floats
    moments: ClusterMoments


def cluster_moments(x: Floats, y: Floats, cluster: Ints, weights: Floats | None = None) -> ClusterMoments:
    """Moments of each cluster; x (N, K), y (N,), cluster (N,) codes 0..G-1; weights (N,) multiply the squares."""
    if weights is not None:
        root = np.sqrt(weights)
        x, y = x * root[:, None], y * root
    order = np.argsort(cluster, kind="stable")
    x, y = x[order], y[order]
    bounds = np.searchsorted(cluster[order], np.arange(cluster.max() + 2))
    parts = [slice(start, end) for start, end in pairwise(bounds) if end > start]
    return ClusterMoments(
        xtx=np.stack([x[part].T @ x[part] for part in parts]),
        xty=np.stack([x[part].T @ y[part] for part in parts]),
        n=np.array([part.stop - part.start for part in parts]),
    )


def fit(moments: ClusterMoments) -> ClusteredFit:
    """Least squares from moments. The columns must be independent (``independent_columns``)."""
    total = np.tensordot(moments.shared_by, moments.xtx, axes=1)
    scale = 1 / np.sqrt(np.diag(total))
    bread = np.linalg.inv(total * np.outer(scale, scale)) * np.outer(scale, scale)
    coefficients = bread @ moments.xty.sum(axis=0)
    return ClusteredFit(
        coefficients=coefficients,
        bread=bread,
        scores=moments.xty - (moments.xtx @ coefficients)[moments.of_cluster],
        moments=moments,
    )


def clustered_variance(fitted: ClusteredFit, contrast: Floats, correction: Correction) -> tuple[float, float]:
    """(variance, df) of contrast'coefficients; contrast: (K,).

    df: G - 1 for cr0, cr1 (factor G / (G - 1)) and cr1s (and (N - 1) / (N - K)); Satterthwaite for cr2 and cr3.
    """
    groups, columns = fitted.scores.shape
    row = fitted.bread @ contrast
    if correction in ("cr0", "cr1", "cr1s"):
        records = fitted.moments.n.sum()
        factor = 1.0 if correction == "cr0" else groups / (groups - 1)
        factor *= (records - 1) / (records - columns) if correction == "cr1s" else 1.0
        return float(factor * ((fitted.scores @ row) ** 2).sum()), groups - 1.0
    power = -0.5 if correction == "cr2" else -1.0
    pull = _adjustments(fitted, lambda left: left**power).transpose(0, 2, 1) @ row
    own = pull[fitted.moments.of_cluster]
    return float(((own * fitted.scores).sum(axis=1) ** 2).sum()), _satterthwaite(fitted, pull)


def _adjustments(fitted: ClusteredFit, of_left: Callable[[Floats], Floats]) -> Floats:
    """(U, K, K) F_g with X_g' A_g = F_g X_g', where A_g = f(I - X_g B X_g') and f acts on the eigenvalues.

    X'(X B X')^j = (U B)^j X' with U = X'X, so f(I - X B X') on the records becomes f(I - U B) on the columns. An
    eigenvalue of 0 (a coefficient that only this cluster informs) has the generalised inverse 0.
    """
    root = np.linalg.cholesky(fitted.bread)
    inside = root.T @ fitted.moments.xtx @ root
    values, vectors = np.linalg.eigh(inside)
    left = 1 - values
    inverse = np.where(left > 1e-8, of_left(np.where(left > 1e-8, left, 1.0)), 0.0)
    middle = (vectors * inverse[:, None, :]) @ vectors.transpose(0, 2, 1)
    back = np.linalg.inv(root)
    return back.T @ middle @ root.T


def _satterthwaite(fitted: ClusteredFit, pull: Floats) -> float:
    """df of the sandwich for one coefficient, under independent errors of equal variance.

    pull: (U, K) c_g with A_g X_g b = X_g c_g. The products of the clusters' p_g = (I - H)_g' A_g X_g b are
    c_g' U_g c_g on the diagonal, less (U_g c_g)' B (U_h c_h) everywhere; their squares are summed without the G x G
    table.
    """
    shared = fitted.moments.shared_by
    reach = np.einsum("gij,gj->gi", fitted.moments.xtx, pull)
    own = (pull * reach).sum(axis=1)
    taken = np.einsum("gi,ij,gj->g", reach, fitted.bread, reach)
    across = fitted.bread @ (reach.T @ (shared[:, None] * reach))
    squares = float((shared * (own**2 - 2 * own * taken)).sum() + np.trace(across @ across))
    return float((shared * (own - taken)).sum() ** 2 / squares)
