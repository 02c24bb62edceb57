"""Linear mixed model with random intercepts of any few factors, nested or crossed, by REML.

Our own, because statsmodels' MixedLM has no degrees of freedom for few groups and stops short of the tolerance that
they need. Only cross-products of the columns are used, so the cost does not grow with the records once they are
summed: V = s2 I + Z G Z' is inverted by Woodbury on the Q levels of the random factors.
Source: Bates et al. (2015), J. Stat. Softw. 67, section 3.4 (profiled REML criterion); degrees of freedom in
``mixed_df``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, pi

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class CrossProducts:
    """Cross-products of fixed columns X (N, K), indicator columns Z (N, Q) of the random factors, and y.

    factor: (Q,) which random factor each column of Z belongs to; n: records; log_weights: sum of their log weights.
    """

    xx: Floats
    xz: Floats
    zz: Floats
    xy: Floats
    zy: Floats
    yy: float
    n: int
    factor: Ints
    log_weights: float


@dataclass(frozen=True, kw_only=True)
class MixedFit:
    """coefficients (K,) with covariance (K, K); variances: of each random factor, then of the residual.

    log_likelihood: REML. inside: random factors with a variance above 0 (the others are at the boundary).
    """

    coefficients: Floats
    covariance: Floats
    variances: Floats
    log_likelihood: float
    data: CrossProducts

    @property
    def inside(self) -> tuple[int, ...]:
        return tuple(index for index, value in enumerate(self.variances[:-1]) if value > 1e-8 * self.variances[-1])


def cross_products(x: Floats, y: Floats, factors: Sequence[Ints], weights: Floats | None = None) -> CrossProducts:
    """x (N, K); y (N,); factors: codes 0.. of each random factor; weights: (N,) inverse to the residual variance."""
    z = np.hstack([(codes[:, None] == np.arange(codes.max() + 1)[None, :]).astype(float) for codes in factors])
    factor = np.concatenate([np.full(codes.max() + 1, index) for index, codes in enumerate(factors)])
    root = np.ones(len(y)) if weights is None else np.sqrt(weights)
    x, y, z = x * root[:, None], y * root, z * root[:, None]
    return CrossProducts(
        xx=x.T @ x,
        xz=x.T @ z,
        zz=z.T @ z,
        xy=x.T @ y,
        zy=z.T @ y,
        yy=float(y @ y),
        n=len(y),
        factor=factor,
        log_weights=float(2 * np.log(root).sum()),
    )


@dataclass(frozen=True, kw_only=True)
class _Solved:
    """The fit at one set of relative variances (random over residual)."""

    coefficients: Floats
    bread: Floats
    residual: float
    criterion: float


def _solve(data: CrossProducts, relative: Floats) -> _Solved:
    """Profiled REML at relative variances (F,): -2 log likelihood with the residual variance at its best."""
    root = np.sqrt(relative[data.factor])
    inner = np.eye(len(root)) + root[:, None] * data.zz * root[None, :]
    low = np.linalg.cholesky(inner)
    x_part = np.linalg.solve(low, root[:, None] * data.xz.T)
    y_part = np.linalg.solve(low, root * data.zy)
    information = data.xx - x_part.T @ x_part
    moment = data.xy - x_part.T @ y_part
    bread = np.linalg.inv(information)
    coefficients = bread @ moment
    left = data.n - len(coefficients)
    residual = max(data.yy - float(y_part @ y_part) - float(moment @ coefficients), 1e-300) / left
    criterion = (
        2 * np.log(np.diag(low)).sum()
        + np.linalg.slogdet(information)[1]
        - data.log_weights
        + left * (1 + log(2 * pi * residual))
    )
    return _Solved(coefficients=coefficients, bread=bread, residual=residual, criterion=float(criterion))


def fit_mixed(data: CrossProducts) -> MixedFit:
    """REML. The best of a few starts, each by Nelder-Mead over the relative standard deviations (as lme4 does)."""
    from scipy.optimize import minimize

    count = int(data.factor.max()) + 1

    def criterion(deviations: Floats) -> float:
        return _solve(data, np.square(deviations)).criterion

    best = min(
        (
            minimize(
                criterion,
                np.full(count, start),
                method="Nelder-Mead",
                options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 2000 * count, "maxfev": 2000 * count},
            )
            for start in (0.3, 1.5)
        ),
        key=lambda found: float(found.fun),
    )
    relative = np.square(best.x)
    relative = np.where(relative < 1e-9, 0.0, relative)
    solved = _solve(data, relative)
    return MixedFit(
        coefficients=solved.coefficients,
        covariance=solved.bread * solved.residual,
        variances=np.append(relative, 1.0) * solved.residual,
        log_likelihood=-solved.criterion / 2,
        data=data,
    )
