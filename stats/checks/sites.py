"""Checks of one metric on the sites' own values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from stats.checks.inputs import CheckInputs, MetricInputs
from stats.methods import site_checks
from stats.methods.site_means import site_values
from stats.plan import Plan
from stats.results import Check, Estimate, Severity, Status
from stats.study import Bools

RANDOMISED = ("randomised_units", "randomised_sites")
PRE_PERIODS = {"matched_sites": 1, "synthetic_control": 8, "interrupted_time_series": 8, "staggered": 1}
"""Fewest periods before the start; ``before_after_control`` needs as many before as after."""


def run(inputs: CheckInputs, plan: Plan, metric: MetricInputs) -> Iterator[Check]:
    required = inputs.post_periods if plan.design == "before_after_control" else PRE_PERIODS.get(plan.design)
    if required is not None:
        yield pre_period(inputs, metric, required)
    data = metric.windows if metric.windows is not None else metric.site_periods
    if plan.unit_of_assignment != "site" or data is None:
        return
    values = site_values(data, by_volume=plan.weights == "volume")
    yield minimum_n(metric, plan.metric(metric.key).spec.minimum_n)
    if len(values.y):
        drawn = plan.design in RANDOMISED and plan.assignment.method != "chosen"
        yield site_checks.balance(values, metric.key, randomised=drawn)
        if drawn:
            yield site_checks.aa_on_history(values, plan.gates.placebo_p, metric.key)
        if drawn and plan.design == "randomised_sites":
            yield attainable(metric, plan.errors.alpha / max(1, len(plan.success)))
        if plan.design in ("randomised_sites", "matched_sites") and plan.metric(metric.key).role == "SUCCESS":
            # A finding may rest on one site; that nothing was found can't.
            yield _leave_one_out(metric)


def _leave_one_out(metric: MetricInputs) -> Check:
    """As the estimate found it when it was made."""
    own = metric.result.checks if isinstance(metric.result, Estimate) else ()
    found = next((check for check in own if check.key == "leave_one_site_out"), None)
    return replace(found or Check(key="leave_one_site_out", status=Status.NOT_RUN), metric=metric.key)


def attainable(metric: MetricInputs, line: float) -> Check:
    """Could replaying the draw ever give a one-sided p as small as ``line``? 3 sites of 6 give .05 at best."""
    found = metric.result.details.get("randomisation") if isinstance(metric.result, Estimate) else None
    if found is None:
        return Check(key="attainable_p", status=Status.NOT_RUN, metric=metric.key)
    floor = float(found["p_floor_one_sided"])
    return Check(
        key="attainable_p",
        status=Status.FAIL if floor > line + 1e-12 else Status.PASS,
        value=floor,
        threshold=line,
        metric=metric.key,
        facts={"smallest": floor, "assignments": found["assignments"], "one_in": round(1 / floor)},
    )


def minimum_n(metric: MetricInputs, least: int) -> Check:
    """Sites that have records after the start, but too few of them to give a value."""
    data = metric.windows if metric.windows is not None else metric.site_periods
    assert data is not None
    records = np.where(data.post, np.nan_to_num(data.n), 0.0).sum(axis=1)
    valued: Bools = np.asarray(np.isfinite(data.value[:, data.post]).any(axis=1))
    few = [site for site, n, has in zip(data.sites, records, valued, strict=True) if n > 0 and not has]
    return Check(
        key="minimum_n",
        status=Status.FAIL if few else Status.PASS,
        severity=Severity.WARNING,
        value=len(few),
        threshold=0,
        metric=metric.key,
        facts={"sites": ", ".join(few), "count": len(few), "least": least},
    )


def pre_period(inputs: CheckInputs, metric: MetricInputs, required: int) -> Check:
    """Is the time before the start long enough for a comparison that rests on it."""
    return Check(
        key="pre_period",
        status=Status.FAIL if inputs.pre_periods < required else Status.PASS,
        severity=Severity.GRADE,
        value=inputs.pre_periods,
        threshold=required,
        metric=metric.key,
        facts={"periods": inputs.pre_periods, "required": required},
    )
