"""Showcase and saved views, as people use them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_reactions_toggle_and_stories_are_credited(
    worked: Path, show: Callable[..., Any], run: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    page = show("showcase", person="Tom Berg")
    text = read(page)
    assert "Waiting time better by 23 s" in text
    assert "elsewhere it may help less" in text
    assert "Service innovation" in text
    page = run(page.button(key="react-call-back-at-peak-want_it").click())
    assert "We want it too (1)" in read(page)
    page = run(page.button(key="react-call-back-at-peak-want_it").click())
    assert "We want it too (0)" in read(page)


def test_a_view_brings_its_filters_back(
    worked: Path, show: Callable[..., Any], run: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    page = show("portfolio", person="Tom Berg")
    page = run(page.multiselect(key="verdict").set_value(["STOP"]))
    page = run(page.segmented_control(key="view").set_value("table"))
    page.text_input(key="view-name").input("What stopped")
    page = run(next(button for button in page.button if button.label == "Keep this view").click())
    assert "Kept as" in read(page)
    page = run(page.multiselect(key="verdict").set_value([]))
    page = run(page.segmented_control(key="view").set_value("board"))
    page = run(page.button(key="view-What stopped").click())
    assert page.multiselect(key="verdict").value == ["STOP"]
    assert page.segmented_control(key="view").value == "table"
    assert page.multiselect(key="stage").value == []
