"""Segmented regression of one series: level, trend, jump and change of slope at the start, with seasons.

Source: Wagner et al. (2002), J. Clin. Pharm. Ther. 27; Lopez Bernal et al. (2017), Int. J. Epidemiol. 46. Errors:
Newey & West (1987) with Bartlett weights; GLSAR(1) is iterated Cochrane & Orcutt (1949), as statsmodels' GLSAR.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from stats.methods.record_design import independent_columns

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
ROUNDS = 50


@dataclass(frozen=True, kw_only=True)
class SegmentedDesign:
    """x: (T, K) columns; names: intercept, trend, level, slope (if any), seasons, further; time: (T,) since the first.

    level is the jump at the first period after the start, slope the change of slope from there on (a unit of time).
    """

    x: Floats
    names: tuple[str, ...]
    time: Floats
    after: Bools

    @property
    def average(self) -> Floats:
        """(K,) contrast of the average difference after the start from where the earlier course would have led."""
        contrast = np.zeros(len(self.names))
        for name in ("level", "slope"):
            if name in self.names:
                k = self.names.index(name)
                contrast[k] = self.x[self.after, k].mean()
        return contrast

    def contrast(self, name: str) -> Floats:
        return np.eye(len(self.names))[self.names.index(name)]


@dataclass(frozen=True, kw_only=True)
class SeriesFit:
    """coefficients: (K,); covariance: (K, K); df; residual: (T,) or one fewer; rho: of the errors, or None."""

    coefficients: Floats
    covariance: Floats
    df: float
    residual: Floats
    rho: float | None = None

    def of(self, contrast: Floats) -> tuple[float, float]:
        """(value, standard error) of contrast'coefficients."""
        return float(contrast @ self.coefficients), sqrt(max(0.0, float(contrast @ self.covariance @ contrast)))


def segmented_design(
    time: Floats,
    after: Bools,
    *,
    slope: bool,
    season: float | None = None,
    harmonics: int = 1,
    further: Floats | None = None,
) -> SegmentedDesign | None:
    """time: (T,); season: its length in units of time, as ``harmonics`` Fourier pairs. None where columns coincide."""
    since = np.where(after, time - time[after].min(), 0.0)
    columns = [np.ones(len(time)), time - time.min(), after.astype(float)]
    names = ["intercept", "trend", "level"]
    if slope:
        columns.append(since)
        names.append("slope")
    if season is not None:
        for k in range(1, harmonics + 1):
            angle = 2 * pi * k * time / season
            columns += [np.sin(angle), np.cos(angle)]
            names += [f"sin {k}", f"cos {k}"]
    if further is not None:
        columns += list(further.T)
        names += [f"covariate {k + 1}" for k in range(further.shape[1])]
    x = np.column_stack(columns)
    kept = independent_columns(x)
    # A cosine of half the season is constant at whole periods: it goes, and so does a covariate that adds nothing.
    if any(names.index(name) not in kept for name in ("intercept", "trend", "level", *(["slope"] if slope else []))):
        return None
    return SegmentedDesign(x=x[:, kept], names=tuple(names[k] for k in kept), time=time, after=after)


def least_squares(x: Floats, y: Floats) -> SeriesFit:
    """Ordinary least squares, classical errors."""
    bread = np.linalg.inv(x.T @ x)
    beta = np.asarray(np.linalg.lstsq(x, y, rcond=None)[0], dtype=np.float64)
    residual = y - x @ beta
    df = len(y) - x.shape[1]
    return SeriesFit(coefficients=beta, covariance=bread * float(residual @ residual) / df, df=df, residual=residual)


def newey_west(x: Floats, y: Floats, lag: int, *, small_sample: bool = True) -> SeriesFit:
    """Errors that allow for autocorrelation up to ``lag`` periods (Bartlett), times T / (T - K) where small_sample."""
    plain = least_squares(x, y)
    scores = x * plain.residual[:, None]
    middle = scores.T @ scores
    for distance in range(1, lag + 1):
        product = scores[distance:].T @ scores[:-distance]
        middle += (1 - distance / (lag + 1)) * (product + product.T)
    bread = np.linalg.inv(x.T @ x)
    factor = len(y) / plain.df if small_sample else 1.0
    return SeriesFit(
        coefficients=plain.coefficients,
        covariance=factor * bread @ middle @ bread,
        df=plain.df,
        residual=plain.residual,
    )


def default_lag(periods: int) -> int:
    """Newey & West (1994): 4 (T / 100)^(2/9), rounded down."""
    return int(4 * (periods / 100) ** (2 / 9))


def glsar(x: Floats, y: Floats) -> SeriesFit:
    """Errors that follow a first-order autoregression: rho from the residuals, quasi-differences, until it settles."""
    beta, rho = np.linalg.lstsq(x, y, rcond=None)[0], 0.0
    for _ in range(ROUNDS):
        residual = y - x @ beta
        found = autocorrelation(residual)
        beta = np.linalg.lstsq(x[1:] - found * x[:-1], y[1:] - found * y[:-1], rcond=None)[0]
        if abs(found - rho) < 1e-10:
            break
        rho = found
    x_star, y_star = x[1:] - found * x[:-1], y[1:] - found * y[:-1]
    fitted = least_squares(x_star, y_star)
    return SeriesFit(
        coefficients=fitted.coefficients,
        covariance=fitted.covariance,
        df=fitted.df,
        residual=fitted.residual,
        rho=found,
    )


def autocorrelation(residual: Floats) -> float:
    """Of neighbours, by Yule-Walker with the divisor adjusted for the pairs (as statsmodels' GLSAR), within +-.99."""
    centred = residual - residual.mean()
    count = len(residual)
    spread = float(centred @ centred) / count
    if spread <= 0:
        return 0.0
    found = float(centred[1:] @ centred[:-1]) / (count - 1) / spread
    return float(np.clip(found, -0.99, 0.99))
