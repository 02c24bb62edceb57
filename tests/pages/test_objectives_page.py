"""The page Objectives on the worked portfolio: the tree, what pilots bring, what pulls apart, and its forms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_the_tree_says_how_far_each_key_result_has_come(
    worked: Path, show: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    text = read(show("objectives", person="Ruth Vogel"))
    assert "Nobody holds the line" in text
    assert "207 s (22.9 % of the way)" in text
    assert "Two more people at nine" in text
    assert "a new word is due" in text


def test_what_pilots_bring_stands_beside_the_sum_that_is_too_much(
    worked: Path, show: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    text = read(show("objectives", person="Ruth Vogel"))
    assert "Wait at peak: if scaled, −" in text
    assert "That is too much" in text
    assert "First visits that are enough: if scaled, +" in text
    assert "Call-back at peak, for “Wait at peak”, accepts a loss in Handling time" in text
    assert "No pilot serves: Complaints about waiting (Contact Centre)" in text


def test_a_word_is_kept_once_and_shown(
    worked: Path, show: Callable[..., Any], read: Callable[[Any], str], desk: Any
) -> None:
    from registry import find

    at = show("objectives", person="Ruth Vogel")
    at.selectbox(key="check-in-which").select("wait-at-peak")
    at.number_input(key="check-in-value").set_value(198.0)
    form = next(button for button in at.button if button.form_id == "objectives-check-in")
    text = read(form.click().run())
    assert "198 s" in text
    with desk.read() as session:
        words = find.key_result_check_ins(session, find.key_result(session, "wait-at-peak").id)
    assert [word.value for word in words] == [207.0, 198.0]


def test_a_target_is_not_changed_without_a_reason(
    worked: Path, show: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    at = show("objectives", person="Ruth Vogel")
    at.number_input(key="retarget-target").set_value(160.0)
    form = next(button for button in at.button if button.form_id == "objectives-retarget")
    assert "Say why. The reason stays on record." in read(form.click().run())


def test_who_may_not_keep_objectives_sees_no_form(
    worked: Path, show: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    at = show("objectives", person="Tom Berg")
    assert not [button for button in at.button if button.form_id.startswith("objectives-")]
