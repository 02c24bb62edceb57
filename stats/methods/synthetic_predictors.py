"""Synthetic control matched on predictors, their importance chosen by the fit before the start (Abadie et al. 2010)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.methods.synthetic import SyntheticFit, simplex_weights, with_weights

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class PredictorFit:
    """importance: (K,) V of the predictors, sum 1; synthetic: (K,) the predictors of the weighted donors."""

    fit: SyntheticFit
    importance: Floats
    synthetic: Floats


def by_predictors(y: Floats, donors: Floats, before: Bools, own: Floats, theirs: Floats) -> PredictorFit:
    """y: (P,); donors: (P, J); own: (K,) predictors of the treated site; theirs: (K, J) of the donors.

    Predictors are scaled to unit spread over all sites. V minimises the mean square gap before the start, by
    Nelder-Mead from equal importance and from a regression of the outcomes on the predictors (as Synth does). The
    problem has many local optima: results agree between programs in the first two digits, not beyond.
    """
    scale = np.column_stack([own, theirs]).std(axis=1, ddof=1)
    scale = np.where(scale > 0, scale, 1.0)
    own_scaled, theirs_scaled = own / scale, theirs / scale[:, None]

    def weights_for(root: Floats) -> Floats:
        size = np.abs(root) / max(float(np.abs(root).sum()), 1e-300)
        part = np.sqrt(size)
        return simplex_weights(part * own_scaled, part[:, None] * theirs_scaled)

    def loss(root: Floats) -> float:
        gap = y[before] - donors[before] @ weights_for(root)
        return float((gap**2).mean())

    starts = _starts(y, donors, before, own_scaled, theirs_scaled)
    best = min((_descend(loss, start) for start in starts), key=loss)
    weights = weights_for(best)
    return PredictorFit(
        fit=with_weights(y, donors, before, weights, shift=False),
        importance=np.abs(best) / np.abs(best).sum(),
        synthetic=theirs @ weights,
    )


def _descend(loss: Callable[[Floats], float], start: Floats) -> Floats:
    from scipy.optimize import minimize

    point = start
    for _ in range(ROUNDS):
        found = minimize(loss, point, method="Nelder-Mead", options={"maxiter": 400, "xatol": 1e-4, "fatol": 1e-6})
        point = np.abs(found.x) / np.abs(found.x).sum()
    return np.asarray(point)


def _starts(y: Floats, donors: Floats, before: Bools, own: Floats, theirs: Floats) -> list[Floats]:
    """Equal importance, and that of a regression of the outcomes before the start on the predictors."""
    count = len(own)
    x = np.column_stack([np.ones(donors.shape[1] + 1), np.column_stack([own, theirs]).T])
    outcomes = np.column_stack([y, donors])[before].T
    beta = np.linalg.lstsq(x, outcomes, rcond=None)[0][1:]
    strength = (beta**2).sum(axis=1)
    starts = [np.full(count, 1 / count)]
    return starts if strength.sum() <= 0 else [*starts, strength / strength.sum()]
