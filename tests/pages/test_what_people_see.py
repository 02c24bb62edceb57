"""What each kind of person finds on their screens, said in a sentence each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from experiments.charters.charter import Person
from experiments.people import person_of
from experiments.planning.looks import next_check
from experiments.running.check_ins import check_ins
from experiments.telling.first_steps import STEPS
from experiments.words import knows
from registry.kinds import Role

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


def test_the_words_of_a_verdict_are_explained_where_they_stand_and_in_a_list(
    worked: Path, show: Show, read: Read
) -> None:
    from experiments.words import say
    from experiments.words.meanings import STATES, glossary

    at = show("evidence", pilot="evening-delivery-window", person="Ruth Vogel")
    bodies = " ".join(part.proto.body for part in at.get("html"))
    assert f"data-meaning='{say('meaning.state.BREACH')}'" in bodies
    text = read(at)
    assert all(word in text and meaning in text for word, meaning in glossary())
    assert len({say(f"meaning.state.{key}") for key in STATES}) == len(STATES)


def test_a_later_version_says_so_on_its_card_and_in_the_table(worked: Path, show: Show, read: Read) -> None:
    at = show("portfolio", person="Ruth Vogel")
    assert "Check-in at the shop, version 3" in read(at)
    assert at.get("page_link")


def test_who_may_decide_is_led_to_the_decision_and_finds_the_owner_proposed_for_the_roll_out(
    worked: Path, show: Show, read: Read
) -> None:
    at = show("decide", pilot="parts-list-before-the-visit", person="Ruth Vogel")
    assert "[Read enough? To the decision](#decision)" in read(at)
    assert at.text_input(key="rollout_owner").value == "Jonas Weber"
    away = read(show("decide", pilot="parts-list-before-the-visit", person="Hugo Martin"))
    assert "To the decision" not in away


def test_between_planned_checks_nobody_is_offered_a_button_that_would_be_refused(
    worked: Path, show: Show, read: Read, desk: Any, clock: Callable[[datetime], None]
) -> None:
    ahead = next_check(desk, desk.pilot("chat-at-lunch"))
    assert ahead is not None
    noon = datetime.combine(ahead, time(12), tzinfo=UTC)
    clock(noon - timedelta(days=2))
    at = show("evidence", pilot="chat-at-lunch", person="Leila Haddad")
    assert "The next planned check is on" in read(at)
    assert not [button for button in at.button if "Assess" in button.label]
    clock(noon)
    at = show("evidence", pilot="chat-at-lunch", person="Leila Haddad")
    assert [button for button in at.button if "Assess" in button.label]


def test_who_has_done_nothing_yet_is_led_through_the_pages_of_their_role(
    worked: Path, show: Show, read: Read, desk: Any
) -> None:
    with desk.work() as work:
        person_of(work, Person(name="Karin Holm", department="Finance"), Role.EXECUTIVE)
    new = show(person="Karin Holm")
    tour = next(box for box in new.expander if "First time here?" in box.label)
    assert tour.proto.expanded
    assert "One page a verdict" in read(new)
    assert "sign the largest loss" not in read(new)
    known = show(person="Ana Lima")
    assert not next(box for box in known.expander if "First time here?" in box.label).proto.expanded
    assert "sign the largest loss" in read(known)


def test_every_step_of_a_tour_has_its_sentence() -> None:
    assert all(knows(f"first.{role.value}.{page}") for role, pages in STEPS.items() for page in pages)
    assert {*STEPS} == {*Role}


def test_the_data_page_says_how_the_data_are_and_nothing_of_what_the_change_did(
    worked: Path, show: Show, read: Read
) -> None:
    text = read(show("data", pilot="chat-at-lunch", person="Leila Haddad"))
    assert "How the data are" in text
    assert "All 14 regions are in the data." in text
    assert "No value is missing" in text or "hold no value" in text
    assert "shown better" not in text
    assert "How the data are" not in read(show("data", pilot="call-back-at-peak", person="Ana Lima"))


def test_what_a_site_does_not_say_is_not_taken_for_all(
    worked: Path, show: Show, press: Press, read: Read, desk: Any
) -> None:
    at = show("along", pilot="chat-at-lunch", person="Leila Haddad")
    assert at.number_input(key="delivered").value is None
    assert "went wrong" in read(press(at, "Check in"))
    before = len(check_ins(desk, "chat-at-lunch"))
    at.number_input(key="delivered").set_value(80)
    press(at, "Check in")
    said = [each for each in check_ins(desk, "chat-at-lunch") if each.delivered == 0.8]
    assert len(check_ins(desk, "chat-at-lunch")) == before + 1
    assert [each.used for each in said] == [None]


def test_the_record_names_a_learning_by_its_sentence(worked: Path, show: Show, read: Read) -> None:
    text = read(show("history", pilot="call-back-at-peak", person="Mira Costa"))
    assert "it supports “People are content to wait" in text
    assert "it supports “people-are-content" not in text


def test_the_list_of_metrics_names_steps_of_the_journey_as_people_do(worked: Path, show: Show, read: Read) -> None:
    text = read(show("metrics", person="Mira Costa"))
    assert "What was measured" not in text
    assert "Get it solved" in text


@pytest.mark.parametrize("page", ["objectives", "learned", "showcase", "library", "portfolio", "evidence"])
def test_an_empty_page_says_what_comes_here_and_leads_on(page: str, home: Path, show: Show, read: Read) -> None:
    at = show(page)
    assert at.info
    assert at.get("page_link")
    assert "--as NAME" not in read(at)


def test_the_sentence_of_the_hypothesis_says_as_much_as_the_charter_beside_it(
    worked: Path, show: Show, press: Press, read: Read
) -> None:
    text = read(press(show("register", person="Ana Lima"), "Start from this"))
    assert "will go down by at least 15 s" in text
    assert "by at least …" not in text
    assert "Speed of answer: less is better. Smallest gain worth having: 15 s" in text
