"""Segmented regression of counts with exposure: Poisson, with its errors scaled (quasi-Poisson), negative binomial."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SMALLEST_TO_LARGEST = (-16.0, 5.0)
"""Range of log alpha; at the lower end it is Poisson."""


@dataclass(frozen=True, kw_only=True)
class CountFit:
    """Log-rate coefficients (K,) with covariance (K, K), Poisson's; dispersion: Pearson chi2 / df; fitted: (T,) counts.

    converged False: the numbers are not to be used.
    """

    coefficients: Floats
    covariance: Floats
    dispersion: float
    df: int
    fitted: Floats
    residual: Floats
    converged: bool
    alpha: float | None = None


def poisson(x: Floats, count: Floats, exposure: Floats) -> CountFit:
    """Maximum likelihood by iterated weighted least squares (Nelder & Wedderburn 1972); log exposure as offset."""
    return _fit(x, count, exposure, 0.0)


def negative_binomial(x: Floats, count: Floats, exposure: Floats) -> CountFit:
    """NB2 (variance m + alpha m^2) by maximum likelihood; errors given alpha, as glm.nb (Venables & Ripley 2002)."""
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln

    def loss(log_alpha: float) -> float:
        alpha = exp(log_alpha)
        mean, size = _fit(x, count, exposure, alpha).fitted, 1 / alpha
        terms = gammaln(count + size) - gammaln(size) + size * np.log(size / (size + mean))
        return -float((terms + count * np.log(mean / (size + mean))).sum())

    best = minimize_scalar(loss, bounds=SMALLEST_TO_LARGEST, method="bounded", options={"xatol": 1e-8})
    return _fit(x, count, exposure, exp(float(best.x)))


def _fit(x: Floats, count: Floats, exposure: Floats, alpha: float) -> CountFit:
    """The fit at a given overdispersion; 0 is Poisson."""
    offset = np.log(exposure)
    eta = np.log(np.maximum(count, 0.5))
    beta, converged = np.zeros(x.shape[1]), False
    for _ in range(200):
        mean = np.exp(eta)
        root = np.sqrt(mean / (1 + alpha * mean))
        working = eta - offset + (count - mean) / mean
        found = np.asarray(np.linalg.lstsq(root[:, None] * x, root * working, rcond=None)[0], dtype=np.float64)
        converged = bool(np.abs(found - beta).max() < 1e-12 * (1 + np.abs(found).max()))
        beta, eta = found, np.clip(x @ found + offset, -700, 700)
        if converged:
            break
    mean = np.exp(eta)
    variance = mean * (1 + alpha * mean)
    df = len(count) - x.shape[1]
    residual = (count - mean) / np.sqrt(variance)
    return CountFit(
        coefficients=beta,
        covariance=np.asarray(np.linalg.inv(x.T @ ((mean**2 / variance)[:, None] * x)), dtype=np.float64),
        dispersion=float((residual**2).sum() / df),
        df=df,
        fitted=mean,
        residual=residual,
        converged=converged and bool(np.isfinite(mean).all()),
        alpha=alpha if alpha > 0 else None,
    )
