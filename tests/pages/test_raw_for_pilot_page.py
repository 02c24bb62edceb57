"""From a raw call log to a pilot's data on screen, with one button and without a file in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from experiments.planning.plan import plan
from experiments.register import register
from experiments.running.assign import assign
from experiments.signing.sign import sign
from registry import find

SITES = [f"B{number}" for number in range(1, 9)]
START = date(2026, 3, 2)
CHARTER: dict[str, Any] = {
    "title": "Quicker answers", "problem": "Callers wait for minutes.", "team": "Service innovation",
    "owner": {"name": "Ana Lima", "department": "Contact centre"},
    "sponsor": {"name": "Ruth Vogel", "department": "Operations"},
    "hypothesis": {"change": "call back at peak", "for_whom": "callers", "metric": "speed_of_answer",
                   "direction": "down", "by": 15, "because": "nobody holds the line"},
    "metrics": {"success": [{"from": "speed_of_answer", "mwe": 15}], "guardrails": []},
    "where": {
        "how_chosen": "all branches", "design": "randomised_sites", "unit_word": "branch", "sites": SITES,
        "columns": {"site": "site", "period": "day", "post": {"column": "day", "from": "2026-03-02"}},
        "assignment": {"method": "complete", "n_treatment": 4, "seed": 7},
        "baseline_from": "2026-02-02", "start": "2026-03-02", "end": "2026-03-29",
    },
    "looks": {"fractions": [1.0], "extension": None}, "draws": 199,
}  # fmt: skip


def call_log() -> bytes:
    lines = ["call id,branch,call start,answered,call end,result"]
    for site in SITES:
        for day in range(56):
            for call in range(3):
                begun = datetime(2026, 2, 2, 9 + call) + timedelta(days=day)
                answered = begun + timedelta(seconds=60 + 7 * call + day % 5)
                lines.append(f"c{len(lines)},{site},{begun},{answered},{answered + timedelta(seconds=100)},answered")
    return "\n".join(lines).encode()


@pytest.fixture
def pilot(desk: Any, clock: Callable[[datetime], None]) -> str:
    """A pilot that was drawn and waits for its data."""
    clock(datetime(2026, 2, 10, 9, tzinfo=UTC))
    key = register(desk, CHARTER).key
    owner = desk.as_person("Ana Lima")
    plan(owner, key)
    sign(owner, key)
    assign(owner, key)
    clock(datetime(2026, 4, 1, 9, tzinfo=UTC))
    return key


def shown(show: Callable[..., Any], press: Callable[..., Any], person: str = "Ana Lima") -> Any:
    at = show("raw", person=person)
    at.file_uploader(key="raw-upload").set_value(("calls.csv", call_log(), "text/csv")).run()
    return press(at, "Show the panel")


def test_the_log_becomes_the_pilots_data_with_one_button(
    pilot: str, desk: Any, show: Callable[..., Any], press: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    at = press(shown(show, press), "Check it and keep it")
    assert "Kept as data of “Quicker answers”: 1344 rows." in read(at)
    with desk.read() as session:
        (kept,) = find.snapshots(session, find.pilot(session, pilot).id)
    assert (kept.name, kept.row_count) == ("calls.csv.parquet", 8 * 56 * 3)
    text = read(show("data", pilot=pilot, person="Ana Lima"))
    assert "calls.csv.parquet" in text


def test_the_file_is_made_to_take_away_and_nothing_is_kept(
    pilot: str, desk: Any, show: Callable[..., Any], press: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    at = press(shown(show, press), "Make the file")
    assert "For “Quicker answers”: 1344 rows, a row a record." in read(at)
    with desk.read() as session:
        assert find.snapshots(session, find.pilot(session, pilot).id) == []


def test_who_may_not_bring_data_is_offered_no_pilot(
    pilot: str, show: Callable[..., Any], press: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    assert "Use these records for a pilot" not in read(shown(show, press, person="Ruth Vogel"))
