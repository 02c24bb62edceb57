"""Planned precision: published formulas and examples, limits that must agree, and laws."""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from stats.planning.power import Question, standard_error
from stats.planning.precision import Precision, planned_std_error
from stats.planning.schedule import Schedule, parallel, staggered, wedge
from stats.planning.sizes import Comparison, detectable_effect, mde, power, shows, sites_needed, weeks_needed, within
from stats.planning.variation import Variation, sd_of_shares
from stats.results import NotEstimable

DESIGNS = ("after", "ancova", "change", "imputation", "gls")


def std_error(schedule, variation, method="gls", **more):
    found = planned_std_error(schedule, variation, method, **more)
    assert isinstance(found, Precision), found
    return found.std_error


# -- published ---------------------------------------------------------------------------------------------------------


def hussey_hughes(exposure, cell_variance, between):
    """Variance of the effect, Hussey & Hughes (2007), equation 8. exposure: one row a site."""
    sites, periods = exposure.shape
    u, v, w = exposure.sum(), (exposure.sum(axis=1) ** 2).sum(), (exposure.sum(axis=0) ** 2).sum()
    top = sites * cell_variance * (cell_variance + periods * between)
    left = (sites * u - w) * cell_variance
    return top / (left + (u**2 + sites * periods * u - periods * w - sites * v) * between)


def test_a_wedge_of_24_sites_has_the_precision_of_hussey_and_hughes():
    """Their setting: 24 sites in 4 waves, 5 periods, 100 records, base rate 5 %, coefficient of variation .3."""
    schedule, share, between = wedge(24, waves=4, records=100), 0.05, (0.3 * 0.05) ** 2
    own = share * (1 - share)
    variation = Variation(sd=sqrt(own + between), icc=between / (own + between))
    expected = hussey_hughes(np.repeat(schedule.exposure, 6, axis=0), own / 100, between)
    assert std_error(schedule, variation) == pytest.approx(sqrt(expected), rel=1e-12)


def hooper(sites, steps, records, icc, autocorrelation, individual, sd):
    """Variance of the effect in a wedge, Hooper et al. (2016), as in clusterPower's cpa.sw.normal."""
    clustering = 1 + (records - 1) * icc
    r = (records * icc * autocorrelation + (1 - icc) * individual) / clustering
    repeated = 3 * steps * (1 - r) * (1 + steps * r) / ((steps**2 - 1) * (2 + steps * r))
    return 4 * sd**2 / (sites * records) * clustering * repeated


@pytest.mark.parametrize("individual", [0.0, 0.5])
@pytest.mark.parametrize("autocorrelation", [0.3, 0.8, 1.0])
def test_a_wedge_with_drifting_sites_has_the_precision_of_hooper(autocorrelation, individual):
    variation = Variation(sd=4, icc=0.2, autocorrelation=autocorrelation, individual=individual)
    expected = hooper(10, 5, 50, 0.2, autocorrelation, individual, 4)
    assert std_error(wedge(10, waves=5, records=50), variation) == pytest.approx(sqrt(expected), rel=1e-12)


def test_the_published_wedge_of_five_waves_needs_1_29_sites_a_wave():
    """clusterPower, ?cpa.sw.normal: 1.288772 a wave (root found to four digits), normal, two-sided .05, power .80."""
    variation = Variation(sd=4, icc=0.2, autocorrelation=0.8)
    each = std_error(wedge(10, waves=5, records=50), variation) ** 2 * 2
    assert each * (ndtri(0.975) + ndtri(0.8)) ** 2 / 1.5**2 == pytest.approx(1.288772, rel=5e-5)


def test_the_published_difference_in_differences_needs_4_68_sites_an_arm():
    """clusterPower, ?cpa.did.normal: 4.683358 an arm (100 records, icc .05, .50 and .70), t with G - 2."""
    comparison = Comparison(
        schedule=parallel(5, 5, records=100, before=1),
        variation=Variation(sd=1, icc=0.05, autocorrelation=0.5, individual=0.7),
        method="change",
        tail=0.025,
    )
    assert sites_needed(comparison, shows(0.5, 0.025)) / 2 == pytest.approx(4.683358, abs=5e-6)


@pytest.mark.parametrize(("autocorrelation", "individual", "needed"), [(0.0, 0.0, 9), (0.3, 0.7, 7)])
def test_the_nih_calculator_asks_for_as_many_sites(autocorrelation, individual, needed):
    """NIH research methods calculator, as quoted in clusterPower's tests: effect .48, 150 records, icc .05."""
    comparison = Comparison(
        schedule=parallel(5, 5, records=150, before=1),
        variation=Variation(sd=1, icc=0.05, autocorrelation=autocorrelation, individual=individual),
        method="change",
    )
    assert ceil(sites_needed(comparison, shows(0.48, 0.025)) / 2) == needed


