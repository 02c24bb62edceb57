"""Means, shares and ratios of units: against scipy, statsmodels and brute force, and where others go wrong."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.stats import ttest_ind, ttest_rel

from stats import share_limits
from stats.designs import choose
from stats.methods.relative import fieller, log_ratio
from stats.results import Estimate, NotEstimable


def run(name, study):
    return choose("randomised_units", name).run(study)


def two_arms(seed, n=(40, 25), sd=(1.0, 3.0), shift=0.7):
    rng = np.random.default_rng(seed)
    y = np.concatenate([rng.normal(5, sd[0], n[0]), rng.normal(5 + shift, sd[1], n[1])])
    return y, np.repeat([0, 1], n)


# -- means -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "equal_var"), [("welch", False), ("pooled_t", True)])
def test_t_tests_agree_with_scipy(unit_study, name, equal_var):
    y, arm = two_arms(1)
    ours = run(name, unit_study(y, arm))
    theirs = ttest_ind(y[arm == 1], y[arm == 0], equal_var=equal_var)
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-10)
    assert ours.df == pytest.approx(theirs.df, rel=1e-10)
    assert (ours.ci_lower, ours.ci_upper) == pytest.approx(tuple(theirs.confidence_interval(0.95)), rel=1e-10)


def test_one_in_ten_with_three_times_the_spread_keeps_its_standard_error(unit_study):
    """A pooled variance gives .39 of the right standard error in a published peer."""
    y, arm = two_arms(2, n=(9000, 1000), sd=(1.0, 3.0))
    right = np.sqrt(y[arm == 0].var(ddof=1) / 9000 + y[arm == 1].var(ddof=1) / 1000)
    assert run("default", unit_study(y, arm)).std_error == pytest.approx(right, rel=1e-12)
    assert run("pooled_t", unit_study(y, arm)).std_error < 0.5 * right


def test_mean_of_a_billion_with_spread_one_keeps_its_digits(unit_study):
    """Raw sums of squares give a standard error of 0, or 14 times too large, in published peers."""
    y, arm = two_arms(3, n=(500, 500), sd=(1.0, 1.0))
    small, large = run("default", unit_study(y, arm)), run("default", unit_study(y + 1e9, arm))
    assert large.effect == pytest.approx(small.effect, abs=1e-6)
    assert large.std_error == pytest.approx(small.std_error, rel=1e-6)
    assert isinstance(run("default", unit_study(np.full(10, 1e9), [0, 1] * 5)), NotEstimable)


def test_missing_values_are_not_counted_as_units(unit_study):
    y, arm = two_arms(4, n=(400, 400))
    holes = y.copy()
    holes[::5] = np.nan
    ours = run("default", unit_study(holes, arm))
    kept = ~np.isnan(holes)
    assert ours.n_control + ours.n_treatment == kept.sum()
    assert ours.std_error == pytest.approx(run("default", unit_study(y[kept], arm[kept])).std_error, rel=1e-12)


@pytest.mark.parametrize(("y", "arm"), [([1.0, 2.0, 3.0], [0, 0, 1]), ([1.0, 2.0], [0, 0])])
def test_an_arm_of_one_unit_or_none_is_not_estimable(unit_study, y, arm):
    study = unit_study([*y, 5.0], [*arm, 0]) if 1 in arm else unit_study([*y, np.nan], [*arm, 1])
    assert run("default", study).code == "too_few_units"


def test_the_same_value_everywhere_is_not_estimable(unit_study):
    assert run("default", unit_study([3.0] * 8, [0, 1] * 4)).code == "same_value"


def test_pre_values_without_any_weight_leave_welch(unit_study):
    y, arm = two_arms(5)
    welch = run("welch", unit_study(y, arm))
    constant = run("default", unit_study(y, arm, x=np.ones(len(y))))
    assert constant.std_error == pytest.approx(welch.std_error, rel=1e-12)
    assert constant.details["not_adjusted"] == "pre_value_says_nothing"


def test_the_default_with_a_pre_value_is_hc2_to_first_order(unit_study):
    """Per-arm residual variances and HC2's single residuals differ by O(1/n), far below 1 % here."""
    rng = np.random.default_rng(6)
    n = 600
    arm = np.repeat([0, 1], [500, 100])
    x = rng.normal(10, 2, n)
    y = 0.8 * x + 0.5 * arm + rng.normal(0, 1 + 2 * arm, n)
    ours = run("default", unit_study(y, arm, x=x))
    hc2 = run("ols_hc2", unit_study(y, arm, x=x))
    assert ours.method == "ancova_by_arm"
    assert ours.effect == pytest.approx(hc2.effect, rel=1e-9)
    assert ours.std_error == pytest.approx(hc2.std_error, rel=0.01)
    assert ours.std_error < run("welch", unit_study(y, arm)).std_error


