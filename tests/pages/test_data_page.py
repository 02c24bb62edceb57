"""A file is kept whole or not at all, and whatever is wrong with it is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from experiments import register
from experiments.planning import plan
from experiments.running import assign
from experiments.signing import sign
from experiments.words import sentences_in
from registry import find

Show = Callable[..., Any]
Press = Callable[[Any, str], Any]
Read = Callable[[Any], str]
KEY = "ugly-weeks"


def charter(ugly: Any) -> dict[str, Any]:
    """The pilot that the ugly files are meant for."""
    success, guard = ugly.METRICS
    return {
        "pilot": KEY,
        "title": "Ugly weeks",
        "problem": "Customers wait too long.",
        "team": "Service innovation",
        "owner": {"name": "Ana Lima", "department": "Contact Centre"},
        "sponsor": {"name": "Ruth Vogel", "department": "Operations"},
        "hypothesis": {"change": "call back", "for_whom": "callers", "metric": "wait", "direction": "down", "by": 1.0,
                       "because": "nobody has to hold the line"},
        "metrics": {
            "success": [{"key": "wait", "name": "Wait", "unit": "min", "better": "lower", "mwe": success["mwe"],
                         "measure": {"kind": "mean", "column": "wait"},
                         "worst": {"without_because": "weekly figures do not show it"}}],
            "guardrails": [{"key": "solved", "name": "Solved", "unit": "share", "margin": guard["margin"],
                            "measure": {"kind": "share", "column": "solved"}}],
        },
        "where": {
            "how_chosen": "the willing ones",
            "design": "before_after_control",
            "data": "panel",
            "sites": [{"key": site, "forced": site in ugly.TREATED} for site in ugly.SITES],
            "columns": {**ugly.COLUMNS, "post": {"column": "week", "from": "2026-03-16"}},
            "assignment": {"method": "chosen", "n_treatment": len(ugly.TREATED)},
            "baseline_from": "2026-03-02",
            "start": "2026-03-16",
            "end": "2026-03-29",
        },
    }  # fmt: skip


@pytest.fixture
def waiting_for_data(home: Path, desk: Any, ugly: Any, clock: Callable[[datetime], None]) -> str:
    """A pilot that is drawn and waits for its data, on the day on which the ugly files arrive."""
    clock(datetime(2026, 2, 2, 9, tzinfo=UTC))
    register.register(desk, charter(ugly))
    owner = desk.as_person("Ana Lima")
    plan.plan(owner, KEY)
    sign.sign(owner, KEY)
    assign.assign(owner, KEY)
    clock(datetime(2026, 4, 15, 9, tzinfo=UTC))
    assert date(2026, 4, 15) == ugly.TODAY
    return KEY


def bring(show: Show, press: Press, name: str, content: bytes) -> Any:
    at = show("data", pilot=KEY)
    at.file_uploader(key="upload-0").set_value((name, content, "application/octet-stream"))
    at.run()
    assert not at.exception, at.exception[0].message
    if not any("Check and keep" in button.label for button in at.button):
        return at
    return press(at, "Check and keep")


def told(code: str) -> list[str]:
    """The pieces of a problem's sentence that stand between its facts."""
    pieces = re.split(r"\{[^}]*\}", sentences_in("en")[f"problem.{code}"])
    return [piece.strip() for piece in pieces if len(piece.strip()) > 12][:2]


def names_of_ugly_files() -> list[str]:
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("ugly_files", Path(__file__).parents[1] / "ugly_files.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.ugly_files())


@pytest.mark.parametrize("name", names_of_ugly_files())
def test_an_ugly_file_is_refused_in_words_and_nothing_is_stored(
    name: str,
    waiting_for_data: str,
    ugly_files: dict[str, tuple[str, bytes, str]],
    show: Show,
    press: Press,
    read: Read,
    desk: Any,
    home: Path,
) -> None:
    file_name, content, code = ugly_files[name]
    text = read(bring(show, press, file_name, content))
    assert "Nothing was kept" in text
    for piece in told(code):
        assert piece in text
    with desk.read() as session:
        assert find.snapshots(session, desk.pilot(KEY).id) == []
    assert [path for path in (home / "snapshots").rglob("*") if path.is_file()] == []


def test_a_good_file_is_kept_and_listed_with_its_hash(
    waiting_for_data: str, ugly: Any, show: Show, press: Press, read: Read, desk: Any
) -> None:
    at = bring(show, press, "weeks.csv", ugly.csv().encode())
    with desk.read() as session:
        kept = find.snapshots(session, desk.pilot(KEY).id)
    assert [row.name for row in kept] == ["weeks.csv"]
    text = read(at)
    assert "Kept: 16 rows of weeks.csv" in text
    assert kept[0].sha256[:12] in text


def test_a_crossover_that_really_happened_is_kept_after_a_tick(
    waiting_for_data: str, ugly_files: Any, show: Show, press: Press, read: Read, desk: Any
) -> None:
    name, content, _ = ugly_files["a site in the other arm"]
    at = bring(show, press, name, content)
    at = at.run()
    at.checkbox(key="crossovers").check()
    at = press(at, "Check and keep")
    assert "Kept:" in read(at)


def test_a_changed_reading_is_used_and_stored(
    waiting_for_data: str, ugly: Any, show: Show, press: Press, read: Read, desk: Any
) -> None:
    years = ugly.csv().replace("2026-", "2569-").encode()
    at = show("data", pilot=KEY)
    at.file_uploader(key="upload-0").set_value(("weeks.csv", years, "text/csv"))
    at.run()
    at.checkbox(key="read-be").check()
    at = press(at, "Check and keep")
    assert "Kept: 16 rows" in read(at)
    with desk.read() as session:
        assert find.snapshots(session, desk.pilot(KEY).id)[0].reading["buddhist_years"] is True


def test_the_columns_of_the_file_are_held_against_the_plan(
    waiting_for_data: str, ugly: Any, show: Show, read: Read
) -> None:
    at = show("data", pilot=KEY)
    at.file_uploader(key="upload-0").set_value(
        ("w.csv", ugly.csv(header="Site,group,week,wait,x").encode(), "text/csv")
    )
    text = read(at.run())
    assert "not there; the file has Site" in text


def test_a_table_that_was_named_is_chosen_instead_of_a_file_and_refused_like_one(
    waiting_for_data: str, ugly: Any, show: Show, press: Press, read: Read, desk: Any, home: Path, tmp_path: Path
) -> None:
    assert not any("Read, check and keep it" in button.label for button in show("data", pilot=KEY).button)
    (tmp_path / "weeks.csv").write_bytes(ugly.csv().encode())
    with duckdb.connect(str(tmp_path / "house.duckdb")) as house:
        house.execute("CREATE TABLE weeks AS SELECT * FROM read_csv(?)", [str(tmp_path / "weeks.csv")])
        house.execute("CREATE TABLE empty AS SELECT * FROM weeks LIMIT 0")
    (home / "connections.toml").write_text(
        f'[house]\naddress = "duckdb://{tmp_path / "house.duckdb"}"\ntables = ["empty", "weeks"]\n'
    )
    at = press(show("data", pilot=KEY), "Read, check and keep it")
    assert "Nothing was kept" in read(at)
    at.selectbox(key="table").set_value("house · weeks")
    at = press(at, "Read, check and keep it")
    with desk.read() as session:
        assert [row.row_count for row in find.snapshots(session, desk.pilot(KEY).id)] == [16]
    assert "Kept: 16 rows of house · weeks" in read(at)
