"""One number per site and their comparison, against statsmodels and against what must not matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.methods.site_ancova import affordable, site_ancova
from stats.methods.site_means import SiteValues, site_ancova_many, site_values
from stats.results import Estimate, NotEstimable
from stats.study import SitePeriods

# Same formulas in another order of operations: agreement to rounding.
EXACT = 1e-9


def sites(n: int = 12, treated: int = 5, seed: int = 1, *, groups: int = 0, pre: bool = True) -> SiteValues:
    rng = np.random.default_rng(seed)
    base = rng.normal(50, 5, n)
    arm = np.zeros(n, dtype=bool)
    arm[rng.permutation(n)[:treated]] = True
    return SiteValues(
        sites=tuple(f"s{i}" for i in range(n)),
        y=base + rng.normal(0, 3, n) + 2 * arm,
        treated=arm,
        volume=rng.integers(20, 400, n).astype(float),
        pre=base + rng.normal(0, 3, n) if pre else None,
        groups=np.arange(n) % groups if groups else None,
    )


def estimate(values: SiteValues, confidence: float = 0.95, *, by_volume: bool = False) -> Estimate:
    found = site_ancova(values, confidence=confidence, by_volume=by_volume)
    assert isinstance(found, Estimate)
    return found


def design(values: SiteValues) -> np.ndarray:
    groups = np.zeros(len(values.y), dtype=int) if values.groups is None else values.groups
    dummies = (groups[:, None] == np.unique(groups)).astype(float)
    pre = [] if values.pre is None else [values.pre]
    return np.column_stack([values.treated, dummies, *pre]).astype(float)


@pytest.mark.parametrize("groups", [0, 2, 3])
@pytest.mark.parametrize("pre", [True, False])
def test_ancova_with_strata_is_that_of_statsmodels(groups: int, pre: bool) -> None:
    from statsmodels.regression.linear_model import OLS

    values = sites(groups=groups, pre=pre)
    peer = OLS(values.y, design(values)).fit()
    mine = estimate(values)
    assert mine.effect == pytest.approx(peer.params[0], rel=EXACT)
    assert mine.std_error == pytest.approx(peer.bse[0], rel=EXACT)
    assert mine.p_value == pytest.approx(peer.pvalues[0], rel=EXACT)
    assert mine.df == peer.df_resid
    assert (mine.ci_lower, mine.ci_upper) == pytest.approx(tuple(peer.conf_int()[0]), rel=EXACT)


def test_relative_effect_is_fieller_on_the_adjusted_control_level() -> None:
    from statsmodels.regression.linear_model import OLS

    values = sites()
    assert values.pre is not None
    x = np.column_stack([values.treated, np.ones(len(values.y)), values.pre - values.pre.mean()]).astype(float)
    peer = OLS(values.y, x).fit()
    mine = estimate(values)
    assert mine.relative is not None
    assert mine.relative.effect == pytest.approx(peer.params[0] / peer.params[1], rel=EXACT)
    # The ends of Fieller's interval are the ratios at which effect - ratio x level is just not surprising.
    for end in (mine.relative.ci_lower, mine.relative.ci_upper):
        contrast = peer.t_test(np.array([1.0, -float(end or 0), 0.0]))
        assert float(contrast.pvalue) == pytest.approx(0.05, rel=1e-6)


def test_relative_effect_is_absent_where_the_control_level_may_be_zero() -> None:
    values = sites()
    assert estimate(replace(values, y=values.y - 50)).relative is None


def test_volume_weights_give_the_weighted_difference() -> None:
    from statsmodels.regression.linear_model import WLS

    values = sites(groups=2)
    peer = WLS(values.y, design(values), weights=values.volume).fit()
    assert estimate(values, by_volume=True).effect == pytest.approx(peer.params[0], rel=EXACT)


def test_equal_volumes_give_the_unweighted_answer() -> None:
    values = replace(sites(), volume=np.full(12, 80.0))
    plain, weighted = estimate(values), estimate(values, by_volume=True)
    assert weighted.std_error == pytest.approx(plain.std_error, rel=EXACT)
    assert weighted.df == pytest.approx(plain.df, rel=EXACT)


def test_pairs_are_the_paired_t_test() -> None:
    from statsmodels.stats.weightstats import DescrStatsW

    rng = np.random.default_rng(4)
    control, treatment = rng.normal(size=8), rng.normal(0.5, 1, 8)
    values = SiteValues(
        sites=tuple(f"s{i}" for i in range(16)),
        y=np.concatenate([control, treatment]),
        treated=np.arange(16) >= 8,
        volume=np.ones(16),
        groups=np.tile(np.arange(8), 2),
        paired=True,
    )
    _, p_value, _ = DescrStatsW(treatment - control).ttest_mean()
    mine = estimate(values)
    assert mine.p_value == pytest.approx(p_value, rel=EXACT)
    assert mine.df == 7


def test_many_data_sets_at_once_are_the_single_ones() -> None:
    rng = np.random.default_rng(2)
    y, pre = rng.normal(size=(30, 10)), rng.normal(size=(30, 10, 1))
    treated = np.argsort(rng.random((30, 10)), axis=1) < 4
    weights = rng.uniform(1, 9, (30, 10))
    for w in (None, weights):
        many = site_ancova_many(y, treated, pre, None, w)
        for r in range(30):
            one = site_ancova_many(y[r : r + 1], treated[r], pre[r], None, None if w is None else w[r])
            assert one.t[0] == pytest.approx(many.t[r], rel=EXACT)
            assert one.df[0] == pytest.approx(many.df[r], rel=EXACT)


def test_a_level_of_a_billion_keeps_its_digits() -> None:
    values = sites()
    far = replace(values, y=values.y + 1e9)
    # A double at 1e9 resolves 1e-7, against effects of order 1.
    assert estimate(far).effect == pytest.approx(estimate(values).effect, abs=1e-6)
    assert estimate(far).std_error == pytest.approx(estimate(values).std_error, rel=1e-6)


# -- what must not matter ----------------------------------------------------------------------------------------------

seeds = st.integers(0, 10_000)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, by_volume=st.booleans())
def test_swapping_the_arms_flips_the_sign(seed: int, by_volume: bool) -> None:
    values = sites(seed=seed, groups=2)
    forth = estimate(values, by_volume=by_volume)
    back = estimate(replace(values, treated=~values.treated), by_volume=by_volume)
    assert back.effect == pytest.approx(-forth.effect, rel=1e-7)
    assert back.p_value == pytest.approx(forth.p_value, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, factor=st.floats(1e-3, 1e3), shift=st.floats(-1e3, 1e3), by_volume=st.booleans())
def test_a_change_of_unit_or_a_constant_changes_only_the_unit(
    seed: int, factor: float, shift: float, by_volume: bool
) -> None:
    values = sites(seed=seed)
    plain = estimate(values, by_volume=by_volume)
    other = estimate(replace(values, y=values.y * factor + shift), by_volume=by_volume)
    # A shift of 1000 on a spread of 1e-3 leaves nine digits.
    assert other.effect == pytest.approx(plain.effect * factor, rel=1e-6, abs=1e-9 * (1 + abs(shift)))
    assert other.p_value == pytest.approx(plain.p_value, rel=1e-4)


@settings(max_examples=40, deadline=None)
@given(seed=seeds)
def test_the_order_of_the_sites_does_not_matter(seed: int) -> None:
    values = sites(seed=seed, groups=3)
    order = np.random.default_rng(seed).permutation(len(values.y))
    assert values.pre is not None
    assert values.groups is not None
    moved = replace(
        values,
        y=values.y[order],
        treated=values.treated[order],
        pre=values.pre[order],
        groups=values.groups[order],
        volume=values.volume[order],
    )
    assert estimate(moved).effect == pytest.approx(estimate(values).effect, rel=1e-9)
    assert estimate(moved).p_value == pytest.approx(estimate(values).p_value, rel=1e-7)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, low=st.floats(0.55, 0.98), more=st.floats(0.001, 0.019))
def test_a_wider_confidence_nests(seed: int, low: float, more: float) -> None:
    inner, outer = estimate(sites(seed=seed), low), estimate(sites(seed=seed), low + more)
    assert (outer.ci_lower or 0) < (inner.ci_lower or 0) < (inner.ci_upper or 0) < (outer.ci_upper or 0)


# -- what has no answer ------------------------------------------------------------------------------------------------


def reason(values: SiteValues) -> str:
    found = site_ancova(values, confidence=0.95)
    assert isinstance(found, NotEstimable)
    return found.code


def test_one_treated_site_is_no_comparison() -> None:
    assert reason(sites(treated=1)) == "too_few_sites"


def test_sites_without_any_variation_have_no_estimate() -> None:
    values = replace(sites(pre=False), y=np.full(12, 1e6 / 3))
    assert reason(values) == "no_variation"
    assert reason(replace(values, y=np.where(values.treated, 7.1, 3.3))) == "no_variation"


def test_strata_that_coincide_with_the_arms_have_no_estimate() -> None:
    values = sites()
    assert reason(replace(values, groups=values.treated.astype(np.int64))) == "arms_not_separable"


def test_no_site_with_data_has_no_estimate() -> None:
    values = sites()
    assert reason(values.take(np.zeros(12, dtype=bool))) == "no_site_data"


def test_adjusters_are_given_up_where_they_would_take_the_last_degree_of_freedom() -> None:
    values = sites(n=4, treated=2)
    assert affordable(values).pre is not None
    crowded = replace(values, covariates=np.random.default_rng(1).normal(size=(4, 1)))
    assert estimate(crowded).df == 2
    assert estimate(crowded).details["adjusted_for_pre"] is False


def test_a_constant_pre_value_is_no_adjuster() -> None:
    values = replace(sites(), pre=np.full(12, 3.7))
    assert estimate(values).df == 10


# -- from site-periods to one number per site --------------------------------------------------------------------------


def periods() -> SitePeriods:
    value = np.array(
        [[1.0, 2.0, 4.0], [2.0, 3.0, np.nan], [3.0, np.nan, 5.0], [np.nan, 7.0, 9.0], [5.0, np.nan, np.nan]]
    )
    n = np.where(np.isfinite(value), [[1.0, 10.0, 30.0]], 0.0)
    arm = np.array([0, 0, 1, 1, 1])
    post = np.array([False, True, True])
    return SitePeriods(
        sites=("a", "b", "c", "d", "e"),
        periods=(1, 2, 3),
        value=value,
        n=n,
        missing=np.zeros_like(n),
        arm=arm,
        treated=(arm > 0)[:, None] & post,
        post=post,
        start=np.where(arm > 0, 1, 3),
    )


def test_a_site_counts_by_its_records_after_the_start() -> None:
    values = site_values(periods())
    assert values.sites == ("a", "b", "c", "d")
    assert values.y == pytest.approx([(2 * 10 + 4 * 30) / 40, 3, 5, (7 * 10 + 9 * 30) / 40])
    assert values.dropped == ("e",)
    assert values.volume == pytest.approx([40, 10, 30, 40])


def test_an_unknown_pre_value_takes_the_mean_of_the_known_ones_whatever_the_arm() -> None:
    values = site_values(periods())
    assert values.pre == pytest.approx([1, 2, 3, 2])
    assert values.pre_filled == 1


def test_a_half_pair_is_left_out() -> None:
    paired = replace(periods(), pair=np.array(["p", "q", "p", "q", "r"]), value=periods().value[:, [0, 2, 2]])
    values = site_values(paired)
    assert values.sites == ("a", "c")
    assert set(values.dropped) == {"b", "d", "e"}