def test_with_equal_spread_the_default_with_a_pre_value_is_classical_ancova(unit_study):
    """Averaged over the two arms' residual variances, with 1/n_a + D^2 Sxx_a/W^2, it is the textbook variance."""
    rng = np.random.default_rng(7)
    arm = np.repeat([0, 1], 2000)
    x = rng.normal(0, 1, 4000)
    y = x + rng.normal(0, 1, 4000)
    ours, classical = (run(name, unit_study(y, arm, x=x)) for name in ("default", "ancova"))
    assert ours.effect == pytest.approx(classical.effect, rel=1e-9)
    assert ours.std_error == pytest.approx(classical.std_error, rel=2e-3)


def test_units_without_a_pre_value_stay_in_the_comparison(unit_study):
    rng = np.random.default_rng(8)
    arm = np.tile([0, 1], 300)
    x = rng.normal(0, 1, 600)
    y = 2 * x + rng.normal(0, 1, 600)
    x[rng.random(600) < 0.2] = np.nan
    ours = run("default", unit_study(y, arm, x=x))
    assert ours.n_control + ours.n_treatment == 600
    assert ours.details["pre_value_missing"] == np.isnan(x).sum()
    # The same as giving them the mean of all others and adjusting for that.
    filled = run("default", unit_study(y, arm, x=np.where(np.isnan(x), np.nanmean(x), x)))
    assert ours.effect == pytest.approx(filled.effect, rel=1e-9)
    assert ours.std_error == pytest.approx(filled.std_error, rel=1e-9)


@pytest.mark.slow
def test_the_default_with_a_pre_value_holds_its_promise_in_small_unequal_arms():
    """5 %, 8 against 24 units of twice the spread: .04 to .065 over 20,000 draws (Monte Carlo error .0015)."""
    from stats.methods.adjusted import ancova
    from stats.methods.arms import ArmSummary

    rng = np.random.default_rng(9)
    draws, nan, rejected = 20_000, float("nan"), 0

    def summary(x, y):
        return ArmSummary(
            n=len(y), missing=0, mean_y=y.mean(), var_y=y.var(ddof=1), sum_y=y.sum(), mean_d=nan, var_d=nan, sum_d=nan,
            cov_yd=nan, n_x=len(x), mean_x=x.mean(), var_x=x.var(ddof=1), cov_xy=np.cov(x, y)[0, 1],
            mean_y_x=y.mean(), var_y_x=y.var(ddof=1), cov_xd=nan,
        )  # fmt: skip

    for _ in range(draws):
        x = rng.normal(0, 1, 32)
        y = x + rng.normal(0, 1, 32) * np.where(np.arange(32) < 8, 2.0, 1.0)
        rejected += ancova(summary(x[8:], y[8:]), summary(x[:8], y[:8]), confidence=0.95).p_value < 0.05
    assert 0.04 <= rejected / draws <= 0.065


# -- regression --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["hc0", "hc1", "hc2", "hc3"])
@pytest.mark.parametrize("weighted", [False, True])
def test_robust_standard_errors_agree_with_statsmodels(unit_study, kind, weighted):
    from statsmodels.regression.linear_model import WLS

    rng = np.random.default_rng(10)
    n = 80
    arm, x, block = rng.integers(0, 3, n), rng.normal(0, 1, n), rng.integers(0, 4, n)
    y = x + arm + rng.normal(0, 1 + np.abs(x), n)
    weight = rng.uniform(0.5, 2, n) if weighted else np.ones(n)
    columns = {"block": [f"b{b}" for b in block], "w": weight}
    spec = {"strata": ["block"], **({"weight_column": "w"} if weighted else {})}
    ours = run(f"ols_{kind}", unit_study(y, arm, x=x, columns=columns, which=2, **spec))
    matrix = np.column_stack([np.ones(n), arm == 1, arm == 2, x, *(block == b for b in (1, 2, 3))]).astype(float)
    theirs = WLS(y, matrix, weights=weight).fit(cov_type=kind.upper(), use_t=True)
    assert ours.effect == pytest.approx(theirs.params[2], rel=1e-9)
    assert ours.std_error == pytest.approx(theirs.bse[2], rel=1e-9)
    assert ours.p_value == pytest.approx(theirs.pvalues[2], rel=1e-8)
    assert ours.df == theirs.df_resid


