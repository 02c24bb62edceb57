"""The comparison of sites as an estimate: analysis of covariance with a pooled t, and why there may be none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stats.methods.hypotheses import t_estimate
from stats.methods.relative import fieller
from stats.methods.site_means import SiteValues, site_ancova_many
from stats.results import NotEstimable, Result

Floats = NDArray[np.float64]


def site_weights(values: SiteValues, by_volume: bool) -> Floats | None:
    """None where each site counts once (the typical site), else the volume of each (the typical customer)."""
    return values.volume if by_volume else None


def affordable(values: SiteValues) -> SiteValues:
    """The sites without pre value and covariates where those would leave no degree of freedom, else as they are.

    It goes by counts alone, never by what the data say.
    """
    groups = 1 if values.groups is None else len(np.unique(values.groups))
    columns = 0 if values.adjusters is None else values.adjusters.shape[1]
    if len(values.y) - groups - columns - 1 >= 1:
        return values
    return replace(values, pre=None, covariates=None, pre_filled=0)


def why_not_comparable(values: SiteValues) -> NotEstimable | None:
    """Why these sites can't be compared, or None if they can."""
    n_treatment = int(values.treated.sum())
    n_control = len(values.treated) - n_treatment
    facts = {"n_control": n_control, "n_treatment": n_treatment, "dropped": len(values.dropped)}
    if not len(values.treated):
        return NotEstimable(code="no_site_data", facts=facts)
    if min(n_control, n_treatment) < 2:
        return NotEstimable(code="too_few_sites", facts=facts)
    return None


def site_ancova(
    values: SiteValues, *, confidence: float, by_volume: bool = False, method: str = "site_ancova"
) -> Result:
    """Treatment minus control between sites, adjusted for the pre value, strata or pairs, and covariates.

    One pilot through ``site_ancova_many``, with an interval at ``confidence`` and the relative effect by Fieller.
    """
    if reason := why_not_comparable(values):
        return reason
    values, weights = affordable(values), site_weights(values, by_volume)
    fits = site_ancova_many(values.y[None], values.treated, values.adjusters, values.groups, weights)
    effect, std_error, df = float(fits.effect[0]), float(fits.std_error[0]), float(fits.df[0])
    facts = {"n_control": int((~values.treated).sum()), "n_treatment": int(values.treated.sum())}
    if not np.isfinite(effect):
        return NotEstimable(code="arms_not_separable", facts=facts)
    if not df > 0:
        return NotEstimable(code="no_degrees_of_freedom", facts=facts)
    levels = _levels(values, weights)
    if not np.isfinite(std_error) or std_error <= 0:
        return NotEstimable(code="no_variation", facts={**facts, **levels})
    level, var_level, cov = float(fits.level[0]), float(fits.var_level[0]), float(fits.cov[0])
    return t_estimate(
        effect,
        std_error,
        df,
        confidence=confidence,
        method=method,
        relative=fieller(
            (level + effect, std_error**2 + var_level + 2 * cov),
            (level, var_level),
            confidence=confidence,
            df=df,
            covariance=var_level + cov,
        ),
        n_control=facts["n_control"],
        n_treatment=facts["n_treatment"],
        mean_control=levels["control"],
        mean_treatment=levels["treatment"],
        details={"statistic": effect / std_error, **_what_was_done(values, by_volume)},
    )


def _levels(values: SiteValues, weights: Floats | None) -> dict[str, float]:
    w = np.ones(len(values.y)) if weights is None else weights
    return {
        "control": float(np.average(values.y[~values.treated], weights=w[~values.treated])),
        "treatment": float(np.average(values.y[values.treated], weights=w[values.treated])),
    }


def _what_was_done(values: SiteValues, by_volume: bool) -> dict[str, Any]:
    grouping = None if values.groups is None else "pairs" if values.paired else "strata"
    return {
        "weights": "volume" if by_volume else "site",
        "adjusted_for_pre": values.pre is not None,
        "covariates": 0 if values.covariates is None else values.covariates.shape[1],
        "within": grouping,
        "sites_without_data": list(values.dropped),
        "pre_filled": values.pre_filled,
    }
