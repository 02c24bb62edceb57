"""Money on cautious estimates, and what another round is worth."""

from __future__ import annotations

from math import exp, pi, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr

from stats.money import (
    Measured,
    Prior,
    break_even_effect,
    net_benefit,
    shrink,
    value_of_another_round,
)
from stats.plan import Finance, PlannedMetric
from stats.spec import MetricSpec

SPEED = PlannedMetric(key="speed", name="speed", role="SUCCESS", spec=MetricSpec(column="x"), mwe=2.0)


def finance(**changes):
    values = {"currency": "EUR", "value_per_unit": {"speed": 5.0}, "volume": 100.0, "horizon": 2.0, "run_cost": 300.0}
    return Finance(**{**values, "one_off_cost": 200.0, "round_cost": 50.0, **changes})


@given(
    mean=st.floats(-3, 3), sd=st.floats(0.05, 3), drift=st.floats(0, 1), se=st.floats(0.05, 3), line=st.floats(-2, 2)
)
def test_the_closed_form_of_another_round_equals_numerical_integration_to_1e_6(mean, sd, drift, se, line):
    closed = value_of_another_round(mean=mean, sd=sd, drift_sd=drift, next_se=se, break_even=line)
    variance = sd**2 + drift**2
    spread = variance / sqrt(variance + se**2)  # sd of the next posterior mean
    top = mean + 12 * spread

    def gain(x):
        return (x - line) * exp(-0.5 * ((x - mean) / spread) ** 2) / (spread * sqrt(2 * pi))

    numeric = quad(gain, max(line, mean - 12 * spread), top)[0] if top > line else 0.0
    assert closed == pytest.approx(numeric, abs=1e-6)


def test_without_uncertainty_another_round_is_worth_the_gain_itself():
    certain = {"sd": 0.0, "drift_sd": 0.0, "next_se": 1.0}
    assert value_of_another_round(mean=3.0, break_even=1.0, **certain) == 2.0
    assert value_of_another_round(mean=0.0, break_even=1.0, **certain) == 0.0


def test_net_benefit_by_hand():
    """Effect 2 +- 2 with MWE 2: weight one half, so 1.0 a unit; 0.75 x 1 x 5 x 100 x 2 - 500 = 250."""
    got = net_benefit(finance(), [Measured(metric=SPEED, effect=2.0, std_error=2.0)])
    assert got.shrunken["speed"].mean == pytest.approx(1.0)
    assert got.expected == pytest.approx(250.0)
    assert got.sd == pytest.approx(0.75 * 1000 * sqrt(2))
    assert got.p_positive == pytest.approx(ndtr(250 / got.sd))
    assert got.tipping_discount == pytest.approx(0.5)


def test_sites_drawn_at_random_need_no_discount():
    measured = [Measured(metric=SPEED, effect=2.0, std_error=2.0)]
    assert net_benefit(finance(), measured, sites_drawn_at_random=True).discount == 1.0
    assert net_benefit(finance(transport_discount=0.3), measured, sites_drawn_at_random=True).discount == 0.3


def test_at_the_tipping_discount_the_expected_net_benefit_is_zero():
    measured = [Measured(metric=SPEED, effect=3.0, std_error=1.0)]
    tipping = net_benefit(finance(), measured).tipping_discount
    assert net_benefit(finance(transport_discount=tipping), measured).expected == pytest.approx(0.0, abs=1e-9)


def test_a_loss_has_no_tipping_discount_and_counts_in_full_for_the_rule():
    got = net_benefit(finance(), [Measured(metric=SPEED, effect=-2.0, std_error=2.0)])
    assert got.tipping_discount is None
    assert got.p_positive_losses_in_full < got.p_positive


def test_at_break_even_a_certain_effect_gains_nothing():
    line = break_even_effect(finance(), "speed")
    got = net_benefit(finance(), [Measured(metric=SPEED, effect=line, std_error=1e-9)])
    assert got.expected == pytest.approx(0.0, abs=1e-6)
    assert break_even_effect(finance(), "other") is None


def test_the_portfolio_pulls_an_estimate_towards_what_earlier_pilots_gave():
    assert shrink(4.0, 2.0, 2.0, Prior(mean=0.5, sd=1.0)).mean == pytest.approx(2.5)
    assert shrink(4.0, 2.0, None, Prior()).mean == 4.0


def test_without_a_valued_metric_there_is_no_money():
    assert net_benefit(finance(value_per_unit={}), [Measured(metric=SPEED, effect=2.0, std_error=2.0)]) is None


@given(
    effects=st.tuples(st.floats(-3, 6), st.floats(-3, 6)),
    errors=st.tuples(st.floats(0.1, 3), st.floats(0.1, 3)),
    factor=st.floats(1.0, 10.0),
    prior=st.builds(Prior, mean=st.floats(-1, 1), sd=st.floats(0.1, 2)),
)
def test_a_vaguer_estimate_never_makes_the_money_sure_enough(effects, errors, factor, prior):
    """Shrinking a loss would: its expectation rises as its interval widens."""
    quality = SPEED.model_copy(update={"key": "quality"})
    plan = finance(value_per_unit={"speed": 5.0, "quality": 5.0})

    def sure(widened):
        measured = [
            Measured(metric=SPEED, effect=effects[0], std_error=errors[0]),
            Measured(metric=quality, effect=effects[1], std_error=errors[1] * widened),
        ]
        return net_benefit(plan, measured, prior=prior).p_positive_losses_in_full

    if sure(1.0) < 0.8:
        assert sure(factor) < 0.8 + 1e-12
