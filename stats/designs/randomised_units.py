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

Where units come in clusters (``cluster``) the default is CR2 with Satterthwaite's df; quantiles, worst cases and
survival then need the sites' own values (design randomised_sites).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stats.designs import Estimator, clustered_records
from stats.methods import adjusted, counts, ratio, shares
from stats.methods import welch as means
from stats.methods.arms import ArmSummary, arm_summary, too_few
from stats.methods.hypotheses import apply_test, interval_confidence
from stats.results import NotEstimable, Result
from stats.study import Study

if TYPE_CHECKING:
    import pandas as pd

DEFAULT = "by_metric_kind"
SHARES = ("share", "share_beyond", "interval_share")
RATIOS = ("ratio", "rate")
Run = Callable[[Study], Result]
Floats = NDArray[np.float64]


# -- from a study to what a method takes -------------------------------------------------------------------------------


def confidence(study: Study) -> float:
    """Confidence of the two-sided interval that this study's test asks for."""
    return interval_confidence(study.spec.test_spec, study.spec.confidence)


def levels(study: Study) -> tuple[float, ...]:
    return tuple(study.spec.levels)


def arms(study: Study) -> tuple[ArmSummary, ArmSummary]:
    """(control, the treatment arm that the study is about)."""
    moments = study.arm_moments.arms
    return arm_summary(moments, 0), arm_summary(moments, study.arm)


def after_start(study: Study) -> pd.DataFrame:
    """The study's records without those before the start, as the moments have them."""
    records = study.records
    return records[records["__post"].astype(bool)] if "__post" in records else records


def values(study: Study) -> tuple[Floats, Floats]:
    """The metric of every record of (control, treatment), missing ones left out."""
    records = after_start(study)
    y = records["__y"].to_numpy(dtype=float)
    arm = records["__arm"].to_numpy()
    known = np.isfinite(y)
    return y[known & (arm == 0)], y[known & (arm == study.arm)]


def tested(study: Study, result: Result) -> Result:
    """The result with the p of the test that was asked for."""
    return apply_test(result, study.spec.test_spec, study.spec.metric.better)


# -- families of estimators --------------------------------------------------------------------------------------------


def from_moments(method: Callable[..., Result]) -> Run:
    """An estimator that needs only the two arms' moments."""

    def run(study: Study) -> Result:
        return tested(study, method(*arms(study), confidence=confidence(study)))

    return run


def from_ratios(method: Callable[..., Result]) -> Run:
    """An estimator of means applied to the linearised ratio of each arm."""

    def run(study: Study) -> Result:
        control, treatment = arms(study)
        if reason := too_few(control.n, treatment.n) or ratio.no_denominator(control, treatment):
            return reason
        linear = ratio.linearised(control), ratio.linearised(treatment)
        return tested(study, method(*linear, confidence=confidence(study)))

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


def regressors(study: Study) -> bool:
    """True where the comparison takes a regression of the records."""
    spec = study.spec
    return bool(spec.strata or spec.covariates or spec.weight_column)


def with_pre_as_covariate(study: Study) -> Study:
    """The same records, the pre-value among the covariates."""
    spec = study.spec
    if not spec.pre or spec.pre in spec.covariates:
        return study
    records = study.records
    named = spec.model_copy(update={"covariates": [spec.pre, *spec.covariates]})
    return replace(study, spec=named, read_records=lambda: records)


def regression(kind: str, method: str, *, own_slopes: bool = False) -> Run:
    """OLS of records on arm, strata, pre-value and covariates; option ``factors`` names covariates that are labels."""

    def run(study: Study) -> Result:
        from stats.methods.least_squares import ols
        from stats.methods.record_design import record_design

        design = record_design(with_pre_as_covariate(study), all_arms=True, factors=study.spec.strata)
        if isinstance(design, NotEstimable):
            return design
        result = ols(
            design, arm=study.arm, kind=kind, confidence=confidence(study), method=method, own_slopes=own_slopes
        )
        return tested(study, result)

    return run


def ranks(study: Study) -> Result:
    """Mann-Whitney; options: exact (true, false; left out: as R), continuity (true)."""
    from stats.methods.ranks import mann_whitney

    options = study.spec.options
    return mann_whitney(
        *values(study),
        confidence=confidence(study),
        test=study.spec.test_spec,
        better=study.spec.metric.better,
        exact=options.get("exact"),
        continuity=bool(options.get("continuity", True)),
        levels=levels(study),
    )


def quantile(study: Study) -> Result:
    from stats.methods.quantiles import quantile_difference

    spec = study.spec
    return quantile_difference(
        *values(study),
        q=0.5 if spec.metric.q is None else spec.metric.q,
        confidence=confidence(study),
        test=spec.test_spec,
        better=spec.metric.better,
        seed=spec.seed,
        draws=spec.draws,
        levels=levels(study),
    )


def tail_mean(study: Study) -> Result:
    from stats.methods.quantiles import tail_difference

    metric = study.spec.metric
    worst = "high" if metric.better == "lower" else "low"
    return tested(study, tail_difference(*values(study), tail=metric.tail, worst=worst, confidence=confidence(study)))


def survival(which: str) -> Run:
    """Restricted mean time, with the p of its own interval or of the log-rank test. Records: __y time, __event."""

    def run(study: Study) -> Result:
        from stats.methods import survival as times

        records = after_start(study)
        groups = [_times(records[records["__arm"] == arm]) for arm in (0, study.arm)]
        method = times.rmst if which == "rmst" else times.log_rank
        return tested(study, method(*groups, horizon=study.spec.metric.horizon, confidence=confidence(study)))

    return run


