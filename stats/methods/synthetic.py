"""Synthetic control: the weighted donors that follow the treated site before the start.

Source: Abadie, Diamond & Hainmueller (2010), J. Am. Stat. Assoc. 105; intercept-shifted: Ferman & Pinto (2021), Quant.
Econ. 12, section 4 (weights on values less their own mean before the start, so that levels need not agree);
synthetic difference in differences: Arkhangelsky et al. (2021), Am. Econ. Rev. 111.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Scheme = Literal["intercept_shifted", "simplex", "did", "sdid"]


@dataclass(frozen=True, kw_only=True)
class SyntheticFit:
    """One site against J donors over P periods, P0 of them before the start.

    weights: (J,) sum 1; gap: (P,) value less synthetic value (less their mean distance before the start, unless
    scheme 'simplex'); effect: mean gap after the start; pre_rmse: root mean square gap before it, metric's unit.
    """

    weights: Floats
    gap: Floats
    effect: float
    pre_rmse: float
    post_rmse: float


def simplex_weights(target: Floats, donors: Floats, ridge: float = 0.0) -> Floats:
    """Weights >= 0 with sum 1 that bring donors (T, J) closest to target (T,): min |target - donors w|^2 + ridge |w|^2.

    The nearest point to the origin in the hull of the columns target - donor, exactly, by non-negative least squares
    (Lawson & Hanson 1974, chapter 23: the sum is free there and only scales the solution).
    """
    from scipy.optimize import nnls

    columns = target[:, None] - donors
    if ridge > 0:
        columns = np.vstack([columns, np.sqrt(ridge) * np.eye(donors.shape[1])])
    scale = float(np.sqrt((columns**2).mean()))
    if scale <= 0:
        return np.full(donors.shape[1], 1 / donors.shape[1])
    # Near-perfect fits leave next to nothing beside the 1: bring the columns to a size at which both count.
    found, _ = nnls(np.vstack([columns / scale, np.ones(donors.shape[1])]), np.append(np.zeros(len(columns)), 1.0))
    total = float(found.sum())
    return np.asarray(found / total) if total > 0 else np.full(donors.shape[1], 1 / donors.shape[1])


def synthetic(y: Floats, donors: Floats, before: Bools, scheme: Scheme = "intercept_shifted") -> SyntheticFit:
    """y: (P,) the treated site; donors: (P, J) complete; before: (P,) periods before the start."""
    if scheme == "sdid":
        return synthetic_did(y, donors, before)
    if scheme == "did":
        weights = np.full(donors.shape[1], 1 / donors.shape[1])
    else:
        shift = scheme == "intercept_shifted"
        target = y[before] - (y[before].mean() if shift else 0.0)
        weights = simplex_weights(target, donors[before] - (donors[before].mean(axis=0) if shift else 0.0))
    return with_weights(y, donors, before, weights, shift=scheme != "simplex")


def with_weights(y: Floats, donors: Floats, before: Bools, weights: Floats, *, shift: bool) -> SyntheticFit:
    """The fit that these weights give; shift: less the mean gap before the start."""
    gap = y - donors @ weights
    if shift:
        gap = gap - gap[before].mean()
    return SyntheticFit(
        weights=weights,
        gap=gap,
        effect=float(gap[~before].mean()),
        pre_rmse=float(np.sqrt((gap[before] ** 2).mean())),
        post_rmse=float(np.sqrt((gap[~before] ** 2).mean())),
    )


def synthetic_did(y: Floats, donors: Floats, before: Bools) -> SyntheticFit:
    """Synthetic difference in differences for one treated series: weights on donors and on periods (algorithm 1).

    The ridge on the donors' weights is (treated x periods after)^(1/4) times the spread of the donors' changes.
    """
    changes = np.diff(donors[before], axis=0)
    noise = float(changes.std(ddof=1))
    after = ~before
    zeta = float(after.sum()) ** 0.25 * noise
    centred = donors[before] - donors[before].mean(axis=0)
    weights = simplex_weights(y[before] - y[before].mean(), centred, ridge=zeta**2 * float(before.sum()))
    of_time = simplex_weights(
        donors[after].mean(axis=0) - donors[after].mean(),
        (donors[before] - donors[before].mean(axis=1, keepdims=True)).T,
        ridge=(1e-6 * noise) ** 2 * donors.shape[1],
    )
    gap = y - donors @ weights
    gap = gap - float(of_time @ gap[before])
    return SyntheticFit(
        weights=weights,
        gap=gap,
        effect=float(gap[after].mean()),
        pre_rmse=float(np.sqrt(((gap[before] - gap[before].mean()) ** 2).mean())),
        post_rmse=float(np.sqrt((gap[after] ** 2).mean())),
    )
