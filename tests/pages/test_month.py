"""Where nothing waits for whoever is at the desk, they read what their department has learned this month."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments.deciding.close import close
from experiments.telling.inbox import moves

Show = Callable[..., Any]
Read = Callable[[Any], str]
LESSON = "Callers *gladly* hang up when the call-back comes."
KEY = "call-back-at-peak"


def links(at: Any) -> dict[str, tuple[str, str]]:
    """Page and address of every link on the page, by its words as they are read."""
    return {
        link.proto.label.replace("\\", ""): (link.proto.page, link.proto.query_string) for link in at.get("page_link")
    }


def test_a_partner_reads_what_a_closed_pilot_taught_and_gets_to_it(
    worked: Path, show: Show, read: Read, desk: Any
) -> None:
    close(desk.as_person("Ana Lima"), KEY, LESSON)
    at = show(person="Marek Nowak")
    text = read(at)
    assert text.index("Nothing waits for you.") < text.index("What Workforce Planning has learned this month")
    page, query = links(at)[f"“Call-back at peak” is closed: {LESSON}"]
    assert (page, query) == ("decide", f"pilot={KEY}")


def test_a_department_that_has_nothing_to_do_with_it_is_told_so_with_the_way_to_the_library(
    worked: Path, show: Show, read: Read, desk: Any
) -> None:
    close(desk.as_person("Ana Lima"), KEY, LESSON)
    at = show(person="Hugo Martin")
    text = read(at)
    assert "What Sales has learned this month" in text
    assert "Nothing was decided or closed in these 30 days in a pilot that Sales owns or is a partner of." in text
    assert "Everything that was learned, in the library" in links(at)
    assert not [words for words in links(at) if "gladly" in words]


def test_for_whom_something_waits_the_month_is_not_told(worked: Path, show: Show, read: Read) -> None:
    assert "has learned this month" not in read(show(person="Ruth Vogel"))


def test_what_waits_for_others_is_listed_once(worked: Path, show: Show, read: Read, desk: Any) -> None:
    text = read(show(person="Tom Berg"))
    assert "The last seven days" in text
    decided_by_ruth = [move for move in moves(desk.as_person("Tom Berg")) if move.act == "decide"]
    assert decided_by_ruth
    assert text.count("waiting for Ruth Vogel to decide") == len(decided_by_ruth)
