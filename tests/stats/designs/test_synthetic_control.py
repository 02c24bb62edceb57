"""Synthetic control: weights against an independent solver, placebo ranks, limits by inversion, checks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from stats.designs import choose
from stats.methods.synthetic import simplex_weights, synthetic
from stats.methods.synthetic_placebo import Placebos, placebos
from stats.panel_worlds import World, one_start, study_of
from stats.results import Estimate, NotEstimable, Status


def world(sites: int = 24, periods: int = 30, seed: int = 1) -> np.ndarray:
    return World(sites=sites, periods=periods, rho=0.5).values(np.random.default_rng(seed))


def run(value, first=20, estimator="default", treated=1, **options) -> Estimate:
    start = one_start(value.shape[0], treated, first, value.shape[1])
    found = choose("synthetic_control", estimator).run(
        study_of("synthetic_control", value, start, levels=(0.05,), **options)
    )
    assert isinstance(found, Estimate), found
    return found


@pytest.mark.parametrize("ridge", [0.0, 3.0])
def test_weights_are_those_of_a_general_solver(ridge):
    value = world(8)
    target, donors = value[0, :20], value[1:, :20].T

    def loss(w):
        return float(((target - donors @ w) ** 2).sum() + ridge * (w**2).sum())

    general = minimize(
        loss,
        np.full(7, 1 / 7),
        bounds=[(0, 1)] * 7,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    found = simplex_weights(target, donors, ridge)
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    # The exact solution is at least as good as the iterative one, which stops at its tolerance.
    assert loss(found) <= general.fun + 1e-9
    assert found == pytest.approx(general.x, abs=1e-3)


def test_a_site_made_of_its_donors_is_found_again():
    value = world(6)
    value[0] = 3 + 0.3 * value[1] + 0.7 * value[4]
    found = synthetic(value[0], value[1:].T, np.arange(30) < 20)
    assert found.weights == pytest.approx([0.3, 0, 0, 0.7, 0], abs=1e-6)
    assert found.effect == pytest.approx(0, abs=1e-6)


def test_the_level_of_the_treated_site_does_not_matter_but_for_plain_weights():
    value = world()
    lifted = value.copy()
    lifted[0] += 50
    assert run(lifted).effect == pytest.approx(run(value).effect, abs=1e-8)
    assert run(lifted, estimator="simplex").effect != pytest.approx(run(value, estimator="simplex").effect, abs=1)


def test_p_is_a_rank_and_never_below_one_over_the_sites():
    value = world()
    value[0, 20:] += 30
    found = run(value)
    assert found.p_value == pytest.approx(1 / 24)
    assert found.p_floor == pytest.approx(1 / 24)
    assert found.std_error is None


def test_limits_by_inversion_are_where_the_test_stops_rejecting():
    value = world(sites=40)
    start = np.arange(30) < 20
    fitted = synthetic(value[0], value[1:].T, start)
    found = placebos(value[0], value[1:].T, start, fitted, "intercept_shifted")
    limits = found.limits(0.10)
    for limit, p in ((limits.lower, found.p_greater), (limits.upper, found.p_less)):
        outside = 1e-6 * (1 if limit == limits.upper else -1)
        assert p(limit + outside) <= 0.10
        assert p(limit - outside) > 0.10


def test_the_line_in_the_effect_is_what_doing_it_again_gives():
    value, tau = world(sites=12), 3.0
    before = np.arange(30) < 20

    def all_placebos(first_row) -> Placebos:
        donors = value[1:].T
        return placebos(first_row, donors, before, synthetic(first_row, donors, before), "intercept_shifted")

    moved = value[0] - tau * ~before
    assert all_placebos(value[0]).p_two_sided(tau) == all_placebos(moved).p_two_sided()
    assert all_placebos(value[0]).p_greater(tau) == all_placebos(moved).p_greater()


def test_too_few_donors_leave_the_limits_open():
    found = run(world(sites=10))
    assert found.ci_lower is None
    assert found.ci_upper is None
    assert found.at_level(0.05).lower is None


def test_one_donor_is_no_estimate():
    value = world(sites=2)
    found = choose("synthetic_control", "default").run(study_of("synthetic_control", value, one_start(2, 1, 20, 30)))
    assert isinstance(found, NotEstimable)
    assert found.code == "too_few_donors"


def test_a_donor_with_a_gap_is_left_out_and_named():
    value = world()
    value[5, 3] = np.nan
    found = run(value)
    assert found.n_control == 22
    assert found.details["incomplete"] == ["site 005"]


def status(found: Estimate, key: str) -> Status:
    [check] = [check for check in found.checks if check.key == key]
    return check.status


def test_a_site_that_no_mix_follows_is_said():
    value = world()
    assert status(run(value), "pre_fit") == Status.PASS
    value[0, :20] += 6 * np.sin(np.arange(20) * 1.7)
    assert status(run(value), "pre_fit") == Status.FAIL


def test_a_result_that_hangs_on_one_donor_is_said():
    value = world()
    value[0] = value[3] + 0.01 * world(seed=9)[0]
    value[3, 20:] -= 8
    assert status(run(value), "leave_one_donor_out") == Status.FAIL


def test_noninferiority_is_the_placebo_test_at_the_margin():
    value = world(sites=40)
    study = study_of("synthetic_control", value, one_start(40, 1, 20, 30))
    from stats.spec import TestSpec

    spec = study.spec.model_copy(update={"test": TestSpec(kind="noninferiority", margin=1e3)})
    from dataclasses import replace

    found = choose("synthetic_control", "default").run(replace(study, spec=spec))
    assert found.p_value == pytest.approx(1 / 40)
