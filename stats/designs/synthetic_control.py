"""One site (or a few) against a weighted mix of sites that followed it before the start.

The default shifts the mix to the treated site's own level (Ferman & Pinto 2021) and is judged by its rank among
placebos, with the treated site kept in the donors' pools. The smallest p is one over the number of sites, and with few
sites limits are unbounded: that is said, not papered over with a normal interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from stats.checks.before_start import survives
from stats.checks.donors import donor_checks
from stats.designs import Estimator
from stats.designs.site_alternatives import confidence_of
from stats.errors import Problem, RefusedSpec
from stats.methods.hypotheses import two_sided
from stats.methods.panel import by_site_and_period, panel_of
from stats.methods.synthetic import Scheme, SyntheticFit, synthetic
from stats.methods.synthetic_placebo import Placebos, placebos
from stats.methods.synthetic_series import Series, series_of
from stats.results import Estimate, NotEstimable, Relative, Result, Status, quantile
from stats.study import Study


def scheme(kind: Scheme) -> Callable[[Study], Result]:
    """Estimator by ``kind``. Options: ``treated_in_pools`` (true by default for ``intercept_shifted``): whether the
    treated site may be a donor of its placebos; ``mbar`` (1): the bias to survive, in largest placebo deviations.
    p of ``simplex`` is the rank by the ratio of mean square gaps, as its authors have it."""

    def run(study: Study) -> Result:
        series = series_of(panel_of(study, covariates=()))
        if isinstance(series, NotEstimable):
            return series
        fitted = synthetic(series.y, series.donors, series.before, kind)
        kept = bool(study.spec.options.get("treated_in_pools", kind in ("intercept_shifted", "did")))
        found = placebos(series.y, series.donors, series.before, fitted, kind, treated_in_pools=kept and kind != "sdid")
        result = _estimate(study, series, fitted, found, kind, kept)
        if kind == "simplex" and isinstance(result, Estimate) and study.spec.test_spec.kind == "superiority":
            result = replace(result, p_value=found.p_ratio)
        if kind == "sdid" and isinstance(result, Estimate):
            result = _placebo_variance(study, result)
        return _checked(study, series, fitted, result, kind)

    return run


def _estimate(
    study: Study, series: Series, fitted: SyntheticFit, found: Placebos, kind: str, kept: bool
) -> Estimate | NotEstimable:
    spec, confidence = study.spec, confidence_of(study)
    if fitted.pre_rmse <= 0 and fitted.post_rmse <= 0:
        return NotEstimable(code="no_variation", facts=series.levels)
    lower, upper = found.interval(confidence)
    own = float(series.y[~series.before].mean())
    level = own - fitted.effect
    p_value, facts = _tested(study, found)
    return Estimate(
        effect=fitted.effect,
        std_error=None,
        ci_lower=lower,
        ci_upper=upper,
        p_value=p_value,
        df=None,
        confidence=confidence,
        method=f"synthetic_control_{kind}",
        p_randomisation=found.p_two_sided(),
        p_floor=found.floor,
        relative=_relative(fitted.effect, level, lower, upper),
        mean_control=level,
        mean_treatment=own,
        n_control=series.donors.shape[1],
        n_treatment=len(series.treated),
        limits=tuple(found.limits(each) for each in sorted({*spec.levels, (1 - confidence) / 2, 1 - confidence})),
        details={
            **facts,
            "weights": {
                name: float(weight)
                for name, weight in sorted(zip(series.names, fitted.weights, strict=True), key=lambda pair: -pair[1])
                if weight > 1e-6
            },
            "gaps": [
                {"period": period, "gap": float(gap), "after": not bool(before), "value": float(value)}
                for period, gap, before, value in zip(series.periods, fitted.gap, series.before, series.y, strict=True)
            ],
            "pre_rmse": fitted.pre_rmse,
            "placebo": {
                "sites": found.n,
                "treated_in_pools": kept,
                "p_two_sided": found.p_two_sided(),
                "p_ratio": found.p_ratio,
                "ratio": float(found.ratio[0]),
                "rank": round(found.p_ratio * found.n),
                "effects": [float(effect) for effect in found.effect[1:]],
                "gaps": [
                    {"site": name, "gaps": [float(f"{gap:.6g}") for gap in gaps]}
                    for name, gaps in zip(series.names, found.gap[1:], strict=True)
                ],
                "spread": float(found.effect[1:].std(ddof=1)) if found.n > 2 else None,
            },
            "randomisation": {
                "assignments": found.n,
                "replayed": found.n,
                "exact": True,
                "p_greater": found.p_greater(),
                "p_less": found.p_less(),
                "p_floor_one_sided": found.floor,
            },
            "incomplete": list(series.dropped),
        },
    )


def _relative(effect: float, level: float, lower: float | None, upper: float | None) -> Relative | None:
    """Of the synthetic level, which is taken as known."""
    if level == 0:
        return None
    size = abs(level)
    return Relative(
        effect=effect / size,
        ci_lower=None if lower is None else lower / size,
        ci_upper=None if upper is None else upper / size,
        method="of_synthetic_level",
    )


def _tested(study: Study, found: Placebos) -> tuple[float, dict[str, Any]]:
    """p of what the specification tests, by placebo ranks at the margin."""
    test = study.spec.test_spec
    if test.kind == "superiority":
        return found.p_two_sided(), {}
    if test.margin is None:
        raise RefusedSpec(Problem(code="margin_needed", facts={"test": test.kind}))
    above, below = found.p_greater(-test.margin), found.p_less(test.margin)
    facts = {"test": test.kind, "margin": test.margin, "p_lower": above, "p_upper": below}
    if test.kind == "equivalence":
        return max(above, below), facts
    return (above if study.spec.metric.better == "higher" else below), facts


def _placebo_variance(study: Study, result: Estimate) -> Estimate:
    """Normal interval from the spread of the donors' placebo effects (Arkhangelsky et al. 2021, algorithm 4)."""
    spread = result.details["placebo"]["spread"]
    if not spread or study.spec.test_spec.kind != "superiority":
        return result
    reach = quantile(0.5 + result.confidence / 2, None) * spread
    return replace(
        result,
        std_error=spread,
        ci_lower=result.effect - reach,
        ci_upper=result.effect + reach,
        p_value=two_sided(result.effect / spread, None),
        relative=_relative(result.effect, result.mean_control or 0.0, result.effect - reach, result.effect + reach),
        limits=(),
    )


