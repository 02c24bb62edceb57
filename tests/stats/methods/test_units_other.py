"""Ranks, quantiles, counts, survival and several arms: against scipy, statsmodels and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import dunnett, mannwhitneyu

from stats.designs import choose
from stats.methods import ranks
from stats.methods.quantiles import bootstrap_quantiles, tail_level
from stats.methods.several_arms import critical, largest_below
from stats.methods.survival import log_rank_test, restricted_mean


def run(name, study):
    return choose("randomised_units", name).run(study)


# -- ranks -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("continuity", [True, False])
@pytest.mark.parametrize("tied", [True, False])
def test_normal_p_of_mann_whitney_agrees_with_scipy(continuity, tied):
    rng = np.random.default_rng(1)
    control, treatment = rng.normal(0, 1, 60), rng.normal(0.4, 1, 45)
    if tied:
        control, treatment = np.round(control), np.round(treatment)
    ours = ranks.rank_test(control, treatment, exact=False, continuity=continuity)
    for side, p in (("two-sided", ours.p_two_sided), ("greater", ours.p_greater), ("less", ours.p_less)):
        theirs = mannwhitneyu(treatment, control, alternative=side, method="asymptotic", use_continuity=continuity)
        assert ours.u == theirs.statistic
        assert p == pytest.approx(theirs.pvalue, rel=1e-9)


def test_exact_p_of_mann_whitney_agrees_with_scipy():
    rng = np.random.default_rng(2)
    control, treatment = rng.normal(0, 1, 11), rng.normal(0.8, 1, 8)
    ours = ranks.rank_test(control, treatment)
    assert ours.exact
    for side, p in (("two-sided", ours.p_two_sided), ("greater", ours.p_greater), ("less", ours.p_less)):
        assert p == pytest.approx(mannwhitneyu(treatment, control, alternative=side, method="exact").pvalue, rel=1e-9)


def test_exact_p_with_ties_is_the_permutation_of_the_ranks():
    from itertools import combinations

    control, treatment = np.array([1.0, 2, 2, 3, 5]), np.array([2.0, 3, 6, 6])
    pooled = ranks.midranks(np.concatenate([treatment, control]))
    sums = np.array([pooled[list(chosen)].sum() for chosen in combinations(range(9), 4)])
    seen, centre = pooled[:4].sum(), 4 * 10 / 2
    ours = ranks.rank_test(control, treatment, exact=True)
    assert ours.p_two_sided == pytest.approx((np.abs(sums - centre) >= abs(seen - centre)).mean(), rel=1e-9)
    assert ours.p_greater == pytest.approx((sums >= seen).mean(), rel=1e-9)


@pytest.mark.parametrize("tied", [True, False])
def test_order_statistics_of_the_differences_need_no_list_of_them(tied):
    rng = np.random.default_rng(3)
    control, treatment = np.sort(rng.normal(1e4, 3, 37)), np.sort(rng.normal(1e4, 3, 22))
    if tied:
        control, treatment = np.round(control), np.round(treatment)
    every = np.sort((treatment[:, None] - control[None, :]).ravel())
    for position in (1, 2, 100, 407, 408, 813, 814):
        assert ranks.nth_difference(control, treatment, position) == every[position - 1]
    assert ranks.hodges_lehmann(control, treatment) == np.median(every)


def test_the_shift_s_interval_holds_the_shifts_that_the_exact_test_keeps(unit_study):
    rng = np.random.default_rng(4)
    control, treatment = np.sort(rng.normal(0, 1, 9)), np.sort(rng.normal(1, 1, 7))
    limits = ranks.shift_limits(control, treatment, 0.025, exact=True)
    inside, outside = limits.lower + 1e-9, limits.lower - 1e-9
    assert ranks.rank_test(control, treatment - inside).p_greater > 0.025
    assert ranks.rank_test(control, treatment - outside).p_greater <= 0.025
    y, arm = np.concatenate([control, treatment]), np.repeat([0, 1], [9, 7])
    result = run("mann_whitney", unit_study(y, arm, levels=[0.025, 0.001]))
    assert (result.ci_lower, result.ci_upper) == (limits.lower, limits.upper)
    assert result.at_level(0.025).lower == limits.lower
    assert result.std_error is None


def test_too_few_for_the_level_leaves_the_shift_unbounded():
    limits = ranks.shift_limits(np.array([1.0, 2, 3]), np.array([4.0, 5, 6]), 0.025, exact=True)
    assert (limits.lower, limits.upper) == (None, None)


def test_ranks_at_a_margin_test_the_shifted_data(unit_study):
    rng = np.random.default_rng(5)
    y, arm = rng.normal(0, 1, 80), np.tile([0, 1], 40)
    test = {"kind": "noninferiority", "margin": 0.6}
    shifted = run("mann_whitney", unit_study(y + 0.6 * arm, arm))
    assert run("mann_whitney", unit_study(y, arm, test=test)).p_value == pytest.approx(shifted.details["p_greater"])


def test_mann_whitney_agrees_with_pingouin():
    from stats._pingouin import pingouin

    rng = np.random.default_rng(6)
    control, treatment = rng.normal(0, 1, 60), rng.normal(0.5, 1, 55)
    theirs = pingouin().mwu(treatment, control)
    ours = ranks.rank_test(control, treatment, exact=False)
    assert ours.u == theirs["U_val"].iloc[0]
    assert ours.p_two_sided == pytest.approx(theirs["p_val"].iloc[0], rel=1e-9)


# -- quantiles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("q", [0.5, 0.75, 0.9])
def test_drawing_order_statistics_is_the_bootstrap_of_the_quantile(q):
    rng = np.random.default_rng(7)
    sample = np.sort(rng.lognormal(0, 1, 97))
    quick = bootstrap_quantiles(sample, q, 40_000, rng)
    slow = np.quantile(rng.choice(sample, (40_000, 97)), q, axis=1)
    assert quick.std() == pytest.approx(slow.std(), rel=0.03)  # MC error of both: .5 % each, skewed
    for p in (0.025, 0.5, 0.975):
        assert np.quantile(quick, p) == pytest.approx(np.quantile(slow, p), rel=0.03)


def test_a_quantile_with_its_seed_is_the_same_again(unit_study):
    rng = np.random.default_rng(8)
    y, arm = rng.lognormal(0, 1, 300), np.tile([0, 1], 150)
    metric = {"kind": "quantile", "column": "y", "q": 0.9}
    first, again = (run("default", unit_study(y, arm, metric=metric, levels=[0.01])) for _ in range(2))
    assert first == again
    assert first.at_level(0.01).lower < first.ci_lower


@pytest.mark.slow
def test_intervals_of_a_high_quantile_cover(unit_study):
    """p90 of lognormal times, 2 x 150 units: coverage .92 to .975 over 1,000 samples (MC error .007)."""
    rng = np.random.default_rng(9)
    metric, inside = {"kind": "quantile", "column": "y", "q": 0.9}, 0
    for _ in range(1000):
        y, arm = rng.lognormal(0, 0.8, 300), np.tile([0, 1], 150)
        result = run("default", unit_study(y, arm, metric=metric, draws=999))
        inside += result.ci_lower <= 0 <= result.ci_upper
    assert 0.92 <= inside / 1000 <= 0.98


def test_a_quantile_needs_units_beyond_it(unit_study):
    metric = {"kind": "quantile", "column": "y", "q": 0.95}
    result = run("default", unit_study(np.arange(100.0), np.tile([0, 1], 50), metric=metric))
    assert result.code == "too_few_beyond"
    assert result.facts["needed"] == 100


def test_the_mean_of_the_worst_cases_and_its_error():
    rng = np.random.default_rng(10)
    values = rng.exponential(1, 20_000)
    level = tail_level(values, 0.05, "high")
    assert level.value == pytest.approx(np.sort(values)[-1000:].mean(), rel=1e-3)
    means = [tail_level(rng.exponential(1, 400), 0.05, "high").value for _ in range(2000)]
    errors = [tail_level(rng.exponential(1, 400), 0.05, "high").variance ** 0.5 for _ in range(200)]
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.12)
    assert tail_level(-values, 0.05, "low").value == pytest.approx(-level.value, rel=1e-12)


# -- counts ------------------------------------------------------------------------------------------------------------


def count_data(seed=11, n=400):
    rng = np.random.default_rng(seed)
    arm, span = np.tile([0, 1], n // 2), rng.uniform(0.5, 2, n)
    return rng.negative_binomial(2, 2 / (2 + span * np.exp(0.3 * arm + 0.5))).astype(float), arm, span


def test_poisson_rates_agree_with_statsmodels(unit_study):
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    y, arm, span = count_data()
    metric = {"kind": "rate", "column": "y", "exposure": "d"}
    ours = run("poisson", unit_study(y, arm, d=span, metric=metric))
    fit = GLM(y, np.column_stack([np.ones(len(y)), arm]), family=Poisson(), exposure=span).fit()
    assert ours.details["log_rate_ratio"] == pytest.approx(fit.params[1], rel=1e-7)
    assert ours.details["log_rate_ratio_std_error"] == pytest.approx(fit.bse[1], rel=1e-7)
    default = run("default", unit_study(y, arm, d=span, metric=metric))
    assert default.effect == pytest.approx(ours.effect, rel=1e-12)
    assert default.std_error**2 / ours.std_error**2 == pytest.approx(ours.details["dispersion"], rel=1e-9)
    assert ours.details["dispersion"] > 1.3


def test_negative_binomial_rates_agree_with_the_truth_and_the_delta_method(unit_study):
    y, arm, span = count_data(n=4000)
    metric = {"kind": "rate", "column": "y", "exposure": "d"}
    ours = run("negative_binomial", unit_study(y, arm, d=span, metric=metric))
    robust = run("default", unit_study(y, arm, d=span, metric=metric))
    assert ours.details["log_rate_ratio"] == pytest.approx(0.3, abs=4 * ours.details["log_rate_ratio_std_error"])
    assert ours.std_error == pytest.approx(robust.std_error, rel=0.1)
    assert ours.details["dispersion"] == pytest.approx(0.5, abs=0.1)


def test_counts_without_an_event_are_not_estimable(unit_study):
    metric = {"kind": "rate", "column": "y", "exposure": "d"}
    for name in ("poisson", "negative_binomial"):
        study = unit_study(np.zeros(20), np.tile([0, 1], 10), d=np.ones(20), metric=metric)
        assert run(name, study).code == "no_events"


# -- survival ----------------------------------------------------------------------------------------------------------


def survival_data(seed=12, n=120):
    rng = np.random.default_rng(seed)
    arm = np.tile([0, 1], n // 2)
    time, left = np.ceil(rng.exponential(10 + 6 * arm)), np.ceil(rng.uniform(3, 30, n))
    return np.minimum(time, left), time <= left, arm


def test_log_rank_agrees_with_statsmodels():
    from statsmodels.duration.survfunc import survdiff

    time, event, arm = survival_data()
    ours = log_rank_test((time[arm == 0], event[arm == 0]), (time[arm == 1], event[arm == 1]))
    chi2, p = survdiff(time, event.astype(int), arm)
    assert ours.chi2 == pytest.approx(chi2, rel=1e-9)
    assert ours.p_value == pytest.approx(p, rel=1e-8)


def test_restricted_mean_is_the_area_under_statsmodels_curve():
    from statsmodels.duration.survfunc import SurvfuncRight

    time, event, _ = survival_data()
    curve = SurvfuncRight(time, event.astype(int))
    times = np.concatenate([[0.0], curve.surv_times[curve.surv_times <= 20], [20.0]])
    heights = np.concatenate([[1.0], curve.surv_prob[curve.surv_times <= 20]])
    assert restricted_mean(time, event, 20.0).value == pytest.approx((np.diff(times) * heights).sum(), rel=1e-10)


def test_restricted_mean_without_anyone_leaving_early_is_a_mean():
    rng = np.random.default_rng(13)
    time = rng.exponential(10, 200)
    level = restricted_mean(time, np.ones(200, dtype=bool), 15.0)
    cut = np.minimum(time, 15.0)
    assert level.value == pytest.approx(cut.mean(), rel=1e-10)
    assert level.variance == pytest.approx(cut.var() / 200, rel=1e-9)


def test_survival_by_default_and_beyond_what_was_followed(unit_study):
    time, event, arm = survival_data()
    metric = {"kind": "survival", "column": "t", "event": "e", "horizon": 15}
    study = unit_study(time, arm, columns={"__event": event}, metric=metric)
    result, by_log_rank = run("default", study), run("log_rank", study)
    assert result.effect == by_log_rank.effect
    assert by_log_rank.p_value == result.details["log_rank_p"]
    far = unit_study(time, arm, columns={"__event": event}, metric={**metric, "horizon": 400})
    assert run("default", far).code == "horizon_beyond_follow_up"


# -- several arms ------------------------------------------------------------------------------------------------------


def test_dunnett_agrees_with_scipy(unit_study):
    rng = np.random.default_rng(14)
    sizes = (20, 12, 15, 9)
    arms = [rng.normal(0.5 * k, 1, size) for k, size in enumerate(sizes)]
    theirs = dunnett(*arms[1:], control=arms[0], rng=np.random.default_rng(1))
    interval = theirs.confidence_interval(0.95)
    y, arm = np.concatenate(arms), np.repeat(np.arange(4), sizes)
    for which in (1, 2, 3):
        ours = run("dunnett", unit_study(y, arm, which=which))
        assert ours.p_value == pytest.approx(theirs.pvalue[which - 1], abs=5e-4)  # theirs is Monte Carlo
        assert ours.ci_lower == pytest.approx(interval.low[which - 1], abs=5e-3)


def test_dunnett_s_table():
    """Dunnett (1964), two-sided .05, equal sizes: k = 2, 3, 5 at 20 df, 3 at 60 df."""
    for k, df, printed in ((2, 20, 2.38), (3, 20, 2.54), (5, 20, 2.73), (3, 60, 2.41)):
        assert critical(0.05, (0.5**0.5,) * k, df, two_sided=True) == pytest.approx(printed, abs=0.006)


def test_dunnett_of_one_arm_is_student(unit_study):
    from scipy.special import stdtr

    assert largest_below(2.1, (0.5**0.5,), 18.0, two_sided=True) == pytest.approx(1 - 2 * stdtr(18, -2.1), abs=1e-9)
    assert largest_below(2.1, (0.3,), 18.0, two_sided=False) == pytest.approx(stdtr(18, 2.1), abs=1e-9)
