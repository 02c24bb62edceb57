"""Pilot, choice, promise and roll-out as one chain: the promises hold. The full table: docs/methods/rollout.md."""

import sys
from pathlib import Path

import numpy as np
import pytest

from stats.designs import choose
from stats.panel_worlds import study_of
from stats.rollout.precision import RolloutSize

BENCHMARKS = str(Path(__file__).parents[3] / "benchmarks")


@pytest.fixture(scope="module")
def worlds():
    sys.path.insert(0, BENCHMARKS)
    import rollout_worlds

    yield rollout_worlds
    sys.path.remove(BENCHMARKS)


def clear_case(worlds):
    return worlds.World(
        name="clear",
        mean=1.5,
        sd=0.3,
        transport=0.9,
        transport_sd=0.05,
        drift=0.1,
        break_even=1.0,
        week_sd=1.2,
        pilot_sites=40,
    )


def test_the_simulation_measures_with_the_products_own_estimator(worlds):
    rng = np.random.default_rng(2)
    size = RolloutSize(sites=(6, 6), held_back=4, weeks=6)
    start = np.array([8] * 6 + [14] * 6 + [20] * 4)
    values = worlds.site_weeks(rng, (16, 20), 1.0)
    ours, _ = worlds.measured(values, start, size, 2)
    product = choose("stepped_wedge", "default").run(study_of("stepped_wedge", values, start))
    assert ours.effect == pytest.approx(product.effect)
    assert ours.std_error == pytest.approx(product.std_error)
    assert ours.df == pytest.approx(product.df)


@pytest.mark.slow
def test_half_of_a_clear_case_is_noticed_and_the_whole_is_left_alone(worlds):
    world = clear_case(worlds)
    pilots = list(worlds.scaled_pilots(world, 120, np.random.default_rng(7)))
    rng = np.random.default_rng(8)
    courses = [worlds.course(world, pilot, 300, rng) for pilot in pilots]
    enough = [each for each in courses if each.power.enough]
    paying = [each for each in courses if each.truth >= each.line]
    # Monte Carlo error: .04 at .8 of about 90; .02 at .05 and .95 of 120. Two of them are allowed.
    assert len(enough) >= 60
    assert np.mean([each.paused["fading"] for each in enough]) >= 0.72
    assert np.mean([each.paused["half"] for each in enough]) >= 0.72
    assert np.mean([each.paused["kept"] for each in paying]) <= 0.09
    assert 0.90 <= np.mean([each.covered for each in courses]) <= 1.0


@pytest.mark.slow
def test_with_few_sites_no_plan_promises_what_it_can_not_keep(worlds):
    world = clear_case(worlds)
    pilots = list(worlds.scaled_pilots(world, 60, np.random.default_rng(9)))
    rng = np.random.default_rng(10)
    courses = [worlds.course(world, pilot, 20, rng) for pilot in pilots]
    assert not any(each.power.enough for each in courses)
    promised = np.mean([each.power.pause_if_gone for each in courses])
    # Monte Carlo error of a share near .4 in 60: .065.
    assert abs(np.mean([each.paused["fading"] for each in courses]) - promised) < 0.17
