"""The portfolio as a page: filters, what is overdue, the calendar of sites, the month as one file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Show = Callable[..., Any]
Read = Callable[[Any], str]
Run = Callable[[Any], Any]


def test_filters_of_different_kinds_hold_together(worked: Path, show: Show, run: Run, read: Read) -> None:
    at = show("portfolio")
    at.multiselect(key="stage").set_value(["closed"])
    at.multiselect(key="owner").set_value(["Leila Haddad"])
    text = read(run(at))
    assert "1 of 20 pilots" in text
    assert "Reminder the day before" in text


WAITING = 6
"""Pilots of the worked portfolio that were judged and wait for a decision."""


def test_what_is_overdue_is_named_above_the_board_and_on_its_card(
    worked: Path, show: Show, run: Run, read: Read, clock: Callable[[datetime], None]
) -> None:
    before = read(show("portfolio"))
    assert f"Overdue, {WAITING}:" in before  # the review is over, and nobody has decided
    assert "overdue since 11 Jan 2027" not in before
    clock(datetime(2031, 1, 1, tzinfo=UTC))
    at = show("portfolio")
    at.checkbox(key="overdue").check()
    text = read(run(at))
    assert f"{WAITING + 2} of 20 pilots" in text
    assert f"Overdue, {WAITING + 2}: Repair or replace advice" in text
    assert "overdue since" in text


def test_the_timeline_says_who_shares_sites(worked: Path, show: Show, run: Run, read: Read) -> None:
    at = show("portfolio")
    at.segmented_control(key="view").set_value("timeline")
    at = run(at)
    assert "pairs of pilots share sites at the same time" in read(at)
    pairs = at.dataframe[0].value
    assert ["Welcome desk at the new shops", "Drop-in repair hour"] in pairs.iloc[:, :2].to_numpy().tolist()


def test_the_table_has_age_money_and_what_is_overdue(worked: Path, show: Show, run: Run) -> None:
    at = show("portfolio")
    at.segmented_control(key="view").set_value("table")
    table = run(at).dataframe[0].value
    row = table[table["Pilot"] == "Call-back at peak"].iloc[0]
    assert row["Expected net benefit, cautious"] > 0
    assert (row["Currency"], row["Over"], row["Overdue"]) == ("EUR", "3 years", "")
    assert row["Days in stage"] > 0


def test_what_is_chosen_here_is_not_chosen_in_the_library(worked: Path, show: Show, run: Run) -> None:
    at = show("portfolio")
    at.segmented_control(key="view").set_value("table")
    at.text_input(key="search").input("call-back")
    at = run(at)
    at.query_params.clear()  # as the menu does
    at.switch_page("experiments/pages/library.py")
    at = run(at)
    assert at.text_input(key="search").value in {None, ""}
    assert at.selectbox(key="order").index == 0
    assert at.segmented_control(key="view").value == "cards"
