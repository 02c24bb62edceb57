"""Cases that a reader would try on the whole way from file to verdict, and how often it errs when nothing is true."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pytest

from experiments.deciding.evidence_in_force import in_force
from experiments.evidence.assess import assess
from experiments.evidence.recommend import recommend
from experiments.running.assign import assigned
from experiments.running.ingest import ingest
from stats.plan import Looks, Plan, PlannedMetric
from stats.rehearsing.operating import SiteModel, Truth, operate
from stats.simulate import SimulatedMetric, World, simulate
from stats.spec import MetricSpec

Lead = Callable[..., Any]
ONE_LOOK = {"fractions": [1.0], "extension": None}


@pytest.fixture
def asked(waiting: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    document = waiting(looks=ONE_LOOK)
    document["metrics"]["success"][0]["worst"] = {"without_because": "too few contacts for a tail"}
    return document


def _judged(led: Any, metrics: tuple[SimulatedMetric, ...], *, contacts: float = 60, weeks: int = 8) -> dict[str, Any]:
    """Records of such a world, brought, assessed and judged."""
    import pyarrow.csv

    from experiments.charters.charter import Charter

    where = Charter.model_validate(led.desk.pilot(led.key).draft).where
    assert where.start is not None
    drawn = assigned(led.desk, led.desk.pilot(led.key))
    assert drawn is not None
    world = World(
        sites=drawn.arms,
        metrics=metrics,
        start=where.start,
        weeks_before=weeks,
        contacts=contacts,
        seed=5,
        delivered=0.96,
    )
    pyarrow.csv.write_csv(simulate(world).table.drop_columns(["arm"]), led.data)
    owner = led.desk.as_person("Ana Lima")
    ingest(owner, led.key, led.data)
    assess(owner, led.key)
    return recommend(owner, led.key)


ON_TIME = SimulatedMetric(column="on_time", family="share", level=0.9, icc=0.003)


def test_a_survey_that_a_quarter_answers_in_both_arms_gives_a_normal_verdict(lead: Lead, asked: Any) -> None:
    asked["metrics"]["success"][0] |= {
        "name": "Satisfaction", "survey": True, "unit": "points of 10", "better": "higher", "mwe": 0.5
    }  # fmt: skip
    asked["hypothesis"] |= {"direction": "up", "by": 0.5}
    led = lead("assigned", document=asked)
    answers = SimulatedMetric(column="wait_s", level=6, spread=2, effect=1.2, icc=0.005, response=(0.25, 0.25))
    said = _judged(led, (answers, ON_TIME))
    assert (said["verdict"], said["scope"], said["grade"]) == ("SCALE", "full", "A")


def test_t3_a_precise_zero_is_stopped_as_nothing_worth_having(lead: Lead, asked: Any) -> None:
    led = lead("assigned", document=asked)
    waits = SimulatedMetric(column="wait_s", family="duration", level=200, spread=60, effect=0.0, icc=0.003)
    said = _judged(led, (waits, ON_TIME))
    assert (said["verdict"], said["reasons"][0]["code"]) == ("STOP", "NO_WORTHWHILE_EFFECT")


def test_t7_sites_chosen_by_managers_are_bracketed_checked_and_capped(lead: Lead, asked: Any) -> None:
    document = copy.deepcopy(asked)
    where = document["where"]
    where |= {"design": "before_after_control", "how_chosen": "managers who wanted it", "favourable": True}
    where["baseline_from"] = "2025-10-13"
    where["sites"] = [{"key": f"B{n:02d}", "forced": n <= 6} for n in range(1, 13)]
    where["assignment"] = {"method": "chosen"}
    led = lead("assigned", document=document)
    waits = SimulatedMetric(column="wait_s", family="duration", level=200, spread=60, effect=-50, icc=0.003)
    said = _judged(led, (waits, ON_TIME), weeks=20)
    found = json.loads(in_force(led.desk, led.desk.pilot(led.key)).evidence.canonical)
    assert found["grade"]["grade"] in {"B", "C"}, found["grade"]
    assert found["metrics"]["wait"]["bracket"]
    wait = found["metrics"]["wait"]
    checks = [check["key"] for check in (*found["checks"], *wait["checks"], *wait["result"]["checks"])]
    assert "placebo_date" in checks
    assert said["verdict"] in {"SCALE", "ITERATE"}
    assert said["scope"] in {None, "staged", "limited"}
    assert "favourable_sites" in said["notes"]


# How often it errs -----------------------------------------------------------------------------------------------


def _plan(**changes: Any) -> Plan:
    wait = PlannedMetric(key="wait", name="Wait", role="SUCCESS", mwe=1.0, spec=MetricSpec(column="wait"))
    values: dict[str, Any] = {"metrics": [wait], "looks": Looks(), **changes}
    return Plan(pilot="p", title="P", design="randomised_sites", **values)


@pytest.mark.slow
@pytest.mark.parametrize("sites", [4, 10])
def test_with_all_its_planned_looks_a_useless_change_is_scaled_in_five_per_cent_at_most(sites: int) -> None:
    """Half-way, at the end and the extension: the looks that are all that peeking through the product can get."""
    model = SiteModel(n_control=sites, n_treatment=sites, sd={"wait": sqrt(sites / 2) / 2.12})
    got = operate(_plan(), model, Truth(key="nothing", effects={}), pilots=3000, seed=11)
    assert got.verdicts["SCALE"].value <= 0.05 + 2 * got.verdicts["SCALE"].error


@pytest.mark.slow
def test_t5_four_against_four_sites_find_a_difference_where_none_is_in_five_per_cent() -> None:
    """A/A: eight like sites through the engine's own comparison of sites, adjusted for what was before."""
    from scipy.special import stdtrit

    from stats.methods.site_means import site_ancova_many

    rng = np.random.default_rng(20260301)
    pilots, sites = 20_000, 8
    steady = rng.normal(size=(pilots, sites))
    before, after = (steady + rng.normal(size=(pilots, sites)) for _ in range(2))
    fits = site_ancova_many(after, np.arange(sites) >= sites // 2, before[:, :, None])
    found = float(np.mean(np.abs(fits.t) > stdtrit(fits.df, 0.975)))
    assert found == pytest.approx(0.05, abs=3 * sqrt(0.05 * 0.95 / pilots))
