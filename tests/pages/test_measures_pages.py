"""The metric catalogue and raw records on screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.metrics import FOLDER
from experiments.words import forbidden_words, jargon_words

CALLS = """caller,call start,answered,call end,result,branch
A,2026-03-02 09:00:00,2026-03-02 09:00:20,2026-03-02 09:03:20,answered,North
B,2026-03-02 09:10:00,,2026-03-02 09:11:00,hung up,North
C,2026-03-02 09:40:00,2026-03-02 09:39:00,2026-03-02 09:45:00,answered,South
A,2026-03-03 09:05:00,2026-03-03 09:05:40,2026-03-03 09:06:40,answered,South
"""


def _entry(change: str = "", to: str = "") -> str:
    text = (FOLDER / "delivery.toml").read_text(encoding="utf-8").split("\n\n")[1]
    return (
        text.replace("[on_time_delivery]", "[on_the_day]").replace(change, to)
        if change
        else text.replace("[on_time_delivery]", "[on_the_day]")
    )


def test_the_catalogue_is_searched_and_one_metric_read(
    worked: Path, show: Callable[..., Any], read: Callable[[Any], str], run: Callable[[Any], Any]
) -> None:
    at = show("metrics", person="Ruth Vogel")
    at.text_input(key="words").set_value("felt wait")
    text = read(run(at))
    assert "3 metrics" in text
    assert "It took for ever." in text
    assert "Speed of answer" not in text
    assert not forbidden_words(text)


def test_filters_narrow_the_catalogue(
    worked: Path, show: Callable[..., Any], read: Callable[[Any], str], run: Callable[[Any], Any]
) -> None:
    at = show("metrics", person="Ruth Vogel")
    at.selectbox(key="metrics-waste").set_value("movement")
    at = run(at)
    assert set(at.selectbox(key="metric-choice").options) == {
        "Transferred contacts", "Escalations", "Hand-offs", "Passed on more than twice"
    }  # fmt: skip
    assert not jargon_words(read(at))


def test_who_keeps_the_catalogue_adds_a_version_and_retires_it(
    worked: Path, show: Callable[..., Any], press: Callable[..., Any], read: Callable[[Any], str], keeper: str
) -> None:
    at = show("metrics", person=keeper)
    at.text_area(key="metric-add-text").set_value(_entry())
    at = press(at, "Add to the catalogue")
    assert "Added to the catalogue: on_the_day" in read(at)
    at.text_area(key="metric-add-text").set_value(_entry())
    assert "write the change as version 2" in read(press(at, "Add to the catalogue"))
    at.text_input(key="words").set_value("on_the_day").run()
    at = press(at, "Retire this metric")
    assert "charters can no longer choose it" in read(at)


def test_others_are_offered_no_form(worked: Path, show: Callable[..., Any]) -> None:
    at = show("metrics", person="Ruth Vogel")
    assert "metric-add-text" not in {area.key for area in at.text_area}


@pytest.fixture
def keeper(worked: Path, desk: Any) -> str:
    """Somebody who keeps the catalogue."""
    from registry import find
    from registry.kinds import Role
    from registry.people import PersonRole

    with desk.work() as work:
        person = next(one for one in find.people(work.session) if one.name == "Clara Stein")
        if Role.ANALYST not in find.roles(work.session, person.id):
            given = work.add(PersonRole(person_id=person.id, role=Role.ANALYST))
            work.record("person.role_given", given, after={"role": Role.ANALYST})
    return "Clara Stein"


def test_from_a_dropped_file_to_the_panel_without_code(
    worked: Path, show: Callable[..., Any], press: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    at = show("raw", person="Ana Lima")
    at.file_uploader(key="raw-upload").set_value(("calls.csv", CALLS.encode(), "text/csv")).run()
    assert at.selectbox(key="raw-field--calls-customer").value == "caller"
    at = press(at, "Show the panel")
    text = read(at)
    assert "4 of 4 rows count." in text
    assert "answered at: before what must come first" in text
    assert "value counts as not known, row stays" in text
    assert not forbidden_words(text)
    table = at.dataframe[-1].value
    assert list(table["half-hour"]) == ["09:00", "09:30", "09:00"]
    assert list(table["records"]) == ["2", "1", "1"]


def test_a_mapping_is_kept_and_offered_next_time(
    worked: Path, show: Callable[..., Any], press: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    at = show("raw", person="Ana Lima")
    at.file_uploader(key="raw-upload").set_value(("calls.csv", CALLS.encode(), "text/csv")).run()
    at.selectbox(key="raw-field--calls-customer").select("").run()
    at = press(at, "Show the panel")
    at.text_input(key="raw-source-name").set_value("Contact centre, telephone")
    at = press(at, "Keep this mapping")
    again = show("raw", person="Ana Lima")
    again.file_uploader(key="raw-upload").set_value(("april.csv", CALLS.encode(), "text/csv")).run()
    assert again.selectbox(key="raw-source").value == "Contact centre, telephone"
    assert again.selectbox(key="raw-field-Contact centre, telephone-calls-customer").value == ""


def test_a_file_that_is_no_table_is_refused_in_words(
    worked: Path, show: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    at = show("raw", person="Ana Lima")
    at.file_uploader(key="raw-upload").set_value(("calls.csv", b"%PDF-1.7 ...", "text/csv")).run()
    assert not at.exception
    assert "PDF" in read(at)


def test_the_charters_form_begins_with_a_metric_of_the_catalogue(
    worked: Path, show: Callable[..., Any], run: Callable[[Any], Any]
) -> None:
    at = show("register", person="Ana Lima")
    at.session_state["register_step"] = "success"
    at = run(at)
    at.selectbox(key="r-s1-catalogue").select("time_in_menu")
    at = run(at)
    assert at.text_input(key="r-s1-time_in_menu-name").value == "Time in the menu"
    assert at.text_input(key="r-s1-time_in_menu-unit").value == "s"
    assert at.selectbox(key="r-s1-time_in_menu-better").value == "lower"
    offered = at.selectbox(key="r-s1-catalogue").options
    assert "Half-hours in which few hang up" not in offered  # the form has no field for a part of it
