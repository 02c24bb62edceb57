"""What pictures show beside the estimates: paths of randomised sites, half-hours, gaps of placebos."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from stats.assessing.assess import assess
from stats.evidence import MetricEvidence, as_json
from stats.plan import Columns, Plan, PlannedMetric, canonical_json
from stats.spec import ArmSpec, MetricSpec, PostSpec

START = datetime(2026, 3, 2)
SITES = 8
ARMS = {f"s{number}": int(number < 4) for number in range(SITES)}


def contacts() -> pd.DataFrame:
    """Eight sites, six weeks before the start and four after it, calls from eight to ten on working days."""
    rng = np.random.default_rng(11)
    n = 6_000
    site, week = rng.integers(0, SITES, n), rng.integers(-6, 4, n)
    day, minute = rng.integers(0, 5, n), rng.integers(480, 600, n)
    wait = 100 + 5 * site - 20 * ((week >= 0) & (site < 4)) + rng.normal(0, 10, n)
    moments = [
        START + timedelta(weeks=int(w), days=int(d), minutes=int(m)) for w, d, m in zip(week, day, minute, strict=True)
    ]
    return pd.DataFrame(
        {
            "site": [f"s{number}" for number in site],
            "at": moments,
            "week": week,
            "wait": wait,
            "day": day,
            "minute": minute,
        }
    )


def plan(design: str = "randomised_sites", *metrics: PlannedMetric, **columns: Any) -> Plan:
    wait = PlannedMetric(
        key="wait", name="Wait", role="SUCCESS", better="lower", mwe=5, spec=MetricSpec(kind="mean", column="wait")
    )
    return Plan(
        pilot="p",
        title="t",
        design=design,
        start=START.date(),
        metrics=[wait, *metrics],
        columns=Columns(site="site", **(columns or {"timestamp": "at"})),
        draws=99,
    )


def evidence(data: pd.DataFrame | pa.Table, promised: Plan, arms: dict[str, int] | None = ARMS) -> MetricEvidence:
    return whole(data, promised, arms).metric("wait")


def whole(data: pd.DataFrame | pa.Table, promised: Plan, arms: dict[str, int] | None = ARMS) -> Any:
    rows = data if isinstance(data, pa.Table) else pa.Table.from_pandas(data)
    table = ibis.duckdb.connect().create_table("t", rows)
    [found] = assess(promised, table, look=1, snapshot_sha256="s", plan_sha256="p", arms=arms).values()
    return found


def test_the_path_of_randomised_sites_is_each_week_less_the_sites_own_time_before():
    data = contacts()
    path = evidence(data, plan()).details["path"]
    assert [line["period"] for line in path] == list(range(-6, 4))
    assert [line["after"] for line in path] == [False] * 6 + [True] * 4
    means = data.groupby(["site", "week"])["wait"].mean().unstack()
    before = data[data.week < 0].groupby("site")["wait"].mean()
    gap = means[2] - before
    by_hand = gap[gap.index < "s4"].mean() - gap[gap.index >= "s4"].mean()
    third = next(line for line in path if line["period"] == 2)
    assert third["effect"] == pytest.approx(by_hand, abs=1e-9)
    assert third["ci_lower"] < -20 < third["ci_upper"]
    assert third["ci_lower"] < third["effect"] < third["ci_upper"]


def test_half_hours_are_levels_of_the_records_by_weekday_and_clock():
    data = contacts()
    stored = evidence(data, plan()).details["half_hours"]
    assert set(stored["day"]) == {0, 1, 2, 3, 4}
    assert set(stored["slot"]) == {480, 510, 540, 570}
    place = [(day, slot) for day, slot in zip(stored["day"], stored["slot"], strict=True)].index((2, 510))
    inside = data[(data.day == 2) & (data.minute // 30 * 30 == 510)]
    treated = inside.site < "s4"
    for name, rows in (
        ("treatment", inside[treated & (inside.week >= 0)]),
        ("control", inside[~treated & (inside.week >= 0)]),
        ("treatment_before", inside[treated & (inside.week < 0)]),
        ("control_before", inside[~treated & (inside.week < 0)]),
    ):
        # Six significant digits are kept.
        assert stored[name][place] == pytest.approx(rows["wait"].mean(), rel=1e-5), name
    assert stored["n_treatment"][place] == len(inside[treated & (inside.week >= 0)])


def test_half_hours_on_target_are_counted_in_half_hours():
    target = PlannedMetric(
        key="target", name="On target", role="GUARDRAIL", margin=0.1,
        spec=MetricSpec(kind="interval_share", column="wait", interval="at", within="mean", beyond="below", target=110),
    )  # fmt: skip
    stored = whole(contacts(), plan("randomised_sites", target)).metric("target").details["half_hours"]
    # Four sites, four weeks: at most sixteen half-hours of one weekday and clock time on each side.
    assert max(stored["n_treatment"]) <= 16
    assert all(0 <= value <= 1 for value in stored["treatment"])


def test_the_assignment_says_who_is_treated_not_the_data():
    data = contacts().assign(arm=lambda rows: np.where(rows.site < "s4", "old", "new"))
    named = plan(timestamp="at", arm=ArmSpec(column="arm", treatment="new", control="old"))
    stored = evidence(data, named).details["half_hours"]
    below = [a < b for a, b in zip(stored["treatment"], stored["control"], strict=True)]
    assert all(below)


def test_days_without_a_time_and_moments_of_an_unknown_zone_give_no_half_hours():
    data = contacts()
    dates = data.assign(at=data["at"].dt.normalize())
    assert "half_hours" not in evidence(dates, plan()).details
    zoned = pa.Table.from_pandas(data.assign(at=data["at"].dt.tz_localize("UTC")))
    assert "half_hours" not in evidence(zoned, plan(timestamp="at")).details


def test_sites_of_a_roll_out_in_steps_have_no_half_hours():
    data = contacts().assign(arm=lambda rows: np.where((rows.site < "s4") & (rows.week >= 0), "new", "old"))
    named = plan(
        "stepped_wedge", timestamp="at", period="week", arm=ArmSpec(column="arm", treatment="new", control="old")
    )
    assert evidence(data, named, None).details == {}


def test_the_same_data_give_the_same_bytes():
    one, other = (canonical_json(as_json(whole(contacts(), plan()))) for _ in range(2))
    assert one == other


def test_every_placebo_keeps_its_gaps_and_their_mean_after_the_start_is_its_effect():
    data = contacts().assign(arm=lambda rows: np.where(rows.site == "s0", "new", "old"))
    named = plan(
        "synthetic_control",
        timestamp="at",
        period="week",
        post=PostSpec(**{"column": "week", "from": 0}),
        arm=ArmSpec(column="arm", treatment="new", control="old"),
    )
    result = evidence(data, named, None).result
    placebo, own = result.details["placebo"], result.details["gaps"]
    after = np.array([line["after"] for line in own])
    assert [each["site"] for each in placebo["gaps"]] == [f"s{number}" for number in range(1, SITES)]
    for each, effect in zip(placebo["gaps"], placebo["effects"], strict=True):
        assert np.mean(np.array(each["gaps"])[after]) == pytest.approx(effect, abs=1e-3)
