"""From a study of units to what a method takes: arms as numbers, values, the test that was asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stats.methods.arms import ArmSummary, arm_summary
from stats.methods.hypotheses import apply_test, interval_confidence
from stats.results import NotEstimable, Result
from stats.study import Study

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
RATIOS = ("ratio", "rate")
NO_MEANS = ("quantile", "tail_mean", "survival")


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


def clusters_by_arm(study: Study) -> tuple[Codes, Codes] | None:
    """The clusters of the values of (control, treatment), numbered in each arm; None where one stands in both."""
    records = after_start(study)
    known = records[np.isfinite(records["__y"].to_numpy(dtype=float))]
    control, treatment = (known.loc[known["__arm"] == arm, study.spec.cluster] for arm in (0, study.arm))
    if set(control) & set(treatment):
        return None
    of_control, of_treatment = (
        np.unique(labels.astype(str), return_inverse=True)[1] for labels in (control, treatment)
    )
    return of_control, of_treatment


def for_means_only(study: Study, *, ratios: bool = False) -> NotEstimable | None:
    """Why a method for means can't answer: the metric is no mean (nor, unless ``ratios``, a quotient of sums)."""
    metric = study.spec.metric
    if metric.kind in NO_MEANS or (not ratios and is_ratio(study)):
        return NotEstimable(code="method_for_means_only", facts={"kind": metric.kind, "method": study.spec.estimator})
    return None


def is_ratio(study: Study) -> bool:
    """True where the metric is a quotient of two sums."""
    metric = study.spec.metric
    return metric.kind in RATIOS or (metric.kind == "share" and metric.denominator is not None)


def tested(study: Study, result: Result) -> Result:
    """The result with the p of the test that was asked for."""
    return apply_test(result, study.spec.test_spec, study.spec.metric.better)


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
