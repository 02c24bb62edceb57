"""Versions of a pilot: the random-walk filter against statsmodels' local level, and the alpha that looks use."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from stats.assessing.delivered import SiteWeek, delivery_from_check_ins
from stats.combining.sequential import spent
from stats.lineage import alpha_used, filtered
from stats.plan import Looks, Plan


def test_the_filter_is_that_of_a_local_level_with_known_variances() -> None:
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    effects, error, step = [10.0, 2.0, 5.0, 6.5], 4.0, 3.0
    model = UnobservedComponents(np.array(effects), "local level")
    theirs = model.smooth([error**2, step**2])
    ours = filtered([(effect, error) for effect in effects], step)
    # Theirs begins with a diffuse (exact) prior as ours does; agreement is numerical.
    for place, version in enumerate(ours):
        assert version is not None
        assert version.effect == pytest.approx(theirs.filtered_state[0, place], rel=1e-4)
        assert version.std_error**2 == pytest.approx(theirs.filtered_state_cov[0, 0, place], rel=1e-4)


def test_versions_that_can_move_far_are_told_apart_and_those_that_can_not_are_put_together() -> None:
    estimates = [(10.0, 4.0), (2.0, 4.0)]
    apart, together = filtered(estimates, step=1e6)[1], filtered(estimates, step=0.0)[1]
    assert apart is not None
    assert together is not None
    assert (apart.effect, apart.std_error) == (pytest.approx(2.0), pytest.approx(4.0))
    assert (together.effect, together.std_error) == (pytest.approx(6.0), pytest.approx(4 / np.sqrt(2)))


def test_a_version_without_an_estimate_only_makes_the_next_one_vaguer() -> None:
    made = filtered([None, (10.0, 4.0), None], step=3.0)
    assert made[0] is None
    assert made[1] is not None
    assert made[2] is not None
    assert made[2].effect == made[1].effect == 10.0
    assert made[2].std_error == 5.0  # the square root of 4^2 + 3^2


def test_alpha_is_used_up_look_by_look_over_the_whole_horizon() -> None:
    plan = Plan(
        pilot="p", title="P", design="randomised_sites", metrics=[], looks=Looks(fractions=[0.5, 1.0], extension=1.5)
    )
    assert alpha_used(plan, 0) == 0.0
    assert alpha_used(plan, 1) == spent("obrien_fleming", 0.05, 1 / 3)
    assert alpha_used(plan, 2) < 0.05
    assert alpha_used(plan, 3) == pytest.approx(0.05)


def test_check_ins_of_treated_sites_within_the_window_count_each_week_once() -> None:
    said = [
        SiteWeek(site="A", week=date(2026, 3, 2), delivered=1.0),
        SiteWeek(site="A", week=date(2026, 3, 9), delivered=0.5),
        SiteWeek(site="B", week=date(2026, 3, 2), delivered=0.9),
        SiteWeek(site="B", week=date(2026, 3, 9), delivered=None, used=0.2),
        SiteWeek(site="control", week=date(2026, 3, 2), delivered=0.0),
        SiteWeek(site="A", week=date(2026, 2, 16), delivered=0.0),
        SiteWeek(site="A", week=date(2026, 6, 1), delivered=0.0),
    ]
    window = (date(2026, 3, 2), date(2026, 5, 10))
    found = delivery_from_check_ins("delivered", said, {"A", "B"}, window)
    assert found is not None
    assert (found.share, found.n, found.source) == (pytest.approx(0.8), 3.0, "check-ins")
    assert delivery_from_check_ins("delivered", said, {"C"}, window) is None
