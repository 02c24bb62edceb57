"""Difference in differences on single records, as Card and Krueger (1994) and the textbooks compute it.

Records are taken as independent, so the standard errors are right for repeated samples of customers within one pair of
groups that would have moved alike, and too small where whole sites were given the change: the design's default compares
sites.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from stats.errors import Problem, RefusedSpec
from stats.methods.clustered import cluster_moments, clustered_variance, fit
from stats.methods.hypotheses import t_estimate
from stats.methods.least_squares import KINDS, Fit, least_squares
from stats.methods.record_design import RecordDesign, record_design
from stats.results import NotEstimable, Result
from stats.study import Study

if TYPE_CHECKING:
    import pandas as pd

CLUSTERED = ("cr0", "cr1", "cr1s", "cr2", "cr3")
AFTER, BOTH = "__after", "__treated_after"


def error_kind(study: Study, default: str) -> str:
    """Option ``se``: which standard error decides. Raises RefusedSpec for a name that is none."""
    kind = str(study.spec.options.get("se", default)).lower()
    if kind not in (*KINDS, *CLUSTERED):
        offered = ", ".join((*KINDS, *CLUSTERED))
        raise RefusedSpec(Problem(code="unknown_option", facts={"key": "se", "found": kind, "offered": offered}))
    return kind


def did_2x2(study: Study, *, confidence: float, default_error: str = "classical") -> Result:
    """y = a + b treated + c after + effect (treated x after) + covariates, by (weighted) least squares on records.

    Option ``se``: classical (default), hc0 to hc3, or cr0 to cr3 by ``cluster`` (else ``site``). ``details`` has the
    standard errors of all kinds, the four means, and ``std_error_of_means``: that of the four means with a variance
    each.
    """
    records = study.records
    if "__post" not in records.columns:
        raise RefusedSpec(Problem(code="design_needs", facts={"design": study.spec.design, "parts": "post"}))
    after = np.asarray(records["__post"], dtype=float)
    treated = np.asarray(records["__arm"], dtype=float) == study.arm
    prepared = records.drop(columns="__post").assign(**{AFTER: after, BOTH: after * treated})
    return _regression(study, prepared, [AFTER, BOTH], BOTH, confidence, default_error, "did_2x2")


def change_regression(study: Study, *, confidence: float, default_error: str = "classical") -> Result:
    """Each unit's change regressed on treated: with ``unit`` (else ``site``) in both periods, from the records.

    Where ``pre`` is given the change is the metric less that column; where neither unit nor ``pre`` is, the metric is
    taken to be the change itself, on the records after the start.
    """
    records, spec = study.records, study.spec
    if spec.pre is not None:
        prepared = records.assign(__y=records["__y"] - records[spec.pre])
    elif (spec.unit or spec.site) is not None:
        prepared = _changes(records, str(spec.unit or spec.site))
    else:
        prepared = records
    return _regression(study, prepared, [], f"arm {study.arm}", confidence, default_error, "change_regression")


def _changes(records: pd.DataFrame, unit: str) -> pd.DataFrame:
    """One row a unit: its first record after the start, with the change of its averages as the metric."""
    means = records.groupby([unit, "__post"], observed=True)["__y"].mean().unstack("__post")
    if True not in means.columns or False not in means.columns:
        return records.iloc[:0]
    last = records[records["__post"]].drop_duplicates(unit)
    return last.assign(__y=last[unit].map(means[True] - means[False]))


def _regression(
    study: Study,
    records: pd.DataFrame,
    further: list[str],
    effect_of: str,
    confidence: float,
    default_error: str,
    method: str,
) -> Result:
    from dataclasses import replace

    spec, kind = study.spec, error_kind(study, default_error)
    pre = None if method == "change_regression" else spec.pre
    wider = spec.model_copy(update={"covariates": [*further, *spec.covariates], "pre": pre})
    study = replace(study, spec=wider, read_records=lambda: records)
    cluster = spec.cluster or spec.site
    if kind in CLUSTERED and cluster is None:
        raise RefusedSpec(Problem(code="cluster_needed", facts={"method": spec.estimator}))
    design = record_design(study, factors=spec.strata, groups=[cluster] if kind in CLUSTERED and cluster else [])
    if isinstance(design, NotEstimable):
        return design
    counts = {"n_control": int((design.arm == 0).sum()), "n_treatment": int((design.arm > 0).sum())}
    if effect_of not in design.names:
        return NotEstimable(code="four_groups_needed", facts=counts)
    if len(design.y) <= design.x.shape[1]:
        return NotEstimable(code="no_degrees_of_freedom", facts=counts)
    fitted = least_squares(design.x, design.y - design.centre, design.weights)
    position = design.names.index(effect_of)
    effect = float(fitted.coefficients[position])
    std_error, df = _error(design, fitted, position, kind, cluster)
    means = _means(design, further)
    if std_error <= 1e-12 * max(1.0, float(np.abs(design.y).max())):
        return NotEstimable(code="no_variation", facts={"control": means["control"], "treatment": means["treatment"]})
    return t_estimate(
        effect,
        std_error,
        df,
        confidence=confidence,
        method=f"{method}_{kind}",
        mean_control=means.pop("control"),
        mean_treatment=means.pop("treatment"),
        **counts,
        details={
            "statistic": effect / std_error,
            "n": len(design.y),
            "incomplete": design.dropped,
            "std_errors": {each: sqrt(float(cov[position, position])) for each, cov in fitted.covariances.items()},
            "coefficients": {
                _plain(name): {
                    "estimate": float(value),
                    "std_error": sqrt(float(fitted.covariances["classical"][k, k])),
                }
                for k, (name, value) in enumerate(zip(design.names, fitted.coefficients, strict=True))
                if k > 0
            },
            **means,
        },
    )


def _plain(name: str) -> str:
    return {AFTER: "after", BOTH: "treated x after"}.get(name, name)


def _error(design: RecordDesign, fitted: Fit, position: int, kind: str, cluster: str | None) -> tuple[float, float]:
    if kind not in CLUSTERED or cluster is None:
        return sqrt(float(fitted.covariances[kind][position, position])), float(fitted.df)
    moments = cluster_moments(design.x, design.y - design.centre, design.codes[cluster], design.weights)
    variance, df = clustered_variance(fit(moments), np.eye(len(design.names))[position], kind)  # type: ignore[arg-type]
    return sqrt(variance), df


def _means(design: RecordDesign, further: list[str]) -> dict[str, Any]:
    """Unadjusted means: of both arms after the start, and of all four groups where there are four."""
    weights = np.ones(len(design.y)) if design.weights is None else design.weights
    treated = design.arm > 0
    if AFTER not in further:
        sides = {"control": ~treated, "treatment": treated}
        return {name: float(np.average(design.y[side], weights=weights[side])) for name, side in sides.items()}
    column = design.x[:, design.names.index(AFTER)]
    after = column > (column.max() + column.min()) / 2
    groups = {
        "control_before": ~treated & ~after,
        "control_after": ~treated & after,
        "treatment_before": treated & ~after,
        "treatment_after": treated & after,
    }
    means = {name: float(np.average(design.y[group], weights=weights[group])) for name, group in groups.items()}
    spread = [float(design.y[group].var(ddof=1)) / int(group.sum()) for group in groups.values() if group.sum() > 1]
    return {
        "control": means["control_after"],
        "treatment": means["treatment_after"],
        "means": means,
        "counts": {name: int(group.sum()) for name, group in groups.items()},
        "std_error_of_means": sqrt(sum(spread)) if len(spread) == 4 else None,
    }