# -- limits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), [(0, 1), (0, 3), (1, 1), (2, 4)])
def test_a_wedge_of_one_wave_beside_sites_that_never_start_is_a_parallel_design(before, after):
    variation = Variation(sd=3, icc=0.1, autocorrelation=0.7)
    late = staggered([before, None], periods=before + after, records=20, sites=[6, 9])
    early = parallel(9, 6, records=20, before=before, after=after)
    assert std_error(late, variation) == pytest.approx(std_error(early, variation), rel=1e-12)


@pytest.mark.parametrize("individual", [0.0, 0.6])
@pytest.mark.parametrize(("before", "after"), [(0, 1), (0, 3), (1, 1), (2, 4)])
@pytest.mark.parametrize("taken", ["adjust", "change"])
def test_the_calculator_s_closed_form_for_two_arms_is_that_of_the_exposure(taken, before, after, individual):
    """stats.planning.power (Teerenstra et al. 2012, a formula) against the covariance of all periods."""
    question = Question(
        design="clusters", n_control=9, n_treatment=6, sd=3, cluster_size=20, icc=0.1, autocorrelation=0.7,
        periods=after, pre_periods=before, individual=individual, before=taken,
    )  # fmt: skip
    schedule = parallel(9, 6, records=20, before=before, after=after)
    variation = Variation(sd=3, icc=0.1, autocorrelation=0.7, individual=individual)
    method = "change" if taken == "change" and before else "ancova"
    planned = planned_std_error(schedule, variation, method)
    std_error_of_formula, df = standard_error(question)
    assert planned.std_error == pytest.approx(std_error_of_formula, rel=1e-12)
    assert planned.df == df


@pytest.mark.parametrize(("before", "after"), [(0, 1), (0, 3), (1, 1), (2, 4)])
def test_adjusting_for_before_is_least_squares_on_the_exposure_less_the_slope(before, after):
    schedule = parallel(9, 6, records=20, before=before, after=after)
    variation = Variation(sd=3, icc=0.1, autocorrelation=0.7)
    found = planned_std_error(schedule, variation, "ancova")
    slope = sqrt(1 + 1 / (found.df - 1)) if before else 1.0
    assert found.std_error == pytest.approx(std_error(schedule, variation) * slope, rel=1e-12)


def test_what_the_value_before_explains_costs_a_degree_of_freedom_and_a_slope():
    variation = Variation(sd=3, icc=0.1, autocorrelation=0.7)
    schedule = parallel(9, 6, records=20, before=1)
    found = planned_std_error(schedule, variation, "ancova")
    assert isinstance(found, Precision)
    assert found.df == 12
    assert found.std_error == pytest.approx(std_error(schedule, variation) * sqrt(1 + 1 / 11), rel=1e-12)


def test_imputation_with_one_start_and_one_period_before_is_the_change():
    variation = Variation(sd=3, icc=0.1, autocorrelation=0.7)
    schedule = parallel(9, 6, records=20, before=2, after=3)
    change = std_error(schedule, variation, "change")
    assert std_error(schedule, variation, "imputation") == pytest.approx(change, rel=1e-12)


def test_least_squares_is_never_less_precise_than_imputation():
    """Gauss-Markov: both are unbiased for one constant effect; imputation pays for letting effects differ."""
    variation = Variation(sd=3, icc=0.1, autocorrelation=0.7)
    schedule = wedge(12, waves=4, records=20, step=2)
    assert std_error(schedule, variation) < std_error(schedule, variation, "imputation")


def test_sites_counted_by_history_are_sites_of_one_record():
    """Spread 10 and steadiness .8: ANCOVA leaves 10 x .6, before the slope's own cost."""
    schedule = parallel(8, 8, before=1)
    assert std_error(schedule, Variation.of_sites(10, 0.8)) == pytest.approx(3.0)
    assert std_error(schedule, Variation.of_sites(10, 0.8), "change") == pytest.approx(10 * sqrt(2 * 0.2) / 2)
    longer = std_error(schedule.observed_for(2), Variation.of_sites(10, 0.8), "after")
    assert longer == pytest.approx(10 * sqrt(0.8 + 0.1) / 2)


