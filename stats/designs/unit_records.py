"""Estimators of units that read single records: regression, ranks, quantiles, survival, pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stats.designs import clustered_records
from stats.designs.units import (
    Floats,
    after_start,
    clusters_by_arm,
    confidence,
    for_means_only,
    levels,
    tested,
    values,
    with_pre_as_covariate,
)
from stats.results import NotEstimable, Result
from stats.study import Study

if TYPE_CHECKING:
    import pandas as pd

Run = Callable[[Study], Result]


def regression(kind: str, method: str, *, own_slopes: bool = False) -> Run:
    """OLS of records on arm, strata, pre-value and covariates; option ``factors`` names covariates that are labels."""

    def run(study: Study) -> Result:
        from stats.methods.least_squares import ols
        from stats.methods.record_design import record_design

        if reason := for_means_only(study):
            return reason
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

    if reason := for_means_only(study):
        return reason
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
    """Difference of quantiles, the median where ``q`` is not given."""
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
    """Difference of the means of the worst cases: high ones where lower is better. Clusters: each in one arm."""
    from stats.methods.quantiles import tail_difference

    metric = study.spec.metric
    worst = "high" if metric.better == "lower" else "low"
    clusters = None
    if study.spec.cluster:
        clusters = clusters_by_arm(study)
        if clusters is None:
            return NotEstimable(code="kind_needs_sites", facts={"kind": metric.kind})
    result = tail_difference(
        *values(study), tail=metric.tail, worst=worst, confidence=confidence(study), clusters=clusters
    )
    return tested(study, result)


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
    """Rates by a negative binomial regression; exposure from the metric's denominator."""
    from stats.methods.counts import negative_binomial as rates

    records = after_start(study)
    kept = records[records["__arm"].isin([0, study.arm]) & records["__y"].notna()]
    if "__denominator" in kept:
        kept = kept[kept["__denominator"] > 0]
    span = kept["__denominator"].to_numpy(dtype=float) if "__denominator" in kept else None
    y, treated = kept["__y"].to_numpy(dtype=float), kept["__arm"].to_numpy() == study.arm
    return tested(study, rates(y, treated, span, confidence=confidence(study)))


def paired(study: Study) -> Result:
    """Mean difference within the pairs of column ``pair``; several records of one side are averaged first."""
    from stats.methods.paired import paired_t

    if reason := for_means_only(study):
        return reason
    records = after_start(study)
    pair = study.spec.pair
    if pair is None:
        return NotEstimable(code="pair_needed", facts={"estimator": "paired_t"})
    by_pair = records.groupby([pair, "__arm"])["__y"].mean().unstack()
    both = by_pair.reindex(columns=[0, study.arm]).dropna()
    control, treatment = (both[arm].to_numpy(dtype=float) for arm in (0, study.arm))
    result = paired_t(control, treatment, confidence=confidence(study), dropped=len(by_pair) - len(both))
    return tested(study, result)


def clustered_records_cr2(study: Study) -> Result:
    """CR2 from the records, where there is more to adjust for than the pre-value."""
    return clustered_records.cluster_robust("cr2")(with_pre_as_covariate(study))
