"""Scores of forecasts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from stats.forecasts import ENOUGH, brier, interval_score, standing


def test_certainty_that_comes_true_scores_best_and_certainty_that_does_not_worst():
    assert (brier(1.0, True), brier(0.0, True), brier(0.5, False)) == (0.0, 1.0, 0.25)


def test_an_honest_probability_scores_best_on_average():
    chances = np.linspace(0, 1, 101)
    expected = [0.3 * brier(p, True) + 0.7 * brier(p, False) for p in chances]
    assert chances[int(np.argmin(expected))] == pytest.approx(0.3)


def test_the_true_interval_scores_best_on_average():
    """80 % of a standard normal lies within 1.2816; simulated with 20,000 draws, on a grid of .1."""
    draws = np.random.default_rng(1).normal(size=20_000)
    widths = np.arange(0.6, 2.1, 0.1)
    scores = [2 * w + 10 * (np.maximum(np.abs(draws) - w, 0)).mean() for w in widths]
    one = np.mean([interval_score(-1.0, 1.0, value) for value in draws[:500]])
    assert one == pytest.approx(2 + 10 * np.maximum(np.abs(draws[:500]) - 1, 0).mean())
    assert widths[int(np.argmin(scores))] == pytest.approx(ndtri(0.9), abs=0.1)


@pytest.mark.parametrize(("count", "said"), [(ENOUGH - 1, False), (ENOUGH, True)])
def test_nothing_is_said_about_a_forecaster_below_ten(count, said):
    found = standing([0.2] * count, [True] * count, [1.0] * count)
    assert found.forecasts == count
    assert (found.brier is not None) is said
    assert (found.inside is not None) is said