def test_relative_effect_of_a_regression_uses_the_shared_error_of_level_and_effect(unit_study):
    """Without covariates and with HC2 (Welch's variances) both routes to Fieller's interval must meet."""
    y, arm = two_arms(11)
    ols, welch = (run(name, unit_study(y, arm)) for name in ("ols_hc2", "welch"))
    assert ols.std_error == pytest.approx(welch.std_error, rel=1e-10)
    assert ols.relative.effect == pytest.approx(welch.relative.effect, rel=1e-10)
    level = (5.0, 0.04), (4.0, 0.09)
    assert fieller(*level, confidence=0.95, df=None) == fieller(*level, confidence=0.95, df=None, covariance=0.0)


def test_as_many_columns_as_units_is_not_estimable(unit_study):
    rng = np.random.default_rng(12)
    columns = {f"c{k}": rng.normal(size=6) for k in range(4)}
    result = run("ols_hc2", unit_study(rng.normal(size=6), [0, 1] * 3, columns=columns, covariates=list(columns)))
    assert result.code == "too_few_for_adjustment"


def test_pairs_without_their_other_half_are_left_out_and_counted(unit_study):
    rng = np.random.default_rng(13)
    person = np.repeat(np.arange(12), 2)
    arm = np.tile([0, 1], 12)
    y = rng.normal(0, 1, 24) + 0.4 * arm + 0.3 * person
    y[5] = np.nan
    result = run("default", unit_study(y, arm, columns={"person": person}, pair="person"))
    kept = np.delete(np.arange(12), 2)
    theirs = ttest_rel(y[arm == 1][kept], y[arm == 0][kept])
    assert result.n_control == 11
    assert result.details["incomplete_pairs"] == 1
    assert result.p_value == pytest.approx(theirs.pvalue, rel=1e-10)


# -- relative effects --------------------------------------------------------------------------------------------------


def test_fieller_holds_exactly_the_ratios_that_a_t_test_does_not_reject():
    from scipy.special import stdtrit

    treatment, control, df = (6.0, 0.5), (4.0, 0.3), 17.0
    interval = fieller(treatment, control, confidence=0.95, df=df)
    for ratio in (1 + interval.ci_lower, 1 + interval.ci_upper):
        t = (treatment[0] - ratio * control[0]) / np.sqrt(treatment[1] + ratio**2 * control[1])
        assert abs(t) == pytest.approx(stdtrit(df, 0.975), rel=1e-9)


def test_a_control_level_that_may_be_zero_has_no_relative_effect():
    assert fieller((6.0, 0.5), (1.0, 0.3), confidence=0.95, df=None) is None
    assert log_ratio((6.0, 0.5), (-1.0, 0.3), confidence=0.95) is None


def test_relative_lift_of_skewed_spend_is_fieller_s_and_covers(unit_study):
    """n 400, lognormal, true lift 50 %: four libraries give four intervals, ours covers in 95 % (MC error .007)."""
    rng = np.random.default_rng(14)
    inside = 0
    for _ in range(1000):
        y = np.exp(rng.normal(0, 1.0, 400))
        arm = np.repeat([0, 1], 200)
        y[arm == 1] *= 1.5
        moments = [(y[arm == k].mean(), y[arm == k].var(ddof=1) / 200) for k in (1, 0)]
        interval = fieller(moments[0], moments[1], confidence=0.95, df=300)
        inside += interval.ci_lower <= 0.5 <= interval.ci_upper
    assert 0.925 <= inside / 1000 <= 0.975


