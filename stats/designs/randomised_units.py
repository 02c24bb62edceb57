"""Units (customers, contacts) drawn at random into arms: each unit is independent, or its cluster is.

The default goes by the kind of metric; except where noted it reads no record, as counts, means and covariances by arm
are enough.

========================  ============================================================================================
mean                      Welch; with ``pre`` ANCOVA, residual variance by arm
share                     Newcombe's interval, p by the pooled z; with ``pre`` as a mean
ratio, rate               ratio of sums by the delta method; with ``pre`` the linearised ratio, adjusted
quantile (records)        difference of type-7 quantiles, bootstrap within arms
tail mean (records)       difference of the means of the worst cases
survival (records)        difference of restricted mean times
strata, covariates        OLS with HC2 (records)
pair (records)            differences within pairs
========================  ============================================================================================

Where units come in clusters (``cluster``, or units with several rows) the default is CR2 with Satterthwaite's df, and
the worst cases are summed by cluster; quantiles and survival then need the sites' own values (randomised_sites).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from stats.designs import Estimator, clustered_records, unit_records
from stats.designs.units import (
    NO_MEANS,
    RATIOS,
    arms,
    confidence,
    for_means_only,
    is_ratio,
    levels,
    regressors,
    tested,
)
from stats.methods import adjusted, counts, ratio, shares
from stats.methods import welch as means
from stats.methods.arms import arm_summary, mean_level, too_few
from stats.results import NotEstimable, Result
from stats.study import Study

DEFAULT = "by_metric_kind"
SHARES = ("share", "share_beyond", "interval_share")
Run = Callable[[Study], Result]


# -- families of estimators --------------------------------------------------------------------------------------------


def of_means(method: Callable[..., Result]) -> Run:
    """An estimator of means from the two arms' moments; a ratio goes in linearised."""

    def run(study: Study) -> Result:
        control, treatment = arms(study)
        if reason := for_means_only(study, ratios=True):
            return reason
        if is_ratio(study):
            if reason := too_few(control.n, treatment.n) or ratio.no_denominator(control, treatment):
                return reason
            control, treatment = ratio.linearised(control), ratio.linearised(treatment)
        return tested(study, method(control, treatment, confidence=confidence(study)))

    return run


def of_sums(method: Callable[..., Result]) -> Run:
    """An estimator of quotients of sums (events per exposure) from the two arms' moments."""

    def run(study: Study) -> Result:
        return tested(study, method(*arms(study), confidence=confidence(study)))

    return run


def from_counts(method: Callable[..., Result], *, own_margin: bool) -> Run:
    """An estimator of shares. own_margin: p at a margin by the score test instead of from the standard error."""

    def run(study: Study) -> Result:
        control, treatment = arms(study)
        if reason := too_few(control.n, treatment.n, 1):
            return reason
        x_control, x_treatment = shares.counted(control), shares.counted(treatment)
        if isinstance(x_control, NotEstimable):
            return x_control
        if isinstance(x_treatment, NotEstimable):
            return x_treatment
        result = method(x_control, x_treatment, confidence=confidence(study))
        test = study.spec.test_spec
        if isinstance(result, NotEstimable) or test.kind == "superiority" or not own_margin:
            return tested(study, result)
        return shares.score_margin(x_control, x_treatment, result, test, study.spec.metric.better)

    return run


def cluster_robust(study: Study) -> Result:
    """CR2 from the clusters' moments; a share given as numerator and denominator is a ratio here."""
    from stats.methods.clustered_units import cluster_robust as by_cluster

    ratios = is_ratio(study)
    if reason := for_means_only(study, ratios=True):
        return reason
    if ratios and (reason := ratio.no_denominator(*arms(study))):
        return reason
    result = by_cluster(
        study.arm_moments, study.arm, ratio=ratios, pre=study.spec.pre is not None, confidence=confidence(study)
    )
    return tested(study, result)


def with_fieller(study: Study) -> Result:
    """Welch (ratios and rates: delta method), whose relative effect is Fieller's."""
    return (delta if is_ratio(study) else welch)(study)


def with_log_ratio(study: Study) -> Result:
    """Welch (ratios and rates: delta method), relative effect with an interval symmetric in the log of the ratio."""
    from stats.methods.relative import log_ratio

    result = with_fieller(study)
    if isinstance(result, NotEstimable):
        return result
    level = ratio.ratio_level if is_ratio(study) else mean_level
    control, treatment = ((found.value, found.variance) for found in map(level, arms(study)))
    relative = log_ratio(treatment, control, confidence=confidence(study), df=result.df)
    return replace(result, relative=relative, method=f"{result.method}, log ratio")


def dunnett(study: Study) -> Result:
    """All treatment arms against control at once (means)."""
    from stats.methods import several_arms

    if reason := for_means_only(study):
        return reason
    moments = study.arm_moments.arms
    every = [arm_summary(moments, arm) for arm in range(len(moments.n))]
    return several_arms.dunnett(
        every, study.arm, confidence=confidence(study), test=study.spec.test_spec, levels=levels(study)
    )


# -- the default -------------------------------------------------------------------------------------------------------

