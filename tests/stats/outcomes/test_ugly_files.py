"""Ugly files: each is refused with the right problem, never with another exception, and can be said in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from experiments.words import problem_sentence
from stats.errors import RefusedData
from stats.outcomes import check, connect, guess_reading, open_table, preview
from stats.plan import Columns, PlannedMetric

# Where the fault lies: (column, first rows); files not named here are refused as a whole.
PLACES: dict[str, tuple[str | None, tuple[int, ...]]] = {
    "zero bytes in the text": (None, (3,)),
    "two encodings in one file": (None, (17,)),
    "a row cut short": (None, (4,)),
    "a comma too many": (None, (4,)),
    "a quote that never closes": (None, (16,)),
    "a column twice": ("wait", ()),
    "a column with another name": ("wait", ()),
    "a column that is not there": ("wait", ()),
    "a word for a number": ("wait", (6,)),
    "a number with its unit": ("wait", (6,)),
    "points and commas": ("wait", (2, 4, 6, 8, 10)),
    "a date that does not exist": ("week", (7,)),
    "a date to come": ("week", (8,)),
    "years of the Buddhist calendar": ("week", (1, 2, 3, 4, 5)),
    "an arm that was not planned": ("group", (1,)),
    "a site that was not planned": ("site", (2,)),
    "no site": ("site", (2,)),
    "a site in two arms": ("site", (1, 5, 9, 13)),
    "a site in the other arm": ("site", (2, 6, 10, 14)),
    "a week twice": ("site", (37, 53)),
    "time running backwards": ("wait", (2,)),
    "a share above one": ("solved", (3,)),
    "not one value": ("wait", ()),
}


@pytest.fixture
def walk(ugly: Any, tmp_path: Path) -> Callable[[str, bytes], Any]:
    """What the app and the command line do with a file, from its bytes to the check."""

    def walk(name: str, content: bytes) -> Any:
        path = tmp_path / name
        path.write_bytes(content)
        reading = guess_reading(path)
        preview(path, reading)
        return check(
            open_table(path, reading, connect()),
            Columns.model_validate(ugly.COLUMNS),
            [PlannedMetric.model_validate(metric) for metric in ugly.METRICS],
            {site: int(site in ugly.TREATED) for site in ugly.SITES},
            (date(2025, 1, 1), ugly.TODAY),
            today=ugly.TODAY,
            reading=reading,
        )

    return walk


def test_the_clean_file_is_accepted(ugly: Any, walk: Callable[[str, bytes], Any]) -> None:
    accepted = walk("rows.csv", ugly.csv().encode())
    assert (accepted.rows, accepted.good_rows, accepted.shape) == (16, 16, "panel")
    assert accepted.sites == ("East", "North", "South", "West")
    assert accepted.arms == {"pilot": 8, "usual": 8}
    assert (accepted.first, accepted.last) == (date(2026, 3, 2), date(2026, 3, 23))
    assert accepted.warnings == ()


def test_every_ugly_file_is_refused_with_its_problem(
    ugly_files: dict[str, tuple[str, bytes, str]], walk: Callable[[str, bytes], Any]
) -> None:
    assert len(ugly_files) >= 20
    for name, (file, content, code) in ugly_files.items():
        with pytest.raises(RefusedData) as refused:
            walk(file, content)
        named = [problem for problem in refused.value.problems if problem.code == code]
        assert len(named) == 1, (name, str(refused.value))
        assert (named[0].column, named[0].rows) == PLACES.get(name, (None, ())), name


def test_every_refusal_can_be_said_in_words(
    ugly_files: dict[str, tuple[str, bytes, str]], walk: Callable[[str, bytes], Any]
) -> None:
    # A missing sentence or fact warns, and warnings are errors here.
    for file, content, _ in ugly_files.values():
        with pytest.raises(RefusedData) as refused:
            walk(file, content)
        for problem in refused.value.problems:
            sentence = problem_sentence(problem)
            assert "{" not in sentence
            assert "()" not in sentence
            assert len(sentence) > 40


def test_all_problems_are_named_at_once(ugly: Any, walk: Callable[[str, bytes], Any]) -> None:
    text = ugly.csv(
        {
            1: "Nord,pilot,2026-03-02,4.2,0.8",
            2: "South,usual,2026-03-02,-5,0.8",
            3: "East,pilot,2027-03-02,6,81",
        }
    )
    with pytest.raises(RefusedData) as refused:
        walk("rows.csv", text.encode())
    found = {(problem.code, problem.column, problem.rows) for problem in refused.value.problems}
    assert found == {
        ("unknown_site_close", "site", (1,)),
        ("negative_duration", "wait", (2,)),
        ("future_date", "week", (3,)),
        ("out_of_range_share", "solved", (3,)),
    }


def test_a_refusal_counts_the_rows_without_a_fault(ugly: Any, walk: Callable[[str, bytes], Any]) -> None:
    with pytest.raises(RefusedData) as refused:
        walk("rows.csv", ugly.csv({2: "South,usual,2026-03-02,-5,0.8", 5: "North,pilot,2026-03-09,-4,0.8"}).encode())
    assert (refused.value.rows, refused.value.good_rows) == (16, 14)  # type: ignore[attr-defined]
