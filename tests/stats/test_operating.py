"""The rule on simulated pilots: what it does when nothing, enough or harm is true."""

from __future__ import annotations

import importlib.util
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stats.plan import Looks as PlannedLooks
from stats.plan import Plan, PlannedMetric
from stats.rehearsing.operating import (
    Looks,
    SiteModel,
    Truth,
    growthbook,
    lineages,
    naive,
    operate,
    simulate_looks,
    spotify,
    standard_truths,
)
from stats.spec import MetricSpec

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "operating_characteristics.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("operating_characteristics", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def metric(key, **rest):
    return PlannedMetric.model_validate({"key": key, "name": key, "spec": MetricSpec(column="x"), **rest})


def small_plan(**changes):
    metrics = [
        metric("a", role="SUCCESS", mwe=1.0),
        metric("b", role="SUCCESS", mwe=1.0),
        metric("g", role="GUARDRAIL", margin=1.5, guardrail_class="PROVE"),
    ]
    values = {"metrics": metrics, "looks": PlannedLooks(fractions=[1.0], extension=None), **changes}
    return Plan(pilot="p", title="p", design="randomised_sites", **values)


SITES = SiteModel(n_control=10, n_treatment=10, sd={"a": 1.0, "b": 1.0, "g": 1.0})
WIN = Truth(key="win", effects={"a": 1.8})


def test_every_pilot_ends_in_one_verdict():
    got = operate(small_plan(), SITES, WIN, pilots=200)
    assert sum(share.value for share in got.verdicts.values()) == pytest.approx(1.0)
    assert sum(share.value for share in got.rows.values()) == pytest.approx(1.0)
    assert sum(share.value for share in got.scopes.values()) == pytest.approx(got.verdicts["SCALE"].value)


def test_the_same_seed_gives_the_same_figures_and_another_seed_others():
    first = operate(small_plan(), SITES, WIN, pilots=200, seed=1)
    assert operate(small_plan(), SITES, WIN, pilots=200, seed=1) == first
    assert operate(small_plan(), SITES, WIN, pilots=200, seed=2) != first


def test_a_metric_where_less_is_better_gives_the_same_figures():
    plan = small_plan()
    turned = small_plan(metrics=[item.model_copy(update={"better": "lower"}) for item in plan.metrics])
    assert operate(turned, SITES, WIN, pilots=200) == operate(plan, SITES, WIN, pilots=200)


def test_simulated_estimates_have_the_precision_of_the_model():
    """sd 1, 10 v 10 sites: SE sqrt(.2) at the planned end, sqrt(.4) at half the information; correlation .3."""
    plan = small_plan(looks=PlannedLooks(fractions=[0.5, 1.0], extension=1.5))
    looks = simulate_looks(plan, SITES, WIN, pilots=20_000, rng=np.random.default_rng(1))
    spread = looks.effect.std(axis=1)
    for look, information in enumerate((0.5, 1.0, 1.5)):
        assert spread[look] == pytest.approx(np.sqrt(0.2 / information), rel=0.02)  # 4 Monte Carlo errors
        assert np.sqrt((looks.std_error[look] ** 2).mean(axis=0)) == pytest.approx(spread[look], rel=0.02)
    assert looks.effect[1].mean(axis=0) == pytest.approx([1.8, 0.0, 0.0], abs=0.013)
    assert np.corrcoef(looks.effect[1].T)[0, 1] == pytest.approx(0.3, abs=0.03)
    # Increments are independent: the correlation between looks is sqrt(information ratio).
    assert np.corrcoef(looks.effect[0, :, 0], looks.effect[1, :, 0])[0, 1] == pytest.approx(np.sqrt(0.5), abs=0.02)


def said(*rows):
    """One look, standard errors 1, normal: one pilot a row."""
    effect = np.array([rows], dtype=float)
    return Looks(effect=effect, std_error=np.ones_like(effect), df=1e6)


def test_the_naive_reader_ships_on_any_significant_gain_and_sees_nothing_else():
    looks = said([2.0, 0.0, -9.0], [1.9, 0.0, 0.0], [-3.0, 0.0, 0.0])
    assert naive(small_plan(), looks).tolist() == [1, 0, 0]


def test_clear_signals_needs_every_goal_and_rolls_back_on_any_loser():
    looks = said([2.0, 2.0, 0.0], [2.0, 0.0, 0.0], [2.0, 2.0, -2.0], [-2.0, 0.0, 0.0], [2.0, -2.0, 0.0])
    assert growthbook(small_plan(), looks).tolist() == [1, 0, -1, -1, 0]


def test_spotify_needs_a_gain_at_alpha_over_s_and_safety_at_alpha():
    """z(.975) = 1.96 for one of two; guardrail above -1.5 by 1.645; nothing deteriorated."""
    looks = said([2.0, 0.0, 0.15], [2.0, 0.0, 0.14], [1.9, 0.0, 1.0], [2.0, -3.0, 1.0])
    assert spotify(small_plan(), looks).tolist() == [1, 0, 0, 0]


