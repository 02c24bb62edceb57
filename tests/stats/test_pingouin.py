"""pingouin behind its file: unrounded, checked beforehand, and in agreement with formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import f

from stats._pingouin import cronbach_alpha, hedges_g, repeated_correlation
from stats.calculator.calc import calc


def test_hedges_g_is_treatment_minus_control_without_rounding():
    rng = np.random.default_rng(1)
    control, treatment = rng.normal(0, 1, 20), rng.normal(1, 1, 31)
    found = hedges_g(control, treatment)
    pooled = math.sqrt((19 * control.var(ddof=1) + 30 * treatment.var(ddof=1)) / 49)
    d = (treatment.mean() - control.mean()) / pooled
    assert found.value == pytest.approx(d * (1 - 3 / (4 * 49 - 1)), rel=1e-4)  # approximate correction
    assert found.value > 0
    assert found.ci_lower != round(found.ci_lower, 3)
    assert found.ci_lower < found.value < found.ci_upper


def test_gaps_and_unequal_pairs_are_said_instead_of_dropped():
    assert hedges_g([1.0, math.nan, 2.0], [1.0, 2.0, 3.0]).code == "gaps_in_values"
    assert hedges_g([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0], paired=True).code == "pairs_incomplete"
    assert calc("effect_size", {"control": [1, 1, 1], "treatment": [1, 1, 1]})["not_estimable"] == "same_value"


def test_alpha_of_a_questionnaire_and_feldt_s_interval():
    rng = np.random.default_rng(2)
    answers = rng.normal(size=(60, 1)) + rng.normal(size=(60, 5))
    covariance = np.cov(answers.T)
    found = cronbach_alpha(answers.tolist())
    assert found.value == pytest.approx(5 / 4 * (1 - np.trace(covariance) / covariance.sum()), rel=1e-12)
    lower = 1 - (1 - found.value) * f.ppf(0.975, 59, 59 * 4)
    assert found.ci_lower == pytest.approx(lower, rel=1e-9)
    assert found.ci_lower != round(found.ci_lower, 3)


def test_answers_with_gaps_are_refused():
    assert cronbach_alpha([[1, 2], [2, math.nan], [3, 3]]).code == "gaps_in_values"
    assert cronbach_alpha([[1, 2], [2]]).code == "gaps_in_values"
    assert cronbach_alpha([[1, 1], [1, 1], [1, 1]]).code == "no_variation_in_answers"


def test_correlation_within_sites_is_that_of_the_residuals():
    rng = np.random.default_rng(3)
    site = np.repeat([f"s{k}" for k in range(8)], 6)
    level = np.repeat(rng.normal(0, 5, 8), 6)
    x = level + rng.normal(size=48)
    y = -level + 0.5 * (x - level) + rng.normal(size=48)
    found = repeated_correlation(site.tolist(), x.tolist(), y.tolist())

    def within(v):
        return v - np.repeat([v[site == s].mean() for s in dict.fromkeys(site)], 6)

    assert found.value == pytest.approx(np.corrcoef(within(x), within(y))[0, 1], rel=1e-9)
    assert found.value > 0 > np.corrcoef(x, y)[0, 1]
    assert found.df == 48 - 8 - 1
    assert found.ci_lower != round(found.ci_lower, 3)


def test_sites_seen_once_say_nothing_about_what_moves_within():
    assert repeated_correlation(["a", "b", "c"], [1, 2, 3], [3, 1, 2]).code == "too_few_repeats"
    assert repeated_correlation(["a"] * 5 + ["b"] * 5, [1] * 10, list(range(10))).code == "no_variation_within"
