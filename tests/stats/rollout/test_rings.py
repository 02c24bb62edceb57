"""Who starts when is drawn by lot, can be drawn again, and leaves enough sites as before."""

from collections import Counter
from dataclasses import replace

import pytest

from stats.errors import RefusedSpec
from stats.rollout.rings import RingRule, Rings, RolloutSite, draw_rings, redraw


def sites(count, *, strata=("north", "south"), pilot=0):
    new = [RolloutSite(key=f"s{n:03d}", stratum=strata[n % len(strata)], size=float(n)) for n in range(count)]
    return new + [RolloutSite(key=f"p{n}", stratum=strata[0], had_change=True) for n in range(pilot)]


def codes(wrong, rule):
    with pytest.raises(RefusedSpec) as refused:
        draw_rings(wrong, rule)
    return {problem.code for problem in refused.value.problems}


@pytest.mark.parametrize("count", [20, 21, 25, 26, 27, 39, 40, 100, 333])
@pytest.mark.parametrize("share", [0.10, 0.15, 0.20])
def test_from_twenty_sites_on_ten_to_twenty_percent_and_at_least_four_are_kept_as_before(count, share):
    rings = draw_rings(sites(count), RingRule(holdback_share=share))
    assert len(rings.held_back) >= 4
    assert 0.10 <= round(rings.holdback_share, 2) <= 0.20
    assert not rings.scaled_down


@pytest.mark.parametrize(("count", "held"), [(4, 1), (9, 1), (10, 2), (15, 3), (19, 3)])
def test_below_twenty_sites_fewer_are_kept_and_that_is_said(count, held):
    rings = draw_rings(sites(count), RingRule(rings=2))
    assert len(rings.held_back) == held
    assert rings.scaled_down


def test_every_new_site_has_exactly_one_place_and_those_of_the_pilot_stand_apart():
    rings = draw_rings(sites(41, pilot=5), RingRule(rings=3))
    placed = [*rings.held_back, *(key for ring in rings.rings for key in ring)]
    assert sorted(placed) == sorted(site.key for site in rings.sites if not site.had_change)
    assert rings.had_change == ("p0", "p1", "p2", "p3", "p4")


def test_rings_are_as_even_as_can_be_within_each_stratum():
    rings = draw_rings(sites(80, strata=("a", "b")), RingRule(rings=4))
    stratum = {site.key: site.stratum for site in rings.sites}
    for ring in (*rings.rings, rings.held_back):
        counts = Counter(stratum[key] for key in ring)
        assert abs(counts["a"] - counts["b"]) <= 3
    sizes = [len(ring) for ring in rings.rings]
    assert max(sizes) - min(sizes) <= 1


def test_large_and_small_sites_are_in_every_ring():
    rings = draw_rings(sites(80, strata=("a",)), RingRule(rings=4))
    size = {site.key: site.size for site in rings.sites}
    for ring in rings.rings:
        # 79 / 2 = 39.5 is the mean of all; simple random rings of 17 would be off by 5.3 (one sd).
        assert abs(sum(size[key] for key in ring) / len(ring) - 39.5) < 5


def test_each_site_is_kept_as_before_about_equally_often():
    counts = Counter(
        key for seed in range(400) for key in draw_rings(sites(20), RingRule(rings=2, seed=seed)).held_back
    )
    # 400 draws of 4 in 20: 80 expected, sd 8; five of them for the extreme of twenty sites.
    assert all(40 < counts[site.key] < 120 for site in sites(20))


def test_the_same_seed_draws_the_same_rings_whatever_the_order_of_the_sites():
    rule = RingRule(capacity=10)
    first = draw_rings(sites(40, pilot=3), rule)
    assert draw_rings(sites(40, pilot=3)[::-1], rule) == first
    assert redraw(first) == first
    assert Rings.from_json(first.as_json()) == first
    assert draw_rings(sites(40, pilot=3), replace(rule, seed=2)).rings != first.rings


def test_a_changed_draw_is_seen():
    drawn = draw_rings(sites(40), RingRule())
    moved = replace(drawn, rings=(drawn.rings[0][1:], (*drawn.rings[1], drawn.rings[0][0]), *drawn.rings[2:]))
    assert redraw(moved) != moved


def test_no_ring_is_larger_than_the_capacity():
    rings = draw_rings(sites(60), RingRule(capacity=8))
    assert len(rings.rings) == 7
    assert max(map(len, rings.rings)) <= 8


def test_everything_that_is_wrong_is_said_at_once():
    twice = [*sites(30), RolloutSite(key="s001")]
    rule = RingRule(holdback_share=0.4, weeks_per_ring=0, rings=2, capacity=5)
    assert codes(twice, rule) == {
        "rollout_site_twice",
        "rollout_holdback_share",
        "rollout_at_least_one",
        "rollout_capacity",
    }


def test_three_new_sites_are_too_few():
    assert codes(sites(3, pilot=10), RingRule()) == {"rollout_too_few_sites"}


def test_more_rings_than_sites_are_refused():
    assert codes(sites(6), RingRule(rings=9)) == {"rollout_rings"}
