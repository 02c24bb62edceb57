"""Tables to take away: a spreadsheet shows them and runs nothing in them."""

from __future__ import annotations

import ast
import csv
import io
import math
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from experiments.tables import as_csv, as_workbook, form_of, harmless

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", " =1", "\u00a0=1", "\u200b=1",
     '=HYPERLINK("http://example.org")', "=cmd|' /C calc'!A0", "-18 s, shown better"],
)  # fmt: skip
def test_a_text_that_would_be_run_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "written"), [("a;=1", "a;'=1"), ("a\t=1", "a\t'=1"), ("a\n-1", "a\n'-1"), ("a, +b", "a,' +b")]
)
def test_a_text_that_other_countries_take_for_two_cells_is_harmless_in_both(text: str, written: str) -> None:
    """Where the comma is the decimal mark, spreadsheets divide a CSV file at semicolons."""
    assert harmless(text) == written


@pytest.mark.parametrize("text", ["\t=1", "\r=1", "\n=1", "\tx"])
def test_a_tab_or_line_end_hides_no_formula(text: str) -> None:
    assert str(harmless(text)).startswith("'")


@pytest.mark.parametrize("text", ["", "a", "a-b", "a=b", "1+1", "−18 s", "'quoted'", "a@b.c", "5 - 3", "回电"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("value", [-1, -1.5, 0, 1e-9, True, None, date(2026, 3, 2), np.float64(-2.5), np.int64(-3)])
def test_what_is_no_text_stays_what_it_is(value: Any) -> None:
    assert harmless(value) == value
    assert not isinstance(harmless(value), str)


def test_no_number_is_written_for_none() -> None:
    assert harmless(math.nan) is None
    assert harmless(math.inf) is None


TABLE = {
    "=title": ["=1+1", 'a "quoted" text', "two\nlines", "é\x00\x1b", "\ud800"],
    "number": [-1, -0.5, None, 2**60, True],
    "day": [date(2026, 3, 2), datetime(2026, 3, 2, 9, tzinfo=UTC), None, None, None],
    "more": [{"x": "=1"}, ["=2"], "x" * 40_000, "", "-"],
}


def test_csv_holds_numbers_bare_and_texts_between_quotes() -> None:
    written = as_csv(TABLE)
    assert written.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))
    assert lines[0] == ["'=title", "number", "day", "more"]
    assert lines[1] == ["'=1+1", "-1", "2026-03-02", '{"x": "=1"}']
    assert lines[2][:3] == ['a "quoted" text', "-0.5", "2026-03-02T09:00:00+00:00"]
    assert [line[0] for line in lines[3:]] == ["two\nlines", "é", "�"]
    assert b'"\'=1+1",-1,' in written


def test_a_workbook_holds_numbers_as_numbers_and_no_formula() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(as_workbook(TABLE))).active
    assert [cell.value for cell in sheet[1]] == ["'=title", "number", "day", "more"]
    assert [cell.value for cell in sheet[2]] == ["'=1+1", -1, datetime(2026, 3, 2), '{"x": "=1"}']
    assert [cell.data_type for cell in sheet[2]] == ["s", "n", "d", "s"]
    assert sheet["B3"].value == -0.5
    assert sheet["B5"].value == str(2**60)  # as a number Excel would round it
    assert len(sheet["D4"].value) == 32_767
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


def test_columns_of_different_lengths_are_a_fault() -> None:
    with pytest.raises(ValueError, match="shorter"):
        as_csv({"a": [1, 2], "b": [1]})


def test_the_ending_of_a_name_chooses_the_form() -> None:
    assert form_of("rows.xlsx").write is as_workbook
    assert form_of("rows.csv").write is form_of("rows").write is as_csv


@pytest.mark.parametrize("path", sorted(EXPERIMENTS.rglob("*.py")), ids=lambda path: path.name)
def test_no_other_file_writes_tables(path: Path) -> None:
    """Whoever writes CSV or Excel on their own forgets the rule."""
    if path.name == "tables.py" or path.parent.name == "demo":  # made-up data, read by no spreadsheet
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        named = node.attr if isinstance(node, ast.Attribute) else ""
        assert named not in {"to_csv", "to_excel", "writerow", "writerows", "DictWriter", "write_csv", "write_table"}, (
            f"{path.name}:{getattr(node, 'lineno', 0)} writes a table: use experiments.tables"
        )
