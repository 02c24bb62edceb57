"""One series before and after the change: segmented regression. Without a comparison it can show little: grade D.

The default allows for first-order autocorrelation (GLSAR) and is held at half the error rate asked for, because with a
few dozen points every such correction is still too confident. Named alternatives are textbook ones at full rate.
Where comparison sites are named the series is the treated level less theirs, period by period.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stats.checks.series import enough_points, residual_autocorrelation
from stats.designs import Estimator
from stats.designs.site_alternatives import confidence_of, tested
from stats.errors import Problem, RefusedSpec
from stats.methods import segmented
from stats.methods.hypotheses import two_sided
from stats.methods.one_series import OneSeries, one_series
from stats.methods.segmented import SegmentedDesign, SeriesFit, segmented_design
from stats.results import Estimate, Limits, NotEstimable, Relative, Result, quantile
from stats.study import Study

Floats = NDArray[np.float64]
WHAT = ("average", "level", "slope")


def linear(kind: str) -> Callable[[Study], Result]:
    """Estimator 'glsar', 'newey_west' or 'ols' of a level that moves by a trend, a jump and a change of slope.

    Options: ``slope`` (true): allow the slope to change; ``effect``: 'level' (the jump), 'slope' or 'average' (over the
    periods after the start; the default of the default estimator); ``season``: length of a season in periods, with
    ``harmonics`` (1) Fourier pairs. ``lag``: for newey_west; default 4 (T / 100)^(2/9).
    """

    def run(study: Study) -> Result:
        made = _prepared(study, slope=True)
        if isinstance(made, NotEstimable):
            return made
        series, design = made
        fitted, extra = _fitted(kind, design, series, study)
        return tested(study, _estimate(study, series, design, fitted, kind, extra))

    return run


def default(study: Study) -> Result:
    """GLSAR(1) at half the error rate: the interval is that of 1 - alpha / 2, p is doubled, limits are at level / 2."""
    options = {"effect": "average", **study.spec.options}
    result = linear("glsar")(replace(study, spec=study.spec.model_copy(update={"options": options})))
    if isinstance(result, NotEstimable):
        return result
    alpha = 1 - result.confidence
    levels = sorted({*study.spec.levels, alpha / 2})
    ends = result.at_level(alpha / 4)
    return replace(
        result,
        method="glsar_half_alpha",
        ci_lower=ends.lower,
        ci_upper=ends.upper,
        p_value=None if result.p_value is None else min(1.0, 2 * result.p_value),
        limits=tuple(_at_half(result, level) for level in levels),
        details={**result.details, "error_rate_halved": True, "p_undoubled": result.p_value},
    )


def _at_half(result: Estimate, level: float) -> Limits:
    found = result.at_level(level / 2)
    return Limits(level=level, lower=found.lower, upper=found.upper)


def _prepared(study: Study, *, slope: bool) -> tuple[OneSeries, SegmentedDesign] | NotEstimable:
    options = study.spec.options
    series = one_series(study)
    if isinstance(series, NotEstimable):
        return series
    design = segmented_design(
        series.time,
        series.after,
        slope=bool(options.get("slope", slope)) and int(series.after.sum()) > 1,
        season=None if options.get("season") is None else float(options["season"]),
        harmonics=int(options.get("harmonics", 1)),
        further=_covariates(study, series),
    )
    facts = {"before": int((~series.after).sum()), "after": int(series.after.sum())}
    if design is None:
        return NotEstimable(code="too_few_periods_around_start", facts=facts)
    if len(series.value) - design.x.shape[1] < 2:
        return NotEstimable(code="too_few_periods_around_start", facts=facts)
    return series, design


def _covariates(study: Study, series: OneSeries) -> Floats | None:
    """(T, K) averages of the covariates by period, over all records."""
    names = study.spec.covariates
    if not names:
        return None
    records = study.records
    means = records.groupby(study.spec.period)[names].mean()
    found = np.asarray(means.reindex(list(series.periods)), dtype=float)
    if not np.isfinite(found).all():
        raise RefusedSpec(Problem(code="covariate_incomplete", facts={"columns": ", ".join(names)}))
    return found


def _fitted(kind: str, design: SegmentedDesign, series: OneSeries, study: Study) -> tuple[SeriesFit, dict[str, Any]]:
    if kind == "newey_west":
        lag = study.spec.lag if study.spec.lag is not None else segmented.default_lag(len(series.value))
        plain = segmented.newey_west(design.x, series.value, lag, small_sample=False)
        return segmented.newey_west(design.x, series.value, lag), {"lag": lag, "unadjusted": _errors(design, plain)}
    if kind == "glsar":
        fitted = segmented.glsar(design.x, series.value)
        return fitted, {"rho": fitted.rho}
    return segmented.least_squares(design.x, series.value), {}


def _errors(design: SegmentedDesign, fitted: SeriesFit) -> dict[str, float]:
    return {name: fitted.of(design.contrast(name))[1] for name in design.names}


def _contrast(design: SegmentedDesign, what: object) -> Floats:
    if what not in WHAT:
        facts = {"key": "effect", "found": str(what), "offered": ", ".join(WHAT)}
        raise RefusedSpec(Problem(code="unknown_option", facts=facts))
    if what == "slope" and "slope" not in design.names:
        facts = {"key": "effect", "found": "slope", "offered": "average, level"}
        raise RefusedSpec(Problem(code="unknown_option", facts=facts))
    return design.average if what == "average" else design.contrast(str(what))


def _estimate(
    study: Study, series: OneSeries, design: SegmentedDesign, fitted: SeriesFit, kind: str, extra: Mapping[str, Any]
) -> Result:
    confidence = confidence_of(study)
    what = study.spec.options.get("effect", "level")
    effect, std_error = fitted.of(_contrast(design, what))
    if std_error <= 1e-12 * max(1.0, float(np.abs(series.value).max())):
        return NotEstimable(code="no_variation", facts=_levels(series))
    reach = quantile(0.5 + confidence / 2, fitted.df) * std_error
    result = Estimate(
        effect=effect,
        std_error=std_error,
        ci_lower=effect - reach,
        ci_upper=effect + reach,
        p_value=two_sided(effect / std_error, fitted.df),
        df=fitted.df,
        confidence=confidence,
        method=kind,
        relative=_relative(series, effect, reach),
        n_control=int((~series.after).sum()),
        n_treatment=int(series.after.sum()),
        mean_control=_levels(series)["control"],
        mean_treatment=_levels(series)["treatment"],
        details={
            "statistic": effect / std_error,
            "effect_is": what,
            "n": len(series.value),
            "comparison_sites": series.sites[0],
            **_table(design, fitted),
            **extra,
            "series": _course(series, design, fitted.coefficients),
        },
    )
    return result.with_checks([enough_points(series), residual_autocorrelation(fitted.residual, fitted.rho)])


def _levels(series: OneSeries) -> dict[str, float]:
    return {
        "control": float(series.treated[~series.after].mean()),
        "treatment": float(series.treated[series.after].mean()),
    }


def _relative(series: OneSeries, effect: float, reach: float) -> Relative | None:
    """Of the level that the series would have had after the start, which is taken as known."""
    level = float(series.treated[series.after].mean()) - effect
    if level <= 0:
        return None
    return Relative(
        effect=effect / level, ci_lower=(effect - reach) / level, ci_upper=(effect + reach) / level, method="of_course"
    )


def _table(design: SegmentedDesign, fitted: SeriesFit) -> dict[str, Any]:
    """Every coefficient, the average effect, and the slope after the start."""
    found: dict[str, Any] = {"coefficients": {}}
    for name in design.names:
        value, spread = fitted.of(design.contrast(name))
        found["coefficients"][name] = _with_p(value, spread, fitted.df)
    found["average"] = _with_p(*fitted.of(design.average), fitted.df)
    if "slope" in design.names:
        found["slope_after"] = _with_p(*fitted.of(design.contrast("trend") + design.contrast("slope")), fitted.df)
    return found


def _with_p(value: float, spread: float, df: float | None) -> dict[str, float | None]:
    return {
        "estimate": value,
        "std_error": spread,
        "p_value": two_sided(value / spread, df) if spread > 0 else None,
    }


def _course(series: OneSeries, design: SegmentedDesign, beta: Floats) -> list[dict[str, Any]]:
    """Value, fitted value, and where the earlier course would have led."""
    without = design.x.copy()
    for name in ("level", "slope"):
        if name in design.names:
            without[:, design.names.index(name)] = 0.0
    return [
        {
            "period": period,
            "after": bool(late),
            "value": float(value),
            "fitted": float(fit),
            "expected": float(expected),
        }
        for period, late, value, fit, expected in zip(
            series.periods, series.after, series.value, design.x @ beta, without @ beta, strict=True
        )
    ]


def counts(kind: str) -> Callable[[Study], Result]:
    """Estimator 'poisson', 'quasipoisson' or 'negative_binomial' of events per exposure (metric kind 'rate', or a mean
    of counts). Options as for the linear ones, but ``slope`` is false unless asked for. effect: average difference of
    the rate after the start; ``details.rate_ratio`` with its interval."""

    def run(study: Study) -> Result:
        made = _prepared(study, slope=False)
        if isinstance(made, NotEstimable):
            return made
        from stats.designs.series_counts import count_estimate

        return tested(study, count_estimate(study, *made, kind))

    return run


DEFAULT = "glsar_half_alpha"
ESTIMATORS = {
    estimator.key: estimator
    for estimator in (
        Estimator(
            key=DEFAULT,
            run=default,
            label="Segmented regression, autocorrelated errors, at half the error rate",
            source="Cochrane & Orcutt (1949); Wagner et al. (2002)",
        ),
        Estimator(
            key="glsar",
            run=linear("glsar"),
            label="Segmented regression, GLSAR(1)",
            source="Cochrane & Orcutt (1949)",
            safe=False,
            aliases=("cochrane_orcutt",),
        ),
        Estimator(
            key="newey_west",
            run=linear("newey_west"),
            label="Segmented regression, Newey-West",
            source="Newey & West (1987); Linden (2015)",
            safe=False,
            aliases=("itsa", "hac"),
        ),
        Estimator(
            key="ols",
            run=linear("ols"),
            label="Segmented regression, independent errors",
            source="Wagner et al. (2002)",
            safe=False,
            aliases=("segmented",),
        ),
        *(
            Estimator(key=key, run=counts(key), label=label, source=source, safe=False)
            for key, label, source in (
                ("poisson", "Counts, Poisson", "Lopez Bernal et al. (2017)"),
                ("quasipoisson", "Counts, Poisson with scaled errors", "Lopez Bernal et al. (2017)"),
                ("negative_binomial", "Counts, negative binomial", "Cameron & Trivedi (2013)"),
            )
        ),
    )
}
