"""One series: segmented regression against statsmodels, the halved error rate, comparison series, counts, checks."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from stats.designs import choose
from stats.methods.count_series import negative_binomial, poisson
from stats.methods.segmented import glsar, newey_west, segmented_design
from stats.panel_worlds import World, one_start, study_of
from stats.results import Estimate, NotEstimable, Status

TIME = np.arange(60.0)
AFTER = TIME >= 40


def series(seed: int = 1, rho: float = 0.5) -> np.ndarray:
    world = World(sites=1, periods=60, rho=rho, common=0.0)
    return world.values(np.random.default_rng(seed)) + 0.1 * TIME


def run(value, estimator="default", first=40, **options) -> Estimate:
    start = one_start(value.shape[0], 1, first, value.shape[1])
    found = choose("interrupted_time_series", estimator).run(
        study_of("interrupted_time_series", value, start, first_after=first, levels=(0.05,), **options)
    )
    assert isinstance(found, Estimate), found
    return found


def test_glsar_is_that_of_statsmodels():
    design, y = segmented_design(TIME, AFTER, slope=True), series()[0]
    found = glsar(design.x, y)
    model = sm.GLSAR(y, design.x, rho=1)
    wanted = model.iterative_fit(maxiter=200, rtol=1e-12)
    # statsmodels stops on the change of its coefficients, ours on that of rho.
    assert found.coefficients == pytest.approx(wanted.params, rel=1e-6)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(wanted.bse, rel=1e-6)
    assert found.rho == pytest.approx(float(model.rho[0]), rel=1e-6)


@pytest.mark.parametrize("lag", [0, 1, 4])
def test_newey_west_is_that_of_statsmodels(lag):
    design, y = segmented_design(TIME, AFTER, slope=True, season=12, harmonics=2), series()[0]
    wanted = sm.OLS(y, design.x).fit(cov_type="HAC", cov_kwds={"maxlags": lag, "use_correction": True})
    found = newey_west(design.x, y, lag)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(wanted.bse, rel=1e-9)


def test_counts_are_those_of_statsmodels():
    rng = np.random.default_rng(3)
    design = segmented_design(TIME, AFTER, slope=False)
    exposure = np.full(60, 500.0)
    count = rng.negative_binomial(20, 20 / (20 + exposure * np.exp(-2 - 0.2 * AFTER))).astype(float)
    plain = sm.GLM(count, design.x, family=sm.families.Poisson(), exposure=exposure).fit(tol=1e-14)
    found = poisson(design.x, count, exposure)
    assert found.coefficients == pytest.approx(plain.params, rel=1e-8)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(plain.bse, rel=1e-6)
    assert found.dispersion == pytest.approx(plain.pearson_chi2 / plain.df_resid, rel=1e-6)
    scattered = negative_binomial(design.x, count, exposure)
    family = sm.families.NegativeBinomial(alpha=scattered.alpha)
    given = sm.GLM(count, design.x, family=family, exposure=exposure).fit(tol=1e-14)
    assert scattered.coefficients == pytest.approx(given.params, rel=1e-6)
    assert np.sqrt(np.diag(scattered.covariance)) == pytest.approx(given.bse, rel=1e-5)


def test_the_default_holds_half_the_error_rate():
    value = series()
    plain = run(value, "glsar", effect="average")
    default = run(value)
    assert default.effect == plain.effect
    assert default.p_value == pytest.approx(min(1, 2 * plain.p_value))
    limits = plain.at_level(0.0125)
    assert (default.ci_lower, default.ci_upper) == pytest.approx((limits.lower, limits.upper))
    assert default.at_level(0.05).lower == pytest.approx(plain.at_level(0.025).lower)


def test_level_slope_and_average_are_told_apart():
    value = np.round(series(rho=0.0) * 0.0, 1) + np.where(AFTER, 5 + 0.5 * (TIME - 40), 0.0) + 0.2 * TIME
    value = value + 0.01 * np.random.default_rng(1).normal(size=60)
    level, slope, average = (run(value, "ols", effect=what) for what in ("level", "slope", "average"))
    assert level.effect == pytest.approx(5, abs=0.05)
    assert slope.effect == pytest.approx(0.5, abs=0.005)
    assert average.effect == pytest.approx(5 + 0.5 * 9.5, abs=0.05)


def test_what_happens_to_comparison_sites_too_is_no_effect():
    value = np.vstack([series(1), series(2), series(3), series(4)])
    shock = np.where(AFTER, 7.0, 0.0)
    assert run(value + shock).effect == pytest.approx(run(value).effect, abs=1e-6)
    assert run(value).details["comparison_sites"] == 3


def test_seasons_are_taken_out():
    season = 4 * np.sin(2 * np.pi * TIME / 12)
    found = run(series() + season, "ols", season=12)
    assert found.std_error < 0.5 * run(series() + season, "ols").std_error


def status(found: Estimate, key: str) -> Status:
    [check] = [check for check in found.checks if check.key == key]
    return check.status


def test_few_points_and_lasting_spells_are_said():
    value = series()
    assert status(run(value), "enough_points") == Status.PASS
    assert status(run(value[:, :46]), "enough_points") == Status.FAIL
    lasting = World(sites=1, periods=60, rho=0.8, common=0.0, noise=0.0).values(np.random.default_rng(1))
    assert status(run(lasting, "ols"), "residual_autocorrelation") == Status.FAIL
    assert status(run(lasting), "residual_autocorrelation") == Status.FAIL
    assert status(run(series(rho=0.0)), "residual_autocorrelation") == Status.PASS


def test_two_periods_before_are_no_course():
    value = series()[:, :12]
    study = study_of("interrupted_time_series", value, one_start(1, 1, 2, 12), first_after=2)
    found = choose("interrupted_time_series", "default").run(study)
    assert isinstance(found, NotEstimable)
    assert found.code == "too_few_periods_around_start"
