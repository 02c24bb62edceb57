"""What we learned: read by anybody, kept by an analyst; a year after an overrule, a judgement with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.deciding.overrides import overrides
from experiments.learned.prior import in_force
from experiments.words import jargon_words, say

Show, Read, Press = Callable[..., Any], Callable[[Any], str], Callable[[Any, str], Any]


def test_everybody_reads_what_pilots_taught_in_plain_words(worked: Path, show: Show, read: Read) -> None:
    text = read(show("learned", person="Ruth Vogel"))
    assert "made-up pilots" in text
    assert "taught us something" in text
    assert "likely to disappoint" in text
    assert not jargon_words(text)


def test_an_innovator_is_not_offered_to_keep_a_new_version(worked: Path, show: Show, read: Read) -> None:
    at = show("learned", person="Ana Lima")
    assert say("learned.prior.button") not in [button.label for button in at.button]
    assert "That takes an analyst or an administrator" in read(at)


def test_an_analyst_keeps_a_new_version_once(worked: Path, show: Show, read: Read, press: Press, desk: Any) -> None:
    at = press(show("learned", person="Mira Costa"), say("learned.prior.button"))
    assert "Kept as version 1" in read(at)
    assert in_force(desk).number == 1
    assert say("learned.prior.button") not in [button.label for button in at.button]


def test_a_year_after_an_overrule_the_record_suggests_and_the_executive_judges(
    worked: Path, show: Show, read: Read, press: Press, desk: Any, clock: Callable[[datetime], None]
) -> None:
    (overruled,) = [row for row in overrides(desk) if row.state == "confirmed"]
    clock(datetime(2028, 1, 3, 9, tzinfo=UTC))
    at = show("decide", pilot=overruled.pilot, person=overruled.second)
    assert at.radio(key="look-back-found").value == "unclear"
    at.radio(key="look-back-found").set_value("right")
    at.text_area(key="became").set_value("It would have cost more than it brings.")
    at = press(at, say("overrule.look_back_go"))
    assert "Right in hindsight: It would have cost more than it brings." in read(at)
    (row,) = [row for row in overrides(desk) if row.state == "confirmed"]
    assert row.found == "right"