def _times(records: pd.DataFrame) -> tuple[Floats, NDArray[np.bool_]]:
    time = records["__y"].to_numpy(dtype=float)
    known = np.isfinite(time)
    event = records["__event"].to_numpy(dtype=bool) if "__event" in records else np.ones(len(time), dtype=bool)
    return time[known], event[known]


def negative_binomial(study: Study) -> Result:
    records = after_start(study)
    kept = records[records["__arm"].isin([0, study.arm]) & records["__y"].notna()]
    span = kept["__denominator"].to_numpy(dtype=float) if "__denominator" in kept else None
    y, treated = kept["__y"].to_numpy(dtype=float), kept["__arm"].to_numpy() == study.arm
    return tested(study, counts.negative_binomial(y, treated, span, confidence=confidence(study)))


def paired(study: Study) -> Result:
    from stats.methods.paired import paired_t

    records = after_start(study)
    pair = study.spec.pair
    if pair is None:
        return NotEstimable(code="pair_needed", facts={"estimator": "paired_t"})
    by_pair = records.groupby([pair, "__arm"])["__y"].mean().unstack()
    both = by_pair.reindex(columns=[0, study.arm]).dropna()
    control, treatment = (both[arm].to_numpy(dtype=float) for arm in (0, study.arm))
    result = paired_t(control, treatment, confidence=confidence(study), dropped=len(by_pair) - len(both))
    return tested(study, result)


def cluster_robust(study: Study) -> Result:
    """CR2 from the clusters' moments; a share given as numerator and denominator is a ratio here."""
    from stats.methods.clustered_units import cluster_robust as by_cluster

    spec = study.spec
    ratios = spec.metric.kind in RATIOS or bool(np.isfinite(study.arm_moments.arms.mean_d).all())
    if ratios and (reason := ratio.no_denominator(*arms(study))):
        return reason
    result = by_cluster(
        study.arm_moments, study.arm, ratio=ratios, pre=spec.pre is not None, confidence=confidence(study)
    )
    return tested(study, result)


def clustered_records_cr2(study: Study) -> Result:
    """CR2 from the records, where there is more to adjust for than the pre-value."""
    return clustered_records.cluster_robust("cr2")(with_pre_as_covariate(study))


def dunnett(study: Study) -> Result:
    from stats.methods import several_arms

    moments = study.arm_moments.arms
    every = [arm_summary(moments, arm) for arm in range(len(moments.n))]
    return several_arms.dunnett(
        every, study.arm, confidence=confidence(study), test=study.spec.test_spec, levels=levels(study)
    )


# -- the default -------------------------------------------------------------------------------------------------------

welch = from_moments(means.welch)
ancova_by_arm = from_moments(adjusted.ancova)
newcombe = from_counts(shares.newcombe, own_margin=True)
delta = from_moments(ratio.delta)
ols_hc2 = regression("hc2", "ols_hc2")
rmst = survival("rmst")

BY_KIND: Mapping[str, Run] = {
    **dict.fromkeys(SHARES, newcombe),
    **dict.fromkeys(RATIOS, delta),
    "quantile": quantile,
    "tail_mean": tail_mean,
    "survival": rmst,
}


def by_metric_kind(study: Study) -> Result:
    """The safe method for the study's kind of metric (table above)."""
    spec = study.spec
    kind = spec.metric.kind
    if kind in ("quantile", "tail_mean", "survival"):
        if spec.cluster:
            return NotEstimable(code="kind_needs_sites", facts={"kind": kind})
        return BY_KIND[kind](study)
    if spec.pair and not spec.cluster:
        return paired(study)
    if spec.cluster:
        return clustered_records_cr2(study) if regressors(study) else cluster_robust(study)
    if regressors(study):
        return ols_hc2(study)
    if spec.pre:
        return (from_ratios(adjusted.ancova) if kind in RATIOS else ancova_by_arm)(study)
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
    ("pooled_t", from_moments(means.pooled_t), "Student's t, one variance", "Student 1908", "unsafe", "student"),
    ("ancova_by_arm", ancova_by_arm, "ANCOVA, variance by arm", "MacKinnon and White 1985; Lin 2013"),
    ("ancova", regression("classical", "ancova"), "ANCOVA, one variance", "Fisher 1932", "ols"),
    *(
        (f"ols_hc{k}", regression(f"hc{k}", f"ols_hc{k}"), f"OLS, HC{k}", "MacKinnon and White 1985", *unsafe)
        for k, unsafe in enumerate([["unsafe"], ["unsafe"], [], []])
    ),
    ("lin", regression("hc2", "lin", own_slopes=True), "ANCOVA with a slope for each arm, HC2", "Lin 2013"),
    ("cuped", from_moments(adjusted.cuped), "CUPED", "Deng et al. 2013"),
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
    ("mann_whitney", ranks, "Mann-Whitney, Hodges-Lehmann shift", "Mann and Whitney 1947", "wilcoxon"),
    ("quantile", quantile, "Difference of quantiles, bootstrap", "Efron 1979; Hyndman and Fan 1996, type 7"),
    ("tail_mean", tail_mean, "Difference of the means of the worst cases", "Chen 2008"),
    ("poisson", from_moments(counts.poisson), "Poisson rates", "Poisson 1837", "unsafe"),
    ("negative_binomial", negative_binomial, "Negative binomial rates", "Hilbe 2011, NB2"),
    ("rmst", rmst, "Restricted mean time", "Royston and Parmar 2013"),
    ("log_rank", survival("log_rank"), "Log-rank test", "Mantel 1966"),
    ("cr2_units", cluster_robust, "Cluster-robust, CR2", "Bell and McCaffrey 2002; Pustejovsky and Tipton 2018"),
    ("paired_t", paired, "Paired t", "Student 1908"),
    ("dunnett", dunnett, "Several arms against one control", "Dunnett 1955"),
) | dict(clustered_records.ESTIMATORS)
