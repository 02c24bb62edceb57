"""Counts over time as an estimate: rate ratio, and the difference of rates that it means."""

from __future__ import annotations

from dataclasses import replace
from math import exp, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stats.checks.series import enough_points, residual_autocorrelation
from stats.designs.site_alternatives import confidence_of
from stats.methods.count_series import CountFit, negative_binomial, poisson
from stats.methods.hypotheses import two_sided
from stats.methods.one_series import OneSeries
from stats.methods.segmented import SegmentedDesign
from stats.results import Estimate, NotEstimable, Relative, Result, quantile
from stats.study import Study

Floats = NDArray[np.float64]
LEAST_DISPERSION = 1e-12


def count_estimate(study: Study, series: OneSeries, design: SegmentedDesign, kind: str) -> Result:
    """The estimate by ``kind``; rate ratio and its Wald interval (normal) in ``details``."""
    if series.comparison is not None:
        return NotEstimable(code="counts_without_comparison", facts={"method": kind})
    events, exposure = series.value * series.volume, series.volume
    facts = {"n_control": int((~series.after).sum()), "n_treatment": int(series.after.sum())}
    if (events < 0).any() or events[series.after].sum() <= 0 or events[~series.after].sum() <= 0:
        return NotEstimable(code="no_events", facts=facts)
    fitted = (
        negative_binomial(design.x, events, exposure)
        if kind == "negative_binomial"
        else poisson(design.x, events, exposure)
    )
    if not fitted.converged:
        return NotEstimable(code="no_convergence", facts={"method": kind})
    scaled = kind == "quasipoisson"
    if scaled and fitted.dispersion < LEAST_DISPERSION:
        # Every count lies on the line: nothing tells how far chance reaches.
        return NotEstimable(code="no_variation_over_time", facts=facts)
    if scaled:
        fitted = replace(fitted, covariance=fitted.covariance * fitted.dispersion)
    return _estimate(study, series, design, fitted, kind, float(fitted.df) if scaled else None)


def _estimate(
    study: Study, series: OneSeries, design: SegmentedDesign, fitted: CountFit, kind: str, df: float | None
) -> Estimate:
    confidence = confidence_of(study)
    contrast = design.average
    log_ratio = float(contrast @ fitted.coefficients)
    log_error = sqrt(float(contrast @ fitted.covariance @ contrast))
    effect, std_error = _rate_difference(series, design, fitted)
    reach = quantile(0.5 + confidence / 2, df) * std_error
    ratio_reach = quantile(0.5 + confidence / 2, None) * log_error
    before, after = ~series.after, series.after
    exposed = series.volume
    result = Estimate(
        effect=effect,
        std_error=std_error,
        ci_lower=effect - reach,
        ci_upper=effect + reach,
        p_value=two_sided(log_ratio / log_error, df),
        df=df,
        confidence=confidence,
        method=kind,
        relative=Relative(
            effect=exp(log_ratio) - 1,
            ci_lower=exp(log_ratio - ratio_reach) - 1,
            ci_upper=exp(log_ratio + ratio_reach) - 1,
            method="log_ratio",
        ),
        n_control=int(before.sum()),
        n_treatment=int(after.sum()),
        mean_control=float(np.average(series.value[before], weights=exposed[before])),
        mean_treatment=float(np.average(series.value[after], weights=exposed[after])),
        details={
            "statistic": log_ratio / log_error,
            "n": len(series.value),
            "rate_ratio": exp(log_ratio),
            "rate_ratio_ci_lower": exp(log_ratio - ratio_reach),
            "rate_ratio_ci_upper": exp(log_ratio + ratio_reach),
            "log_rate_ratio": log_ratio,
            "log_rate_ratio_std_error": log_error,
            "dispersion": fitted.dispersion,
            "alpha": fitted.alpha,
            "trend_rate_ratio": exp(float(design.contrast("trend") @ fitted.coefficients)),
            "coefficients": {
                name: {"estimate": float(value), "std_error": sqrt(float(fitted.covariance[k, k]))}
                for k, (name, value) in enumerate(zip(design.names, fitted.coefficients, strict=True))
            },
            "series": _course(series, design, fitted),
        },
    )
    return result.with_checks([enough_points(series), residual_autocorrelation(fitted.residual)])


def _without(design: SegmentedDesign) -> Floats:
    without = design.x.copy()
    for name in ("level", "slope"):
        if name in design.names:
            without[:, design.names.index(name)] = 0.0
    return without


def _rate_difference(series: OneSeries, design: SegmentedDesign, fitted: CountFit) -> tuple[float, float]:
    """(events per exposure after the start, less those without the change, standard error by the delta method)."""
    late = series.after
    total = float(series.volume[late].sum())
    x, without = design.x[late], _without(design)[late]
    with_change = np.exp(x @ fitted.coefficients) * series.volume[late]
    else_expected = np.exp(without @ fitted.coefficients) * series.volume[late]
    gradient = (with_change @ x - else_expected @ without) / total
    effect = float((with_change - else_expected).sum()) / total
    return effect, sqrt(float(gradient @ fitted.covariance @ gradient))


def _course(series: OneSeries, design: SegmentedDesign, fitted: CountFit) -> list[dict[str, Any]]:
    expected = np.exp(_without(design) @ fitted.coefficients)
    return [
        {"period": period, "after": bool(late), "value": float(value), "fitted": float(fit), "expected": float(rate)}
        for period, late, value, fit, rate in zip(
            series.periods, series.after, series.value, fitted.fitted / series.volume, expected, strict=True
        )
    ]
