"""Half-hours and channels: how sure each difference is, what falls short of a promise, what the average hides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from stats.assessing.assess import assess, assess_reading
from stats.assessing.cells import read_plan
from stats.assessing.kept import as_kept, from_kept
from stats.assessing.look_window import at_look
from stats.assessing.squares import difference, squares
from stats.cells.moments import CellMoments
from stats.evidence import Evidence, as_json
from stats.plan import Columns, Plan, PlannedMetric, canonical_json
from stats.spec import ArmSpec, MetricSpec

START = datetime(2026, 3, 2)
ARMS = {f"s{number}": int(number < 6) for number in range(12)}


def calls(rows: int = 24_000, late: int = 0, seed: int = 3) -> pd.DataFrame:
    """Twelve sites, two weeks before the start and six after, from eight to eleven on working days. The wait is 100 s,
    20 s less with the change; on Mondays and Tuesdays at nine it is ``late`` seconds more at every site."""
    rng = np.random.default_rng(seed)
    site, week, day = rng.integers(0, 12, rows), rng.integers(-2, 6, rows), rng.integers(0, 5, rows)
    minute = rng.integers(480, 660, rows)
    busy = (day < 2) & (minute >= 540) & (minute < 600)
    wait = 100 + rng.normal(0, 4, 12)[site] - 20 * ((week >= 0) & (site < 6)) + late * busy + rng.normal(0, 10, rows)
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
            "channel": np.where(rng.random(rows) < 0.7, "phone", "chat"),
        }
    )


WAIT = PlannedMetric(
    key="wait", name="Wait", role="SUCCESS", better="lower", mwe=5, spec=MetricSpec(kind="mean", column="wait")
)
IN_TIME = PlannedMetric(
    key="in_time", name="Half-hours on target", role="GUARDRAIL", better="higher", margin=0.1,
    spec=MetricSpec(kind="interval_share", column="wait", interval="at", threshold=120, beyond="below", target=0.8),
)  # fmt: skip


def plan(*metrics: PlannedMetric, design: str = "randomised_sites", **columns: Any) -> Plan:
    return Plan(
        pilot="p",
        title="t",
        design=design,
        start=START.date(),
        metrics=list(metrics or (WAIT,)),
        columns=Columns(site="site", timestamp="at", **columns),
        draws=99,
    )


def whole(data: pd.DataFrame, promised: Plan, arms: dict[str, int] | None = ARMS) -> Evidence:
    table = ibis.duckdb.connect().create_table("t", pa.Table.from_pandas(data))
    [found] = assess(promised, table, look=1, snapshot_sha256="s", plan_sha256="p", arms=arms).values()
    return found


def square(stored: Any, day: int, slot: int) -> int:
    return list(zip(stored["day"], stored["slot"], strict=True)).index((day, slot))


def test_the_interval_of_a_half_hour_leaves_out_one_site_at_a_time():
    data = calls()
    stored = whole(data, plan()).metric("wait").details["half_hours"]
    at = square(stored, 2, 540)
    inside = data[(data.week >= 0) & (data.day == 2) & (data.minute // 30 * 30 == 540)]
    variances = []
    for arm in (0, 1):
        mine = inside[inside.site.map(ARMS) == arm]
        left = np.array([mine[mine.site != name].wait.mean() for name in sorted(mine.site.unique())])
        variances.append((len(left) - 1) / len(left) * ((left - left.mean()) ** 2).sum())
    df = sum(variances) ** 2 / sum(variance**2 / 5 for variance in variances)
    reach = (stored["ci_upper"][at] - stored["ci_lower"][at]) / 2
    from scipy.special import stdtrit

    # Six significant digits are kept of each end.
    assert reach == pytest.approx(stdtrit(df, 0.975) * np.sqrt(sum(variances)), rel=1e-4)
    middle = stored["treatment"][at] - stored["control"][at]
    assert (stored["ci_upper"][at] + stored["ci_lower"][at]) / 2 == pytest.approx(middle, abs=1e-3)
    assert not stored["changes"]


def test_where_no_lot_decided_the_interval_is_of_the_change_since_the_start():
    data = calls().assign(arm=lambda rows: np.where(rows.site.map(ARMS) == 1, "new", "old"))
    arm = ArmSpec(column="arm", treatment="new", control="old")
    stored = whole(data, plan(design="before_after_control", arm=arm), None).metric("wait").details["half_hours"]
    assert stored["changes"]
    at = square(stored, 3, 510)
    change = stored["treatment"][at] - stored["treatment_before"][at]
    change -= stored["control"][at] - stored["control_before"][at]
    assert (stored["ci_upper"][at] + stored["ci_lower"][at]) / 2 == pytest.approx(change, abs=1e-3)


def test_too_few_records_have_no_interval():
    stored = whole(calls(rows=800), plan()).metric("wait").details["half_hours"]
    pairs = zip(stored["n_treatment"], stored["n_control"], stored["ci_lower"], strict=True)
    known = {(min(treated, control) >= 10, low is not None) for treated, control, low in pairs}
    assert known == {(True, True), (False, False)}


@pytest.mark.parametrize(("sites", "treated"), [(6, 3), (10, 2), (20, 10)])
@pytest.mark.parametrize("share", [False, True])
def test_intervals_of_half_hours_hold_the_truth_as_often_as_they_say(sites: int, treated: int, share: bool):
    """Sites of unequal size, with a level of their own in each half-hour; nothing is true. 150 x 12 intervals: Monte
    Carlo error about .015 (squares of one week share the sites' levels); few sites may cost .03."""
    rng = np.random.default_rng(8)
    site, place = (grid.ravel() for grid in np.meshgrid(np.arange(sites), np.arange(12), indexing="ij"))
    arm, held = (np.arange(sites) < treated).astype(np.int64)[site], []
    for _ in range(150):
        n = rng.poisson(14 * rng.gamma(3, 1 / 3, sites)[site]) + 1.0
        own = rng.normal(0, 0.3, sites)[site] + rng.normal(0, 0.15, len(site))
        mean = own + rng.normal(0, 1, len(site)) / np.sqrt(n)
        if share:
            mean = rng.binomial(n.astype(int), 1 / (1 + np.exp(-1.2 - own))) / n
        moments = CellMoments(n=n, missing=0 * n, mean_y=mean, m2_y=0 * n)
        after = np.ones(len(n), dtype=np.bool_)
        made = squares(moments, arm=arm, of=1, after=after, site=site, place=place, size=12, share=share)
        lower, upper = difference(made, changes=False)
        known = np.isfinite(lower)
        held += list((lower[known] <= 0) & (upper[known] >= 0))
    assert 0.905 <= np.mean(held) <= 1.0


def test_half_hours_short_of_the_promise_are_named_as_one_stretch_on_their_days():
    found = whole(calls(late=60), plan(WAIT, IN_TIME)).metric("in_time").details["half_hours"]["promised"]
    [stretch] = found["short"]
    assert (stretch["days"], stretch["from"], stretch["to"]) == ([0, 1], 540, 600)
    data = calls(late=60)
    inside = data[(data.site.map(ARMS) == 1) & (data.week >= 0) & (data.day < 2) & (data.minute.between(540, 599))]
    assert stretch["level"] == pytest.approx((inside.wait < 120).mean(), rel=1e-5)
    assert stretch["n"] == len(inside)
    assert stretch["ci_lower"] < stretch["level"] < stretch["ci_upper"] < 0.8
    assert (found["target"], found["looked_at"], found["shown"]) == (0.8, 30, 4)


def test_half_hours_that_keep_the_promise_are_not_named():
    found = whole(calls(), plan(WAIT, IN_TIME)).metric("in_time").details["half_hours"]["promised"]
    assert found["short"] == []
    assert found["shown"] == 0


def test_a_mean_that_must_stay_under_its_target_falls_short_above_it():
    most = WAIT.model_copy(update={"spec": MetricSpec(kind="mean", column="wait", better="lower", target=110)})
    found = whole(calls(late=60), plan(most)).metric("wait").details["half_hours"]["promised"]
    assert not found["above"]
    assert [(each["days"], each["from"], each["to"]) for each in found["short"]] == [([0, 1], 540, 600)]


def test_the_worst_half_hour_is_told_where_it_stands_out_and_only_there():
    hidden = whole(calls(late=60), plan()).metric("wait").details["half_hours"]["beneath"]
    assert hidden["slot"] in (540, 570)
    assert hidden["level"] > hidden["mean"] + 10
    told = ["beneath" in whole(calls(seed=seed), plan()).metric("wait").details["half_hours"] for seed in range(12)]
    # One in twenty by chance: four of twelve would be seen in 1 of 450 such runs.
    assert sum(told) <= 3


def test_channels_are_set_side_by_side_where_the_plan_names_their_column():
    data = calls()
    stored = whole(data, plan(segment="channel")).metric("wait").details["segments"]
    assert stored["segment"] == ["phone", "chat"]
    chat = data[(data.channel == "chat") & (data.week >= 0)]
    assert stored["treatment"][1] == pytest.approx(chat[chat.site.map(ARMS) == 1].wait.mean(), rel=1e-5)
    assert stored["n_control"][1] == (chat.site.map(ARMS) == 0).sum()
    assert all(upper < 0 for upper in stored["ci_upper"])
    assert "segments" not in whole(data, plan()).metric("wait").details


def test_a_reading_that_was_kept_gives_the_same_bytes_with_channels_and_without():
    promised = plan(WAIT, IN_TIME, segment="channel")
    table = ibis.duckdb.connect().create_table("t", pa.Table.from_pandas(calls(late=60)))
    reading = read_plan(at_look(promised, 1), table, ARMS)
    kept = as_kept(reading)

    def text(source: Any) -> str:
        made = assess_reading(promised, source, look=1, snapshot_sha256="s", plan_sha256="p")
        return canonical_json(as_json(made["treatment"]))

    assert text(from_kept(at_look(promised, 1), kept)) == text(reading)
    earlier = {name: part for name, part in kept.items() if name != "segments"}
    assert '"segments"' not in text(from_kept(at_look(promised, 1), earlier))


def test_where_customers_were_drawn_and_no_site_is_known_the_records_vary():
    data = calls()
    data = data[data.week >= 0].assign(
        caller=lambda rows: np.arange(len(rows)), arm=lambda rows: np.where(np.arange(len(rows)) % 2, "new", "old")
    )
    drawn = plan(design="randomised_units").model_copy(
        update={
            "unit_of_assignment": "unit",
            "columns": Columns(
                unit="caller", timestamp="at", arm=ArmSpec(column="arm", treatment="new", control="old")
            ),
        }
    )
    stored = whole(data, drawn, None).metric("wait").details["half_hours"]
    at = square(stored, 1, 570)
    inside = data[(data.day == 1) & (data.minute // 30 * 30 == 570)]
    error = np.sqrt(sum(rows.wait.var() / len(rows) for _, rows in inside.groupby("arm")))
    reach = (stored["ci_upper"][at] - stored["ci_lower"][at]) / 2
    # Welch with some 370 degrees of freedom: the quantile is 1.966.
    assert reach == pytest.approx(1.966 * error, rel=2e-3)
    assert "beneath" not in stored