welch = of_means(means.welch)
ancova_by_arm = of_means(adjusted.ancova)
newcombe = from_counts(shares.newcombe, own_margin=True)
delta = of_sums(ratio.delta)
ols_hc2 = unit_records.regression("hc2", "ols_hc2")
rmst = unit_records.survival("rmst")

BY_KIND: Mapping[str, Run] = {
    **dict.fromkeys(SHARES, newcombe),
    **dict.fromkeys(RATIOS, delta),
    "quantile": unit_records.quantile,
    "tail_mean": unit_records.tail_mean,
    "survival": rmst,
}


def by_metric_kind(study: Study) -> Result:
    """The safe method for the study's kind of metric (table above)."""
    spec = study.spec
    kind = spec.metric.kind
    if kind in NO_MEANS:
        if spec.cluster and kind != "tail_mean":
            return NotEstimable(code="kind_needs_sites", facts={"kind": kind})
        return BY_KIND[kind](study)
    if spec.pair and not spec.cluster:
        return unit_records.paired(study)
    if spec.cluster:
        return unit_records.clustered_records_cr2(study) if regressors(study) else cluster_robust(study)
    if regressors(study):
        return ols_hc2(study)
    if spec.pre:
        return ancova_by_arm(study)
    return BY_KIND.get(kind, welch)(study)


def _listed(*rows: tuple[Any, ...]) -> dict[str, Estimator]:
    """Rows of (key, run, label, source), then where needed 'unsafe' and aliases."""
    made = [
        Estimator(
            key=key,
            run=run,
            label=label,
            source=source,
            safe="unsafe" not in more,
            aliases=tuple(name for name in more if name != "unsafe"),
        )
        for key, run, label, source, *more in rows
    ]
    return {estimator.key: estimator for estimator in made}


ESTIMATORS: Mapping[str, Estimator] = _listed(
    (DEFAULT, by_metric_kind, "The safe method for this kind of metric", "docs/methods/randomised_units.md"),
    ("welch", welch, "Welch's t", "Welch 1947"),
    ("pooled_t", of_means(means.pooled_t), "Student's t, one variance", "Student 1908", "unsafe", "student"),
    ("ancova_by_arm", ancova_by_arm, "ANCOVA, variance by arm", "MacKinnon and White 1985; Lin 2013"),
    ("ancova", unit_records.regression("classical", "ancova"), "ANCOVA, one variance", "Fisher 1932", "ols", "blocked"),
    *(
        (
            f"ols_hc{k}",
            unit_records.regression(f"hc{k}", f"ols_hc{k}"),
            f"OLS, HC{k}",
            "MacKinnon and White 1985",
            *unsafe,
        )
        for k, unsafe in enumerate([["unsafe"], ["unsafe"], [], []])
    ),
    (
        "lin",
        unit_records.regression("hc2", "lin", own_slopes=True),
        "ANCOVA with a slope for each arm, HC2",
        "Lin 2013",
    ),
    ("cuped", of_means(adjusted.cuped), "CUPED", "Deng et al. 2013"),
    ("newcombe", newcombe, "Newcombe's interval", "Newcombe 1998, method 10"),
    (
        "miettinen_nurminen",
        from_counts(shares.miettinen_nurminen, own_margin=True),
        "Score interval",
        "Miettinen and Nurminen 1985",
    ),
    (
        "farrington_manning",
        from_counts(shares.newcombe, own_margin=True),
        "Score test at a margin",
        "Farrington and Manning 1990",
    ),
    ("wald", from_counts(shares.wald, own_margin=False), "Two shares, normal", "Laplace 1812", "unsafe"),
    (
        "pooled_z",
        from_counts(shares.pooled_z, own_margin=False),
        "Two shares, pooled z",
        "Pearson 1900, without continuity correction",
        "unsafe",
        "chi_square",
    ),
    ("delta", delta, "Ratio of sums, delta method", "Cochran 1977, section 6.4"),
    ("fieller", with_fieller, "Ratio of levels by Fieller", "Fieller 1954"),
    ("log_ratio", with_log_ratio, "Ratio of levels on the log scale", "Katz et al. 1978"),
    ("mann_whitney", unit_records.ranks, "Mann-Whitney, Hodges-Lehmann shift", "Mann and Whitney 1947", "wilcoxon"),
    (
        "quantile",
        unit_records.quantile,
        "Difference of quantiles, bootstrap",
        "Efron 1979; Hyndman and Fan 1996, type 7",
    ),
    ("tail_mean", unit_records.tail_mean, "Difference of the means of the worst cases", "Chen 2008"),
    ("poisson", of_sums(counts.poisson), "Poisson rates", "Poisson 1837", "unsafe"),
    ("negative_binomial", unit_records.negative_binomial, "Negative binomial rates", "Hilbe 2011, NB2"),
    ("rmst", rmst, "Restricted mean time", "Royston and Parmar 2013"),
    ("log_rank", unit_records.survival("log_rank"), "Log-rank test", "Mantel 1966"),
    ("cr2_units", cluster_robust, "Cluster-robust, CR2", "Bell and McCaffrey 2002; Pustejovsky and Tipton 2018"),
    ("paired_t", unit_records.paired, "Paired t", "Student 1908"),
    ("dunnett", dunnett, "Several arms against one control", "Dunnett 1955"),
) | dict(clustered_records.ESTIMATORS)
