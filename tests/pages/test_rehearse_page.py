"""The rehearsal on screen: sentences, sliders, and what is kept with the plan."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Show = Callable[..., Any]
Read = Callable[[Any], str]


def test_it_says_in_sentences_what_the_plan_would_do(worked: Path, show: Show, read: Read) -> None:
    text = read(show("rehearse", pilot="call-back-at-peak"))
    assert "If nothing works, this plan would scale" in text
    assert "If it works as you hope" in text
    assert "If it harms, it stops" in text
    assert "Usual reading" in text
    assert "Sized to decide" in text
    assert "10 teams with the change and 10 as before" in text


def test_a_learning_pilot_is_told_what_would_make_it_able_to_decide(worked: Path, show: Show, read: Read) -> None:
    text = read(show("rehearse", pilot="shared-delivery-calendar"))
    assert "not sized to decide" in text
    assert re.search(r"It could decide with \d+ regions instead of 6\.", text)


def test_more_sites_on_the_slider_make_it_able_to_decide(
    worked: Path, show: Show, read: Read, run: Callable[[Any], Any]
) -> None:
    page = show("rehearse", pilot="shared-delivery-calendar")
    assert "As planned" in read(page)
    needed = int(re.search(r"decide with (\d+) regions", read(page)).group(1))
    page.slider(key="sites-shared-delivery-calendar").set_value(needed)
    text = read(run(page))
    assert "As changed with the sliders" in text
    assert "Sized to decide" in text
    page.slider(key="sites-shared-delivery-calendar").set_value(needed - 1)
    assert "not sized to decide" in read(run(page))


def test_another_smallest_gain_and_other_weeks_are_tried_too(
    worked: Path, show: Show, read: Read, run: Callable[[Any], Any]
) -> None:
    page = show("rehearse", pilot="shared-delivery-calendar")
    page.slider(key="mwe-shared-delivery-calendar").set_value(10.0)
    assert "just worth having is 10 points" in read(run(page))
    page.slider(key="mwe-shared-delivery-calendar").set_value(5.0)
    page.slider(key="weeks-shared-delivery-calendar").set_value(40)
    assert "As changed with the sliders" in read(run(page))


def test_it_is_kept_with_the_plan_once(
    worked: Path, show: Show, read: Read, press: Callable[[Any, str], Any], monkeypatch: pytest.MonkeyPatch, desk: Any
) -> None:
    from experiments.record.history import history

    page = show("rehearse", pilot="repair-or-replace-advice", person="Ana Lima")
    monkeypatch.setattr("stats.rehearsing.rehearsal.PILOTS", 1000)
    page.run()
    text = read(press(page, "Keep it with the plan"))
    assert "Kept with the plan." in text
    assert "This rehearsal is kept with the plan." in text
    acts = [event.act for event in history(desk, "repair-or-replace-advice")]
    assert acts.count("plan.rehearsed") == 2  # the worked portfolio's own is coarser, and stays beside it


def test_without_a_plan_it_is_shown_and_can_not_be_kept(worked: Path, show: Show, read: Read) -> None:
    page = show("rehearse", pilot="shared-delivery-calendar")
    assert "Make the plan first" in read(page)
    assert not [button for button in page.button if "Keep it" in button.label]


def test_a_draft_has_nothing_to_rehearse(desk: Any, show: Show, read: Read) -> None:
    from experiments.register import save_draft

    key = save_draft(desk, {"title": "Half an idea"}, "problem").key
    assert "nothing to rehearse yet" in read(show("rehearse", pilot=key))
