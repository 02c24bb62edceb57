"""Looking costs nothing if the error rate is spent."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from stats.combining.sequential import boundaries, exit_probabilities, nominal_levels, spent
from stats.errors import RefusedSpec


@pytest.mark.parametrize("spending", ["obrien_fleming", "pocock", "power"])
@pytest.mark.parametrize("sides", [1, 2])
def test_every_spending_uses_exactly_alpha_by_the_last_look(spending, sides):
    got = boundaries([0.3, 0.55, 1.0], alpha=0.05, sides=sides, spending=spending)
    assert got.cumulative_alpha[-1] == pytest.approx(0.05, abs=1e-9)
    shares = [sides * spent(spending, 0.05 / sides, t) for t in got.fractions]
    assert got.cumulative_alpha == pytest.approx(shares, abs=1e-9)


def test_one_look_is_the_ordinary_test():
    assert boundaries([1.0], alpha=0.05, sides=1).z == pytest.approx((-ndtri(0.05),))
    assert boundaries([1.0], alpha=0.05, spending="classical").z == pytest.approx((-ndtri(0.025),))


@pytest.mark.parametrize(("looks", "constant"), [(2, 2.178), (3, 2.289), (4, 2.361), (5, 2.413), (10, 2.555)])
def test_classical_pocock_constants_are_the_published_ones(looks, constant):
    """Jennison and Turnbull (2000), table 2.1, alpha .05 two-sided."""
    fractions = [look / looks for look in range(1, looks + 1)]
    assert boundaries(fractions, spending="classical_pocock").constant == pytest.approx(constant, abs=5e-4)


def test_pocock_inflation_is_the_published_one():
    """Jennison and Turnbull (2000), table 2.2: R_P(5, .05, .9) = 1.207."""
    got = boundaries([0.2, 0.4, 0.6, 0.8, 1.0], spending="classical_pocock", power=0.9)
    assert got.inflation == pytest.approx(1.207, abs=5e-4)


def test_monte_carlo_agrees_with_the_recursion():
    fractions = np.array([1 / 3, 2 / 3, 1.0])
    got = boundaries(list(fractions), alpha=0.05, sides=1, spending="pocock")
    draws = np.random.default_rng(1).normal(size=(400_000, 3)) / np.sqrt(3)
    z = np.cumsum(draws, axis=1) / np.sqrt(fractions)
    crossed = (z >= np.array(got.z)).any(axis=1).mean()
    assert crossed == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 400_000))


def test_a_drift_moves_the_exit_probabilities_to_the_power():
    """One look at drift z(.95) + z(.9): power .9."""
    drift = float(-ndtri(0.05) + ndtri(0.9))
    assert exit_probabilities([1.0], [-float(ndtri(0.05))], sides=1, drift=drift)[0] == pytest.approx(0.9)


def test_nominal_levels_grow_with_information_and_never_exceed_alpha():
    levels = nominal_levels((1 / 3, 2 / 3, 1.0), 0.05, "obrien_fleming")
    assert list(levels) == sorted(levels)
    assert levels[-1] < 0.05


def test_looks_past_the_first_crossing_are_told():
    assert boundaries([0.5, 1.0], z=[1.0, 2.5]).first_crossing == 2
    assert boundaries([0.5, 1.0], z=[1.0]).first_crossing is None
    assert boundaries([0.5, 1.0], sides=1, z=[-9.0, 0.0]).first_crossing is None


def test_every_problem_is_told_at_once():
    with pytest.raises(RefusedSpec) as refused:
        boundaries([0.5, 0.5, 1.2], alpha=0.0, spending="haybittle", power=2.0)
    assert {problem.code for problem in refused.value.problems} == {
        "looks_not_increasing",
        "looks_beyond_one",
        "alpha_out_of_range",
        "unknown_spending",
        "power_out_of_range",
    }


def test_weekly_looks_over_a_year_are_quick_enough_and_exact():
    got = boundaries([week / 52 for week in range(1, 53)], alpha=0.05, sides=1)
    assert got.cumulative_alpha[-1] == pytest.approx(0.05, abs=1e-8)
