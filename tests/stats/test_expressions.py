"""Small expressions over columns: what they mean, and what they refuse."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pytest

from stats.errors import RefusedSpec
from stats.expressions import condition, resolve


@pytest.fixture(scope="module")
def table():
    import ibis

    frame = pa.table(
        {
            "year": [2000, 2001, 2001],
            "sex": ["G", "G", "B"],
            "shade": ["none", "Dec2Feb", "x"],
            "first.treat": [0, 1, 2],
            "my col": [1.0, 0.0, -1.0],
            "day": [datetime(2026, month, 1) for month in (1, 2, 3)],
            "flag": [True, False, True],
        }
    )
    return ibis.duckdb.connect().create_table("t", frame)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('year==2001 & sex=="G"', [False, True, False]),
        ('year == 2001 and sex == "G"', [False, True, False]),
        ('(year==2001) | ~(sex=="B")', [True, True, True]),
        ("shade in {none, Dec2Feb}", [True, True, False]),
        ('shade in ("none", "Dec2Feb")', [True, True, False]),
        ('shade not in ["none"]', [False, True, True]),
        ('shade != "none"', [False, True, True]),
        ('(shade != "none") in (True, )', [False, True, True]),
        ("first.treat > 0", [False, True, True]),
        ("`my col` >= 0", [True, True, False]),
        ("1999.5 < year <= 2000", [True, False, False]),
        ('day >= "2026-02-01"', [False, True, True]),
        ("flag == 1", [True, False, True]),
        ("not flag", [False, True, False]),
    ],
)
def test_a_filter_means_what_it_says(table, text, expected):
    assert table.select(v=condition(text, table)).to_pyarrow()["v"].to_pylist() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("year", [2000, 2001, 2001]),
        ("first.treat", [0, 1, 2]),
        ("my col", [1, 0, -1]),
        ("`first.treat` * 2 + year", [2000, 2003, 2005]),
        ("-year / 2", [-1000, -1000.5, -1000.5]),
        ("abs(`my col`) ** 2", [1, 0, 1]),
    ],
)
def test_a_metric_may_be_a_little_arithmetic(table, text, expected):
    assert table.select(v=resolve(text, table)).to_pyarrow()["v"].to_pylist() == expected


def test_what_has_no_logarithm_is_missing_and_no_error(table):
    found = table.select(v=resolve("log(`my col`)", table)).to_pyarrow()["v"]
    assert found.to_pylist() == [0, None, None]


def test_large_integers_do_not_overflow_when_multiplied():
    import ibis

    table = ibis.duckdb.connect().create_table("t", pa.table({"a": [4_000_000_000], "b": [4_000_000_000]}))
    assert table.select(v=resolve("a * b", table)).to_pyarrow()["v"].to_pylist() == [1.6e19]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('__import__("os")', "expression_unknown_function"),
        ('open("x")', "expression_unknown_function"),
        ("year.__class__", "unknown_name"),
        ("yeer + 1", "unknown_name_close"),
        ("lambda: 1", "expression_not_allowed"),
        ("[x for x in year]", "expression_not_allowed"),
        ("year if flag else 2", "expression_not_allowed"),
        ("year[0]", "expression_not_allowed"),
        ("f'{year}'", "expression_not_allowed"),
        ("1 + 1", "expression_no_column"),
        ("year = 2001", "expression_single_equals"),
        ("year ==", "expression_syntax"),
        ("`year", "expression_backtick"),
        ("log(sex)", "expression_mixed_types"),
        ("sex > 3", "expression_mixed_types"),
        ('day > "yesterday"', "expression_mixed_types"),
    ],
)
def test_anything_else_is_refused_with_its_reason(table, text, code):
    with pytest.raises(RefusedSpec) as refused:
        resolve(text, table)
    (problem,) = refused.value.problems
    assert problem.code == code


def test_a_misspelt_column_is_told_the_nearest_name(table):
    with pytest.raises(RefusedSpec) as refused:
        resolve("yaer", table)
    assert refused.value.problems[0].facts["suggestion"] == "year"


def test_a_number_is_no_filter(table):
    with pytest.raises(RefusedSpec) as refused:
        condition("year + 1", table)
    assert refused.value.problems[0].code == "expression_not_a_condition"
