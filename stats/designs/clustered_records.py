"""Named alternatives that read single records and know which cluster each belongs to: CR0-CR3, wild bootstrap, mixed.

Shared by the designs that offer them. Clusters are those of ``cluster``, else of ``site``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np

from stats.designs import Estimator
from stats.designs.record_groups import cluster_column, is_mean, levels
from stats.errors import Problem, RefusedSpec
from stats.methods.clustered import ClusteredFit, Correction, cluster_moments, clustered_variance, fit
from stats.methods.hypotheses import apply_test, interval_confidence, t_estimate
from stats.methods.record_design import RecordDesign, record_design
from stats.methods.relative import fieller
from stats.methods.wild_bootstrap import Signs, WildP, wild_limit, wild_p
from stats.results import Estimate, Limits, NotEstimable, Relative, Result
from stats.study import Floats, Study

CORRECTIONS: tuple[Correction, ...] = ("cr0", "cr1", "cr1s", "cr2", "cr3")


def clustered_fit(study: Study) -> tuple[RecordDesign, ClusteredFit] | NotEstimable:
    """Least squares of records on arm, covariates, strata and pairs, with each cluster's moments."""
    spec = study.spec
    if not is_mean(spec.metric):
        return NotEstimable(code="method_for_means_only", facts={"kind": spec.metric.kind, "method": spec.estimator})
    factors = [*spec.strata, *([spec.pair] if spec.pair else [])]
    design = record_design(study, factors=factors, groups=[cluster_column(study)])
    if isinstance(design, NotEstimable):
        return design
    counts = clusters_by_arm(study, design)
    if min(counts.values()) < 2:
        return NotEstimable(code="too_few_clusters", facts=counts)
    fitted = fit(
        cluster_moments(design.x, design.y - design.centre, design.codes[cluster_column(study)], design.weights)
    )
    if np.abs(fitted.scores).max() <= 1e-12 * max(1.0, abs(design.centre)) * len(design.y):
        return NotEstimable(code="no_variation", facts=levels(design, study.arm))
    return design, fitted


def clusters_by_arm(study: Study, design: RecordDesign) -> dict[str, int]:
    """How many clusters have records in each arm."""
    codes = design.codes[cluster_column(study)]
    return {
        "n_control": len(np.unique(codes[design.arm == 0])),
        "n_treatment": len(np.unique(codes[design.arm == study.arm])),
    }


def cluster_robust(correction: Correction) -> Callable[[Study], Result]:
    """Estimator with the standard error of ``correction``; all of them are listed under ``details``."""

    def run(study: Study) -> Result:
        found = clustered_fit(study)
        if isinstance(found, NotEstimable):
            return found
        result = _estimate(study, *found, correction)
        return apply_test(result, study.spec.test_spec, study.spec.metric.better)

    return run


def _estimate(study: Study, design: RecordDesign, fitted: ClusteredFit, correction: Correction) -> Estimate:
    position = design.position(study.arm)
    contrast = np.eye(len(design.names))[position]
    variance, df = clustered_variance(fitted, contrast, correction)
    effect, std_error = float(fitted.coefficients[position]), sqrt(variance)
    confidence = interval_confidence(study.spec.test_spec, study.spec.confidence)
    raw = levels(design, study.arm)
    return t_estimate(
        effect,
        std_error,
        df,
        confidence=confidence,
        method=correction,
        relative=_relative(design, fitted, contrast, correction, df, confidence),
        mean_control=raw["control"],
        mean_treatment=raw["treatment"],
        **clusters_by_arm(study, design),
        details={
            "statistic": effect / std_error,
            "n": len(design.y),
            "clusters": len(fitted.scores),
            "records_dropped": design.dropped,
            "std_errors": {each: sqrt(clustered_variance(fitted, contrast, each)[0]) for each in CORRECTIONS},
            "coefficients": {
                name: float(value)
                for name, value in zip(design.names, fitted.coefficients, strict=True)
                if name != "intercept"
            },
        },
    )


def _relative(
    design: RecordDesign, fitted: ClusteredFit, contrast: Floats, correction: Correction, df: float, confidence: float
) -> Relative | None:
    base = np.eye(len(design.names))[0]
    control = clustered_variance(fitted, base, correction)[0]
    treatment = clustered_variance(fitted, base + contrast, correction)[0]
    effect = clustered_variance(fitted, contrast, correction)[0]
    level = design.centre + float(fitted.coefficients @ base)
    return fieller(
        (level + float(fitted.coefficients @ contrast), treatment),
        (level, control),
        confidence=confidence,
        df=df,
        covariance=(treatment + control - effect) / 2,
    )


