"""The weekly harm check on simulated pilots: looked at every week it keeps its promise, and large harm is found."""

from __future__ import annotations

import importlib.util
from datetime import timedelta
from math import sqrt
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from stats.evidence import Evidence, MetricEvidence
from stats.results import Estimate
from stats.verdict.harm import harm_alarm, harm_plan

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "harm_check.py"
PILOTS = 4_000
ERROR = sqrt(0.05 * 0.95 / PILOTS)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("harm_check", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    # dataclasses look their module up by name
    import sys

    sys.modules["harm_check"] = module
    spec.loader.exec_module(module)
    return module


def _evidence(keys: list[str], effect: np.ndarray, error: np.ndarray, sites: int) -> Evidence:
    metrics = {
        key: MetricEvidence(
            key=key,
            result=Estimate(
                effect=float(effect[at]), std_error=float(error[at]), ci_lower=None, ci_upper=None, p_value=None,
                df=float(sites - 2), n_control=sites // 2, n_treatment=sites // 2, confidence=0.95, method="simulated",
            ),
        )
        for at, key in enumerate(keys)
    }  # fmt: skip
    return Evidence(
        plan_sha256="", snapshot_sha256="", engine_version="", look=1, looks_planned=1, information=1.0, final=True,
        is_extension=False, arm=1, arm_label="", n_control=sites // 2, n_treatment=sites // 2, records=0,
        metrics=metrics, checks=(), delivery=(), grade=None, days_observed=7,
    )  # fmt: skip


@pytest.mark.parametrize("sites", [6, 20])
def test_the_simulated_check_says_what_the_check_itself_says(script: ModuleType, sites: int) -> None:
    plan = script.the_plan()
    harm = script.Truth(title="", success=-2.0, guardrail=-1.5)
    effect, error = script.estimates(plan, sites, harm, 20, np.random.default_rng(4))
    told = script.alarms(plan, effect, error, sites - 2, script.weekly_level(plan))
    assert 0 < told.mean() < 1
    for pilot in range(20):
        for week in (0, 3, 9, 17):
            asked = harm_plan(plan, script.START + timedelta(weeks=week + 1, days=-1))
            evidence = _evidence(
                [metric.key for metric in plan.metrics], effect[pilot, week], error[pilot, week], sites
            )
            assert harm_alarm(asked, evidence).alarm == told[pilot, week]


@pytest.mark.slow
@pytest.mark.parametrize("skewed", [False, True])
@pytest.mark.parametrize("sites", [6, 12, 40])
def test_who_looks_every_week_is_alarmed_without_harm_at_most_one_time_in_twenty(
    script: ModuleType, sites: int, skewed: bool
) -> None:
    plan = script.the_plan()
    nothing = script.Truth(title="nothing")
    level = script.weekly_level(plan)
    cried = script.alarmed(plan, sites, nothing, PILOTS, level, skewed=skewed).any(axis=1).mean()
    assert cried <= 0.05 + 2 * ERROR
    assert cried > 0  # the check is not asleep


@pytest.mark.slow
def test_a_harm_of_two_margins_is_found_and_unspent_weeks_would_cry_wolf(script: ModuleType) -> None:
    plan = script.the_plan()
    two = next(truth for truth in script.HARMS if truth.guardrail == -2.0)
    assert script.found_by_the_end(plan, script.PLANNED_SITES, two, PILOTS).any(axis=1).mean() >= 0.95
    unspent = script.weekly_level(plan) * 18
    nothing = script.Truth(title="nothing")
    assert script.alarmed(plan, 12, nothing, PILOTS, unspent).any(axis=1).mean() > 0.05 + 4 * ERROR
