"""Designs without assignment on the product's own way: a plan, contacts of sites, evidence that can be stored."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import ibis
import numpy as np
import pyarrow as pa
import pytest

from stats.assessing.assess import assess
from stats.evidence import as_json
from stats.plan import Columns, Plan, PlannedMetric, canonical_json
from stats.results import Estimate
from stats.spec import ArmSpec, MetricSpec, StartsSpec
from stats.stored import evidence_from_json

START = date(2026, 3, 2)
SITES = 14


def contacts(design: str) -> dict[str, list]:
    """Contacts of 14 sites over 24 weeks, 16 of them before the start; waits fall by 2 where the change is."""
    rng = np.random.default_rng(3)
    n = 24_000
    site, week = rng.integers(0, SITES, n), rng.integers(-16, 8, n)
    start = np.full(SITES, 99)
    if design == "synthetic_control":
        start[0] = 0
    elif design in ("staggered", "stepped_wedge"):
        start[:10] = np.repeat([-6, -3, 0, 3, 5], 2)
    else:
        start[:6] = 0
    treated = week >= start[site]
    wait = 20 + rng.normal(0, 2, SITES)[site] + 0.1 * week - 2.0 * treated + rng.normal(0, 3, n)
    moment = [datetime(2026, 3, 2, 12) + timedelta(weeks=int(w)) for w in week]
    first = [None if s == 99 else datetime(2026, 3, 2) + timedelta(weeks=int(s)) for s in start[site]]
    ever = start[site] < 99
    return {
        "store": [f"s{number:02d}" for number in site],
        "arm": np.where(treated if design == "stepped_wedge" else ever, "new", "old").tolist(),
        "week": [int(w) for w in week],
        "first": [None if f is None else int((f - datetime(2026, 3, 2)).days // 7) for f in first],
        "wait": wait.tolist(),
        "at": moment,
    }


def plan(design: str) -> Plan:
    arm = ArmSpec(column="arm", treatment="new", control="old")
    columns = {
        "staggered": Columns(site="store", period="week", starts=StartsSpec(column="first", never="never")),
        "stepped_wedge": Columns(site="store", period="week", arm=arm),
    }.get(design, Columns(site="store", arm=arm, timestamp="at"))
    wait = PlannedMetric(
        key="wait", name="wait", role="SUCCESS", better="lower", mwe=1.0, spec=MetricSpec(kind="mean", column="wait")
    )
    return Plan(pilot="p", title="t", design=design, start=START, metrics=[wait], columns=columns, draws=99)


@pytest.mark.parametrize(
    "design",
    [
        "before_after_control",
        "matched_sites",
        "staggered",
        "stepped_wedge",
        "synthetic_control",
        "interrupted_time_series",
    ],
)
def test_evidence_finds_the_effect_with_checks_and_survives_being_stored(design):
    table = ibis.duckdb.connect().create_table("t", pa.table(contacts(design)))
    [found] = assess(plan(design), table, look=1, snapshot_sha256="s", plan_sha256="p", history={}).values()
    wait = found.metric("wait")
    assert isinstance(wait.result, Estimate), wait.result
    assert wait.result.effect == pytest.approx(-2, abs=0.7)
    assert wait.result.checks
    if design == "before_after_control":
        assert [end.method for end in wait.bracket] == ["site_ancova"]
        assert found.grade.grade == "B"
    if design == "interrupted_time_series":
        assert found.grade.grade == "D"
    assert as_json(evidence_from_json(json.loads(canonical_json(as_json(found))))) == as_json(found)
