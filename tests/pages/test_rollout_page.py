"""The page Roll-out: it says whether the effect holds outside the pilot, and its acts are on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from experiments.rollouts.keep import standing
from experiments.words import jargon_words
from registry import find
from registry.kinds import RolloutState, Stage

Show = Callable[..., Any]
Press = Callable[[Any, str], Any]
Read = Callable[[Any], str]
PLANNABLE = "text-when-the-part-is-in"


def executive(desk: Any) -> str:
    """An executive who owns none of these pilots."""
    with desk.read() as session:
        return find.people_in_role(session, "executive")[0].name


def test_one_pilot_holds_and_another_was_rolled_back(worked: Path, show: Show, read: Read) -> None:
    text = read(show("rollout", pilot="call-back-at-peak", person="Ana Lima"))
    assert "Holds" in text
    assert "After wave 3 of 3" in text
    assert "kept as before" in text
    assert "shown safe" in text
    for closer in ("partner teams", "Oakham (wave 3)", "week 20 with it", "6 weeks before", "Workforce Planning"):
        assert closer in text, "by group, by site, over time, and whose number it is"
    assert not jargon_words(text)
    text = read(show("rollout", pilot="technician-on-the-way", person="Jonas Weber"))
    assert "Does not hold" in text
    assert "The roll-out is rolled back" in text
    assert "Measure" not in text
    assert not jargon_words(text)


def test_a_pilot_that_is_not_decided_says_when_a_roll_out_is_planned(worked: Path, show: Show, read: Read) -> None:
    assert "once the pilot is approved to scale" in read(show("rollout", pilot="chat-at-lunch"))


def test_after_a_scale_the_page_of_the_decision_leads_to_the_waves(worked: Path, show: Show, read: Read) -> None:
    text = read(show("decide", pilot=PLANNABLE, person="Ines Duarte"))
    assert "are proposed" in text or "can't be planned" in text
    assert "Effect outside the pilot: holds." in read(show("decide", pilot="call-back-at-peak"))


def test_a_plan_is_looked_at_kept_begun_paused_and_rolled_back(
    worked: Path, show: Show, press: Press, read: Read, desk: Any
) -> None:
    owner = _owner(desk)
    at = show("rollout", pilot=PLANNABLE, person=owner)
    at.text_area(key="rollout-sites").set_value("\n".join(f"Workshop {n}; north" for n in range(1, 15)))
    at.number_input(key="rollout-waves").set_value(3)
    at.number_input(key="rollout-weeks").set_value(4)
    text = read(press(at, "Show the proposal"))
    assert "3 waves of" in text
    assert desk.pilot(PLANNABLE).stage == Stage.DECIDED, "looking keeps nothing"
    at.date_input(key="rollout-start").set_value(desk.registry.clock().date() - timedelta(days=1))
    assert "is not in the future" in read(press(at, "Keep this plan"))
    at.date_input(key="rollout-start").set_value(None)
    assert "Kept, with its hash" in read(press(at, "Keep this plan"))
    assert desk.pilot(PLANNABLE).stage == Stage.ROLLING_OUT
    at = press(show("rollout", pilot=PLANNABLE, person=owner), "The first wave begins")
    assert "under way" in read(at)
    at.text_input(key="rollout-pause-reason").set_value("A strike.")
    assert "tick that you are sure" in read(press(at, "Pause the roll-out"))
    at.checkbox(key="rollout-pause-sure").check()
    assert "No further wave begins" in read(press(at, "Pause the roll-out"))
    at = show("rollout", pilot=PLANNABLE, person=executive(desk))
    at.text_input(key="rollout-roll_back-reason").set_value("Nobody wants it.")
    at.checkbox(key="rollout-roll_back-sure").check()
    assert "rolled back" in read(press(at, "Roll the change back"))
    assert standing(desk, desk.pilot(PLANNABLE)).rollout.state == RolloutState.ROLLED_BACK


@pytest.mark.parametrize("person", ["Tom Berg", "Priya Nair"])
def test_who_may_not_sees_no_button(person: str, worked: Path, show: Show, read: Read) -> None:
    at = show("rollout", pilot="call-back-at-peak", person=person)
    assert "Holds" in read(at)
    assert not [button for button in at.button if "Roll the change back" in button.label]


def _owner(desk: Any) -> str:
    with desk.read() as session:
        return find.person(session, find.pilot(session, PLANNABLE).owner_id).name
