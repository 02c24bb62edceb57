"""A roll-out's data through the product's own assessment: the right sites, the right weeks, the right answer."""

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from stats.errors import RefusedSpec
from stats.plan import Columns, Plan, PlannedMetric
from stats.results import Estimate
from stats.rollout.measuring import measuring_plan
from stats.rollout.rings import RingRule, RolloutSite, draw_rings
from stats.rollout.settled import settled_estimate
from stats.rollout.where import measure_where
from stats.spec import ArmSpec, MetricSpec

FIRST = date(2026, 9, 7)
WEEKS_BEFORE = 8
EFFECT = 2.0
SITES = [
    *(RolloutSite(key=f"new {number:02d}", stratum="north" if number < 12 else "south") for number in range(24)),
    *(RolloutSite(key=f"pilot {number}", stratum="north", had_change=True) for number in range(4)),
]
RINGS = draw_rings(SITES, RingRule(rings=3, weeks_per_ring=4))
STARTS = (FIRST, date(2026, 10, 5), date(2026, 11, 2))
MEASURED = (date(2026, 10, 4), date(2026, 11, 1), date(2026, 11, 29))
METRICS = [
    PlannedMetric(key="sat", name="Satisfaction", role="SUCCESS", spec=MetricSpec(column="sat"), mwe=1.0),
    PlannedMetric(
        key="wait", name="Wait", role="GUARDRAIL", spec=MetricSpec(column="wait"), margin=1.0, better="lower"
    ),
    PlannedMetric(key="gone", name="Gone", role="GUARDRAIL", spec=MetricSpec(column="not_there"), margin=1.0),
]


def pilot_plan(**columns):
    return Plan(
        pilot="p",
        title="P",
        design="randomised_sites",
        metrics=METRICS,
        columns=Columns(**{"site": "shop", "arm": ArmSpec(column="arm", treatment=1, control=0), **columns}),
        start=date(2026, 3, 2),
        end=date(2026, 5, 24),
        draws=199,
    )


def records(effect=EFFECT, noise=0.3, seed=1):
    """A row per site and day (two a week); sites of the pilot far off, so that counting them would be seen."""
    rng = np.random.default_rng(seed)
    rows = []
    for site in SITES:
        ring = RINGS.ring_of.get(site.key)
        starts = STARTS[ring - 1] if ring else None
        level = rng.normal(50, 5) + (40 if site.had_change else 0)
        for week in range(-WEEKS_BEFORE, 12):
            for day in (1, 4):
                when = FIRST + timedelta(weeks=week, days=day)
                changed = starts is not None and when >= starts
                rows.append(
                    {
                        "shop": site.key,
                        "day": when,
                        "week": FIRST + timedelta(weeks=week),
                        "sat": level + 0.2 * week + effect * changed + rng.normal(0, noise),
                        "wait": 20 - level / 10 + rng.normal(0, noise),
                    }
                )
    return pd.DataFrame(rows)


def measure(plan, table, rings, starts, *, until):
    """Without where the effect is."""
    return measure_where(plan, table, rings, starts, until=until, keys=())[0]


def details_of(evidence, name):
    return evidence.metrics["sat"].result.details[name]


def table_of(frame):
    return ibis.memtable(pa.Table.from_pylist(frame.to_dict("records")))


@pytest.fixture(scope="module")
def table():
    return table_of(records())


def test_the_effect_is_found_at_the_last_ring(table):
    evidence = measure(pilot_plan(timestamp="day"), table, RINGS, STARTS, until=MEASURED[-1])
    result = evidence.metrics["sat"].result
    assert isinstance(result, Estimate)
    assert abs(result.effect - EFFECT) < 4 * result.std_error
    assert result.std_error < 0.3
    assert result.n_control == len(RINGS.held_back)
    assert result.n_treatment == sum(map(len, RINGS.rings))


def test_every_metric_of_the_plan_is_measured_in_one_go_and_one_without_data_stops_nobody(table):
    evidence = measure(pilot_plan(timestamp="day"), table, RINGS, STARTS, until=MEASURED[-1])
    assert set(evidence.metrics) == {"sat", "wait", "gone"}
    wait = evidence.metrics["wait"].result
    assert abs(wait.effect) < 4 * wait.std_error
    assert not isinstance(evidence.metrics["gone"].result, Estimate)


