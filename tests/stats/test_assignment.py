"""Draws by a stated rule and seed: fair, derivable again, and replayed as they were made."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.assignment.draw import Drawn, SiteToAssign, draw, redraw, replay, replay_waves, sites_to_assign
from stats.errors import RefusedSpec
from stats.methods.balance import imbalance, nearest_pairs, site_numbers
from stats.plan import AssignmentRule, PlannedSite

RULES = {
    "complete": AssignmentRule(),
    "stratified": AssignmentRule(method="stratified"),
    "paired": AssignmentRule(method="paired", balance_on=["pre", "size"]),
    "rerandomised": AssignmentRule(method="rerandomised", balance_on=["pre", "size"]),
    "waves": AssignmentRule(method="waves", waves=3),
}


def some_sites(count: int = 12, seed: int = 0) -> list[SiteToAssign]:
    rng = np.random.default_rng(seed)
    return [
        SiteToAssign(
            key=f"s{i:02d}",
            size=float(rng.integers(50, 500)),
            stratum="ab"[i % 2],
            values={"pre": float(rng.normal(50, 9))},
        )
        for i in range(count)
    ]


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), shuffle=st.randoms(use_true_random=False))
def test_a_draw_can_be_made_again_from_its_own_record(name, seed, shuffle):
    rule = RULES[name].model_copy(update={"seed": seed})
    sites = some_sites()
    drawn = draw(sites, rule)
    shuffle.shuffle(sites)
    assert draw(sites, rule) == drawn
    assert redraw(drawn) == drawn
    assert Drawn.from_json(json.loads(drawn.canonical)) == drawn
    assert redraw(Drawn.from_json(json.loads(drawn.canonical))).canonical == drawn.canonical


@pytest.mark.parametrize("name", ["complete", "stratified", "paired", "rerandomised"])
def test_the_draw_is_among_those_replayed(name):
    drawn = draw(some_sites(), RULES[name])
    replays = replay(drawn)
    mine = np.array([drawn.arms[site.key] for site in drawn.sites]) == 1
    assert (replays.arms == mine).all(axis=1).any()
    assert (replays.arms.sum(axis=1) == 6).all()


@pytest.mark.parametrize("name", ["complete", "stratified", "paired", "rerandomised"])
def test_over_many_seeds_every_site_gets_the_change_half_the_time(name):
    sites = some_sites(8)
    rule = RULES[name].model_copy(update={"candidates": 70})
    draws = 600
    counts = np.zeros(8)
    for seed in range(draws):
        counts += list(draw(sites, rule.model_copy(update={"seed": seed})).arms.values())
    # Four Monte Carlo errors of one half in 600 draws: .082.
    assert counts / draws == pytest.approx(np.full(8, 0.5), abs=0.082)


def test_a_change_of_a_site_after_the_draw_is_seen():
    drawn = draw(some_sites(), RULES["rerandomised"])
    moved = replace(drawn, arms={**drawn.arms, "s00": 1 - drawn.arms["s00"]})
    assert redraw(moved) != moved


def test_strata_are_halved_and_what_is_left_over_is_drawn():
    sites = [replace(site, stratum="abc"[i % 3]) for i, site in enumerate(some_sites(15))]
    drawn = draw(sites, AssignmentRule(method="stratified", n_treatment=7))
    by_stratum = {s: sum(drawn.arms[site.key] for site in sites if site.stratum == s) for s in "abc"}
    assert sum(by_stratum.values()) == 7
    assert set(by_stratum.values()) <= {2, 3}


def test_pairs_are_neighbours_on_one_value_and_split_evenly():
    sites = [SiteToAssign(key=f"s{i}", values={"pre": value}) for i, value in enumerate([9, 1, 5, 2, 8, 5.5])]
    drawn = draw(sites, AssignmentRule(method="paired", balance_on=["pre"]))
    partners: dict[str, set[str]] = {}
    for site, group in zip(drawn.sites, drawn.groups, strict=True):
        partners.setdefault(group, set()).add(site.key)
    assert sorted(map(sorted, partners.values())) == [["s0", "s4"], ["s1", "s3"], ["s2", "s5"]]
    assert all(sum(drawn.arms[key] for key in pair) == 1 for pair in partners.values())


def test_pairs_on_two_values_can_not_be_bettered_by_an_exchange():
    numbers = site_numbers(some_sites(10, seed=4), ["pre", "size"])
    labels = np.array(nearest_pairs(numbers))
    x = np.column_stack([(v - v.mean()) / v.std() for v in numbers.values()])
    shuffled = [np.random.default_rng(seed).permutation(10).reshape(5, 2) for seed in range(300)]
    mine = sum(float(np.linalg.norm(np.diff(x[labels == label], axis=0))) for label in set(labels))
    assert mine < np.quantile([sum(np.linalg.norm(x[a] - x[b]) for a, b in pairs) for pairs in shuffled], 0.05)


def test_re_randomised_draws_are_better_balanced_than_any_left_out():
    sites = [replace(site, stratum=None) for site in some_sites()]
    drawn = draw(sites, AssignmentRule(method="rerandomised", balance_on=["pre"], keep_best=0.1))
    assert drawn.considered == 924
    assert 92 <= drawn.acceptable <= 96
    replays = replay(drawn)
    distance = imbalance(site_numbers(drawn.sites, ["pre"]), replays.arms)
    every = imbalance(site_numbers(drawn.sites, ["pre"]), replay(draw(sites, AssignmentRule())).arms)
    assert distance.max() <= np.quantile(every, 0.105)
    assert replays.mirrored
    assert replays.p_floor == pytest.approx(2 / drawn.acceptable)


def test_imbalance_of_one_value_is_its_squared_t_without_pooling():
    x = np.array([1.0, 2, 3, 4])
    arms = np.array([[True, True, False, False]])
    # (difference / sd)^2 x n1 n0 / n
    assert imbalance({"x": x}, arms)[0] == pytest.approx((2 / x.std(ddof=1)) ** 2)


def test_forced_sites_keep_their_arm_in_the_draw_and_in_its_replay():
    sites = some_sites(8)
    sites[2] = replace(sites[2], forced_arm=1)
    sites[5] = replace(sites[5], forced_arm=0)
    drawn = draw(sites, AssignmentRule())
    assert drawn.forced == ("s02", "s05")
    replays = replay(drawn)
    assert len(replays.arms) == 20
    assert replays.arms[:, 2].all()
    assert not replays.arms[:, 5].any()
    assert not replays.mirrored


def test_waves_are_as_even_as_can_be_and_replayed_as_orders():
    drawn = draw(some_sites(8), AssignmentRule(method="waves", waves=3))
    assert sorted(np.bincount(list(drawn.arms.values()))[1:]) == [2, 3, 3]
    orders = replay_waves(drawn, draws=50)
    assert (np.sort(orders, axis=1) == sorted(drawn.arms.values())).all()


def test_the_plans_sites_are_taken_over():
    planned = [PlannedSite(key="a", size=3, forced=True), PlannedSite(key="b", stratum="x")]
    made = sites_to_assign(planned, {"b": {"pre": 2.0}})
    assert made[0].forced_arm == 1
    assert made[1].values == {"pre": 2.0}


@pytest.mark.parametrize(
    ("sites", "rule", "code"),
    [
        ([*some_sites(4), some_sites(1)[0]], AssignmentRule(), "assign_site_twice"),
        (some_sites(4), AssignmentRule(n_treatment=4), "assign_too_few_sites"),
        (some_sites(1), AssignmentRule(), "assign_too_few_sites"),
        ([], AssignmentRule(), "assign_too_few_sites"),
        ([replace(s, forced_arm=1) for s in some_sites(4)], AssignmentRule(), "assign_too_many_forced"),
        (
            [replace(s, forced_arm=i % 2) for i, s in enumerate(some_sites(4))],
            AssignmentRule(),
            "assign_nothing_to_draw",
        ),
        ([replace(s, forced_arm=7) for s in some_sites(4)], AssignmentRule(), "assign_forced_arm"),
        (some_sites(4), AssignmentRule(method="chosen"), "assign_nothing_to_draw"),
        ([replace(s, stratum=None) for s in some_sites(4)], AssignmentRule(method="stratified"), "assign_no_stratum"),
        (some_sites(5), AssignmentRule(method="paired"), "assign_odd"),
        (some_sites(6), AssignmentRule(method="paired", n_treatment=2), "assign_pairs_halve"),
        ([replace(s, pair="p") for s in some_sites(4)], AssignmentRule(method="paired"), "assign_pair_not_two"),
        (some_sites(6), AssignmentRule(method="rerandomised", balance_on=["age"]), "assign_no_value"),
        ([SiteToAssign(key=k) for k in "abcd"], AssignmentRule(method="rerandomised"), "assign_nothing_to_balance_on"),
        (some_sites(6), AssignmentRule(method="rerandomised", keep_best=1.5), "assign_keep_best"),
        (some_sites(2), AssignmentRule(method="waves", waves=3), "assign_waves"),
        (some_sites(6), AssignmentRule(method="waves"), "assign_waves"),
    ],
)
def test_what_stands_against_a_draw_is_said(sites, rule, code):
    with pytest.raises(RefusedSpec) as refused:
        draw(sites, rule)
    assert code in {problem.code for problem in refused.value.problems}


def test_everything_that_stands_against_a_draw_is_said_at_once():
    with pytest.raises(RefusedSpec) as refused:
        draw(some_sites(5), AssignmentRule(method="paired", balance_on=["age"], n_treatment=9, keep_best=3))
    assert len(refused.value.problems) >= 4
