"""Cells: one scan of many metrics, right to the last useful digit. Reference: pandas and numpy on the rows."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from stats.cells import MetricRequest, read_cells
from stats.cells.survival import restricted_mean
from stats.errors import RefusedData, RefusedSpec
from stats.spec import MetricSpec


def table_from(frame):
    rows = pa.Table.from_pandas(frame, preserve_index=False) if isinstance(frame, pd.DataFrame) else frame
    return ibis.duckdb.connect().create_table("t", rows)


def ask(key="m", pre=None, weight=None, **spec):
    return MetricRequest(key=key, spec=MetricSpec(**spec), pre=pre, weight=weight)


def by_site(table, *requests, **options):
    return read_cells(table, keys={"site": table["site"]}, metrics=requests, **options)


def some_rows(n=4000, seed=7):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "site": rng.integers(0, 6, n),
            "arm": rng.integers(0, 2, n),
            "y": rng.lognormal(3, 1, n),
            "x": rng.normal(50, 4, n),
            "d": rng.integers(1, 9, n),
            "w": rng.uniform(0.5, 2, n),
            "late": rng.uniform(size=n) < 0.2,
            "hour": pd.Timestamp("2026-01-05") + pd.to_timedelta(rng.integers(0, 600, n), unit="min"),
        }
    )


@pytest.mark.parametrize("holes", [0.0, 0.4])
def test_moments_by_site_are_those_of_the_rows(holes):
    frame = some_rows()
    rng = np.random.default_rng(1)
    frame.loc[rng.uniform(size=len(frame)) < holes, "y"] = np.nan
    frame.loc[rng.uniform(size=len(frame)) < holes / 2, "x"] = np.nan
    found = by_site(table_from(frame), ask(column="y", pre="x"), detail="moments").metrics["m"]
    groups = frame.groupby("site")
    both = frame.dropna(subset=["y", "x"]).groupby("site")
    np.testing.assert_array_equal(found.n, groups["y"].count())
    np.testing.assert_array_equal(found.missing, groups.size() - groups["y"].count())
    np.testing.assert_allclose(found.mean_y, groups["y"].mean(), rtol=1e-12)
    np.testing.assert_allclose(found.m2_y / (found.n - 1), groups["y"].var(), rtol=1e-10)
    np.testing.assert_array_equal(found.n_x, both.size())
    np.testing.assert_allclose(found.mean_yx, both["y"].mean(), rtol=1e-12)
    np.testing.assert_allclose(found.m2_x / (found.n_x - 1), both["x"].var(), rtol=1e-10)
    covariance = both[["x", "y"]].cov().xs("x", level=1)["y"]
    np.testing.assert_allclose(found.c_xy / (found.n_x - 1), covariance, rtol=1e-9)


def test_forty_percent_missing_are_neither_counted_nor_forgotten():
    # tea-tasting counts NULL rows in n: its standard error is .78 of the right one.
    frame = some_rows()
    frame.loc[frame.index % 5 < 2, "y"] = np.nan
    found = by_site(table_from(frame), ask(column="y")).metrics["m"]
    assert found.n.sum() == frame["y"].notna().sum()
    assert found.missing.sum() == frame["y"].isna().sum()


@pytest.mark.parametrize("dirt", [np.nan, np.inf])
def test_a_nan_far_down_the_file_counts_as_missing(dirt):
    values = np.random.default_rng(3).normal(10, 2, 20_000)
    values[15_000] = dirt
    table = table_from(pa.table({"site": np.zeros(20_000, int), "y": values}))
    found = by_site(table, ask(column="y")).metrics["m"]
    known = values[np.isfinite(values)]
    assert (found.n[0], found.missing[0]) == (19_999, 1)
    assert found.mean_y[0] == pytest.approx(known.mean(), rel=1e-13)


@pytest.mark.parametrize("first_rows", ["alike", "zeros"])
def test_a_mean_of_a_billion_and_spread_one_keeps_its_digits(first_rows):
    # gbstats returns difference 0 and standard error 0; spotify-confidence is off 14.5 times.
    rng = np.random.default_rng(5)
    noise = rng.normal(0, 1, 40_000)
    frame = pd.DataFrame({"site": rng.integers(0, 4, 40_000), "y": 1e9 + noise, "x": 2e9 - 0.5 * noise})
    if first_rows == "zeros":  # the sample that the shift is taken from says nothing about the rest
        frame.loc[:5000, ["y", "x"]] = np.nan
    found = by_site(table_from(frame), ask(column="y", pre="x"), detail="moments").metrics["m"]
    centred = frame.assign(y=frame["y"] - 1e9, x=frame["x"] - 2e9).groupby("site")
    np.testing.assert_allclose(found.m2_y / (found.n - 1), centred["y"].var(), rtol=1e-9)
    np.testing.assert_allclose(found.c_xy / (found.n_x - 1), centred.cov().xs("x", level=1)["y"], rtol=1e-9)
    # A double holds 1e9 to 1.2e-7, which bounds what any mean stored as one number can say.
    np.testing.assert_allclose(found.mean_y - 1e9, centred["y"].mean(), atol=1.3e-7)


def test_merged_cells_are_what_one_scan_of_the_merged_rows_gives():
    frame = some_rows()
    frame.loc[frame["site"] == 3, "y"] += 1e6  # far apart: merging raw sums would lose the spread within
    table = table_from(frame)
    keys = {"site": table["site"], "arm": table["arm"]}
    cells = read_cells(table, keys=keys, metrics=[ask(column="y", pre="x", weight="w")], detail="moments")
    merged = cells.metrics["m"].merge(cells.keys["site"].astype(int), 6)
    whole = by_site(table, ask(column="y", pre="x", weight="w"), detail="moments").metrics["m"]
    for name in ("n", "mean_y", "m2_y", "n_x", "mean_x", "m2_x", "c_xy", "weight", "weighted"):
        # Site 3 lies 30,000 standard deviations from the others, which costs a common shift nine of sixteen digits.
        np.testing.assert_allclose(getattr(merged, name), getattr(whole, name), rtol=1e-6, err_msg=name)


def test_a_ratio_is_the_ratio_of_sums_over_rows_that_have_both():
    frame = some_rows().astype({"d": float})
    frame.loc[::3, "d"] = np.nan
    frame.loc[::7, "y"] = np.nan
    found = by_site(table_from(frame), ask(kind="ratio", numerator="y", denominator="d"), detail="moments").metrics["m"]
    groups = frame.dropna(subset=["y", "d"]).groupby("site")
    np.testing.assert_allclose(found.level, groups["y"].sum() / groups["d"].sum(), rtol=1e-12)
    np.testing.assert_allclose(found.c_yd / (found.n - 1), groups[["y", "d"]].cov().xs("y", level=1)["d"], rtol=1e-9)
    np.testing.assert_allclose(found.counted, groups["d"].sum(), rtol=1e-12)


def test_p90_and_p95_asked_together_are_each_its_own():
    # mozanalysis returns one row, mislabelled.
    frame = some_rows()
    found = by_site(
        table_from(frame),
        ask("p95", kind="quantile", column="y", q=0.95),
        ask("p90", kind="quantile", column="y", q=0.9),
        ask("x90", kind="quantile", column="x", q=0.9),
    )
    for key, column, q in (("p95", "y", 0.95), ("p90", "y", 0.9), ("x90", "x", 0.9)):
        expected = frame.groupby("site")[column].quantile(q)
        np.testing.assert_allclose(found.metrics[key].level, expected, rtol=1e-12, err_msg=key)


@pytest.mark.parametrize("better", ["lower", "higher"])
@pytest.mark.parametrize("tail", [0.05, 0.13])
def test_the_worst_tail_is_the_mean_of_the_worst_share_of_rows(better, tail):
    frame = some_rows()
    frame["y"] = frame["y"].round(0)  # ties at the edge
    found = by_site(table_from(frame), ask(kind="tail_mean", column="y", tail=tail, better=better)).metrics["m"]
    for site, rows in frame.groupby("site"):
        worst_first = np.sort(rows["y"])[::-1] if better == "lower" else np.sort(rows["y"])
        share = tail * len(rows)
        part = np.clip(share - np.arange(len(rows)), 0, 1)  # 1 for the worst, a part for the one at the edge
        assert found.level[site] == pytest.approx(worst_first @ part / share, rel=1e-12)


def test_the_worst_five_percent_of_a_hundred_are_the_five_worst():
    table = table_from(pd.DataFrame({"site": [1] * 100 + [2] * 3, "y": [*range(100), 1, 2, 3]}))
    found = by_site(table, ask(kind="tail_mean", column="y", better="lower")).metrics["m"]
    assert found.level.tolist() == [97.0, 3.0]


def test_half_hours_on_target_by_share_of_contacts_and_by_mean():
    frame = some_rows()
    shared = ask("share", kind="interval_share", column="y", interval="hour", threshold=30, beyond="below", target=0.8)
    mean = ask("mean", kind="interval_share", column="y", interval="hour", within="mean", beyond="below", target=30)
    ratio = ask("ratio", kind="interval_share", numerator="late", denominator="d", interval="hour", target=0.05)
    found = by_site(table_from(frame), shared, mean, ratio).metrics
    halves = frame.assign(half=frame["hour"].dt.floor("30min"), quick=frame["y"] < 30).groupby(["site", "half"])
    for key, met in (
        ("share", halves["quick"].mean() >= 0.8),
        ("mean", halves["y"].mean() <= 30),
        ("ratio", halves["late"].sum() / halves["d"].sum() >= 0.05),
    ):
        np.testing.assert_allclose(found[key].level, met.groupby("site").mean(), rtol=1e-12, err_msg=key)
        np.testing.assert_array_equal(found[key].counted, met.groupby("site").count())


def test_shares_rates_and_thresholds():
    frame = some_rows()
    found = by_site(
        table_from(frame.assign(word=np.where(frame["late"], "Yes", "no"))),
        ask("share", kind="share", column="late"),
        ask("words", kind="share", column="word"),
        ask("beyond", kind="share_beyond", column="y", threshold=40),
        ask("rate", kind="rate", column="late", exposure="w"),
        ask("sum", kind="mean", column=["y", "x"]),
        ask("weighted", kind="mean", column="y", weight="w"),
    ).metrics
    groups = frame.assign(over=frame["y"] > 40, yx=frame["y"] + frame["x"], wy=frame["w"] * frame["y"]).groupby("site")
    expected = {
        "share": groups["late"].mean(),
        "words": groups["late"].mean(),
        "beyond": groups["over"].mean(),
        "rate": groups["late"].sum() / groups["w"].sum(),
        "sum": groups["yx"].mean(),
        "weighted": groups["wy"].sum() / groups["w"].sum(),
    }
    for key, values in expected.items():
        np.testing.assert_allclose(found[key].level, values, rtol=1e-12, err_msg=key)


def test_only_eligible_rows_can_be_missing():
    frame = pd.DataFrame({"site": [1] * 6, "y": [1, None, None, None, 5, None], "asked": [1, 1, 0, 0, 1, 1]})
    found = by_site(table_from(frame), ask(column="y"), eligible="asked").metrics["m"]
    assert (found.n[0], found.missing[0]) == (2, 2)


def test_a_count_named_as_a_share_is_refused():
    table = table_from(pd.DataFrame({"site": [1, 1], "visits": [0, 3]}))
    with pytest.raises(RefusedData) as refused:
        by_site(table, ask(kind="share", column="visits"))
    assert [(p.code, p.column) for p in refused.value.problems] == [("share_range", "visits")]
    assert by_site(table, ask(kind="share", column="visits > 0")).metrics["m"].level.tolist() == [0.5]


def test_words_are_no_numbers():
    with pytest.raises(RefusedSpec) as refused:
        by_site(table_from(pd.DataFrame({"site": [1], "y": ["a lot"]})), ask(column="y"))
    assert refused.value.problems[0].code == "not_a_number"


def test_mean_time_to_churn_is_the_area_under_kaplan_meier():
    from statsmodels.duration.survfunc import SurvfuncRight

    rng = np.random.default_rng(2)
    start = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 60, 800), unit="D")
    gone = pd.to_timedelta(rng.exponential(150, 800).astype(int), unit="D")
    last = pd.Timestamp("2025-06-30")
    end = pd.Series(start + gone).where(start + gone <= last)
    end[0] = last  # the last date of the data is until when the others were watched
    frame = pd.DataFrame({"site": rng.integers(0, 3, 800), "joined": start, "left": end})
    spec = {"kind": "survival", "start": "joined", "end": "left", "horizon": 100}
    found = by_site(table_from(frame), ask(**spec)).metrics["m"]
    for site, rows in frame.groupby("site"):
        time = (rows["left"].fillna(last) - rows["joined"]).dt.days
        curve = SurvfuncRight(time, rows["left"].notna())
        steps = np.diff([0, *curve.surv_times[curve.surv_times < 100], 100])
        expected = np.array([1, *curve.surv_prob[curve.surv_times < 100]]) @ steps
        assert found.level[site] == pytest.approx(expected, rel=1e-12)


def test_survival_is_unknown_where_nobody_was_watched_until_the_horizon():
    times, left, events = np.array([5.0, 8.0]), np.array([1.0, 1.0]), np.array([1.0, 0.0])
    assert np.isnan(restricted_mean(times, left, events, 10))
    assert restricted_mean(times, left, events, 8) == 5 + 3 * 0.5


def test_a_panel_with_computed_values_goes_the_same_way():
    frame = pd.DataFrame(
        {"site": [1, 1, 2, 2], "week": [1, 2, 1, 2], "sl": [0.8, 0.9, None, 0.7], "calls": [10, 30, 5, 4]}
    )
    table = table_from(frame)
    cells = read_cells(
        table,
        keys={"site": table["site"], "week": table["week"]},
        metrics=[ask(kind="share", column="sl", weight="calls")],
    )
    found = cells.metrics["m"]
    assert found.n.tolist() == [1, 1, 0, 1]
    np.testing.assert_array_equal(found.level, [0.8, 0.9, np.nan, 0.7])
    assert found.merge(np.array([0, 0, 1, 1]), 2).level[0] == pytest.approx((8 + 27) / 40, rel=1e-14)


def test_odd_names_of_columns_do_no_harm():
    odd = 'a "quoted"; DROP TABLE t --'
    table = table_from(pd.DataFrame({"select": [1, 1], odd: [2.0, 4.0]}))
    cells = read_cells(table, keys={"site": table["select"]}, metrics=[ask(column=odd)])
    assert cells.metrics["m"].level.tolist() == [3.0]


@pytest.mark.parametrize("source", ["arrow", "parquet"])
def test_the_same_rows_give_the_same_bits_every_time(tmp_path, source):
    # On Arrow tables tea-tasting's standard error changes from run to run: threads add in the order they finish.
    rng = np.random.default_rng(11)
    rows = pa.table({"site": rng.integers(0, 50, 300_000), "y": rng.lognormal(3, 2, 300_000)})
    connection = ibis.duckdb.connect()
    if source == "parquet":
        import pyarrow.parquet as pq

        pq.write_table(rows, tmp_path / "rows.parquet", row_group_size=10_000)
        table = connection.read_parquet(tmp_path / "rows.parquet")
    else:
        table = connection.create_table("t", rows)
    found = [by_site(table, ask(column="y")).metrics["m"] for _ in range(5)]
    for other in found[1:]:
        assert other.mean_y.tobytes() == found[0].mean_y.tobytes()
        assert other.m2_y.tobytes() == found[0].m2_y.tobytes()


def test_the_connection_keeps_its_threads():
    table = table_from(some_rows())
    threads = "SELECT current_setting('threads')"
    connection = table.get_backend().con
    before = connection.execute(threads).fetchone()
    by_site(table, ask(column="y"))
    assert connection.execute(threads).fetchone() == before
