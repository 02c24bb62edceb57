"""A cell that is no number among numbers: the row, what stands there, and what to do; in estimates and in files."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from stats import engine
from stats.errors import RefusedData, RefusedSpec
from stats.outcomes import check, guess_reading, open_table
from stats.plan import Columns, PlannedMetric
from stats.results import Estimate
from stats.spec import MetricSpec

SPEC = {
    "data": "file.csv",
    "design": "randomised_units",
    "arm": {"column": "arm", "treatment": "new", "control": "old"},
    "metric": {"kind": "mean", "column": "amount"},
}


def csv(folder: Path, cells: dict[tuple[int, str], str], rows: int = 60) -> Path:
    """Numbers without a fault but for ``cells``, by row (from 1) and column."""
    names = ["id", "arm", "amount", "before", "age", "fixed"]
    lines = [",".join(names)]
    for row in range(1, rows + 1):
        plain = [str(row), "new" if row % 2 else "old", f"{10 + row % 7}.5", f"{9 + row % 5}", str(20 + row), "yes"]
        lines.append(",".join(cells.get((row, name), value) for name, value in zip(names, plain, strict=True)))
    path = folder / "file.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def refused(folder: Path, **more: Any) -> list[Any]:
    with pytest.raises(RefusedData) as error:
        engine.estimate(engine.parse_spec({**SPEC, **more}), folder)
    return list(error.value.problems)


@pytest.mark.parametrize("value", ["abc", '"12,5x"', "12.5 EUR", "#REF!"])
def test_an_estimate_names_the_row_the_column_and_what_stands_there(tmp_path: Path, value: str) -> None:
    csv(tmp_path, {(13, "amount"): value})
    (problem,) = refused(tmp_path)
    assert (problem.code, problem.column, problem.rows) == ("unparsable_number", "amount", (13,))
    assert problem.facts["values"] == f"“{value.strip(chr(34))}”"


def test_another_decimal_mark_is_another_fault(tmp_path: Path) -> None:
    csv(tmp_path, {(13, "amount"): '"12,5"'})
    (problem,) = refused(tmp_path)
    assert (problem.code, problem.rows) == ("mixed_decimal_marks", (13,))


def test_faults_of_all_columns_are_said_at_once(tmp_path: Path) -> None:
    csv(tmp_path, {(3, "amount"): "abc", (5, "before"): "9x", (7, "age"): "old"})
    found = {problem.column: problem.rows for problem in refused(tmp_path, pre="before", covariates=["age"])}
    assert found == {"amount": (3,), "before": (5,), "age": (7,)}


def test_inside_an_expression_the_column_is_named(tmp_path: Path) -> None:
    csv(tmp_path, {(4, "amount"): "abc"})
    (problem,) = refused(tmp_path, metric={"kind": "mean", "column": "amount / 2"})
    assert (problem.column, problem.rows) == ("amount", (4,))


def test_a_word_that_is_neither_yes_nor_no_is_not_taken_for_missing(tmp_path: Path) -> None:
    csv(tmp_path, {(9, "fixed"): "perhaps"})
    (problem,) = refused(tmp_path, metric={"kind": "share", "column": "fixed"})
    assert (problem.code, problem.rows) == ("unparsable_yes_no", (9,))


def test_a_faulty_cell_counts_even_where_a_filter_leaves_its_row_out(tmp_path: Path) -> None:
    """The number of the row is that of the file."""
    csv(tmp_path, {(13, "amount"): "abc"})
    (problem,) = refused(tmp_path, filter="age > 50")
    assert problem.rows == (13,)


def test_a_column_of_words_is_the_wrong_column_and_not_a_wrong_cell(tmp_path: Path) -> None:
    csv(tmp_path, {})
    with pytest.raises(RefusedSpec) as error:
        engine.estimate(engine.parse_spec({**SPEC, "metric": {"kind": "mean", "column": "arm"}}), tmp_path)
    assert [problem.code for problem in error.value.problems] == ["not_a_number"]


def test_a_covariate_may_be_a_label_that_looks_like_a_number(tmp_path: Path) -> None:
    """School years K, 1, 2 ...: more than one value in twenty is a word."""
    csv(tmp_path, {(row, "age"): "K" if row % 5 == 0 else str(row % 5) for row in range(1, 61)})
    found = engine.estimate(engine.parse_spec({**SPEC, "covariates": ["age"]}), tmp_path)
    assert isinstance(found, Estimate)


@pytest.mark.parametrize("value", ["abc", '"12,5x"'])
def test_a_file_for_a_pilot_is_refused_the_same_way(tmp_path: Path, value: str) -> None:
    path = csv(tmp_path, {(13, "amount"): value})
    reading = guess_reading(path, path.name)
    metric = PlannedMetric(key="amount", name="Amount", role="SUCCESS", spec=MetricSpec(column="amount"), mwe=1)
    with pytest.raises(RefusedData) as error:
        check(open_table(path, reading), Columns(unit="id"), [metric], today=date(2026, 1, 1), reading=reading)
    (problem,) = error.value.problems
    assert (problem.code, problem.column, problem.rows) == ("unparsable_number", "amount", (13,))
