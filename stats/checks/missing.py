"""Missing values among eligible records, and response to surveys."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import numpy as np

from stats.checks.inputs import CheckInputs, MetricInputs
from stats.plan import Plan
from stats.results import Check, Estimate, Severity, Status

SHARES = ("share", "share_beyond", "interval_share")


def run(inputs: CheckInputs, plan: Plan, metric: MetricInputs) -> Iterator[Check]:
    planned = plan.metric(metric.key)
    if planned.survey:
        share = planned.spec.kind in SHARES
        yield response_rate(metric, plan.gates.response_difference, is_share=share, arm=inputs.arm)
    else:
        yield missing(metric, plan.gates.missing_share, plan.gates.missing_difference)


def missing(metric: MetricInputs, most: float, most_apart: float) -> Check:
    """Share of eligible records without the metric: too many in all, or too unequal between the arms."""
    eligible = metric.n + metric.missing
    if eligible.min() <= 0:
        return Check(key="missing", status=Status.NOT_RUN, severity=Severity.CRITICAL, metric=metric.key)
    by_arm = metric.missing / eligible
    overall, apart = float(metric.missing.sum() / eligible.sum()), float(abs(by_arm[1] - by_arm[0]))
    return Check(
        key="missing",
        status=Status.FAIL if overall > most or apart > most_apart else Status.PASS,
        severity=Severity.CRITICAL,
        value=overall,
        threshold=most,
        metric=metric.key,
        facts={
            "share": overall,
            "control": float(by_arm[0]),
            "treatment": float(by_arm[1]),
            "apart": apart,
            "most": most,
            "most_apart": most_apart,
        },
    )


def response_rate(metric: MetricInputs, most_apart: float, *, is_share: bool, arm: int = 1) -> Check:
    """Response by arm. Equal response, however low, is no fault; unequal response may hide who answers.

    ``worst_case_low`` and ``worst_case_high`` are the effects if all that the better responding arm has more of had
    been its best, respectively its worst, answers (Lee 2009, Rev. Econ. Stud. 76). For a mean the furthest that leaving
    out a fraction q can move it is sd sqrt(q / (1 - q)), whatever the distribution. Absent where no spread is known:
    the rule then takes the worst.
    """
    asked = metric.n + metric.missing
    if asked.min() <= 0:
        return Check(key="response_rate", status=Status.NOT_RUN, severity=Severity.CRITICAL, metric=metric.key)
    rate = metric.n / asked
    apart = float(abs(rate[1] - rate[0]))
    return Check(
        key="response_rate",
        status=Status.FAIL if apart > most_apart else Status.PASS,
        severity=Severity.CRITICAL,
        value=apart,
        threshold=most_apart,
        metric=metric.key,
        facts={
            "control": float(rate[0]),
            "treatment": float(rate[1]),
            "apart": apart,
            "most_apart": most_apart,
            **_worst_case(metric, rate, is_share, arm),
        },
    )


def _worst_case(metric: MetricInputs, rate: np.ndarray, is_share: bool, arm: int) -> dict[str, float]:
    result = metric.result
    if not isinstance(result, Estimate) or rate.min() <= 0:
        return {}
    larger = int(rate[1] > rate[0])
    level = (result.mean_control, result.mean_treatment)[larger]
    extra = 1 - rate[1 - larger] / rate[larger]
    bounds = _trimmed(metric, level, extra, is_share, arm * larger)
    if level is None or bounds is None:
        return {}
    sign = 1 if larger else -1
    moved = sorted(result.effect + sign * (bound - level) for bound in bounds)
    return {"worst_case_low": moved[0], "worst_case_high": moved[1]}


def _trimmed(
    metric: MetricInputs, level: float | None, extra: float, is_share: bool, position: int
) -> tuple[float, float] | None:
    """Lowest and highest mean that remains when a fraction ``extra`` of an arm's answers is left out."""
    if level is None or extra >= 1:
        return None
    if is_share:
        return max(0.0, (level - extra) / (1 - extra)), min(1.0, level / (1 - extra))
    if metric.moments is None or not np.isfinite(metric.moments.arms.var_y[position]):
        return None
    furthest = sqrt(float(metric.moments.arms.var_y[position]) * extra / (1 - extra))
    return level - furthest, level + furthest
