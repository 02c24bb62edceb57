"""Replaying the draw: exact where it can be, never zero, and no smaller than the draw allows."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from stats.methods.permutation import inverted_limit, randomisation_p, replay_within
from stats.methods.site_means import SiteValues


def values(y: list[float], treated: list[int], groups: list[int] | None = None) -> SiteValues:
    return SiteValues(
        sites=tuple(f"s{i}" for i in range(len(y))),
        y=np.array(y),
        treated=np.array(treated, dtype=bool),
        volume=np.ones(len(y)),
        groups=None if groups is None else np.array(groups),
    )


def test_three_against_three_can_give_no_p_below_a_tenth() -> None:
    extreme = values([1, 2, 3, 11, 12, 13], [0, 0, 0, 1, 1, 1])
    p = randomisation_p(extreme, replay_within(extreme.treated))
    assert p.exact
    assert p.two_sided == p.floor == pytest.approx(0.1)
    assert p.greater == p.floor_one_sided == pytest.approx(0.05)


def test_two_of_ten_has_a_floor_of_one_in_forty_five() -> None:
    extreme = values([1, 2, 3, 4, 5, 6, 7, 8, 30, 31], [0] * 8 + [1, 1])
    p = randomisation_p(extreme, replay_within(extreme.treated))
    assert p.two_sided == p.floor == pytest.approx(1 / 45)


def test_equal_arms_are_ranked_as_by_the_difference_of_means() -> None:
    rng = np.random.default_rng(5)
    y = rng.normal(size=8)
    data = values(list(y), [1, 0, 1, 0, 1, 0, 1, 0])
    seen = abs(y[::2].mean() - y[1::2].mean())
    gaps = [
        abs(y[list(chosen)].mean() - y[[i for i in range(8) if i not in chosen]].mean())
        for chosen in combinations(range(8), 4)
    ]
    expected = np.mean([gap >= seen - 1e-12 for gap in gaps])
    assert randomisation_p(data, replay_within(data.treated)).two_sided == pytest.approx(expected)


def test_a_draw_within_strata_is_replayed_within_them() -> None:
    treated = np.array([1, 0, 0, 1, 1, 0, 0], dtype=bool)
    groups = np.array([0, 0, 0, 1, 1, 1, 1])
    replays = replay_within(treated, groups)
    assert replays.total == len(replays.arms) == 3 * 6
    assert (replays.arms[:, :3].sum(axis=1) == 1).all()
    assert (replays.arms[:, 3:].sum(axis=1) == 2).all()
    assert len(np.unique(replays.arms, axis=0)) == 18


def test_pairs_flip_one_by_one() -> None:
    replays = replay_within(np.array([1, 0, 0, 1, 1, 0], dtype=bool), np.array([0, 0, 1, 1, 2, 2]))
    assert replays.total == 8
    assert replays.p_floor == pytest.approx(2 / 8)


def test_too_many_assignments_are_sampled_and_the_p_is_never_zero() -> None:
    extreme = values([*range(15), *range(100, 115)], [0] * 15 + [1] * 15)
    replays = replay_within(extreme.treated, draws=999)
    p = randomisation_p(extreme, replays)
    assert not p.exact
    assert p.two_sided == pytest.approx(1 / 1000)
    assert (replays.arms.sum(axis=1) == 15).all()


def test_the_same_seed_gives_the_same_draws() -> None:
    treated = np.arange(30) < 12
    first, again = (replay_within(treated, draws=200, seed=3).arms for _ in range(2))
    assert (first == again).all()
    assert (first != replay_within(treated, draws=200, seed=4).arms).any()


def test_random_draws_within_strata_are_fair() -> None:
    replays = replay_within(np.arange(40) % 4 == 0, np.arange(40) % 2, draws=8000, enumerate_up_to=1)
    share = replays.arms.mean(axis=0)
    # 10 of the 20 even sites, none of the odd; Monte Carlo error of a share of one half: .0056, four of them.
    assert share[::2] == pytest.approx(0.5, abs=0.0224)
    assert (share[1::2] == 0).all()


def test_sampled_p_agrees_with_the_exact_one() -> None:
    rng = np.random.default_rng(8)
    data = values(list(rng.normal(size=12)), [0, 1] * 6)
    exact = randomisation_p(data, replay_within(data.treated)).two_sided
    sampled = randomisation_p(data, replay_within(data.treated, enumerate_up_to=1, draws=20_000)).two_sided
    # Four Monte Carlo errors of a share from 20,000 draws.
    assert sampled == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000))


def test_the_limit_is_where_the_test_stops_rejecting() -> None:
    rng = np.random.default_rng(9)
    data = values(list(rng.normal(size=12) + np.tile([0, 2.0], 6)), [0, 1] * 6)
    replays = replay_within(data.treated)
    limit = inverted_limit(data, replays, None, centre=2.0, reach=3.0, level=0.025, upper=False)
    assert limit is not None
    for shift, rejected in ((limit - 1e-6, True), (limit + 1e-6, False)):
        moved = replace(data, y=data.y - shift * data.treated)
        assert (randomisation_p(moved, replays).greater <= 0.025) is rejected


def test_an_interval_beyond_the_floor_is_unbounded() -> None:
    data = values([1, 2, 3, 11, 12, 13], [0, 0, 0, 1, 1, 1])
    replays = replay_within(data.treated)
    assert inverted_limit(data, replays, None, centre=10, reach=3, level=0.025, upper=True) is None
    assert inverted_limit(data, replays, None, centre=10, reach=3, level=0.05, upper=True) is not None
