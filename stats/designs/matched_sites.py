"""Chosen sites against sites that were like them before the start in level, trend and size.

Matching looks at the time before the start alone, so that the comparison after it is as if it had been planned; the
analysis of covariance then takes out what differences are left.
"""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stats.checks.before_start import bias_robustness, placebo_date, pre_trend, survives
from stats.checks.overlap import SMD_LINE, overlap
from stats.designs import Estimator
from stats.designs.before_after_control import before_and_after
from stats.designs.randomised_sites import SITE_LEVEL
from stats.designs.site_alternatives import confidence_of, tested
from stats.designs.sites import with_randomisation
from stats.methods import site_checks
from stats.methods.before_start import event_path, placebo_dates
from stats.methods.hypotheses import t_estimate
from stats.methods.matching import (
    MOST_CONTROLS,
    Traits,
    effective_number,
    entropy_weights,
    optimal_sets,
    standardised,
    standardised_differences,
    traits_of,
)
from stats.methods.panel import take_sites
from stats.methods.site_ancova import site_ancova, why_not_comparable
from stats.methods.site_means import SiteValues, site_ancova_many
from stats.results import Check, Estimate, NotEstimable, Result
from stats.study import SitePeriods, Study

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def default(study: Study) -> Result:
    """Optimal matching on level, trend and size, then site ANCOVA, pooled t; permutation within the matched sets.

    Options: ``controls``: comparison sites for each treated one (default up to 3, as many as stay alike); ``mbar`` (1):
    the bias to survive, in largest placebo deviations. Covariates are matched on too. Where ``pair`` or ``strata`` are
    given they are the matched sets, and nothing is matched anew.
    """
    found = _candidates(study)
    if isinstance(found, NotEstimable):
        return found
    data, values, traits = found
    if values.groups is None:
        sets = _sets(study, values, traits)
        if isinstance(sets, NotEstimable):
            return sets
        kept = sets >= 0
        values = replace(values.take(kept), groups=sets[kept], dropped=values.dropped)
        traits, data = traits.take(kept), take_sites(data, kept)
    by_volume = study.spec.weights == "volume"
    # The sets come from the traits that are adjusted for: within them, one common mean is enough.
    together = replace(values, groups=None, paired=False, covariates=_left_to_adjust(traits, values))
    result = site_ancova(together, confidence=confidence_of(study), by_volume=by_volume, method="matched_ancova")
    result = tested(study, with_randomisation(result, values, study))
    if isinstance(result, NotEstimable):
        return result
    treated = values.treated
    checks = [
        overlap(_differences(traits, treated, None), traits.names, float((~treated).sum())),
        site_checks.leave_one_site_out(together, result, by_volume=by_volume),
    ]
    result = replace(result, details={**result.details, "matched": _matched(values)})
    return _with_history(study, result, data, checks)


def _candidates(study: Study) -> tuple[SitePeriods, SiteValues, Traits] | NotEstimable:
    """Sites with a value before and after the start, and what they are matched on (rows in the same order)."""
    values = before_and_after(study)
    if isinstance(values, NotEstimable):
        return values
    place = {site: index for index, site in enumerate(study.site_periods.sites)}
    rows = np.array([place[site] for site in values.sites], dtype=np.int64)
    data = study.site_periods
    keep = np.zeros(len(data.sites), dtype=bool)
    keep[rows] = True
    data = take_sites(data, keep)
    if reason := why_not_comparable(values):
        return reason
    traits = traits_of(data)
    known = np.asarray(np.isfinite(traits.x).all(axis=0))
    return (
        data,
        values,
        Traits(x=traits.x[:, known], names=tuple(name for name, kept in zip(traits.names, known, strict=True) if kept)),
    )


