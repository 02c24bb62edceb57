"""What each kind of person finds on their screens, said in a sentence each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Show = Callable[..., Any]
Press = Callable[[Any, str], Any]
Read = Callable[[Any], str]


def test_a_partner_sees_its_own_number_first_with_its_margin_its_levels_and_what_it_hoped_for(
    worked: Path, show: Show, read: Read
) -> None:
    text = read(show("review", pilot="drop-in-repair-hour", person="Hugo Martin"))
    own = text[text.index("What it did to Sales") : text.index("The other partners")]
    for said in (
        "Sales per visitor",
        "EUR",
        "not shown safe",
        "likely lies between",
        "as before",
        "largest loss we accept 4 EUR",
        "Expects:",
    ):
        assert said in own, said
    assert "There is no other partner department." in text


def test_who_speaks_for_no_partner_sees_all_of_them_with_what_each_hopes_for(
    worked: Path, show: Show, read: Read
) -> None:
    text = read(show("review", pilot="evening-delivery-window", person="Mira Costa"))
    assert "What it did to the partners" in text
    assert "What it hopes for" in text
    assert "The other partners" not in text
