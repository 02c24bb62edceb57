"""Regression of records on treatment with site and period effects, and with an instrument (two stages).

Errors are taken as independent where the classical standard error is asked for, as published analyses of stepped wedges
often do; by site (CR2) is the safe choice. Source: Hussey & Hughes (2007), Contemp. Clin. Trials 28, for the model;
Angrist & Imbens (1995), J. Am. Stat. Assoc. 90, for the instrument.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stats.errors import Problem, RefusedSpec
from stats.methods.clustered import ClusteredFit, cluster_moments, clustered_variance
from stats.methods.did import CLUSTERED, error_kind
from stats.methods.hypotheses import t_estimate
from stats.methods.least_squares import least_squares
from stats.methods.panel import lacking
from stats.methods.record_design import codes, independent_columns
from stats.results import NotEstimable, Result
from stats.study import Study

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LARGEST_DESIGN = 40_000_000


def with_arms(study: Study) -> Study:
    """The study with ``__arm`` as the treatment of each record, where the specification gives starts instead."""
    spec = study.spec
    if spec.starts is None:
        return study
    from stats.methods.panel import record_places

    records = study.records
    data = study.site_periods
    site, period = record_places(study)
    known = (site >= 0) & (period >= 0)
    treated = np.where(known, data.treated[site, period], False)
    prepared = records.assign(__arm=np.where(known, treated.astype(float), np.nan))
    return replace(study, read_records=lambda: prepared)


@dataclass(frozen=True, kw_only=True)
class Regression:
    """N complete records. y: centred; treatment: (N,) 0/1 or an amount; instrument: (N,) or None; others: (N, K) an
    intercept, labels and covariates, full rank; site: (N,) codes; raw: (N,) the metric; weights: (N,) or None."""

    y: Floats
    raw: Floats
    treatment: Floats
    instrument: Floats | None
    others: Floats
    names: tuple[str, ...]
    site: Ints
    weights: Floats | None


def regression(study: Study, *, instrument: str | None = None) -> Regression | NotEstimable:
    """Records on treatment, covariates, strata, and a label for each site and period.

    Option ``treatment`` (or ``exposure``): a column with the amount of treatment.
    """
    spec = study.spec
    site = spec.site or spec.cluster
    if site is None:
        raise RefusedSpec(Problem(code="cluster_needed", facts={"method": spec.estimator}))
    records = with_arms(study).records
    dose = spec.dose
    labels = list(dict.fromkeys([site, *([spec.period] if spec.period else []), *spec.strata]))
    numbers = [str(name) for name in (dose, instrument, spec.weight_column) if name]
    named = list(dict.fromkeys([*labels, *numbers, *spec.covariates]))
    if absent := [name for name in named if name not in records.columns]:
        raise RefusedSpec(
            [Problem(code="missing_column", column=name, facts=lacking(records.columns)) for name in absent]
        )
    records = records[_complete(records, named, spec.weight_column, study.arm, bool(dose))]
    if not len(records):
        return NotEstimable(code="no_records_in_an_arm", facts={"n_control": 0, "n_treatment": 0})
    if len(records) * sum(int(records[name].nunique()) for name in labels) > LARGEST_DESIGN:
        counts = {"n_control": 0, "n_treatment": len(records)}
        return NotEstimable(code="too_large_for_method", facts={"method": spec.estimator, **counts})
    treatment = np.asarray(records[str(dose)] if dose else records["__arm"] == study.arm, dtype=float)
    others, names = _columns(records, labels, spec.covariates, set(spec.options.get("factors", ())))
    kept = independent_columns(others)
    raw = np.asarray(records["__y"], dtype=float)
    return Regression(
        y=raw - raw.mean(),
        raw=raw,
        treatment=treatment,
        instrument=None if instrument is None else np.asarray(records[instrument], dtype=float),
        others=others[:, kept],
        names=tuple(names[k] for k in kept),
        site=codes(records[site]),
        weights=None if spec.weight_column is None else np.asarray(records[spec.weight_column], dtype=float),
    )


def _complete(records: pd.DataFrame, named: list[str], weight: str | None, arm: int, dosed: bool) -> Floats:
    whole = np.isfinite(np.asarray(records["__y"], dtype=float))
    whole &= ~np.asarray(records[named].isna().any(axis=1), dtype=bool)
    if weight is not None:
        whole &= np.asarray(records[weight], dtype=float) > 0
    if not dosed:
        whole &= np.isin(np.asarray(records["__arm"], dtype=float), (0, arm))
    return whole


def _columns(
    records: pd.DataFrame, labels: list[str], covariates: list[str], declared: set[str]
) -> tuple[Floats, list[str]]:
    columns, names = [np.ones(len(records))], ["intercept"]
    for name in dict.fromkeys([*labels, *covariates]):
        if name in labels or name in declared or records[name].dtype.kind not in "biuf":
            found, index = np.unique(np.asarray(records[name]).astype(str), return_inverse=True)
            columns += [(index == level).astype(float) for level in range(1, len(found))]
            names += [f"{name}: {label}" for label in found[1:]]
        else:
            columns.append(np.asarray(records[name], dtype=float))
            names.append(name)
    return np.column_stack(columns), names


def fixed_effects(study: Study, *, confidence: float) -> Result:
    """Treatment net of site and period effects, on records, by ``weight_column`` where one is named.

    Options: ``se``: classical (default), hc0 to hc3, cr0 to cr3 by site; ``treatment``: an amount instead of 0/1.
    """
    found = regression(study)
    if isinstance(found, NotEstimable):
        return found
    return _least_squares(study, found, found.treatment, confidence, "fixed_effects")


def instrumented(study: Study, *, confidence: float) -> Result:
    """Two-stage least squares: treatment received (option ``treatment``) instrumented by ``instrument``.

    The effect is that of one unit of treatment received. ``details.first_stage``: coefficient, standard error and F of
    the instrument. Option ``se``: as in ``fixed_effects``.
    """
    spec = study.spec
    if spec.instrument is None:
        raise RefusedSpec(Problem(code="design_needs", facts={"design": spec.design, "parts": "instrument"}))
    if spec.dose is None and spec.arm is not None and spec.instrument == spec.arm.column:
        # The wave itself, instrumented by itself: that is no effect of the treatment received.
        raise RefusedSpec(Problem(code="design_needs", facts={"design": spec.design, "parts": "exposure"}))
    found = regression(study, instrument=spec.instrument)
    if isinstance(found, NotEstimable):
        return found
    assert found.instrument is not None
    root = np.ones(len(found.y)) if found.weights is None else np.sqrt(found.weights)
    first = np.column_stack([found.instrument, found.others])
    if len(independent_columns(np.column_stack([found.others, found.instrument]))) < first.shape[1]:
        return NotEstimable(code="treatment_not_separable", facts=_counts(found))
    stage = least_squares(first, found.treatment, found.weights)
    fitted = first @ stage.coefficients
    spread = sqrt(float(stage.covariances["classical"][0, 0]))
    own = fitted - found.others @ np.linalg.lstsq(root[:, None] * found.others, root * fitted, rcond=None)[0]
    if float((root * own) @ (root * own)) <= 1e-18 * float((root * fitted) @ (root * fitted)):
        return NotEstimable(code="treatment_not_separable", facts=_counts(found))
    result = _least_squares(study, found, fitted, confidence, "iv")
    if isinstance(result, NotEstimable):
        return result
    stage_facts = {"effect": float(stage.coefficients[0]), "std_error": spread, "df": stage.df}
    stage_facts["f_statistic"] = (stage_facts["effect"] / spread) ** 2 if spread > 0 else float("inf")
    return replace(result, details={**result.details, "first_stage": stage_facts})


def _counts(found: Regression) -> dict[str, int]:
    treated = np.unique(found.site[found.treatment != 0])
    return {"n_control": len(np.unique(found.site)) - len(treated), "n_treatment": len(treated)}


def _least_squares(study: Study, found: Regression, column: Floats, confidence: float, method: str) -> Result:
    """Fit with ``column`` as treatment; the residuals are those of the true treatment (they differ for instruments)."""
    kind, counts = error_kind(study, "classical"), _counts(found)
    x = np.column_stack([column, found.others])
    if len(independent_columns(np.column_stack([found.others, column]))) < x.shape[1]:
        return NotEstimable(code="treatment_not_separable", facts=counts)
    df = len(found.y) - x.shape[1]
    if df < 1:
        return NotEstimable(code="no_degrees_of_freedom", facts=counts)
    root = np.ones(len(found.y)) if found.weights is None else np.sqrt(found.weights)
    orthonormal, triangle = np.linalg.qr(root[:, None] * x)
    back = np.linalg.inv(triangle)
    beta = back @ (orthonormal.T @ (root * found.y))
    residual = root * (found.y - np.column_stack([found.treatment, found.others]) @ beta)
    if float(np.abs(residual).max()) <= 1e-12 * max(1.0, float(np.abs(found.raw).max())):
        return NotEstimable(code="no_variation", facts=_levels(found))
    std_error, freedom = _error(found, x, back, orthonormal, residual, kind, df)
    effect = float(beta[0])
    raw = _levels(found)
    y = root * found.raw
    total = float((root**2 * (found.raw - np.average(found.raw, weights=root**2)) ** 2).sum())
    classical = sqrt(float((residual**2).sum()) / df * float((back[0] ** 2).sum()))
    return t_estimate(
        effect,
        std_error,
        freedom,
        confidence=confidence,
        method=f"{method}_{kind}",
        mean_control=raw["control"],
        mean_treatment=raw["treatment"],
        **counts,
        details={
            "statistic": effect / std_error,
            "n": len(y),
            "sites": len(np.unique(found.site)),
            "residual_df": df,
            "residual_sd": sqrt(float((residual**2).sum()) / df),
            "r_squared": 1 - float((residual**2).sum()) / total,
            "std_errors": {"classical": classical},
            "coefficients": {
                name: float(value)
                for name, value in zip(found.names, beta[1:], strict=True)
                if name in study.spec.covariates
            },
        },
    )


def _error(
    found: Regression, x: Floats, back: Floats, orthonormal: Floats, residual: Floats, kind: str, df: int
) -> tuple[float, float]:
    """(standard error, df) of the first coefficient; residual: weighted."""
    if kind in CLUSTERED:
        moments = cluster_moments(x, found.y, found.site, found.weights)
        weighted = x if found.weights is None else x * np.sqrt(found.weights)[:, None]
        scores = np.zeros((len(moments.n), x.shape[1]))
        np.add.at(scores, np.unique(found.site, return_inverse=True)[1], weighted * residual[:, None])
        whole = ClusteredFit(coefficients=np.zeros(x.shape[1]), bread=back @ back.T, scores=scores, moments=moments)
        variance, freedom = clustered_variance(whole, np.eye(x.shape[1])[0], kind)  # type: ignore[arg-type]
        return sqrt(variance), freedom
    if kind == "classical":
        return sqrt(float((residual**2).sum()) / df * float((back[0] ** 2).sum())), float(df)
    leverage = (orthonormal**2).sum(axis=1)
    left = np.where(leverage < 1 - 1e-10, 1 - leverage, np.inf)
    factor = {"hc0": 1.0, "hc1": len(residual) / df, "hc2": 1 / left, "hc3": 1 / left**2}[kind]
    influence = orthonormal @ back[0]
    return sqrt(float((factor * (influence * residual) ** 2).sum())), float(df)


def _levels(found: Regression) -> dict[str, float | None]:
    weights = np.ones(len(found.raw)) if found.weights is None else found.weights
    sides = {"control": found.treatment == 0, "treatment": found.treatment != 0}
    return {
        name: float(np.average(found.raw[side], weights=weights[side])) if side.any() else None
        for name, side in sides.items()
    }
