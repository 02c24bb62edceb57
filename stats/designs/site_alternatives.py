"""Named alternatives on site averages and on records, for sites drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from stats.designs.record_groups import is_mean
from stats.designs.sites import replays_of, values_of, with_randomisation
from stats.methods.hypotheses import apply_test, interval_confidence
from stats.methods.permutation import inverted_limit
from stats.methods.site_ancova import site_ancova, site_weights, why_not_comparable
from stats.methods.site_means import SiteValues
from stats.results import Estimate, Limits, NotEstimable, Result
from stats.study import Floats, Study

if TYPE_CHECKING:
    from stats.methods.arms import ArmSummary


def confidence_of(study: Study) -> float:
    return interval_confidence(study.spec.test_spec, study.spec.confidence)


def tested(study: Study, result: Result) -> Result:
    return apply_test(result, study.spec.test_spec, study.spec.metric.better)


def permutation(study: Study) -> Result:
    """Site ANCOVA judged by the replayed draw alone: its p decides, the interval is made of what it does not reject.

    An end of the interval is None where even the most extreme assignment would not reject: too few sites.
    """
    values = values_of(study)
    by_volume = study.spec.weights == "volume"
    result = site_ancova(values, confidence=confidence_of(study), by_volume=by_volume, method="permutation")
    result = tested(study, with_randomisation(result, values, study))
    if isinstance(result, NotEstimable):
        return result
    interval = _limits(study, values, result, (1 - result.confidence) / 2)
    return replace(
        result,
        p_value=result.p_randomisation,
        ci_lower=interval.lower,
        ci_upper=interval.upper,
        limits=(interval, *(_limits(study, values, result, level) for level in study.spec.levels)),
    )


def _limits(study: Study, values: SiteValues, result: Estimate, level: float) -> Limits:
    replays = replays_of(study, values)
    weights = site_weights(values, study.spec.weights == "volume")
    reach = 3 * (result.std_error or 1.0)
    lower, upper = (
        inverted_limit(values, replays, weights, centre=result.effect, reach=reach, level=level, upper=upper)
        for upper in (False, True)
    )
    return Limits(level=level, lower=lower, upper=upper)


def site_t(study: Study) -> Result:
    """Plain difference of site averages, pooled t with S - 2 df: no pre value, no strata."""
    values = replace(values_of(study), pre=None, covariates=None, groups=None, paired=False, pre_filled=0)
    by_volume = study.spec.weights == "volume"
    result = site_ancova(values, confidence=confidence_of(study), by_volume=by_volume, method="site_t")
    return tested(study, result)


def paired_t(study: Study) -> Result:
    """Mean difference within pairs of sites, t with pairs - 1 df; no pre value."""
    values = replace(values_of(study), pre=None, covariates=None, pre_filled=0)
    if not values.paired or values.groups is None:
        return NotEstimable(code="no_pairs")
    if (np.bincount(values.groups) != 2).any():
        return NotEstimable(code="pairs_not_two", facts={"largest": int(np.bincount(values.groups).max())})
    result = site_ancova(values, confidence=confidence_of(study), method="paired_t")
    return tested(study, result)


def welch_sites(study: Study) -> Result:
    """Difference of site averages, each arm with its own variance."""
    from stats.methods.welch import welch

    values = values_of(study)
    if reason := why_not_comparable(values):
        return reason
    result = welch(*_both(values), confidence=confidence_of(study))
    return tested(study, replace(result, method="welch_sites") if isinstance(result, Estimate) else result)


def mann_whitney_sites(study: Study) -> Result:
    """Hodges-Lehmann shift between site averages, Mann-Whitney's p (exact where there are no ties)."""
    from stats.methods.ranks import mann_whitney

    values, spec = values_of(study), study.spec
    if reason := why_not_comparable(values):
        return reason
    result = mann_whitney(
        values.y[~values.treated],
        values.y[values.treated],
        confidence=confidence_of(study),
        test=spec.test_spec,
        better=spec.metric.better,
        levels=tuple(spec.levels),
    )
    return replace(result, method=f"{result.method}_sites") if isinstance(result, Estimate) else result


def dunnett_sites(study: Study) -> Result:
    """All treatment arms against control at once: limits and p hold for all of them together (Dunnett 1955)."""
    from stats.methods.several_arms import dunnett

    data, spec = study.site_periods, study.spec
    each = [values_of(replace(study, arm=arm)) for arm in range(1, int(data.arm.max()) + 1)]
    for values in each:
        if reason := why_not_comparable(values):
            return reason
    control = each[0].y[~each[0].treated]
    arms = [_summary(control), *(_summary(values.y[values.treated]) for values in each)]
    result = dunnett(arms, study.arm, confidence=confidence_of(study), test=spec.test_spec, levels=tuple(spec.levels))
    return replace(result, method="dunnett_sites") if isinstance(result, Estimate) else result


def _both(values: SiteValues) -> tuple[ArmSummary, ArmSummary]:
    return _summary(values.y[~values.treated]), _summary(values.y[values.treated])


def _summary(y: Floats) -> ArmSummary:
    """One arm's sites as the unit-level methods take units."""
    from stats.methods.arms import ArmSummary

    unknown = dict.fromkeys(("mean_d", "var_d", "sum_d", "cov_yd", "mean_x", "var_x", "cov_xy", "cov_xd"), np.nan)
    return ArmSummary(
        n=len(y),
        missing=0.0,
        mean_y=float(y.mean()),
        var_y=float(y.var(ddof=1)),
        sum_y=float(y.sum()),
        n_x=0,
        mean_y_x=np.nan,
        var_y_x=np.nan,
        **unknown,
    )


def regression(kind: str, method: str) -> Callable[[Study], Result]:
    """Least squares of records on arm, strata, pairs and covariates, records taken as independent.

    Right where records were drawn within blocks; too confident where sites were.
    """

    def run(study: Study) -> Result:
        from stats.methods.least_squares import ols
        from stats.methods.record_design import record_design

        spec = study.spec
        if not is_mean(spec.metric):
            return NotEstimable(code="method_for_means_only", facts={"kind": spec.metric.kind, "method": method})
        factors = [*spec.strata, *([spec.pair] if spec.pair else [])]
        design = record_design(study, all_arms=True, factors=factors)
        if isinstance(design, NotEstimable):
            return design
        return tested(study, ols(design, arm=study.arm, kind=kind, confidence=confidence_of(study), method=method))

    return run
