"""Pilots without any effect: how often the defaults of chosen and stepwise designs claim one (all: docs/methods).

Site-months with lasting levels, common shocks and passing ups and downs of autocorrelation .8 (stats/panel_worlds.py).
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from stats.designs import choose
from stats.panel_worlds import World, growing, in_steps, one_start, share, study_of
from stats.results import Estimate

pytestmark = pytest.mark.slow

PILOTS = 300
# Nominal 5 %, .065 allowed, and three Monte Carlo errors of that many pilots.
MOST = 0.065 + 3 * sqrt(0.05 * 0.95 / PILOTS)
SETTINGS = {
    "before_after_control": lambda sites: (12, one_start(sites, sites // 2, 8, 12)),
    "matched_sites": lambda sites: (12, one_start(sites, max(2, sites // 3), 8, 12)),
    "staggered": lambda sites: (12, in_steps(sites, 4, 12, steps=3, never=sites // 2)),
    "stepped_wedge": lambda sites: (10, in_steps(sites, 2, 10, steps=3 if sites < 12 else 4, never=0)),
    "synthetic_control": lambda sites: (12, one_start(sites, 1, 8, 12)),
}


@pytest.mark.parametrize("sites", [6, 20])
@pytest.mark.parametrize("design", SETTINGS)
def test_the_default_claims_no_more_than_it_should(design, sites):
    periods, start = SETTINGS[design](sites)
    world, run = World(sites=sites, periods=periods), choose(design, "default").run

    def claims(rng: np.random.Generator) -> bool:
        found = run(study_of(design, world.values(rng), start))
        assert isinstance(found, Estimate), found
        return found.p_value <= 0.05 + 1e-12

    assert share(PILOTS, claims, seed=sites) <= MOST


def test_two_treated_sites_of_ten_are_no_excuse():
    start = np.array([5, 8, *[12] * 8])
    world, run = World(sites=10, periods=12), choose("staggered", "default").run

    def claims(rng: np.random.Generator) -> bool:
        return run(study_of("staggered", world.values(rng), start)).p_value <= 0.05

    assert share(PILOTS, claims, seed=3) <= MOST


@pytest.mark.parametrize(("sites", "months", "rho"), [(6, 3, 0.0), (20, 3, 0.0), (20, 12, 0.5)])
def test_the_worst_sites_of_the_last_quarter_do_not_win_by_recovering(sites, months, rho):
    """At most 7 % one-sided claims of a gain at .05; compared with their own last quarter, most would claim one."""
    world = World(sites=sites, periods=months + 3, rho=rho, steady=0.7)
    start, run = one_start(sites, sites // 2, months, months + 3), choose("before_after_control", "default").run
    rng, wins, alone, warned = np.random.default_rng(sites), 0, 0, 0
    for _ in range(PILOTS):
        value = world.values(rng)
        value = value[np.argsort(value[:, months - 3 : months].mean(axis=1))]
        found = run(study_of("before_after_control", value, start, levels=(0.05,)))
        wins += found.at_level(0.05).lower > 0
        alone += found.details["change"]["effect"] > 0 and found.details["change"]["p_value"] <= 0.10
        warned += any(check.key == "selection" and check.status == "FAIL" for check in found.checks)
    # Three Monte Carlo errors of .05 on top of .07.
    assert wins / PILOTS <= 0.07 + 3 * sqrt(0.05 * 0.95 / PILOTS)
    assert alone > wins
    assert warned / PILOTS > 0.6


def test_one_series_holds_its_level_unless_spells_last():
    """It can't hold with strong autocorrelation (docs/methods/false-positives.md), and then a check says so."""
    run = choose("interrupted_time_series", "default").run

    def rates(rho: float) -> tuple[float, float]:
        world = World(sites=1, periods=60, rho=rho, common=0.0, noise=0.0)
        rng, claims, said = np.random.default_rng(9), 0, 0
        for _ in range(PILOTS):
            study = study_of("interrupted_time_series", world.values(rng), np.array([36]), first_after=36)
            found = run(study)
            claims += found.p_value <= 0.05
            said += any(check.key == "residual_autocorrelation" and check.status == "FAIL" for check in found.checks)
        return claims / PILOTS, said / PILOTS

    assert rates(0.2)[0] <= MOST
    claims, said = rates(0.8)
    assert claims > MOST
    assert said > 0.7


def test_growing_effects_are_recovered_and_covered():
    start = in_steps(20, 3, 24, steps=6, never=2)
    effect = growing(start, 24, 0.5)
    truth, world = effect[effect > 0].mean(), World(sites=20, periods=24)
    rng = np.random.default_rng(7)
    found = {"default": [], "twfe": []}
    held = 0
    for _ in range(100):
        value = world.values(rng) + effect
        for name, answers in found.items():
            answers.append(choose("staggered", name).run(study_of("staggered", value, start)))
        last = found["default"][-1]
        held += last.ci_lower <= truth <= last.ci_upper
    averages = {name: np.mean([answer.effect for answer in answers]) / truth for name, answers in found.items()}
    # The estimate's own spread is about a tenth of the truth; 100 pilots bring that to .01.
    assert averages["default"] == pytest.approx(1, abs=0.04)
    assert averages["twfe"] < 0.25
    assert held >= 88
