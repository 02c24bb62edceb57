"""Whether a plan is sized to decide, against textbook numbers and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import stdtrit

from stats.plan import AssignmentRule, Plan, PlannedMetric, PlannedSite
from stats.power_sites import detectable_effect, needed_in_all, plan_sizing, planned_std_error
from stats.spec import MetricSpec


def _plan(sites: int, **changes: object) -> Plan:
    metric = PlannedMetric(key="wait", name="Waiting time", role="SUCCESS", spec=MetricSpec(column="w"), mwe=10)
    settings: dict[str, object] = {
        "pilot": "p",
        "title": "P",
        "design": "randomised_sites",
        "metrics": [metric],
        "sites": [PlannedSite(key=f"S{number}") for number in range(sites)],
        "assumptions": {"wait.spread": 15.0, "wait.steadiness": 0.7},
        **changes,
    }
    return Plan.model_validate(settings)


def test_the_planned_error_shrinks_with_what_the_past_predicts() -> None:
    assert planned_std_error(10, 0.0, 8, 8) == pytest.approx(5.0)
    assert planned_std_error(10, 0.8, 8, 8) == pytest.approx(3.0)


def test_the_detectable_effect_has_the_power_it_claims() -> None:
    # Cohen's tables: d = .909 for n = 16 an arm, one-sided .05, power .80 (statsmodels: .8940 at df 30).
    df, std_error = 30.0, np.sqrt(2 / 16)
    effect = detectable_effect(std_error, df, 0.05)
    assert effect is not None
    rng = np.random.default_rng(11)
    t = (rng.standard_normal(200_000) + effect / std_error) / np.sqrt(rng.chisquare(df, 200_000) / df)
    # Monte Carlo SE of a share of .8 is .0009; four of them.
    assert float((t > stdtrit(df, 0.95)).mean()) == pytest.approx(0.80, abs=0.0036)


def test_the_needed_sites_are_the_fewest_that_reach_the_gate() -> None:
    needed = needed_in_all(15, 0.7, 10 / 2.12)
    assert planned_std_error(15, 0.7, needed // 2, needed // 2) <= 10 / 2.12
    assert planned_std_error(15, 0.7, needed // 2 - 1, needed // 2 - 1) > 10 / 2.12


def test_a_plan_with_enough_sites_can_decide_and_one_with_few_only_learns() -> None:
    assert plan_sizing(_plan(22)).sizing == "decision_capable"
    assert plan_sizing(_plan(8)).sizing == "learning"
    assert plan_sizing(_plan(14, assumptions={})).sizing == "unknown"


def test_three_against_three_sites_is_capped_at_planning() -> None:
    sizing = plan_sizing(_plan(6))
    assert sizing.best_grade == "B"
    assert sizing.smallest_p == pytest.approx(1 / 20)
    assert plan_sizing(_plan(22)).best_grade == "A"


def test_two_treated_of_ten_can_not_reach_two_success_metrics_by_redrawing() -> None:
    metrics = [
        PlannedMetric(key=key, name=key, role="SUCCESS", spec=MetricSpec(column=key), mwe=1) for key in ("a", "b")
    ]
    plan = _plan(10, metrics=metrics, assignment=AssignmentRule(n_treatment=1))
    sizing = plan_sizing(plan)
    assert sizing.smallest_p == pytest.approx(0.1)
    assert not sizing.p_reaches_alpha
