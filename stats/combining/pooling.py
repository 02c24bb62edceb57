"""Effects of several pilots (or sites) taken together: fixed and random effects, and what to expect of the next one.

y_i ~ N(theta_i, v_i), theta_i ~ N(mu, tau2). Checked against metafor's published examples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chdtrc, chdtri

from stats.methods.hypotheses import two_sided
from stats.results import quantile

Floats = NDArray[np.float64]
Method = Literal["fixed", "dersimonian_laird", "reml", "paule_mandel"]
Prediction = Literal["t", "normal"]
MANY = 1e12
"""Upper end of the search for tau2, in units of the largest variance or squared distance."""


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """Common effect with its interval, in the effects' unit; df None where the reference is normal.

    tau2: variance between (unit squared), tau2_ci_*: its Q-profile interval; q, q_df, q_p: Cochran's test of "all the
    same"; i2: share (0-1) of the variation that is between; prediction_*: interval for the effect of the next one.
    """

    method: str
    hartung_knapp: bool
    effect: float
    std_error: float
    ci_lower: float
    ci_upper: float
    p_value: float
    df: float | None
    tau2: float
    tau2_ci_lower: float | None
    tau2_ci_upper: float | None
    q: float
    q_df: int
    q_p: float | None
    i2: float
    prediction_lower: float | None
    prediction_upper: float | None
    weights: tuple[float, ...]
    confidence: float
    k: int


def pool(
    effects: Floats,
    variances: Floats,
    *,
    method: Method = "reml",
    hartung_knapp: bool = True,
    prediction: Prediction = "t",
    confidence: float = 0.95,
) -> Pooled:
    """Pooled effect of k >= 1 studies; variances > 0.

    hartung_knapp: variance from the weighted spread of the effects themselves, t with k - 1 df (Hartung and Knapp 2001;
    Sidik and Jonkman 2002); ignored for the fixed effect, a single study and effects that are all the same.
    prediction: t with k - 2 df (Higgins, Thompson and Spiegelhalter 2009) or normal.
    """
    y, v = np.asarray(effects, dtype=float), np.asarray(variances, dtype=float)
    k = len(y)
    tau2 = 0.0 if method == "fixed" or k < 2 else TAU2[method](y, v)
    weights = 1 / (v + tau2)
    effect = float(weights @ y / weights.sum())
    spread = float(weights @ (y - effect) ** 2)
    # Effects that are all the same have no spread to tell a variance from; that is no effect known for certain.
    adjusted = hartung_knapp and method != "fixed" and k > 1 and spread > 0
    variance = 1 / float(weights.sum())
    if adjusted:
        variance *= spread / (k - 1)
    df = k - 1.0 if adjusted else None
    reach = quantile(0.5 + confidence / 2, df) * sqrt(variance)
    q = cochran_q(y, v, 0.0)
    lower, upper = tau2_interval(y, v, confidence) if method != "fixed" and k > 1 else (None, None)
    next_lower, next_upper = _prediction(effect, variance, tau2, k, prediction, confidence, method)
    return Pooled(
        method=method,
        hartung_knapp=adjusted,
        effect=effect,
        std_error=sqrt(variance),
        ci_lower=effect - reach,
        ci_upper=effect + reach,
        p_value=two_sided(effect / sqrt(variance), df),
        df=df,
        tau2=tau2,
        tau2_ci_lower=lower,
        tau2_ci_upper=upper,
        q=q,
        q_df=k - 1,
        q_p=float(chdtrc(k - 1, q)) if k > 1 else None,
        i2=_i2(v, tau2, q, method),
        prediction_lower=next_lower,
        prediction_upper=next_upper,
        weights=tuple(float(weight) for weight in weights / weights.sum()),
        confidence=confidence,
        k=k,
    )


def cochran_q(y: Floats, v: Floats, tau2: float) -> float:
    """Weighted squared distances from the pooled effect, weights 1 / (v + tau2) (Cochran 1954)."""
    weights = 1 / (v + tau2)
    return float(weights @ (y - weights @ y / weights.sum()) ** 2)


def dersimonian_laird(y: Floats, v: Floats) -> float:
    """Moment estimate of tau2 (DerSimonian and Laird 1986)."""
    w = 1 / v
    scale = w.sum() - (w**2).sum() / w.sum()
    return max(0.0, float((cochran_q(y, v, 0.0) - (len(y) - 1)) / scale))


def paule_mandel(y: Floats, v: Floats) -> float:
    """The tau2 at which Q equals its expectation (Paule and Mandel 1982)."""
    return _root(lambda tau2: cochran_q(y, v, tau2) - (len(y) - 1), y, v)


def reml(y: Floats, v: Floats) -> float:
    """Restricted maximum likelihood: the root of its score (Viechtbauer 2005, eq. 8); of several, the likeliest."""

    def score(tau2: float) -> float:
        w = 1 / (v + tau2)
        residual = y - w @ y / w.sum()
        return float((w**2) @ residual**2 - w.sum() + (w**2).sum() / w.sum())

    grid = np.concatenate([[0.0], np.geomspace(1e-6, 1e3, 60) * _scale(y, v)])
    values = [score(tau2) for tau2 in grid]
    roots = [
        float(brentq(score, grid[i], grid[i + 1], xtol=1e-15 * _scale(y, v), rtol=1e-13))
        for i in range(len(grid) - 1)
        if values[i] > 0 >= values[i + 1]
    ]
    return max([0.0, *roots], key=lambda tau2: _restricted_likelihood(y, v, tau2))


def _restricted_likelihood(y: Floats, v: Floats, tau2: float) -> float:
    w = 1 / (v + tau2)
    return float((np.log(w).sum() - np.log(w.sum()) - cochran_q(y, v, tau2)) / 2)


TAU2: dict[str, Callable[[Floats, Floats], float]] = {
    "dersimonian_laird": dersimonian_laird,
    "reml": reml,
    "paule_mandel": paule_mandel,
}


def tau2_interval(y: Floats, v: Floats, confidence: float) -> tuple[float, float]:
    """Q-profile interval: all tau2 whose Q is no surprise for chi-square with k - 1 df (Viechtbauer 2007)."""
    df = len(y) - 1
    tail = (1 - confidence) / 2
    lower, upper = (
        _root(lambda tau2, line=line: cochran_q(y, v, tau2) - line, y, v)  # type: ignore[misc]
        for line in (float(chdtri(df, tail)), float(chdtri(df, 1 - tail)))
    )
    return lower, upper


def _scale(y: Floats, v: Floats) -> float:
    return float(max(v.max(), (y.max() - y.min()) ** 2))


def _root(falling: Callable[[float], float], y: Floats, v: Floats) -> float:
    """Root of a function that falls in tau2; 0 where it starts below zero."""
    if falling(0.0) <= 0:
        return 0.0
    return float(brentq(falling, 0.0, MANY * _scale(y, v), xtol=1e-14 * _scale(y, v), rtol=1e-13, maxiter=500))


def _i2(v: Floats, tau2: float, q: float, method: str) -> float:
    """tau2 beside the typical variance within (Higgins and Thompson 2002, eq. 9); from Q where there is no tau2."""
    k = len(v)
    if k < 2:
        return 0.0
    if method == "fixed":
        return max(0.0, 1 - (k - 1) / q) if q > 0 else 0.0
    w = 1 / v
    typical = (k - 1) * w.sum() / (w.sum() ** 2 - (w**2).sum())
    return float(tau2 / (tau2 + typical))


def _prediction(
    effect: float, variance: float, tau2: float, k: int, kind: Prediction, confidence: float, method: str
) -> tuple[float | None, float | None]:
    if method == "fixed" or k < 2 or (kind == "t" and k < 3):
        return None, None
    reach = quantile(0.5 + confidence / 2, None if kind == "normal" else k - 2.0) * sqrt(tau2 + variance)
    return effect - reach, effect + reach


def ratio_effects(tables: Floats, measure: str) -> tuple[Floats, Floats]:
    """(effects, variances) of 2 x 2 tables, rows (a, b, c, d): events and others under treatment, then control.

    measure: log_risk_ratio, log_odds_ratio or risk_difference. A table with an empty cell gets half a unit in each
    (the logs only).
    """
    table = np.asarray(tables, dtype=float)
    if measure != "risk_difference":
        table = table + 0.5 * (table == 0).any(axis=1, keepdims=True)
    a, b, c, d = table.T
    n_t, n_c = a + b, c + d
    if measure == "log_risk_ratio":
        return np.log(a / n_t) - np.log(c / n_c), 1 / a - 1 / n_t + 1 / c - 1 / n_c
    if measure == "log_odds_ratio":
        return np.log(a) - np.log(b) - np.log(c) + np.log(d), 1 / a + 1 / b + 1 / c + 1 / d
    return a / n_t - c / n_c, a * b / n_t**3 + c * d / n_c**3
