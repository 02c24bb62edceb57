"""Whether a plan is sized to decide, against textbook numbers and simulation."""

from __future__ import annotations

from datetime import date
from math import sqrt

import numpy as np
import pytest
from scipy.special import stdtrit

from stats.plan import AssignmentRule, Plan, PlannedMetric, PlannedSite
from stats.planning.of_plan import planned_precision
from stats.planning.plan_sizing import line_borne_at, plan_sizing, planned_errors
from stats.planning.sizes import detectable_effect
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
    plain = _plan(16, assumptions={"wait.spread": 10.0})
    assert planned_errors(plain)["wait"] == pytest.approx(5.0)
    predicted = _plan(16, assumptions={"wait.spread": 10.0, "wait.steadiness": 0.8})
    slope = sqrt(1 + 1 / (13 - 1))
    assert planned_errors(predicted)["wait"] == pytest.approx(3.0 * slope)


def test_the_detectable_effect_has_the_power_it_claims() -> None:
    # Cohen's tables: d = .909 for n = 16 an arm, one-sided .05, power .80 (statsmodels: .8940 at df 30).
    df, std_error = 30.0, np.sqrt(2 / 16)
    effect = detectable_effect(std_error, df, 0.05)
    rng = np.random.default_rng(11)
    t = (rng.standard_normal(200_000) + effect / std_error) / np.sqrt(rng.chisquare(df, 200_000) / df)
    # Monte Carlo SE of a share of .8 is .0009; four of them.
    assert float((t > stdtrit(df, 0.95)).mean()) == pytest.approx(0.80, abs=0.0036)


def test_the_needed_sites_are_the_fewest_that_reach_the_gate() -> None:
    needed = plan_sizing(_plan(8)).metrics[0].needed
    assert needed is not None
    assert planned_errors(_plan(needed))["wait"] <= 10 / 2.12
    assert planned_errors(_plan(needed - 2))["wait"] > 10 / 2.12


def test_the_line_that_a_plan_can_bear_makes_it_able_to_decide() -> None:
    plan = _plan(8)
    borne = plan_sizing(plan).metrics[0].line_borne
    metric = plan.metrics[0].model_copy(update={"mwe": borne})
    assert plan_sizing(plan.model_copy(update={"metrics": [metric]})).sizing == "decision_capable"
    metric = plan.metrics[0].model_copy(update={"mwe": borne * 0.999})
    assert plan_sizing(plan.model_copy(update={"metrics": [metric]})).sizing == "learning"


def test_each_design_is_sized_by_its_own_estimator() -> None:
    """Spread 15, steadiness .7, 16 sites: change sqrt(2 x .3), adjusted sqrt(1 - .49) and its slope."""
    change = planned_precision(_plan(16, design="before_after_control"), _plan(16).metrics[0])
    assert (change.method, change.df) == ("change", 14)
    assert change.std_error == pytest.approx(15 * sqrt(2 * 0.3) * sqrt(2 / 8))
    adjusted = planned_precision(_plan(16, design="matched_sites"), _plan(16).metrics[0])
    assert (adjusted.method, adjusted.df) == ("ancova", 13)
    waves = {"assignment": AssignmentRule(method="waves", waves=4)}
    for design in ("stepped_wedge", "staggered"):
        found = planned_precision(_plan(16, design=design, **waves), _plan(16).metrics[0])
        assert found.method == "imputation"
        assert found.df <= 14


def test_what_the_size_rests_on_is_said() -> None:
    codes = {assumed.code: assumed for assumed in plan_sizing(_plan(16, design="staggered")).assumed}
    assert codes["waves"].waves == 1
    silent = plan_sizing(_plan(16, assumptions={"wait.spread": 15.0}))
    assert [(assumed.code, assumed.metric) for assumed in silent.assumed] == [("steadiness", "wait")]
    assert plan_sizing(_plan(16)).assumed == ()


@pytest.mark.parametrize("design", ["synthetic_control", "interrupted_time_series"])
def test_a_design_without_a_formula_is_not_called_able_to_decide(design: str) -> None:
    sizing = plan_sizing(_plan(40, design=design))
    assert sizing.sizing == "unknown"
    assert sizing.why_unknown == {"wait": "plan_needs_history"}


def test_one_against_one_learns_whatever_the_history() -> None:
    sizing = plan_sizing(_plan(2))
    assert sizing.sizing == "learning"
    assert sizing.why_unknown == {"wait": "plan_too_few_sites"}


def test_dates_without_a_time_before_leave_nothing_to_adjust_for() -> None:
    dates = {"start": date(2026, 3, 2), "end": date(2026, 5, 10)}
    assert planned_precision(_plan(16, **dates), _plan(16).metrics[0]).method == "after"
    before = {**dates, "pre_start": date(2026, 1, 5)}
    assert planned_precision(_plan(16, **before), _plan(16).metrics[0]).method == "ancova"


def test_strata_cost_degrees_of_freedom() -> None:
    sites = [PlannedSite(key=f"S{number}", stratum="ab"[number % 2]) for number in range(16)]
    plan = _plan(16, columns={"strata": ["region"]}).model_copy(update={"sites": sites})
    assert planned_precision(plan, plan.metrics[0]).df == 12


def test_more_sites_show_smaller_gains() -> None:
    plan = _plan(16)
    shown = [line_borne_at(plan, plan.metrics[0], total) for total in (8, 16, 32, 64)]
    assert all(gain is not None for gain in shown)
    assert shown == sorted(shown, reverse=True)
    assert shown[1] == plan_sizing(plan).metrics[0].line_borne


def test_the_number_of_sites_named_is_where_the_curve_meets_the_gain_worth_having() -> None:
    """What is drawn (sites against gain) and what is said (so many are needed) are one line read in two directions."""
    plan = _plan(8)
    metric = plan.metrics[0]
    needed = plan_sizing(plan).metrics[0].needed
    assert needed is not None
    assert metric.mwe is not None
    assert line_borne_at(plan, metric, needed) <= metric.mwe
    assert line_borne_at(plan, metric, needed - 2) > metric.mwe


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
