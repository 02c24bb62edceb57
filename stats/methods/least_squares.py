"""Regression of single records on arm, strata and covariates: classical and HC0 to HC3.

All arms enter one model, so a slope or a residual variance that is common to them is estimated from all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from stats.methods.hypotheses import t_estimate, two_sided
from stats.methods.levels import EPSILON
from stats.methods.record_design import RecordDesign
from stats.methods.relative import fieller
from stats.results import NotEstimable, Relative, Result

Floats = NDArray[np.float64]
KINDS = ("classical", "hc0", "hc1", "hc2", "hc3")


@dataclass(frozen=True, kw_only=True)
class Fit:
    """coefficients: (K,); covariances: (K, K) by name (``KINDS``); df: N - K; residual_sd: metric's unit."""

    coefficients: Floats
    covariances: Mapping[str, Floats]
    df: int
    residual_sd: float


def least_squares(x: Floats, y: Floats, weights: Floats | None = None) -> Fit:
    """(Weighted) least squares with every covariance of the coefficients (MacKinnon and White 1985).

    A record that decides its own fitted value has no residual and adds nothing to any of them.
    """
    root = np.ones(len(y)) if weights is None else np.sqrt(weights)
    orthonormal, triangle = np.linalg.qr(x * root[:, None])
    residual = y * root - orthonormal @ (orthonormal.T @ (y * root))
    back = np.linalg.inv(triangle)
    df = len(y) - x.shape[1]
    leverage = (orthonormal**2).sum(axis=1)
    left = np.where(leverage < 1 - 1e-10, 1 - leverage, np.inf)
    sigma2 = float((residual**2).sum() / df)
    factors = {"hc0": 1.0, "hc1": len(y) / df, "hc2": 1 / left, "hc3": 1 / left**2}
    covariances = {"classical": sigma2 * back @ back.T}
    for kind, factor in factors.items():
        middle = orthonormal.T @ (orthonormal * (factor * residual**2)[:, None])
        covariances[kind] = back @ middle @ back.T
    return Fit(
        coefficients=back @ (orthonormal.T @ (y * root)), covariances=covariances, df=df, residual_sd=sqrt(sigma2)
    )


def interacted(design: RecordDesign) -> RecordDesign:
    """The design with every covariate's own slope in each treatment arm (Lin 2013); covariates must be centred."""
    arms = [index for index, name in enumerate(design.names) if name.startswith("arm ")]
    others = [index for index in range(1, len(design.names)) if index not in arms]
    products = [design.x[:, [arm]] * design.x[:, others] for arm in arms]
    names = [f"{design.names[arm]} x {design.names[other]}" for arm in arms for other in others]
    return replace(design, x=np.hstack([design.x, *products]), names=(*design.names, *names))


def centred(design: RecordDesign) -> RecordDesign:
    """The design with every covariate less its mean: the intercept is then the control level of the average record."""
    x = design.x.copy()
    for index, name in enumerate(design.names):
        if index > 0 and not name.startswith("arm "):
            x[:, index] -= np.average(x[:, index], weights=design.weights)
    return replace(design, x=x)


def ols(
    design: RecordDesign, *, arm: int, kind: str, confidence: float, method: str, own_slopes: bool = False
) -> Result:
    """Treatment ``arm`` minus control, adjusted; t with N - K degrees of freedom.

    kind: one of ``KINDS``; own_slopes: every covariate has its own slope in each arm, and the effect is the average
    one. ``details`` has the standard errors of the other kinds.
    """
    design = interacted(centred(design)) if own_slopes else centred(design)
    n_control, n_treatment = int((design.arm == 0).sum()), int((design.arm == arm).sum())
    facts = {"n_control": n_control, "n_treatment": n_treatment, "columns": design.x.shape[1]}
    if len(design.y) <= design.x.shape[1]:
        return NotEstimable(code="too_few_for_adjustment", facts=facts)
    if own_slopes and np.linalg.matrix_rank(design.x) < design.x.shape[1]:
        return NotEstimable(code="slopes_not_separable", facts=facts)
    fit = least_squares(design.x, design.y, design.weights)
    position = design.position(arm)
    std_error = _root(fit.covariances[kind], position)
    means = [float(design.y[design.arm == group].mean()) for group in (0, arm)]
    if std_error <= 64 * EPSILON * float(np.abs(design.y).max()):
        return NotEstimable(code="same_value", facts={"control": means[0], "treatment": means[1]})
    effect = float(fit.coefficients[position])
    return t_estimate(
        effect,
        std_error,
        fit.df,
        n_control=n_control,
        n_treatment=n_treatment,
        confidence=confidence,
        method=method,
        relative=_relative(fit, kind, position, confidence),
        mean_control=means[0],
        mean_treatment=means[1],
        details={
            "statistic": effect / std_error,
            "n": len(design.y),
            "incomplete": design.dropped,
            "std_errors": {name: _root(cov, position) for name, cov in fit.covariances.items()},
            "residual_sd": fit.residual_sd,
            "coefficients": _coefficients(design, fit, kind),
        },
    )


def _root(covariance: Floats, index: int) -> float:
    """Standard error; what rounding leaves below zero of a variance of nothing is nothing."""
    return sqrt(max(0.0, float(covariance[index, index])))


def _relative(fit: Fit, kind: str, position: int, confidence: float) -> Relative | None:
    control, effect, covariance = float(fit.coefficients[0]), float(fit.coefficients[position]), fit.covariances[kind]
    var_c, var_e, shared = (float(covariance[at]) for at in ((0, 0), (position, position), (0, position)))
    return fieller(
        (control + effect, var_c + var_e + 2 * shared),
        (control, var_c),
        confidence=confidence,
        df=fit.df,
        covariance=var_c + shared,
    )


def _coefficients(design: RecordDesign, fit: Fit, kind: str) -> dict[str, dict[str, float]]:
    """Estimate, standard error and p of every column but the intercept."""
    found: dict[str, dict[str, float]] = {}
    for index, name in enumerate(design.names[1:], start=1):
        value, std_error = float(fit.coefficients[index]), _root(fit.covariances[kind], index)
        found[name] = {"estimate": value, "std_error": std_error}
        if std_error > 0:
            found[name]["p_value"] = two_sided(value / std_error, fit.df)
    return found
