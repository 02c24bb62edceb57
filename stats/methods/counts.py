"""Events per exposure: Poisson and negative binomial rates. The default for rates is the ratio by the delta method."""

from __future__ import annotations

import warnings
from dataclasses import replace
from math import exp, log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stats.methods.arms import ArmSummary, too_few
from stats.methods.levels import ArmLevel, difference
from stats.methods.ratio import ratio_level
from stats.results import NotEstimable, Relative, Result, quantile

Floats = NDArray[np.float64]


def exposure(arm: ArmSummary) -> float:
    """Total exposure of an arm; each unit counts one where no exposure is given."""
    return arm.sum_d if arm.mean_d == arm.mean_d else float(arm.n)


def poisson(control: ArmSummary, treatment: ArmSummary, *, confidence: float) -> Result:
    """Difference of two Poisson rates, normal; the rate ratio with its log interval in ``details``.

    Events of one unit hang together in practice: ``dispersion`` is the variance by the delta method over Poisson's,
    and well above 1 says that this interval is too narrow.
    """
    if reason := too_few(control.n, treatment.n, 1):
        return reason
    events = control.sum_y, treatment.sum_y
    spans = exposure(control), exposure(treatment)
    if min(spans) <= 0:
        return NotEstimable(code="denominator_not_positive", facts={"control": spans[0], "treatment": spans[1]})
    if sum(events) == 0:
        return NotEstimable(code="no_events", facts={"n_control": control.n, "n_treatment": treatment.n})
    levels = [
        ArmLevel(value=event / span, variance=event / span**2, df=0, n=arm.n)
        for event, span, arm in zip(events, spans, (control, treatment), strict=True)
    ]
    details: dict[str, Any] = {"events_control": events[0], "events_treatment": events[1]}
    details |= {
        "exposure_control": spans[0],
        "exposure_treatment": spans[1],
        "dispersion": _dispersion(control, treatment, levels),
    }
    if min(events) > 0:
        log_se = sqrt(1 / events[0] + 1 / events[1])
        details |= _rate_ratio(log(levels[1].value / levels[0].value), log_se, confidence)
    return difference(levels[0], levels[1], confidence=confidence, method="poisson", df=None, details=details)


def _dispersion(control: ArmSummary, treatment: ArmSummary, levels: list[ArmLevel]) -> float | None:
    if min(control.n, treatment.n) < 2:
        return None
    if control.mean_d == control.mean_d:
        robust = sum(ratio_level(arm).variance for arm in (control, treatment))
    else:
        robust = sum(arm.var_y / arm.n for arm in (control, treatment))
    return robust / sum(level.variance for level in levels)


def _rate_ratio(centre: float, log_se: float, confidence: float) -> dict[str, float]:
    reach = quantile(0.5 + confidence / 2, None) * log_se
    return {
        "rate_ratio": exp(centre),
        "rate_ratio_ci_lower": exp(centre - reach),
        "rate_ratio_ci_upper": exp(centre + reach),
        "log_rate_ratio": centre,
        "log_rate_ratio_std_error": log_se,
    }


def negative_binomial(y: Floats, arm: NDArray[np.bool_], span: Floats | None, *, confidence: float) -> Result:
    """Difference of two rates from a negative binomial regression (NB2, by maximum likelihood, statsmodels).

    y: (N,) events; arm: (N,) treated; span: (N,) exposure or None. The difference's standard error is by the delta
    method from the log rates; relative effect and ``details`` carry the rate ratio.
    """
    from statsmodels.discrete.discrete_model import NegativeBinomial

    n_treatment = int(arm.sum())
    if reason := too_few(len(y) - n_treatment, n_treatment, 3):
        return reason
    if min(y[arm].sum(), y[~arm].sum()) == 0:
        return NotEstimable(code="no_events", facts={"n_control": len(y) - n_treatment, "n_treatment": n_treatment})
    matrix = np.column_stack([np.ones(len(y)), arm.astype(float)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they warn of (no convergence, no Hessian) is asked for below
        fit = NegativeBinomial(y, matrix, exposure=span).fit(disp=False, maxiter=200)
    failed = NotEstimable(code="no_convergence", facts={"method": "negative_binomial"})
    try:
        covariance = np.asarray(fit.cov_params())
    except ValueError:  # the likelihood has no curvature where the search ended
        return failed
    if not fit.mle_retvals["converged"] or not np.isfinite(covariance).all() or covariance[1, 1] <= 0:
        return failed
    rates = exp(fit.params[0]), exp(fit.params[0] + fit.params[1])
    gradient = np.array([rates[1] - rates[0], rates[1]])
    variance = max(0.0, float(gradient @ covariance[:2, :2] @ gradient))
    log_se = sqrt(covariance[1, 1])
    ratio = _rate_ratio(float(fit.params[1]), log_se, confidence)
    # One level carries the whole variance: the two rates are fitted together and share the dispersion.
    levels = (
        ArmLevel(value=rates[0], variance=0.0, df=0, n=len(y) - n_treatment),
        ArmLevel(value=rates[1], variance=variance, df=0, n=n_treatment),
    )
    result = difference(*levels, confidence=confidence, method="negative_binomial", df=None)
    relative = Relative(
        effect=ratio["rate_ratio"] - 1,
        ci_lower=ratio["rate_ratio_ci_lower"] - 1,
        ci_upper=ratio["rate_ratio_ci_upper"] - 1,
        method="log_ratio",
    )
    details = {**result.details, **ratio, "dispersion": float(fit.params[-1]), "p_rate_ratio": float(fit.pvalues[1])}
    return replace(result, relative=relative, details=details)