def test_relative_effects_of_negative_levels_keep_the_sign_of_the_effect():
    worse = fieller((-6.0, 0.1), (-4.0, 0.1), confidence=0.95, df=None)
    assert worse.effect == -0.5
    assert worse.ci_lower < -0.5 < worse.ci_upper < 0


# -- shares ------------------------------------------------------------------------------------------------------------

TABLES = [(56, 70, 48, 80), (9, 10, 3, 10), (10, 10, 0, 20), (0, 34, 1, 33), (5, 56, 0, 29), (1, 1000, 3, 900)]


def test_newcombe_s_interval_as_printed_by_newcombe():
    """Newcombe (1998), table II, method 10: 56/70 - 48/80, 9/10 - 3/10, 5/56 - 0/29, 10/10 - 0/20."""
    printed = {(56, 70, 48, 80): (0.0524, 0.3339), (9, 10, 3, 10): (0.1705, 0.8090), (5, 56, 0, 29): (-0.0381, 0.1926),
               (10, 10, 0, 20): (0.6791, 1.0)}  # fmt: skip
    for (x, n, y, m), interval in printed.items():
        ours = share_limits.newcombe_interval(
            share_limits.Count(x=y, n=m), share_limits.Count(x=x, n=n), 1.959963984540054
        )
        assert ours == pytest.approx(interval, abs=5e-5)


def test_the_score_interval_as_printed_by_newcombe():
    """The same table, method 5 (Mee 1984, without N/(N-1)) and Miettinen-Nurminen's, method 6 of the same paper."""
    printed = {(56, 70, 48, 80): (0.0528, 0.3382), (9, 10, 3, 10): (0.1700, 0.8406)}
    for (x, n, y, m), interval in printed.items():
        control, treatment = share_limits.Count(x=y, n=m), share_limits.Count(x=x, n=n)
        ours = share_limits.miettinen_nurminen_interval(control, treatment, 1.959963984540054)
        assert ours == pytest.approx(interval, abs=5e-5)


@pytest.mark.parametrize("counts", TABLES)
def test_limits_of_the_score_interval_are_where_the_score_test_turns(counts):
    x, n, y, m = counts
    control, treatment = share_limits.Count(x=y, n=m), share_limits.Count(x=x, n=n)
    for end, sign in zip(share_limits.miettinen_nurminen_interval(control, treatment, 1.96), (1, -1), strict=True):
        if abs(end) < 1 - 1e-9:
            assert share_limits.score(control, treatment, end, small_sample=True) == pytest.approx(
                sign * 1.96, rel=1e-6
            )


@pytest.mark.parametrize("counts", TABLES)
@pytest.mark.parametrize("difference", [-0.3, -0.01, 0.0, 0.02, 0.4])
def test_restricted_shares_are_the_likeliest_at_that_difference(counts, difference):
    x, n, y, m = counts
    control, treatment = share_limits.Count(x=y, n=m), share_limits.Count(x=x, n=n)
    _, share_t = share_limits.shares_under(control, treatment, difference)
    low, high = max(0.0, difference), min(1.0, 1 + difference)

    def likelihood(p):
        def term(count, p):
            return sum(k * np.log(max(q, 1e-300)) for k, q in ((count.x, p), (count.n - count.x, 1 - p)) if k)

        return term(treatment, p) + term(control, p - difference)

    best = max(likelihood(p) for p in np.linspace(low, high, 4001)[1:-1])
    assert likelihood(min(max(share_t, low + 1e-15), high - 1e-15)) >= best - 1e-9


def test_wald_and_newcombe_agree_with_statsmodels():
    from statsmodels.stats.proportion import confint_proportions_2indep

    for x, n, y, m in TABLES[:2]:
        control, treatment = share_limits.Count(x=y, n=m), share_limits.Count(x=x, n=n)
        for rule, method in ((share_limits.wald_interval, "wald"), (share_limits.newcombe_interval, "newcomb")):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                theirs = confint_proportions_2indep(x, n, y, m, method=method, compare="diff", alpha=0.05)
            assert rule(control, treatment, 1.959963984540054) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("x", [0, 25])
