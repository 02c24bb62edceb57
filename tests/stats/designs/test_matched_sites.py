"""Matched sites: the sets are the best there are, balance is exact where promised, the analysis keeps its laws."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from stats.designs import choose
from stats.methods.matching import effective_number, entropy_weights, optimal_sets, standardised, traits_of
from stats.panel_worlds import World, one_start, study_of
from stats.results import Estimate, NotEstimable, Status

WORLD = World(sites=24, periods=12, rho=0.3)
START = one_start(24, 6, 8, 12)


def values(seed: int = 1, apart: float = 0.5) -> np.ndarray:
    value = WORLD.values(np.random.default_rng(seed))
    value[:6] += apart
    return value


def run(value, estimator="default", start=START, **options) -> Estimate:
    found = choose("matched_sites", estimator).run(study_of("matched_sites", value, start, **options))
    assert isinstance(found, Estimate), found
    return found


def test_no_other_pairing_is_closer():
    rng = np.random.default_rng(4)
    x, treated = rng.normal(size=(8, 2)), np.arange(8) < 3
    sets = optimal_sets(x, treated, 1)
    gaps = np.sqrt(((x[:3, None, :] - x[None, 3:, :]) ** 2).sum(axis=2))
    found = sum(gaps[k, np.flatnonzero(sets == k)[1] - 3] for k in range(3))
    assert found == pytest.approx(min(sum(gaps[k, p[k]] for k in range(3)) for p in permutations(range(5), 3)))


def test_no_control_serves_twice():
    sets = optimal_sets(np.random.default_rng(1).normal(size=(12, 2)), np.arange(12) < 3, 3)
    assert np.bincount(sets[sets >= 0]).tolist() == [4, 4, 4]


def test_entropy_weights_balance_exactly():
    rng = np.random.default_rng(2)
    x, treated = rng.normal(size=(40, 3)), np.arange(40) < 10
    x[treated] += 0.3
    weights = entropy_weights(x, treated)
    assert weights @ x[~treated] == pytest.approx(x[treated].mean(axis=0), abs=1e-8)
    assert 1 < effective_number(weights) < 30


def test_sites_outside_of_all_others_have_no_weights():
    x = np.concatenate([np.full((3, 1), 9.0) + np.arange(3)[:, None], np.arange(6.0)[:, None]])
    assert entropy_weights(x, np.arange(9) < 3) is None


def test_sites_are_matched_on_what_was_before_the_start_only():
    value = values()
    later = value.copy()
    later[:, 8:] += np.random.default_rng(3).normal(0, 5, (24, 4))
    assert run(later).details["matched"] == run(value).details["matched"]


def test_what_moves_all_sites_alike_changes_nothing_and_units_scale():
    value = values()
    assert run(value + np.linspace(0, 20, 12)).effect == pytest.approx(run(value).effect, abs=1e-9)
    assert run(60 * value).effect == pytest.approx(60 * run(value).effect)
    assert run(60 * value).std_error == pytest.approx(60 * run(value).std_error)


def test_an_effect_is_found_by_either_way():
    value = values(apart=0.2)
    value[:6, 8:] += 4
    for name in ("default", "entropy_balance"):
        found = run(value, name)
        assert found.effect == pytest.approx(4, abs=1.5)
        assert found.p_value < 0.05


def status(found: Estimate, key: str) -> Status:
    [check] = [check for check in found.checks if check.key == key]
    return check.status


def test_sites_that_have_no_like_are_said():
    assert status(run(values(apart=6.0)), "overlap") == Status.FAIL
    assert status(run(values(apart=0.2), "entropy_balance"), "overlap") == Status.PASS


def test_more_controls_than_there_are_is_no_estimate():
    found = choose("matched_sites", "default").run(study_of("matched_sites", values(), START, controls=4))
    assert isinstance(found, NotEstimable)
    assert found.code == "too_few_to_match"


def test_traits_are_level_trend_and_size():
    data = study_of("matched_sites", values(), START).site_periods
    assert traits_of(data).names == ("level", "trend")
    scaled = standardised(traits_of(data).x, data.arm == 1)
    assert scaled.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
