"""The worst experience, waste and journey on the evidence page; the journey across pilots on the portfolio."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments.portfolio.journey import journey
from experiments.words import forbidden_words, say

Show = Callable[..., Any]
Read = Callable[[Any], str]
Run = Callable[[Any], Any]


def test_the_evidence_page_sets_the_worst_beside_the_average(worked: Path, show: Show, read: Read) -> None:
    text = read(show("evidence", pilot="call-back-at-peak"))
    assert say("worst.lead") in text
    assert "Waiting time: share above 480 s: 3.41 % with the change, 5.09 % as before" in text
    assert say("worst.better") in text
    assert "169 s over all half-hours keeps the promise of 200 s (Waiting time), but Mondays 09:00–10:30" in text
    assert "Waiting time: promised at most 200 s in each half-hour." in text
    assert "Mondays 09:00–10:30 fall short" in text
    assert say("memo.heading.parts", column="channel") in text
    assert say("hides.nothing", unit="team") not in text
    assert say("hides.nothing", unit="region") in read(show("evidence", pilot="printed-welcome-folder"))
    assert not forbidden_words(text)


def test_the_evidence_page_shows_journey_and_waste_with_their_gaps(worked: Path, show: Show, read: Read) -> None:
    text = read(show("evidence", pilot="call-back-at-peak"))
    assert "Nobody measured this step: Reach us, Receive, Pay and Stay." in text
    assert "Not measured here: over-production and movement: transfers and hand-offs." in text
    assert text.index(say("memo.heading.journey")) < text.index(say("memo.heading.waste"))


def test_where_results_are_closed_nothing_of_it_is_told(worked: Path, show: Show, read: Read) -> None:
    text = read(show("evidence", pilot="one-owner-per-complaint"))
    assert say("memo.worst.hidden") in text
    assert say("worst.lead") not in text
    assert "likely between" not in text[: text.index("What the words mean")]


def test_the_portfolio_shows_the_journey_of_the_pilots_that_fit(worked: Path, show: Show, run: Run, read: Read) -> None:
    at = show("portfolio")
    at.segmented_control(key="view").set_value("journey")
    at = run(at)
    text = read(at)
    assert say("journey.lead") in text
    assert "Evening delivery window" in text[text.index("Receive") :]
    assert "shown worse than we accept" in text
    drawn = " ".join(part.body for part in at.html)
    assert "<a href='evidence?pilot=evening-delivery-window'>Evening delivery window</a>" in drawn
    assert "<a href='plan?pilot=repair-or-replace-advice'>" in drawn
    at.text_input(key="search").set_value("printed welcome")
    text = read(run(at))
    assert say("journey.gap") in text
    assert "Evening delivery window" not in text
    assert not forbidden_words(text)


def test_steps_are_in_order_and_count_what_the_rule_said(worked: Path, desk: Any) -> None:
    found = journey(desk, ["call-back-at-peak", "evening-delivery-window", "shorter-phone-menu", "chat-at-lunch"])
    assert [step.name for step in found.steps] == [
        "reach us", "wait", "be served", "get it solved", "receive", "pay", "stay",
    ]  # fmt: skip
    steps = {step.name: step for step in found.steps}
    assert steps["receive"].counts == {"better": 1, "safe": 1, "worse": 1, "open": 0}
    assert steps["wait"].counts["open"] == 3  # chat at lunch is closed between its planned checks
    assert {one.touch.change for one in steps["wait"].touched if one.key == "chat-at-lunch"} == {""}
    assert steps["pay"].touched == ()
    assert steps["be served"].felt
    assert not any(one.touch.step for step in found.steps for one in step.touched if one.touch.step != step.name)
    assert (found.loose, found.simulated) == (0, True)


def test_a_pilot_without_evidence_is_on_the_journey_too(worked: Path, desk: Any) -> None:
    found = journey(desk, ["repair-or-replace-advice"])
    touched = [one for step in found.steps for one in step.touched]
    assert touched
    assert {one.touch.state for one in touched} == {say("journey.no_evidence")}