def test_a_period_without_records_is_as_if_it_were_not_there():
    variation = Variation(sd=3, icc=0.1, autocorrelation=0.2, persistence=0.5)
    whole = [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
    holes = [[0, None, 1, 1], [0, None, 0, 1], [0, None, 0, 0]]
    spaced = Variation(sd=3, icc=0.1, autocorrelation=0.7)
    for method in ("gls", "imputation"):
        with_holes = std_error(Schedule.of(holes, records=10, sites=4), spaced, method)
        assert with_holes == pytest.approx(std_error(Schedule.of(whole, records=10, sites=4), spaced, method))
        apart = std_error(Schedule.of(holes, records=10, sites=4), variation, method)
        assert apart != pytest.approx(std_error(Schedule.of(whole, records=10, sites=4), variation, method))


def test_an_incomplete_wedge_loses_precision_but_less_than_its_records():
    """Two periods around each wave's start keep most of what a wedge says (Hemming, Lilford & Girling 2015)."""
    variation = Variation(sd=3, icc=0.05)
    whole = np.array([[0, 1, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 0, 1, 1], [0, 0, 0, 0, 1]], dtype=float)
    partial = whole.copy()
    partial[0, 3:] = partial[3, :2] = np.nan
    full, part = (std_error(Schedule.of(rows, records=30, sites=3), variation) for rows in (whole, partial))
    assert full < part < full * sqrt(20 / 16) * 1.2


def test_unequal_sites_are_less_precise_than_equal_ones():
    variation = Variation(sd=3, icc=0.05)
    exposure = [[0, 0], [0, 0], [0, 1], [0, 1]]
    sizes = np.array([[10.0], [50.0], [10.0], [50.0]])
    for method in ("gls", "change"):
        equal = std_error(Schedule.of(exposure, records=30, sites=3), variation, method)
        assert std_error(Schedule.of(exposure, records=sizes, sites=3), variation, method) > equal


# -- what can't be said ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", DESIGNS)
def test_a_change_everywhere_at_once_can_not_be_told_from_the_time(method):
    found = planned_std_error(staggered([1, 1], periods=3, records=10, sites=5), Variation(sd=1, icc=0.1), method)
    assert isinstance(found, NotEstimable)
    assert found.code == "plan_not_separable"


def test_a_change_without_a_period_before_is_not_estimable():
    found = planned_std_error(parallel(5, 5, after=2), Variation(sd=1, icc=0.1), "change")
    assert isinstance(found, NotEstimable)
    assert found.code == "plan_needs_before"


def test_four_sites_are_too_few_to_adjust():
    found = planned_std_error(parallel(2, 2, before=1), Variation(sd=1, icc=0.1), "ancova")
    assert isinstance(found, NotEstimable)
    assert found.facts["needed"] == 5


def test_more_weeks_of_the_same_sites_are_not_always_enough():
    def plan(weeks: int) -> Comparison:
        return Comparison(
            schedule=parallel(4, 4, records=weeks * 10), variation=Variation(sd=1, icc=0.1), method="after"
        )

    limit = sqrt(0.1 * 2 / 4)
    found = weeks_needed(plan, within(1.05 * limit))
    assert isinstance(found, int)
    assert plan(found).precision.std_error <= 1.05 * limit < plan(found - 1).precision.std_error
    assert isinstance(weeks_needed(plan, within(0.99 * limit)), NotEstimable)


# -- laws --------------------------------------------------------------------------------------------------------------

variations = st.builds(
    Variation,
    sd=st.floats(0.5, 5),
    icc=st.floats(0.01, 0.5),
    autocorrelation=st.floats(0, 1),
    individual=st.floats(0, 0.8),
    persistence=st.floats(0, 0.95),
)
schedules = st.one_of(
    st.builds(parallel, st.integers(4, 20), st.integers(4, 20), records=st.floats(2, 50), before=st.integers(1, 3),
              after=st.integers(1, 3)),
    st.builds(wedge, st.integers(6, 30), waves=st.integers(3, 5), records=st.floats(2, 50)),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(schedules, variations, st.sampled_from(["gls", "imputation"]), st.floats(1.01, 3))
def test_more_sites_never_have_less_power(schedule, variation, method, factor):
    plan = Comparison(schedule=schedule, variation=variation, method=method)
    larger = Comparison(schedule=schedule.times(factor), variation=variation, method=method)
    assert power(larger, variation.sd / 4) >= power(plan, variation.sd / 4) - 1e-12


@settings(max_examples=60, deadline=None)
@given(st.integers(4, 20), st.integers(4, 20), st.floats(2, 60), variations, st.floats(0.005, 0.3))
def test_sites_whose_records_are_more_alike_have_less_power_without_a_before(a, b, records, variation, more):
    from dataclasses import replace

    schedule = parallel(a, b, records=records)
    alike = replace(variation, icc=variation.icc + more)
    assert std_error(schedule, alike) >= std_error(schedule, variation) * (1 - 1e-12)


@settings(max_examples=60, deadline=None)
@given(schedules, variations, st.floats(1.01, 10))
def test_more_records_never_have_less_power(schedule, variation, factor):
    for method in ("gls", "imputation"):
        more = std_error(schedule.observed_for(factor), variation, method)
        assert more <= std_error(schedule, variation, method) * (1 + 1e-9)


@settings(max_examples=40, deadline=None)
@given(schedules, variations)
def test_power_and_smallest_effect_are_one_function_read_two_ways(schedule, variation):
    plan = Comparison(schedule=schedule, variation=variation, method="gls", tail=0.05)
    assert power(plan, mde(plan, 0.8)) == pytest.approx(0.8, abs=1e-9)


def test_the_detectable_effect_is_that_of_statsmodels():
    from statsmodels.stats.power import TTestIndPower

    theirs = TTestIndPower().solve_power(nobs1=16, alpha=0.05, power=0.8, alternative="larger")
    assert detectable_effect(sqrt(2 / 16), 30, 0.05) == pytest.approx(theirs, rel=1e-6)


def test_a_share_has_the_spread_of_both_arms():
    assert sd_of_shares(0.5) == 0.5
    assert sd_of_shares(0.1, 0.1) == pytest.approx(sqrt((0.09 + 0.16) / 2))
