"""The library as people use it: searched, narrowed, taken away; takeaways bettered, learnings written and attached."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments.library.cards import card, to_take_away
from experiments.library.learnings import learnings
from experiments.library.shelf import Wanted, every_card
from experiments.library.takeaways import every
from experiments.register import save_draft
from experiments.tables import FORMS

Show = Callable[..., Any]
Read = Callable[[Any], str]


def searched(show: Show, words: str) -> Any:
    at = show("library")
    at.text_input(key="search").set_value(words)
    return at.run()


def test_closed_pilots_stand_first_and_decided_ones_say_so(worked: Path, show: Show, read: Read) -> None:
    text = read(show("library"))
    assert "An open question needs people behind it" in text
    assert "Not closed yet: the takeaway is still to be written." in text
    assert text.index("An open question needs people behind it") < text.index("Not closed yet")
    assert "Cautious estimate:" in text


def test_all_words_are_wanted_and_some_are_offered(worked: Path, show: Show, read: Read) -> None:
    text = read(searched(show, "dialled wants"))
    assert "Help has to come before somebody calls" in text
    assert "Shorter phone menu" not in text
    assert "No pilot has all of these words" in read(searched(show, "dialled zebra"))


def test_what_is_not_found_is_said_with_a_way_out(worked: Path, show: Show, read: Read) -> None:
    at = searched(show, "zebra")
    assert "Nothing like it was tried yet" in read(at)
    at.button(key="clear").click().run()
    assert "Shorter phone menu" in read(at)


def test_hostile_words_are_only_words(worked: Path, show: Show, read: Read) -> None:
    at = searched(show, "\"'); DROP TABLE pilot; -- <script>alert(1)</script> OR *")
    assert not at.exception


def test_learnings_are_shown_with_who_contradicts_them(worked: Path, show: Show, read: Read) -> None:
    at = show("library")
    at.segmented_control(key="view").set_value("learnings").run()
    text = read(at)
    assert "2 for, 1 against" in text
    assert "Contradicts: Reminder the day before (Stop)" in text


def test_a_learning_is_written_down_and_a_pilot_attached(
    worked: Path, show: Show, press: Callable[..., Any], desk: Any, read: Read
) -> None:
    at = show("library")
    at.segmented_control(key="view").set_value("learnings").run()
    at.text_area(key="learning-statement").set_value("Paper is read too late.")
    press(at, "Write it down")
    assert "Paper is read too late." in read(at)
    key = "paper-is-read-too-late"
    at.selectbox(key=f"attach-pilot-{key}").set_value("printed-welcome-folder")
    buttons = [one for one in at.button if one.label == "Attach"]
    buttons[[one.key for one in learnings(desk)].index(key)].click().run()
    (found,) = [one for one in learnings(desk) if one.key == key]
    assert [(one.bearing, one.card.key) for one in found.witnesses] == [("supports", "printed-welcome-folder")]


def test_a_better_takeaway_is_put_beside_the_first(
    worked: Path, show: Show, press: Callable[..., Any], desk: Any
) -> None:
    at = show("decide", pilot="shorter-phone-menu", person="Marek Nowak")
    at.text_area(key="corrected").set_value("Ask openly only where one person can answer everything.")
    press(at, "Keep the new takeaway")
    assert len(every(desk, desk.pilot("shorter-phone-menu"))) == 2
    assert card(desk, "shorter-phone-menu").lesson.startswith("Ask openly")


def test_beside_a_charter_that_is_written_stand_earlier_pilots_like_it(
    worked: Path, show: Show, desk: Any, read: Read
) -> None:
    draft = {
        "title": "Tips for callers on hold",
        "hypothesis": {"change": "tell callers on hold how to solve problems"},
    }
    kept = save_draft(desk.as_person("Ana Lima"), draft, "problem")
    text = read(show("register", pilot=kept.key, person="Ana Lima"))
    assert "Tried before" in text
    assert "“Tips while you hold” (Stop): Help has to come before somebody calls; on hold it is too late." in text


def test_cards_are_taken_away_harmless(worked: Path, desk: Any) -> None:
    written = FORMS["csv"].write(to_take_away(every_card(desk, Wanted(words="hold"))))
    assert written.decode("utf-8-sig").startswith('"key","title"')
    assert b"tips-while-you-hold" in written
