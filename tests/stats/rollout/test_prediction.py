"""What a pilot promises for its roll-out."""

from math import sqrt

import numpy as np
import pytest

from stats.money import Prior, shrink
from stats.results import quantile
from stats.rollout.prediction import Prediction, predict, predicted_interval, predicted_quantile


def test_with_a_flat_prior_and_nothing_lost_it_is_the_interval_of_patil_peng_and_leek(metric, estimated):
    flat = metric.model_copy(update={"mwe": None})
    found = predict(flat, estimated(1.6, 0.3, None), transport=1.0, drift=0.0)
    ends = predicted_interval(found, std_error=0.4, df=None)
    reach = quantile(0.975, None) * sqrt(0.3**2 + 0.4**2)
    # Grid of 121 nodes: good to a thousandth of a standard error.
    assert ends == pytest.approx((1.6 - reach, 1.6 + reach), abs=5e-4)


def test_the_cautious_effect_is_the_one_that_money_is_counted_on(promised):
    prior = Prior(mean=0.2, sd=0.8)
    assert promised(prior=prior).cautious == pytest.approx(shrink(1.6, 0.3, 1.0, prior).mean)


def test_normal_errors_give_the_conjugate_posterior(promised):
    found = promised(df=None, transport=1.0, drift=0.0)
    assert found.mean == pytest.approx(found.cautious, abs=1e-6)
    assert found.sd == pytest.approx(shrink(1.6, 0.3, 1.0, Prior()).sd, rel=1e-5)


@pytest.mark.parametrize(("df", "own_df"), [(17.0, 30.0), (4.0, 8.0), (60.0, 200.0)])
def test_the_interval_is_that_of_the_mixture(promised, df, own_df):
    """Against two million draws: sampling importance resampling for the posterior."""
    found = promised(df=df, transport=0.8)
    rng = np.random.default_rng(1)
    at_pilot = 1.6 + 0.3 * rng.standard_t(df, 1_000_000)
    weight = np.exp(-0.5 * at_pilot**2)
    at_pilot = rng.choice(at_pilot, 1_000_000, p=weight / weight.sum())
    drawn = rng.normal(0.8, found.transport_sd, len(at_pilot)) * at_pilot + rng.normal(0, 0.2, len(at_pilot))
    drawn += 0.25 * rng.standard_t(own_df, len(at_pilot))
    ends = predicted_interval(found, std_error=0.25, df=own_df)
    # Monte Carlo error of these quantiles is .001; the grid of the scale adds .005 at 4 and 8 df.
    assert ends == pytest.approx(tuple(np.quantile(drawn, (0.025, 0.975))), abs=0.012)
    assert found.mean == pytest.approx(drawn.mean(), abs=0.005)


def test_a_lower_metric_is_promised_in_the_good_direction(metric, estimated):
    lower = metric.model_copy(update={"better": "lower"})
    assert predict(lower, estimated(-1.6, 0.3)).mean == pytest.approx(predict(metric, estimated(1.6, 0.3)).mean)


def test_less_travels_less_is_promised(promised):
    assert promised(transport=0.5).mean < promised(transport=0.75).mean < promised(transport=1.0).mean


def test_the_interval_widens_with_everything_that_is_uncertain(promised):
    def width(prediction, **own):
        lower, upper = predicted_interval(prediction, **{"std_error": 0.2, "df": 30.0, **own})
        return upper - lower

    usual = width(promised())
    assert width(promised(std_error=0.6)) > usual
    assert width(promised(drift=0.6)) > usual
    assert width(promised(transport_sd=0.4)) > usual
    assert width(promised(), std_error=0.5) > usual
    assert width(promised(), df=3.0) > usual


def test_quantiles_rise_with_their_level(promised):
    found = [predicted_quantile(promised(), std_error=0.2, df=12.0, level=level) for level in (1e-4, 0.025, 0.5, 0.975)]
    assert found == sorted(found)


def test_without_a_standard_error_nothing_is_promised(metric, estimated):
    from dataclasses import replace

    assert predict(metric, replace(estimated(1.0, 0.3), std_error=None)) is None


def test_a_promise_survives_being_stored(promised):
    found = promised()
    assert Prediction.from_json(found.as_json()) == found