def _sets(study: Study, values: SiteValues, traits: Traits) -> NDArray[np.int64] | NotEstimable:
    n_treatment = int(values.treated.sum())
    n_control = len(values.treated) - n_treatment
    asked = study.spec.options.get("controls")
    most = int(asked) if asked is not None else max(1, min(MOST_CONTROLS, n_control // n_treatment))
    if most < 1 or most * n_treatment > n_control:
        facts = {"n_treatment": n_treatment, "n_control": n_control, "controls": most}
        return NotEstimable(code="too_few_to_match", facts=facts)
    x = standardised(traits.x, values.treated)
    for controls in range(most, 0, -1):
        sets = optimal_sets(x, values.treated, controls)
        kept = sets >= 0
        differences = standardised_differences(traits.x[kept], values.treated[kept])
        if asked is not None or controls == 1 or np.abs(differences).max(initial=0.0) <= SMD_LINE:
            break
    return sets


def _left_to_adjust(traits: Traits, values: SiteValues) -> Floats | None:
    """Traits beside the level (the pre value) that the sites can pay for: one for every five of them."""
    others = [k for k, name in enumerate(traits.names) if name != "level"]
    affordable = max(0, len(values.y) // 5 - 1)
    return traits.x[:, others[:affordable]] if others and affordable else None


def _differences(traits: Traits, treated: Bools, weights: Floats | None) -> Floats:
    return standardised_differences(traits.x, treated, weights)


def _matched(values: SiteValues) -> list[dict[str, Any]]:
    assert values.groups is not None
    found = []
    for number in np.unique(values.groups):
        inside = values.groups == number
        found.append(
            {
                "treated": [site for site, mine in zip(values.sites, inside & values.treated, strict=True) if mine],
                "controls": [site for site, mine in zip(values.sites, inside & ~values.treated, strict=True) if mine],
            }
        )
    return found


def _with_history(study: Study, result: Estimate, data: SitePeriods, checks: list[Check]) -> Estimate:
    """With the checks of the time before the start, on the sites that were used."""
    dates = placebo_dates(data, study.arm)
    largest = None if dates is None else dates.largest
    robust = bias_robustness(result, largest, float(study.spec.options.get("mbar", 1)))
    details = {
        **result.details,
        **survives(robust),
        "event_study": event_path(data, study.arm, result.confidence),
        "placebo_dates": None if dates is None else dict(zip(map(str, dates.periods), dates.effects, strict=True)),
    }
    return replace(result, details=details).with_checks(
        [*checks, pre_trend(data, study.arm), placebo_date(dates), robust]
    )


def entropy_balance(study: Study) -> Result:
    """All comparison sites, weighted so that their level, trend and size agree with the treated sites' on average.

    Weighted difference of site values, t with the residual df of the regression on treatment and traits; right where
    the values are linear in the traits, which the weights then balance exactly.
    """
    found = _candidates(study)
    if isinstance(found, NotEstimable):
        return found
    data, values, traits = found
    weights = entropy_weights(standardised(traits.x, values.treated), values.treated)
    counts = {"n_control": int((~values.treated).sum()), "n_treatment": int(values.treated.sum())}
    if weights is None:
        return NotEstimable(code="no_balance_possible", facts=counts)
    fits = site_ancova_many(values.y[None], values.treated, standardised(traits.x, values.treated))
    df = float(fits.df[0])
    if df < 1 or not np.isfinite(fits.std_error[0]):
        return NotEstimable(code="no_degrees_of_freedom", facts=counts)
    # Of the regression only its spread is used: the standard error of the adjusted difference over its design part.
    spread = _residual_sd(values, traits, float(fits.effect[0]))
    own, theirs = values.y[values.treated], values.y[~values.treated]
    effect = float(own.mean() - weights @ theirs)
    std_error = spread * sqrt(1 / len(own) + float((weights**2).sum()))
    if std_error <= 0:
        return NotEstimable(
            code="no_variation", facts={"treatment": float(own.mean()), "control": float(theirs.mean())}
        )
    confidence = confidence_of(study)
    result = t_estimate(
        effect,
        std_error,
        df,
        confidence=confidence,
        method="entropy_balance",
        mean_control=float(weights @ theirs),
        mean_treatment=float(own.mean()),
        **counts,
        details={
            "statistic": effect / std_error,
            "effective_control": effective_number(weights),
            "weights": dict(
                zip(
                    [s for s, t in zip(values.sites, values.treated, strict=True) if not t],
                    map(float, weights),
                    strict=True,
                )
            ),
        },
    )
    everyone = np.ones(len(values.y))
    everyone[~values.treated] = weights
    checks = [overlap(_differences(traits, values.treated, everyone), traits.names, effective_number(weights))]
    return tested(study, _with_history(study, result, data, checks))


def _residual_sd(values: SiteValues, traits: Traits, effect: float) -> float:
    x = np.column_stack([np.ones(len(values.y)), standardised(traits.x, values.treated)])
    y = values.y - effect * values.treated
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return sqrt(float(residual @ residual) / (len(y) - np.linalg.matrix_rank(x) - 1))


def exact_matching(study: Study) -> Result:
    """Records matched exactly on ``strata`` (else ``covariates``); options in stats/methods/exact_matching.py."""
    from stats.methods.exact_matching import exact_matching as run

    return tested(study, run(study, confidence=confidence_of(study)))


DEFAULT = "matched_ancova"
ESTIMATORS = {
    estimator.key: estimator
    for estimator in (
        Estimator(
            key=DEFAULT,
            run=default,
            label="Matched sites, adjusted for before, pooled t",
            source="Rosenbaum (1989); Stuart (2010); Ho, Imai, King & Stuart (2007)",
            aliases=("matching", "optimal_matching"),
        ),
        Estimator(
            key="entropy_balance",
            run=entropy_balance,
            label="All comparison sites, weighted to balance",
            source="Hainmueller (2012)",
            aliases=("entropy_balancing", "ebal"),
        ),
        Estimator(
            key="exact_matching",
            run=exact_matching,
            label="Records that match exactly, for the treated",
            source="Ho, Imai, King & Stuart (2011)",
            safe=False,
            aliases=("exact_matching_att", "matchit_exact"),
        ),
        *(each for each in SITE_LEVEL if each.key in ("site_t", "permutation", "paired_t")),
    )
}