def wild_bootstrap(study: Study) -> Result:
    """Wild cluster bootstrap p and the interval made of the effects that it does not reject.

    Option ``signs``: 'rademacher' (all sign vectors up to 14 clusters, else ``draws`` of them) or 'webb'. std_error and
    df are those of CR1S, for information.
    """
    found = clustered_fit(study)
    if isinstance(found, NotEstimable):
        return found
    design, fitted = found
    spec, position = study.spec, design.position(study.arm)
    base = _estimate(study, design, fitted, "cr1s")
    signs: Signs = spec.options.get("signs", "rademacher")
    settings: dict[str, Any] = {"signs": signs, "draws": spec.draws, "seed": spec.seed}

    def p_at(null: float) -> WildP:
        return wild_p(fitted, position, null=null, **settings)

    def limits_at(level: float) -> Limits:
        reach = 2 * (base.std_error or 1.0)
        ends = [
            wild_limit(fitted, position, level=level, upper=upper, reach=reach, **settings) for upper in (False, True)
        ]
        return Limits(level=level, lower=ends[0], upper=ends[1])

    plain = p_at(0.0)
    interval = limits_at((1 - base.confidence) / 2)
    p_value, facts = _wild_test(study, plain, p_at)
    return replace(
        base,
        method="wild_bootstrap",
        p_value=p_value,
        ci_lower=interval.lower,
        ci_upper=interval.upper,
        limits=(interval, *(limits_at(level) for level in spec.levels)),
        details={
            **base.details,
            **facts,
            "statistic": plain.t,
            "signs": signs,
            "draws": plain.draws,
            "exceed": plain.exceed,
            "exact": plain.exact,
            "p_two_sided": plain.two_sided,
            "p_greater": plain.greater,
            "p_less": plain.less,
        },
    )


def _wild_test(study: Study, plain: WildP, p_at: Callable[[float], WildP]) -> tuple[float, dict[str, Any]]:
    test = study.spec.test_spec
    if test.kind == "superiority":
        return plain.two_sided, {}
    if test.margin is None:
        raise RefusedSpec(Problem(code="margin_needed", facts={"test": test.kind}))
    lower, upper = p_at(-test.margin).greater, p_at(test.margin).less
    facts = {"test": test.kind, "margin": test.margin, "p_lower": lower, "p_upper": upper}
    if test.kind == "equivalence":
        return max(lower, upper), facts
    return (lower if study.spec.metric.better == "higher" else upper), facts


def _mixed(study: Study) -> Result:
    from stats.designs.mixed_records import mixed_model

    return mixed_model(study)


ESTIMATORS = {
    estimator.key: estimator
    for estimator in (
        Estimator(
            key="cr0",
            run=cluster_robust("cr0"),
            label="Records, errors clustered (CR0)",
            source="Liang & Zeger (1986)",
            safe=False,
        ),
        Estimator(
            key="cr1",
            run=cluster_robust("cr1"),
            label="Records, errors clustered (CR1)",
            source="Cameron & Miller (2015)",
            safe=False,
        ),
        Estimator(
            key="cr1s",
            run=cluster_robust("cr1s"),
            label="Records, errors clustered (CR1S, as Stata)",
            source="Cameron & Miller (2015)",
            safe=False,
        ),
        Estimator(
            key="cr2",
            run=cluster_robust("cr2"),
            label="Records, errors clustered (CR2, Satterthwaite)",
            source="Bell & McCaffrey (2002); Pustejovsky & Tipton (2018)",
        ),
        Estimator(
            key="cr3",
            run=cluster_robust("cr3"),
            label="Records, errors clustered (CR3, Satterthwaite)",
            source="Bell & McCaffrey (2002)",
        ),
        Estimator(
            key="wild_bootstrap",
            run=wild_bootstrap,
            label="Records, wild cluster bootstrap",
            source="Cameron, Gelbach & Miller (2008); Webb (2023)",
            aliases=("wild_cluster_bootstrap",),
        ),
        Estimator(
            key="mixed_model",
            run=_mixed,
            label="Linear mixed model (REML, Kenward-Roger)",
            source="Kenward & Roger (1997)",
            aliases=("lmm", "reml"),
        ),
    )
}
