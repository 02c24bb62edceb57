"""From cells to one number per site and period, for every way in which a pilot can be laid out."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from stats.engine import parse_spec
from stats.errors import RefusedData, RefusedSpec
from stats.studies.open_study import open_studies


def table_from(frame):
    return ibis.duckdb.connect().create_table("t", pa.Table.from_pandas(frame, preserve_index=False))


def study(frame, **spec):
    filled = {"data": "x", "metric": {"column": "y"}, **spec}
    return open_studies(parse_spec(filled), table_from(frame))[0]


def panel():
    """Four sites by four waves; value = 10 * site + wave, one row each."""
    rows = [(site, wave, 10 * number + wave) for number, site in enumerate("abcd") for wave in (1, 2, 3, 4)]
    return pd.DataFrame(rows, columns=["site", "wave", "y"])


def test_before_and_after_with_a_comparison():
    frame = panel().assign(state=lambda f: np.where(f["site"] < "c", "PA", "NJ"))
    found = study(
        frame,
        design="before_after_control",
        site="site",
        period="wave",
        arm={"column": "state", "treatment": "NJ", "control": "PA"},
        post={"column": "wave", "values": [3, 4]},
    ).site_periods
    assert found.sites == ("a", "b", "c", "d")
    assert found.periods == (1, 2, 3, 4)
    assert found.arm.tolist() == [0, 0, 1, 1]
    assert found.post.tolist() == [False, False, True, True]
    assert found.treated.tolist() == [[False] * 4] * 2 + [[False, False, True, True]] * 2
    assert found.start.tolist() == [4, 4, 2, 2]
    assert found.value.tolist() == [[1, 2, 3, 4], [11, 12, 13, 14], [21, 22, 23, 24], [31, 32, 33, 34]]


def test_a_roll_out_in_waves_from_its_first_treated_periods():
    frame = panel().assign(first=lambda f: f["site"].map({"a": 0, "b": 2, "c": 3, "d": 9}))
    found = study(
        frame, design="staggered", site="site", period="wave", starts={"column": "first", "never": 0}
    ).site_periods
    assert found.start.tolist() == [4, 1, 2, 4]
    assert found.arm.tolist() == [0, 1, 1, 0]  # d starts after the last wave: it is a comparison in all of them
    assert found.treated.sum(axis=1).tolist() == [0, 3, 2, 0]
    assert found.post.tolist() == [False, True, True, True]


def test_starts_may_be_dates_and_never_may_be_empty():
    frame = panel().assign(
        wave=lambda f: [date(2026, month, 1) for month in f["wave"]],
        first=lambda f: f["site"].map({"a": None, "b": date(2026, 2, 15), "c": date(2026, 3, 1), "d": None}),
    )
    found = study(frame, design="staggered", site="site", period="wave", starts={"column": "first"}).site_periods
    assert found.start.tolist() == [4, 2, 2, 4]


def test_a_stepped_wedge_from_a_column_that_says_who_is_treated_now():
    frame = panel().assign(z=lambda f: f["wave"] > f["site"].map({"a": 1, "b": 2, "c": 3, "d": 4}))
    found = study(
        frame,
        design="stepped_wedge",
        site="site",
        period="wave",
        arm={"column": "z", "treatment": True, "control": False},
    ).site_periods
    assert found.start.tolist() == [1, 2, 3, 4]
    assert found.arm.tolist() == [1, 1, 1, 0]


def test_a_randomised_site_is_one_number_before_and_one_after():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"site": rng.integers(0, 4, 2000), "week": rng.integers(0, 6, 2000), "y": rng.exponential(size=2000)}
    )
    frame["arm"] = frame["site"] % 2
    spec = {
        "design": "randomised_sites",
        "site": "site",
        "period": "week",
        "arm": {"column": "arm", "treatment": 1, "control": 0},
        "post": {"column": "week", "from": 2},
    }
    found = study(frame, metric={"kind": "quantile", "column": "y", "q": 0.9}, **spec).site_periods
    windows = frame.groupby(["site", frame["week"] >= 2])["y"].quantile(0.9).unstack()
    np.testing.assert_allclose(found.value, windows, rtol=1e-12)
    assert found.periods == (False, True)


def test_too_few_records_make_a_cell_unknown():
    frame = pd.DataFrame({"site": ["a"] * 3 + ["b"] * 2, "arm": [0] * 3 + [1] * 2, "y": [1.0, 2, None, 3, 4]})
    spec = {"design": "randomised_sites", "site": "site", "arm": {"column": "arm", "treatment": 1, "control": 0}}
    found = study(frame, metric={"column": "y", "minimum_n": 2}, **spec).site_periods
    assert found.value[:, 0].tolist() == [1.5, 3.5]
    assert found.missing[:, 0].tolist() == [1, 0]
    scarce = study(frame, metric={"column": "y", "minimum_n": 3}, **spec).site_periods
    assert np.isnan(scarce.value).all()


def test_sums_are_counted_by_what_they_are_divided_by():
    frame = pd.DataFrame({"site": ["a", "b"], "arm": [0, 1], "hits": [30, 2], "calls": [100, 5]})
    found = study(
        frame,
        design="randomised_sites",
        site="site",
        arm={"column": "arm", "treatment": 1, "control": 0},
        metric={"kind": "share", "numerator": "hits", "denominator": "calls", "minimum_n": 20},
    ).site_periods
    assert found.value[0, 0] == pytest.approx(0.3)
    assert np.isnan(found.value[1, 0])
    assert found.weight[:, 0].tolist() == [100, 5]


def test_what_belongs_to_a_site_comes_with_it():
    frame = pd.DataFrame(
        {
            "site": [1, 1, 2, 3, 4],
            "arm": [0, 0, 1, 0, 1],
            "y": [1.0, 2, 3, 4, 5],
            "before": [10.0, 20, 30, None, 50],
            "region": ["n", "n", "s", "n", "s"],
            "twin": ["p", "p", "p", "q", "q"],
            "size": [1, 3, 5, 7, 9],
            "kind": ["big", "big", "small", "mid", "mid"],
        }
    )
    found = study(
        frame,
        design="randomised_sites",
        site="site",
        arm={"column": "arm", "treatment": 1, "control": 0},
        pre="before",
        strata=["region"],
        pair="twin",
        covariates=["size", "kind"],
    ).site_periods
    np.testing.assert_array_equal(found.pre, [15, 30, np.nan, 50])
    assert found.strata.tolist() == ["n", "s", "n", "s"]
    assert found.pair.tolist() == ["p", "p", "q", "q"]
    assert found.covariates.tolist() == [[2, 0, 0], [5, 0, 1], [7, 1, 0], [9, 1, 0]]


def test_the_order_of_rows_changes_nothing():
    frame = panel().assign(arm=lambda f: (f["site"] < "c").astype(int), y=lambda f: np.sin(f["y"]))
    spec = {
        "design": "matched_sites",
        "site": "site",
        "period": "wave",
        "arm": {"column": "arm", "treatment": 1, "control": 0},
    }
    one, other = study(frame, **spec), study(frame.sample(frac=1, random_state=2), **spec)
    assert one.site_periods.sites == other.site_periods.sites
    np.testing.assert_array_equal(one.site_periods.value, other.site_periods.value)


@pytest.mark.parametrize(
    ("changes", "spec", "code"),
    [
        ({"arm": lambda f: f.index // 16}, {}, "site_in_both_groups"),
        ({"arm": 7}, {}, "no_rows"),
        ({}, {"post": {"column": "half", "values": [1]}}, "period_on_both_sides"),
    ],
)
def test_data_that_contradict_the_layout_are_refused(changes, spec, code):
    frame = pd.concat([panel(), panel()], ignore_index=True)
    frame = frame.assign(arm=lambda f: (f["site"] < "c").astype(int), half=lambda f: f.index // 16).assign(**changes)
    filled = {
        "design": "before_after_control",
        "site": "site",
        "period": "wave",
        "arm": {"column": "arm", "treatment": 1, "control": 0},
        "post": {"column": "wave", "from": 3},
    }
    with pytest.raises(RefusedData) as refused:
        _ = study(frame, **{**filled, **spec}).site_periods
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_site_with_two_starts_is_refused():
    frame = panel().assign(first=lambda f: f["wave"])
    with pytest.raises(RefusedData) as refused:
        _ = study(frame, design="staggered", site="site", period="wave", starts={"column": "first"}).site_periods
    assert (refused.value.problems[0].code, refused.value.problems[0].count) == ("start_changes", 4)


def test_everything_wrong_with_a_specification_is_said_at_once():
    with pytest.raises(RefusedSpec) as refused:
        study(panel(), design="staggered", site="sight", pre="bfore", metric={"kind": "ratio", "numerator": "y"})
    found = [
        (problem.code, problem.facts.get("name") or problem.facts.get("parts")) for problem in refused.value.problems
    ]
    assert found == [
        ("design_needs", "starts / arm"),
        ("design_needs", "period"),
        ("unknown_name_close", "sight"),
        ("unknown_name", "bfore"),
        ("metric_needs", None),
    ]


def test_only_the_named_donors_are_compared_with():
    frame = panel().assign(arm=lambda f: (f["site"] == "a").astype(int))
    found = study(
        frame,
        design="synthetic_control",
        site="site",
        period="wave",
        arm={"column": "arm", "treatment": 1, "control": 0},
        post={"column": "wave", "from": 3},
        donors=["b", "d"],
    ).site_periods
    assert found.sites == ("a", "b", "d")