def _checked(study: Study, series: Series, fitted: SyntheticFit, result: Result, kind: Scheme) -> Result:
    if isinstance(result, NotEstimable):
        return result
    checks = donor_checks(series, fitted, result, kind, mbar=float(study.spec.options.get("mbar", 1)))
    robust = next(check for check in checks if check.key == "bias_robustness")
    extra = survives(robust) if robust.status != Status.NOT_RUN else {}
    return replace(result, details={**result.details, **extra}).with_checks(checks)


def adh(study: Study) -> Result:
    """Matched on predictors (Abadie, Diamond & Hainmueller 2010).

    Option ``predictors``: a list of columns, each a name (average over all periods before the start) or a mapping with
    ``column`` and either ``from`` and ``to`` or ``at`` (a period or a list, one predictor each). It gives effect,
    weights and gaps; p and limits are those of the default, because choosing predictors anew for every placebo is slow
    and not unique.
    """
    from stats.methods.synthetic_predictors import by_predictors

    panel = panel_of(study, covariates=())
    series = series_of(panel)
    if isinstance(series, NotEstimable):
        return series
    table = _predictors(study, series)
    own, theirs = table[:, series.treated_places].mean(axis=1), table[:, series.donor_places]
    complete = np.asarray(np.isfinite(theirs).all(axis=0))
    if not np.isfinite(own).all() or complete.sum() < 2:
        return NotEstimable(code="predictors_incomplete", facts={"sites": int(complete.sum())})
    series = series.with_donors(complete)
    found = by_predictors(series.y, series.donors, series.before, own, theirs[:, complete])
    placebo = placebos(series.y, series.donors, series.before, found.fit, "simplex", treated_in_pools=False)
    result = _estimate(study, series, found.fit, placebo, "adh", False)
    if isinstance(result, NotEstimable):
        return result
    predictors = [
        {"predictor": name, "importance": float(v), "treated": float(mine), "synthetic": float(made)}
        for name, v, mine, made in zip(_names(study), found.importance, own, found.synthetic, strict=True)
    ]
    details = {key: value for key, value in result.details.items() if key not in ("placebo", "randomisation")}
    return replace(
        result,
        ci_lower=None,
        ci_upper=None,
        p_value=None,
        p_randomisation=None,
        p_floor=None,
        limits=(),
        relative=_relative(result.effect, result.mean_control or 0.0, None, None),
        details={**details, "predictors": predictors},
    )


