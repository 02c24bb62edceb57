"""Exact matching of records: each treated one with the control records that have the same labels, for the treated.

Source: Ho, Imai, King & Stuart (2011), J. Stat. Softw. 42(8): treated records weigh 1, control records of a cell
n_treated / n_control, rescaled to the number of matched controls; then weighted least squares.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from stats.errors import Problem, RefusedSpec
from stats.methods.clustered import cluster_moments, clustered_variance, fit
from stats.methods.did import CLUSTERED, error_kind
from stats.methods.hypotheses import t_estimate
from stats.methods.least_squares import least_squares
from stats.methods.matching import effective_number
from stats.methods.record_design import record_design
from stats.results import NotEstimable, Result
from stats.study import Study


def exact_matching(study: Study, *, confidence: float) -> Result:
    """Effect for the treated among records that match exactly on ``strata`` (else on ``covariates``).

    Where both are given the weighted regression adjusts for the covariates. Option ``se``: hc2 (default), classical,
    hc0 to hc3, or cr0 to cr3 with the matched cells as clusters.
    """
    from dataclasses import replace

    spec = study.spec
    on = list(spec.strata or spec.covariates)
    if not on:
        raise RefusedSpec(Problem(code="design_needs", facts={"design": spec.design, "parts": "strata / covariates"}))
    kind = error_kind(study, "hc2")
    plain = spec.model_copy(
        update={"covariates": list(spec.covariates) if spec.strata else [], "strata": [], "pre": None}
    )
    records = study.records
    labels = records[on[0]].astype(str)
    for name in on[1:]:
        labels = labels + "|" + records[name].astype(str)
    whole = ~records[on].isna().any(axis=1)
    prepared = records[whole].assign(__cell=labels[whole])
    design = record_design(replace(study, spec=plain, read_records=lambda: prepared), groups=["__cell"])
    if isinstance(design, NotEstimable):
        return design
    treated, cell = design.arm > 0, design.codes["__cell"]
    own, theirs = (np.bincount(cell, weights=side, minlength=cell.max() + 1) for side in (treated, ~treated))
    matched = ((own > 0) & (theirs > 0))[cell]
    counts = {"n_control": int((matched & ~treated).sum()), "n_treatment": int((matched & treated).sum())}
    if min(counts.values()) < 2:
        return NotEstimable(code="nothing_matches", facts=counts)
    weights = np.where(treated, 1.0, own[cell] / np.maximum(theirs[cell], 1))[matched]
    treated, cell = treated[matched], cell[matched]
    weights = np.where(treated, 1.0, weights * counts["n_control"] / weights[~treated].sum())
    x, y = design.x[matched], design.y[matched] - design.centre
    if len(y) <= x.shape[1]:
        return NotEstimable(code="no_degrees_of_freedom", facts=counts)
    fitted = least_squares(x, y, weights)
    place = design.position(study.arm)
    moments = fit(cluster_moments(x, y, np.unique(cell, return_inverse=True)[1], weights))
    contrast = np.eye(x.shape[1])[place]
    clustered = {name: clustered_variance(moments, contrast, name) for name in CLUSTERED}  # type: ignore[arg-type]
    errors = {name: sqrt(float(cov[place, place])) for name, cov in fitted.covariances.items()}
    errors |= {name: sqrt(pair[0]) for name, pair in clustered.items()}
    effect, std_error = float(fitted.coefficients[place]), errors[kind]
    df = clustered[kind][1] if kind in clustered else float(fitted.df)
    if std_error <= 1e-12 * max(1.0, float(np.abs(design.y).max())):
        level = float(design.y.mean())
        return NotEstimable(code="no_variation", facts={"control": level, "treatment": level})
    raw = design.y[matched]
    return t_estimate(
        effect,
        std_error,
        df,
        confidence=confidence,
        method=f"exact_matching_{kind}",
        mean_control=float(np.average(raw[~treated], weights=weights[~treated])),
        mean_treatment=float(raw[treated].mean()),
        **counts,
        details={
            "statistic": effect / std_error,
            "std_errors": errors,
            "subclasses": len(np.unique(cell)),
            "unmatched_treated": int((design.arm > 0).sum()) - counts["n_treatment"],
            "unmatched_control": int((design.arm == 0).sum()) - counts["n_control"],
            "effective_control": effective_number(weights[~treated]),
        },
    )