def test_no_event_or_nothing_but_events_in_both_arms_still_bounds_the_difference(unit_study, x):
    y = np.full(50, 1.0 if x else 0.0)
    result = run("default", unit_study(y, [0, 1] * 25, metric={"kind": "share", "column": "y"}))
    assert isinstance(result, Estimate)
    assert result.std_error is None
    assert result.ci_lower == pytest.approx(-0.1332, abs=1e-4)  # Wilson's upper limit of 0 / 25, 13.32 %
    assert result.ci_upper == pytest.approx(0.1332, abs=1e-4)
    assert result.at_level(0.025).upper == pytest.approx(result.ci_upper, rel=1e-12)
    assert result.details["risk_ratio"] is None
    assert run("wald", unit_study(y, [0, 1] * 25, metric={"kind": "share", "column": "y"})).code == "same_value"


def test_a_share_without_events_in_one_arm_says_that_its_ratios_are_corrected(unit_study):
    y = np.concatenate([np.zeros(30), np.ones(4), np.zeros(26)])
    result = run("default", unit_study(y, np.repeat([0, 1], 30), metric={"kind": "share", "column": "y"}))
    assert result.details["cells_corrected"]
    assert result.details["risk_ratio"] == pytest.approx((4.5 / 31) / (0.5 / 31), rel=1e-12)
    assert result.relative is None


def test_limits_of_a_share_at_any_level_come_from_its_counts(unit_study):
    y = np.repeat([1.0, 0.0, 1.0, 0.0], [8, 32, 15, 25])
    result = run("default", unit_study(y, np.repeat([0, 1], 40), metric={"kind": "share", "column": "y"}))
    assert result.at_level(0.025).lower == pytest.approx(result.ci_lower, rel=1e-12)
    levels = [result.at_level(level) for level in (0.001, 0.01, 0.05, 0.2, 0.5)]
    assert [limit.lower for limit in levels] == sorted(limit.lower for limit in levels)
    assert [limit.upper for limit in levels] == sorted((limit.upper for limit in levels), reverse=True)


def test_a_guardrail_share_of_nothing_is_judged_by_the_score_test(unit_study):
    """No complaint among 2 x 500: the margin of 1 point is shown although there is no standard error."""
    metric, test = {"kind": "share", "column": "y", "better": "lower"}, {"kind": "noninferiority", "margin": 0.01}
    result = run("default", unit_study(np.zeros(1000), [0, 1] * 500, metric=metric, test=test))
    assert result.p_value == pytest.approx(0.0127, abs=5e-4)
    few = run("default", unit_study(np.zeros(100), [0, 1] * 50, metric=metric, test=test))
    assert few.p_value > 0.2


def test_a_share_column_that_is_no_count_is_refused(unit_study):
    result = run("default", unit_study([0.2, 0.4, 0.1, 0.3], [0, 0, 1, 1], metric={"kind": "share", "column": "y"}))
    assert result.code == "share_not_counts"


# -- ratios ------------------------------------------------------------------------------------------------------------


def ratio_data(seed=15, n=400):
    rng = np.random.default_rng(seed)
    arm = np.repeat([0, 1], n // 2)
    d = rng.poisson(3, n) + 1.0
    quality = rng.normal(10, 2, n)
    return d * (quality + 0.5 * arm) + rng.normal(0, 2, n), d, arm, quality + rng.normal(0, 1, n)


def test_delta_standard_error_agrees_with_resampled_units(unit_study):
    y, d, arm, _ = ratio_data()
    metric = {"kind": "ratio", "numerator": "y", "denominator": "d"}
    ours = run("default", unit_study(y, arm, d=d, metric=metric))
    rng = np.random.default_rng(16)
    gaps = []
    for _ in range(4000):
        pick = [rng.choice(np.flatnonzero(arm == k), (arm == k).sum()) for k in (0, 1)]
        gaps.append(y[pick[1]].sum() / d[pick[1]].sum() - y[pick[0]].sum() / d[pick[0]].sum())
    assert ours.effect == pytest.approx(
        y[arm == 1].sum() / d[arm == 1].sum() - y[arm == 0].sum() / d[arm == 0].sum(), rel=1e-12
    )
    assert ours.std_error == pytest.approx(np.std(gaps), rel=0.04)  # MC error of 4000 draws: 1.1 %


def test_a_ratio_with_a_pre_value_keeps_its_meaning_and_gains_precision(unit_study):
    y, d, arm, pre = ratio_data()
    metric = {"kind": "ratio", "numerator": "y", "denominator": "d"}
    plain, sharper = run("default", unit_study(y, arm, d=d, metric=metric)), None
    sharper = run("default", unit_study(y, arm, d=d, x=pre, metric=metric))
    assert sharper.std_error < 0.8 * plain.std_error
    assert abs(sharper.effect - plain.effect) < 3 * plain.std_error
    assert sharper.mean_control == pytest.approx(plain.mean_control, rel=1e-12)


def test_nothing_to_divide_by_is_not_estimable(unit_study):
    metric = {"kind": "ratio", "numerator": "y", "denominator": "d"}
    result = run("default", unit_study([1.0, 2, 3, 4], [0, 0, 1, 1], d=[1, 2, 0, 0], metric=metric))
    assert result.code == "denominator_not_positive"


# -- clusters ----------------------------------------------------------------------------------------------------------


def clustered_data(seed=17, mixed=False):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 15, 24)
    cluster = np.repeat(np.arange(24), sizes)
    arm = rng.integers(0, 2, len(cluster)) if mixed else cluster % 2
    x = rng.normal(0, 1, len(cluster))
    y = rng.normal(0, 1, 24)[cluster] + x + 0.3 * arm + rng.normal(0, 1, len(cluster))
    return y, arm, x, cluster