def _asked(study: Study) -> list[dict[str, Any]]:
    """One entry a predictor: column and the periods (``from``, ``to`` or ``at``)."""
    named = study.spec.options.get("predictors")
    if not named:
        facts = {"key": "predictors", "found": "–", "offered": "columns, or {column, from, to}, {column, at}"}
        raise RefusedSpec(Problem(code="unknown_option", facts=facts))
    found: list[dict[str, Any]] = []
    for each in named if isinstance(named, list) else [named]:
        entry = dict(each) if isinstance(each, dict) else {"column": each}
        moments = entry.get("at")
        if moments is None:
            found.append(entry)
        else:
            found += [
                {"column": entry["column"], "at": at} for at in (moments if isinstance(moments, list) else [moments])
            ]
    return found


def _names(study: Study) -> list[str]:
    return [f"{each['column']} {each['at']}" if "at" in each else str(each["column"]) for each in _asked(study)]


def _predictors(study: Study, series: Series) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(K, S) average of each predictor over its periods, NaN where a site has none."""
    asked = _asked(study)
    columns = by_site_and_period(study, list(dict.fromkeys(str(each["column"]) for each in asked)))
    rows = []
    for each in asked:
        values = columns[str(each["column"])][0][:, series.places]
        first, last = each.get("at", each.get("from")), each.get("at", each.get("to"))
        inside = [
            (first is None and last is None and bool(before))
            or ((first is not None or last is not None) and _between(period, first, last))
            for period, before in zip(series.periods, series.before, strict=True)
        ]
        chosen = values[:, np.array(inside, dtype=bool)]
        known = np.isfinite(chosen)
        total = np.where(known, chosen, 0.0).sum(axis=1)
        rows.append(np.divide(total, known.sum(axis=1), out=np.full(len(total), np.nan), where=known.any(axis=1)))
    return np.array(rows)


def _between(period: Any, first: Any, last: Any) -> bool:
    if isinstance(period, (int, float)):
        return (first is None or period >= float(first)) and (last is None or period <= float(last))
    text = str(period)
    return (first is None or text >= str(first)) and (last is None or text <= str(last))


DEFAULT = "intercept_shifted"
ESTIMATORS = {
    estimator.key: estimator
    for estimator in (
        Estimator(
            key=DEFAULT,
            run=scheme("intercept_shifted"),
            label="Weighted mix at the site's own level, placebo ranks",
            source="Ferman & Pinto (2021)",
            aliases=("ferman_pinto", "demeaned"),
        ),
        Estimator(
            key="simplex",
            run=scheme("simplex"),
            label="Weighted mix, outcomes only, placebo ranks",
            source="Abadie, Diamond & Hainmueller (2010)",
            aliases=("outcome_only", "sc", "synthetic_control"),
        ),
        Estimator(
            key="adh",
            run=adh,
            label="Weighted mix, matched on predictors",
            source="Abadie, Diamond & Hainmueller (2010)",
            safe=False,
            aliases=("predictors", "synth"),
        ),
        Estimator(
            key="sdid",
            run=scheme("sdid"),
            label="Synthetic difference in differences",
            source="Arkhangelsky et al. (2021)",
            safe=False,
            aliases=("synthetic_did",),
        ),
        Estimator(
            key="did",
            run=scheme("did"),
            label="Plain average of the other sites, placebo ranks",
            source="Abadie (2021), section 3",
            aliases=("difference_in_differences",),
        ),
    )
}
