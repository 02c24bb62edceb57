"""The calculator: what it refuses, what it can't give, and its numbers against R's, statsmodels and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stats.calculator.calc import KINDS, calc
from stats.combining.multiplicity import adjust
from stats.combining.pooling import pool
from stats.errors import RefusedSpec


def problems(kind, spec):
    with pytest.raises(RefusedSpec) as refused:
        calc(kind, spec)
    return {(problem.code, problem.column or problem.facts.get("key")) for problem in refused.value.problems}


# -- refusals ----------------------------------------------------------------------------------------------------------


def test_an_unknown_calculation_lists_those_there_are():
    with pytest.raises(RefusedSpec) as refused:
        calc("powr", {})
    assert "sample_size" in refused.value.problems[0].facts["offered"]


def test_all_that_is_wrong_is_said_at_once():
    assert problems("power", {"design": "clusters", "metric": "share"}) == {
        ("calc_key_missing", key) for key in ("base_rate", "cluster_size", "effect", "sites")
    }
    assert problems("power", {"n": -3, "alpha": 2, "nn": 4}) == {
        ("spec_value", "n"), ("spec_value", "alpha"), ("spec_unknown_key", "nn")
    }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_specification_is_refused_in_words_of_the_catalogue(kind):
    assert problems(kind, {})


def test_series_of_different_length_are_refused():
    arm = {"n": [10, 20], "mean": [1, 2], "variance": [1, 1]}
    assert problems("confidence_sequence", {"control": arm, "treatment": {**arm, "mean": [1]}})
    assert problems("pool", {"effects": [1, 2], "variances": [1]})
    assert problems("sample_ratio", {"observed": [1, 2], "expected": [1]})


# -- power -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alternative", ["two_sided", "one_sided"])
@pytest.mark.parametrize("d", [0.3, 1.2])
def test_power_of_two_samples_agrees_with_statsmodels(alternative, d):
    from statsmodels.stats.power import TTestIndPower

    ours = calc("power", {"n_control": 30, "n_treatment": 45, "effect": d, "alternative": alternative})["power"]
    side = {"two_sided": "two-sided", "one_sided": "larger"}[alternative]
    theirs = TTestIndPower().power(effect_size=d, nobs1=30, ratio=1.5, alpha=0.05, alternative=side)
    assert ours == pytest.approx(theirs, abs=1e-3)  # theirs adds the wrong tail, up to 7e-4 here


def test_power_of_pairs_agrees_with_pingouin():
    from stats._pingouin import pingouin

    ours = calc("power", {"design": "paired", "n": 25, "effect": 0.5, "sd": 1.0})["power"]
    assert ours == pytest.approx(pingouin().power_ttest(d=0.5, n=25, contrast="paired"), abs=1e-4)


def test_power_size_and_detectable_effect_are_one_function_read_three_ways():
    spec = {"sd": 4.0, "alternative": "one_sided", "alpha": 0.05, "pre_correlation": 0.6}
    effect = calc("mde", {**spec, "n": 70, "power": 0.85})["effect"]
    assert calc("power", {**spec, "n": 70, "effect": effect})["power"] == pytest.approx(0.85, abs=1e-9)
    assert calc("sample_size", {**spec, "effect": effect, "power": 0.85})["n"] == pytest.approx(70, rel=1e-8)


@pytest.mark.parametrize(
    "base", [{"metric": "share", "base_rate": 0.1}, {"metric": {"kind": "share", "base_rate": 0.1}}]
)
def test_shares_read_three_ways_and_downwards(base):
    found = calc("mde", {**base, "n": 500, "better": "lower"})
    assert -0.1 < found["effect"] < 0
    assert calc("power", {**base, "n": 500, "effect": found["effect"]})["power"] == pytest.approx(0.8, abs=1e-9)
    assert calc("sample_size", {**base, "effect": found["effect"]})["n"] == pytest.approx(500, rel=1e-8)


def test_an_effect_that_a_share_can_t_have_is_not_estimable():
    answer = calc("mde", {"metric": "share", "base_rate": 0.02, "n": 30, "better": "lower"})
    assert answer["not_estimable"] == "power_out_of_reach"


def test_more_records_of_the_same_few_sites_do_not_reach_any_power():
    spec = {"design": "clusters", "effect": 0.3, "icc": 0.2, "sites": 5, "solve_for": "cluster_size"}
    assert calc("sample_size", spec)["not_estimable"] == "power_out_of_reach"
    answer = calc("sample_size", {**spec, "effect": 1.2})
    again = calc("power", {"design": "clusters", "effect": 1.2, "icc": 0.2, "sites": 5,
                           "cluster_size": answer["cluster_size"]})  # fmt: skip
    assert again["power"] == pytest.approx(0.8, abs=1e-9)


def test_power_at_a_margin_needs_no_effect():
    """Non-inferiority at 3.29 standard errors, one-sided 5 %, normal: power .95 (1.645 + 1.645)."""
    answer = calc("power", {"n": 200, "sd": 1, "margin": 0.329, "alternative": "one_sided", "method": "normal"})
    assert answer["power"] == pytest.approx(0.95, abs=1e-3)


@pytest.mark.slow
def test_power_of_sites_with_a_period_before_agrees_with_simulation():
    """12 sites an arm, 20 records a period, icc .1, autocorrelation .7, ANCOVA on the period before; MC error .005."""
    rng = np.random.default_rng(1)
    j, m, icc, auto, draws, effect = 24, 20, 0.1, 0.7, 8000, 0.25
    shared = rng.normal(0, np.sqrt(icc * auto), (draws, j, 1))
    mean = shared + rng.normal(0, np.sqrt(icc * (1 - auto) + (1 - icc) / m), (draws, j, 2))
    treated = np.arange(j) % 2
    before, after = mean[..., 0], mean[..., 1] + effect * treated
    x = before - before.mean(axis=1, keepdims=True)
    w = treated - 0.5 - x * ((x * (treated - 0.5)).sum(1) / (x**2).sum(1))[:, None]
    estimate = (w * after).sum(1) / (w**2).sum(1)
    residual = after - after.mean(1, keepdims=True) - estimate[:, None] * (treated - 0.5)
    residual = residual - x * ((residual * x).sum(1) / (x**2).sum(1))[:, None]
    std_error = np.sqrt((residual**2).sum(1) / (j - 3) / (w**2).sum(1))
    from scipy.special import stdtrit

    simulated = (estimate / std_error > stdtrit(j - 3, 0.95)).mean()
    spec = {"design": "clusters", "sites": 12, "cluster_size": m, "icc": icc, "autocorrelation": auto,
            "pre_periods": 1, "effect": effect, "alternative": "one_sided"}  # fmt: skip
    assert calc("power", spec)["power"] == pytest.approx(simulated, abs=0.02)


def test_power_of_five_groups_as_simulated():
    rng = np.random.default_rng(2)
    means = np.array([-1.0, -0.5, 0, 0.5, 1]) * 0.28 / np.std([-1.0, -0.5, 0, 0.5, 1])
    y = rng.normal(size=(20_000, 5, 20)) + means[:, None]
    between = 20 * y.mean(2).var(1, ddof=1)
    from scipy.special import fdtri

    simulated = (between / y.var(2, ddof=1).mean(1) > fdtri(4, 95, 0.95)).mean()
    answer = calc("power", {"design": "several_arms", "groups": 5, "n": 20, "effect_size": 0.28})
    assert answer["power"] == pytest.approx(simulated, abs=0.012)  # 3.5 Monte Carlo errors


# -- adjusted p --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("bonferroni", "bonferroni"), ("holm", "holm"), ("hochberg", "simes-hochberg"), ("benjamini_hochberg", "fdr_bh")],
)
def test_adjusted_p_agrees_with_statsmodels(ours, theirs):
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(3).beta(0.5, 2, 23).tolist()
    p[4] = p[9]
    assert list(adjust(p, ours).p) == pytest.approx(multipletests(p, method=theirs)[1].tolist(), rel=1e-12)


def test_a_hypothesis_without_a_test_is_not_counted():
    answer = calc("adjust", {"p": [0.01, math.nan, 0.03, None], "method": "bonferroni"})
    assert answer["adjusted"] == [0.02, None, 0.06, None]
    assert answer["tested"] == 2
    assert answer["rejected"] == [True, None, False, None]


# -- pooling -----------------------------------------------------------------------------------------------------------


def test_dersimonian_laird_agrees_with_statsmodels():
    from statsmodels.stats.meta_analysis import combine_effects

    rng = np.random.default_rng(4)
    v = rng.uniform(0.02, 0.3, 9)
    y = rng.normal(0.4, np.sqrt(v + 0.1))
    theirs = combine_effects(y, v, method_re="dl")
    ours = pool(y, v, method="dersimonian_laird", hartung_knapp=False)
    assert ours.effect == pytest.approx(theirs.mean_effect_re, rel=1e-10)
    assert ours.tau2 == pytest.approx(theirs.tau2, rel=1e-10)
    knapp = pool(y, v, method="dersimonian_laird")
    assert knapp.std_error == pytest.approx(theirs.sd_eff_w_re_hksj, rel=1e-10)


def test_reml_is_the_likeliest_between_variance():
    rng = np.random.default_rng(5)
    for _ in range(20):
        v = rng.uniform(0.02, 0.3, 6)
        y = rng.normal(0, np.sqrt(v + rng.choice([0, 0.2])))

        def likelihood(tau2, v=v, y=y):
            w = 1 / (v + tau2)
            return 0.5 * (np.log(w).sum() - np.log(w.sum()) - (w * (y - (w @ y) / w.sum()) ** 2).sum())

        found = pool(y, v).tau2
        assert likelihood(found) >= max(likelihood(tau2) for tau2 in np.linspace(0, 3, 3001)) - 1e-9


def test_pilots_that_agree_have_no_variance_between():
    answer = calc("pool", {"effects": [1.0, 1.01, 0.99], "std_errors": [0.5, 0.6, 0.7], "hartung_knapp": False})
    assert answer["tau2"] == 0
    assert answer["effect"] == calc("pool", {"effects": [1.0, 1.01, 0.99], "std_errors": [0.5, 0.6, 0.7],
                                             "method": "fixed"})["effect"]  # fmt: skip


def test_one_pilot_is_its_own_pool_and_predicts_nothing():
    answer = calc("pool", {"effects": [0.7], "variances": [0.04]})
    assert (answer["effect"], answer["std_error"]) == (0.7, pytest.approx(0.2))
    assert answer["prediction_lower"] is None
    assert answer["q_p"] is None


# -- always valid ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_looking_two_hundred_times_still_errs_one_time_in_twenty():
    rng = np.random.default_rng(6)
    looks = np.arange(50, 10_050, 50)
    from stats.combining.always_valid import confidence_sequence

    wrong = 0
    for _ in range(1500):
        y = rng.normal(0, 1, (2, 10_000))
        total, squares = y.cumsum(1)[:, looks - 1], (y**2).cumsum(1)[:, looks - 1]
        mean = total / looks
        n = looks.astype(float)
        variance = (squares - looks * mean**2) / (looks - 1)
        found = confidence_sequence((n, n), (mean[0], mean[1]), (variance[0], variance[1]), n_star=5000)
        wrong += found.first_excluding_zero is not None
    assert wrong / 1500 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 1500)


def test_the_always_valid_p_is_where_the_interval_ends_at_zero():
    arm = {"n": [500.0], "mean": [0.0], "variance": [1.0]}
    spec = {"control": arm, "treatment": {**arm, "mean": [0.2]}, "n_star": 2000}
    rho = calc("confidence_sequence", spec)["rho"]
    p = calc("confidence_sequence", spec)["p_value"][0]
    from stats.combining.always_valid import radius

    assert 0.2 / math.sqrt(2 / 500) == pytest.approx(radius(1000.0, rho, p), rel=1e-9)


def test_boundaries_are_those_of_the_looks():
    answer = calc("boundaries", {"looks": 2, "alpha": 0.05, "spending": "obrien_fleming"})
    assert answer["fractions"] == [0.5, 1.0]
    assert answer["z"] == pytest.approx([2.963, 1.969], abs=2e-3)  # Lan-DeMets OBF, two looks, published