def cr2_by_hand(y, matrix, cluster, position):
    """Bell and McCaffrey with full matrices (eigen-decomposition of I - H_g), and Satterthwaite's df."""
    bread = np.linalg.inv(matrix.T @ matrix)
    residual = y - matrix @ (bread @ matrix.T @ y)
    projector = np.eye(len(y)) - matrix @ bread @ matrix.T
    pulls = []
    for label in np.unique(cluster):
        rows = np.flatnonzero(cluster == label)
        values, vectors = np.linalg.eigh(np.eye(len(rows)) - matrix[rows] @ bread @ matrix[rows].T)
        root = (vectors * np.where(values > 1e-10, np.abs(values) ** -0.5, 0)) @ vectors.T
        pull = np.zeros(len(y))
        pull[rows] = root @ matrix[rows] @ bread[position]
        pulls.append(pull)
    pulls = np.array(pulls)
    variance = ((pulls @ residual) ** 2).sum()
    inner = pulls @ projector @ pulls.T
    return np.sqrt(variance), np.trace(inner) ** 2 / (inner**2).sum()


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("pre", [False, True])
def test_cr2_from_moments_is_cr2_from_records(unit_study, mixed, pre):
    y, arm, x, cluster = clustered_data(mixed=mixed)
    result = run("default", unit_study(y, arm, x=x if pre else None, cluster=cluster))
    columns = [np.ones(len(y)), arm.astype(float)] + ([x] if pre else [])
    matrix = np.column_stack(columns)
    std_error, df = cr2_by_hand(y, matrix, cluster, 1)
    assert result.effect == pytest.approx(np.linalg.lstsq(matrix, y, rcond=None)[0][1], rel=1e-9)
    assert result.std_error == pytest.approx(std_error, rel=1e-8)
    assert result.df == pytest.approx(df, rel=1e-8)


def test_a_ratio_in_clusters_takes_the_clusters_for_units(unit_study):
    y, d, arm, _ = ratio_data()
    cluster = np.arange(len(y)) // 10
    metric = {"kind": "ratio", "numerator": "y", "denominator": "d"}
    result = run("default", unit_study(y, arm, d=d, cluster=cluster, metric=metric))
    single = run("default", unit_study(y, arm, d=d, cluster=np.arange(len(y)), metric=metric))
    assert result.details["clusters"] == 40
    assert single.effect == pytest.approx(run("delta", unit_study(y, arm, d=d, metric=metric)).effect, rel=1e-9)
    assert single.std_error == pytest.approx(run("delta", unit_study(y, arm, d=d, metric=metric)).std_error, rel=0.01)


def test_one_cluster_in_an_arm_is_not_estimable(unit_study):
    y, arm, _, _ = clustered_data()
    assert run("default", unit_study(y, arm, cluster=arm)).code == "too_few_clusters"