def test_sites_that_had_the_change_in_the_pilot_do_not_count(table):
    evidence = measure(pilot_plan(timestamp="day"), table, RINGS, STARTS, until=MEASURED[-1])
    assert {line.site for line in evidence.metrics["sat"].sites} == {s.key for s in SITES if not s.had_change}


def test_the_first_ring_is_measured_on_data_until_its_end_with_all_others_as_comparison(table):
    evidence = measure(pilot_plan(timestamp="day"), table, RINGS, STARTS, until=MEASURED[0])
    result = evidence.metrics["sat"].result
    assert result.n_treatment == len(RINGS.rings[0])
    assert result.n_control == len(SITES) - 4 - len(RINGS.rings[0])
    assert max(line["time"] for line in details_of(evidence, "event_study")) == RINGS.rule.weeks_per_ring - 1


def test_data_after_a_ring_do_not_change_its_measurement():
    frame = records()
    spoilt = frame.assign(sat=frame["sat"].where(frame["day"] <= MEASURED[0], -1e6))
    plan = pilot_plan(timestamp="day")
    first, second = (measure(plan, table_of(each), RINGS, STARTS, until=MEASURED[0]) for each in (frame, spoilt))
    assert first.metrics["sat"].result.effect == second.metrics["sat"].result.effect


def test_weeks_named_by_their_first_day_give_the_same_answer(table):
    by_day, by_week = (
        measure(pilot_plan(**columns), table, RINGS, STARTS, until=MEASURED[-1]).metrics["sat"].result
        for columns in ({"timestamp": "day"}, {"period": "week"})
    )
    assert by_week.effect == pytest.approx(by_day.effect, rel=1e-9)
    assert by_week.std_error == pytest.approx(by_day.std_error, rel=1e-9)


def test_effects_by_ring_and_over_time_are_there(table):
    evidence = measure(pilot_plan(timestamp="day"), table, RINGS, STARTS, until=MEASURED[-1])
    assert [line["sites"] for line in details_of(evidence, "cohorts")] == [len(ring) for ring in RINGS.rings]
    assert {line["time"] for line in details_of(evidence, "event_study")} >= set(range(12))


def test_the_order_of_the_rings_is_dealt_out_anew_within_strata(table):
    evidence = measure(pilot_plan(timestamp="day"), table, RINGS, STARTS, until=MEASURED[-1])
    assert evidence.metrics["sat"].result.p_randomisation <= 0.01


def test_data_without_a_site_are_refused():
    plan = pilot_plan(timestamp="day", site=None)
    with pytest.raises(RefusedSpec, match="site"):
        measuring_plan(plan, RINGS, STARTS, until=MEASURED[-1])


@pytest.mark.parametrize("columns", [{"timestamp": "day"}, {"period": "week"}])
def test_an_effect_that_is_gone_after_three_weeks_is_not_settled(columns):
    frame = records(effect=0.0)
    start = {key: STARTS[ring - 1] for key, ring in RINGS.ring_of.items()}
    early = [
        site in start and start[site] <= when < start[site] + timedelta(weeks=2)
        for site, when in zip(frame["shop"], frame["day"], strict=True)
    ]
    fading = table_of(frame.assign(sat=frame["sat"] + 3.0 * pd.Series(early, dtype=float)))
    evidence = measure(pilot_plan(**columns), fading, RINGS, STARTS, until=MEASURED[-1])
    settled = settled_estimate(evidence, "sat")
    # Half of a ring of four weeks is two weeks.
    assert evidence.details["settled"]["sat"]["from_week"] == 2
    assert abs(settled.effect) < 4 * settled.std_error
    assert evidence.metrics["sat"].result.effect > 0.5


def test_a_metric_without_data_has_no_settled_effect(table):
    evidence = measure(pilot_plan(timestamp="day"), table, RINGS, STARTS, until=MEASURED[-1])
    assert settled_estimate(evidence, "gone") is None


def test_weeks_that_are_not_named_by_a_date_are_refused():
    frame = records().assign(week="W1")
    with pytest.raises(RefusedSpec, match="rollout_needs_dates"):
        measure(pilot_plan(period="week"), table_of(frame), RINGS, STARTS, until=MEASURED[-1])
