"""Linear mixed model on records: all arms in one model, random intercepts, degrees of freedom for few groups."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from stats.designs.record_groups import cluster_column, is_mean, levels
from stats.methods.hypotheses import apply_test, interval_confidence, two_sided
from stats.methods.mixed_df import SmallSample, kenward_roger, satterthwaite_df, small_sample
from stats.methods.mixed_model import MixedFit, cross_products, fit_mixed
from stats.methods.record_design import RecordDesign, record_design
from stats.methods.relative import fieller
from stats.results import Estimate, NotEstimable, Relative, Result, quantile
from stats.study import Study

LEVELS_AT_MOST = 2_000
"""Levels of the random factors, all together: the work grows with their cube."""


def mixed_model(study: Study) -> Result:
    """Treatment minus control by REML; t with Kenward & Roger's standard error and degrees of freedom.

    Options: ``columns``: those with a random intercept each (default: the cluster, else the site); ``df``:
    'kenward_roger' or 'satterthwaite' (the latter with the unadjusted standard error). Fixed: arms, covariates,
    strata, and the periods where the specification names some. ``weight_column`` is inverse to the residual variance.
    ``details`` gives both kinds, the variance components and the joint test of all arms.
    """
    spec = study.spec
    if not is_mean(spec.metric):
        return NotEstimable(code="method_for_means_only", facts={"kind": spec.metric.kind, "method": spec.estimator})
    random = list(spec.options.get("columns") or [cluster_column(study)])
    factors = [*spec.strata, *([spec.period] if spec.period else [])]
    design = record_design(
        study, all_arms=True, factors=[name for name in factors if name not in random], groups=random
    )
    if isinstance(design, NotEstimable):
        return design
    if reason := _why_not(study, design, random):
        return reason
    fitted = fit_mixed(
        cross_products(design.x, design.y - design.centre, [design.codes[name] for name in random], design.weights),
    )
    small = small_sample(fitted)
    if min(np.diag(small.plain).min(), np.diag(small.adjusted).min()) <= 0:
        return NotEstimable(code="no_convergence", facts={"method": "mixed_model"})
    result = _estimate(study, design, fitted, small, random)
    return apply_test(result, spec.test_spec, spec.metric.better)


def _why_not(study: Study, design: RecordDesign, random: list[str]) -> NotEstimable | None:
    count = sum(len(np.unique(design.codes[name])) for name in random)
    if count > LEVELS_AT_MOST:
        return NotEstimable(code="too_many_groups", facts={"groups": count, "most": LEVELS_AT_MOST})
    groups = min(len(np.unique(design.codes[name])) for name in random)
    if groups < 2:
        return NotEstimable(code="too_few_groups", facts={"groups": groups})
    by_arm = {
        name: min(len(np.unique(design.codes[label][design.arm == arm])) for label in random)
        for name, arm in (("n_control", 0), ("n_treatment", study.arm))
    }
    if min(by_arm.values()) < 2:
        return NotEstimable(code="too_few_clusters", facts=by_arm)
    if len(design.y) - design.x.shape[1] < 1:
        facts = {name: int((design.arm == arm).sum()) for name, arm in (("n_control", 0), ("n_treatment", study.arm))}
        return NotEstimable(code="no_degrees_of_freedom", facts=facts)
    y = design.y - design.centre
    residual = y - design.x @ np.linalg.lstsq(design.x, y, rcond=None)[0]
    if np.abs(residual).max() <= 1e-12 * max(1.0, abs(design.centre)):
        return NotEstimable(code="no_variation", facts=levels(design, study.arm))
    return None


def _estimate(study: Study, design: RecordDesign, fitted: MixedFit, small: SmallSample, random: list[str]) -> Estimate:
    position = design.position(study.arm)
    effect = float(fitted.coefficients[position])
    by_name = _both_ways(fitted, small, position, effect)
    way = str(study.spec.options.get("df", "kenward_roger"))
    std_error, df = by_name[way]["std_error"], by_name[way]["df"]
    confidence = interval_confidence(study.spec.test_spec, study.spec.confidence)
    reach = quantile(0.5 + confidence / 2, df) * std_error
    raw = levels(design, study.arm)
    groups = design.codes[random[-1]]
    return Estimate(
        effect=effect,
        std_error=std_error,
        ci_lower=effect - reach,
        ci_upper=effect + reach,
        p_value=by_name[way]["p_value"],
        df=df,
        n_control=len(np.unique(groups[design.arm == 0])),
        n_treatment=len(np.unique(groups[design.arm == study.arm])),
        confidence=confidence,
        method=f"mixed_model_{way}",
        relative=_relative(design, fitted, small, position, df, confidence),
        mean_control=raw["control"],
        mean_treatment=raw["treatment"],
        details=_details(design, fitted, small, random, by_name, effect / std_error),
    )


def _both_ways(fitted: MixedFit, small: SmallSample, position: int, value: float) -> dict[str, dict[str, float]]:
    """Standard error, df and p of the coefficient at ``position``, whose value is ``value``, by either correction."""
    plain, adjusted = (sqrt(float(cov[position, position])) for cov in (small.plain, small.adjusted))
    found = {
        "satterthwaite": {"std_error": plain, "df": satterthwaite_df(small, position)},
        "kenward_roger": {"std_error": adjusted, "df": kenward_roger(fitted, small, [position]).ddf},
    }
    for way in found.values():
        way["p_value"] = two_sided(value / way["std_error"], way["df"])
    return found


def _details(
    design: RecordDesign,
    fitted: MixedFit,
    small: SmallSample,
    random: list[str],
    by_name: dict[str, dict[str, float]],
    statistic: float,
) -> dict[str, Any]:
    arms = [index for index, name in enumerate(design.names) if name.startswith("arm ")]
    joint = kenward_roger(fitted, small, arms)
    level = design.centre + float(fitted.coefficients[0])
    return {
        "statistic": statistic,
        "n": len(design.y),
        "records_dropped": design.dropped,
        **by_name,
        "variance_components": dict(zip([*random, "residual"], map(float, fitted.variances), strict=True)),
        "log_likelihood": fitted.log_likelihood,
        "coefficients": {
            name: float(value) + (design.centre if name == "intercept" else 0.0)
            for name, value in zip(design.names, fitted.coefficients, strict=True)
        },
        "intercept": {"estimate": level, **_both_ways(fitted, small, 0, level)},
        "joint": {"statistic": joint.statistic, "ndf": joint.ndf, "ddf": joint.ddf, "p_value": joint.p_value},
    }


def _relative(
    design: RecordDesign, fitted: MixedFit, small: SmallSample, position: int, df: float, confidence: float
) -> Relative | None:
    level, effect = design.centre + float(fitted.coefficients[0]), float(fitted.coefficients[position])
    cov = small.adjusted
    var_c, var_e, both = float(cov[0, 0]), float(cov[position, position]), float(cov[0, position])
    return fieller(
        (level + effect, var_c + var_e + 2 * both),
        (level, var_c),
        confidence=confidence,
        df=df,
        covariance=var_c + both,
    )