def test_clusters_are_not_forgotten_when_there_are_covariates(unit_study):
    y, arm, x, cluster = clustered_data()
    further = np.random.default_rng(18).normal(size=len(y))
    study = unit_study(y, arm, x=x, cluster=cluster, columns={"further": further}, covariates=["further"])
    result = run("default", study)
    matrix = np.column_stack([np.ones(len(y)), arm, x, further])
    std_error, df = cr2_by_hand(y, matrix, cluster, 1)
    assert (result.std_error, result.df) == pytest.approx((std_error, df), rel=1e-8)


def test_a_hundred_thousand_customers_as_clusters_take_no_square_matrix(unit_study):
    """A matrix of clusters by clusters would take 80 GB."""
    from stats.methods.clustered_units import cluster_robust
    from stats.moments import ArmMoments, Moments

    rng = np.random.default_rng(19)
    n, nan = rng.integers(1, 9, 100_000).astype(float), np.full(100_000, np.nan)
    mean = rng.normal(0, 1, 100_000)
    arm = np.tile([0, 1], 50_000)

    def of(n, mean, nan):
        zero = np.zeros(len(n))
        return Moments(
            n=n, missing=zero, mean_y=mean, var_y=zero + 1, sum_y=n * mean, mean_d=nan, var_d=nan, sum_d=nan,
            cov_yd=nan, n_x=zero, mean_x=nan, var_x=nan, cov_xy=nan, mean_y_x=nan, var_y_x=nan, cov_xd=nan,
        )  # fmt: skip

    by_arm = of(np.array([n[arm == k].sum() for k in (0, 1)]), np.zeros(2), nan[:2])
    labels = tuple(str(k) for k in range(100_000))
    moments = ArmMoments(arms=by_arm, clusters=of(n, mean, nan), cluster_arm=arm, cluster_label=labels)
    result = cluster_robust(moments, 1, ratio=False, pre=False, confidence=0.95)
    assert result.details["clusters"] == 100_000
    assert result.df > 10_000


def test_a_quantile_of_clustered_units_is_referred_to_the_sites(unit_study):
    y, arm, _, cluster = clustered_data()
    metric = {"kind": "quantile", "column": "y", "q": 0.5}
    assert run("default", unit_study(y, arm, cluster=cluster, metric=metric)).code == "kind_needs_sites"


def test_relative_effect_on_the_log_scale_by_name(unit_study):
    y, arm = two_arms(20, n=(200, 200), sd=(0.5, 0.5))
    fieller_s, logs = (run(name, unit_study(y, arm)) for name in ("fieller", "log_ratio"))
    assert logs.relative.method == "log_ratio"
    assert logs.relative.effect == pytest.approx(fieller_s.relative.effect, rel=1e-12)
    assert logs.relative.ci_lower == pytest.approx(fieller_s.relative.ci_lower, rel=0.01)  # alike for so sure a level


def test_a_method_for_means_asked_of_a_ratio_takes_the_ratio(unit_study):
    """Not the numerator alone: Welch of the linearised units is the delta method, and CUPED sharpens it."""
    y, d, arm, pre = ratio_data()
    metric = {"kind": "ratio", "numerator": "y", "denominator": "d"}
    welch, delta = (run(name, unit_study(y, arm, d=d, metric=metric)) for name in ("welch", "delta"))
    assert welch.effect == pytest.approx(delta.effect, rel=1e-12)
    assert welch.std_error == pytest.approx(delta.std_error, rel=1e-12)
    share = {"kind": "share", "numerator": "y", "denominator": "d"}
    assert run("default", unit_study(y, arm, d=d, x=pre, metric=share)).effect == pytest.approx(
        run("default", unit_study(y, arm, d=d, x=pre, metric=metric)).effect, rel=1e-12
    )


@pytest.mark.parametrize("name", ["ols_hc2", "mann_whitney", "dunnett", "paired_t"])
def test_methods_that_would_see_the_numerator_alone_refuse_a_ratio(unit_study, name):
    y, d, arm, _ = ratio_data()
    metric = {"kind": "ratio", "numerator": "y", "denominator": "d"}
    assert run(name, unit_study(y, arm, d=d, metric=metric)).code == "method_for_means_only"


def test_welch_does_not_answer_for_a_quantile(unit_study):
    y, arm = two_arms(21)
    metric = {"kind": "quantile", "column": "y", "q": 0.9}
    assert run("welch", unit_study(y, arm, metric=metric)).code == "method_for_means_only"
