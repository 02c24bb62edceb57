"""Every page, for everybody, on every pilot of the worked portfolio."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.demo.stories import STORIES
from experiments.words import forbidden_words, jargon_words
from registry import find

PAGES = Path(__file__).resolve().parents[2] / "experiments" / "pages"
EVERY_PAGE = sorted(path.stem for path in PAGES.glob("*.py") if "desk = begin(" in path.read_text())


def test_the_folder_and_the_menu_agree() -> None:
    listed = (PAGES.parents[1] / "app.py").read_text()
    assert len(EVERY_PAGE) == 21
    assert all(f'"{name}"' in listed for name in EVERY_PAGE)


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_a_page_renders_for_every_pilot_and_person(
    name: str, worked: Path, show: Callable[..., Any], read: Callable[[Any], str], desk: Any
) -> None:
    """Persons and pilots in turns, so that each person sees the page, and each pilot is shown on it."""
    with desk.read() as session:
        people = [person.name for person in find.people(session)]
    pilots = list(STORIES)
    for turn in range(max(len(people), len(pilots))):
        pilot, person = pilots[turn % len(pilots)], people[turn % len(people)]
        text = read(show(name, pilot=pilot, person=person))
        assert person in text
        assert not forbidden_words(text), f"{forbidden_words(text)} on {name} of {pilot}"


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_a_page_renders_in_an_empty_data_folder(
    name: str, show: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    text = read(show(name))
    assert "no pilot yet" in text or name in {
        "register", "what_needs_me", "people", "metrics", "raw", "objectives", "learned", "library", "showcase"
    }  # fmt: skip
    assert not forbidden_words(text)


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_an_unknown_pilot_in_the_address_is_said(
    name: str, worked: Path, show: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    text = read(show(name, pilot="no-such-pilot"))
    assert "no-such-pilot" in text.replace("\\", "") or name in {
        "what_needs_me", "portfolio", "people", "metrics", "raw", "objectives", "learned", "library", "showcase"
    }  # fmt: skip


@pytest.mark.parametrize("name", ["what_needs_me", "portfolio", "objectives", "register", "review", "data", "assign"])
def test_managers_meet_no_words_of_statistics(
    name: str, worked: Path, show: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    assert not jargon_words(read(show(name, pilot="evening-delivery-window", person="Ruth Vogel")))


def test_results_stay_closed_where_a_pilot_cannot_be_judged(
    worked: Path, show: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    whole = read(show("evidence", pilot="one-owner-per-complaint", person="Clara Stein"))
    text = whole[: whole.index("What the words mean")]  # the list of words names every state
    assert "can't be judged" in text.lower()
    assert "shown better" not in text


def test_the_menu_keeps_the_pilot_that_was_looked_at(worked: Path, show: Callable[..., Any]) -> None:
    at = show("evidence", pilot="shorter-phone-menu")
    del at.query_params["pilot"]
    at.switch_page("experiments/pages/history.py").run()
    assert at.selectbox(key="pilot_choice").value == "shorter-phone-menu"