def test_truths_cover_nothing_enough_harm_and_a_paid_for_win():
    truths = {truth.key: truth.effects for truth in standard_truths(small_plan())}
    assert truths["nothing"] == {}
    assert truths["harm"] == {"a": -1.0, "b": -1.0}
    assert truths["strong"] == {"a": 1.8}
    assert truths["guardrail_at_margin"] == {"a": 1.8, "g": -1.5}


def test_progress_is_told_every_hundred_pilots():
    told = []
    operate(small_plan(), SITES, WIN, pilots=250, progress=told.append)
    assert told == [100, 200]


def test_a_useless_idea_retried_as_three_versions_rarely_scales():
    ends = lineages(small_plan(), SITES, Truth(key="nothing", effects={}), pilots=600)
    assert ends["SCALE"].value <= 0.05 + 2 * ends["SCALE"].error
    assert ends["ITERATE"].value == 0.0  # the third version is the last: out of rounds


@pytest.mark.slow
@pytest.mark.parametrize("sites", [6, 8, 12, 20, 40])
@pytest.mark.parametrize("default_rule", [False, True], ids=["reference", "default"])
def test_false_scale_stays_within_five_percent(script, sites, default_rule):
    plan = script.the_plan(default_rule=default_rule)
    for truth in standard_truths(plan):
        if truth.key in ("nothing", "harm", "guardrail_at_margin"):
            share = operate(plan, script.the_sites(plan, sites), truth, pilots=2000, seed=sites).verdicts["SCALE"]
            assert share.value <= 0.05 + 3 * share.error, truth.key


@pytest.mark.slow
@pytest.mark.parametrize(
    ("truth", "verdict", "least", "most"),
    [
        ("strong", "SCALE", 0.75, 1.0),
        ("nothing", "STOP", 0.60, 1.0),
        ("nothing", "ITERATE", 0.0, 0.40),
        ("harm", "STOP", 0.95, 1.0),
        ("mwe", "STOP", 0.0, 0.13),
        ("small", "SCALE", 0.0, 0.10),
    ],
)
@pytest.mark.parametrize("default_rule", [False, True], ids=["reference", "default"])
def test_a_pilot_of_the_planned_size_meets_its_targets(script, truth, verdict, least, most, default_rule):
    plan = script.the_plan(default_rule=default_rule)
    supposed = next(item for item in standard_truths(plan) if item.key == truth)
    share = operate(plan, script.the_sites(plan, 20), supposed, pilots=2000, seed=7).verdicts[verdict]
    assert least - 3 * share.error <= share.value <= most + 3 * share.error


@pytest.mark.slow
@pytest.mark.parametrize("sites", [6, 8, 12, 40])
@pytest.mark.parametrize("default_rule", [False, True], ids=["reference", "default"])
def test_a_gain_worth_having_is_rarely_stopped_at_any_size(script, sites, default_rule):
    """gamma + .03, few sites and the extension included."""
    plan = script.the_plan(default_rule=default_rule)
    enough = Truth(key="mwe", effects={"success 1": 1.0})
    share = operate(plan, script.the_sites(plan, sites), enough, pilots=2000, seed=sites).verdicts["STOP"]
    assert share.value <= 0.13 + 3 * share.error


@pytest.mark.slow
@pytest.mark.parametrize("sites", [8, 20])
def test_the_reference_table_is_met_within_three_points(script, sites):
    plan = script.the_plan(default_rule=False)
    for truth in standard_truths(plan):
        got = operate(plan, script.the_sites(plan, sites), truth, pilots=4000, seed=sites).verdicts
        for name, expected in zip(("SCALE", "ITERATE", "STOP"), script.REFERENCE[truth.key][sites], strict=True):
            assert got[name].value == pytest.approx(expected, abs=0.03), (truth.key, name)


@pytest.mark.slow
@pytest.mark.parametrize("sites", [6, 8, 12])
def test_a_useless_idea_without_values_in_money_is_not_scaled_by_retrying(script, sites):
    """The hardest case: nothing but its own data ends it."""
    plan = script.the_plan(default_rule=True).model_copy(update={"finance": None})
    nothing = Truth(key="nothing", effects={})
    scaled = lineages(plan, script.the_sites(plan, sites), nothing, pilots=4000, seed=sites)["SCALE"]
    assert scaled.value <= 0.05 + 3 * scaled.error


@pytest.mark.slow
def test_a_rehearsal_of_2000_pilots_takes_less_than_20_seconds(script):
    plan = script.the_plan(default_rule=True)
    started = time.process_time()
    operate(plan, script.the_sites(plan, 20), WIN, pilots=2000)
    assert time.process_time() - started < 20


def test_a_larger_plan_only_narrows():
    """Twice the sites: the same truth is decided more often, in its direction."""
    wide, narrow = SITES, replace(SITES, n_control=40, n_treatment=40)
    shares = [operate(small_plan(), model, WIN, pilots=400).verdicts["SCALE"].value for model in (wide, narrow)]
    assert shares[1] > shares[0]
