"""The journey across pilots: what happens to a pilot is on it at the next look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from experiments.evidence.assess import assess
from experiments.evidence.recommend import recommend
from experiments.portfolio.journey import Touched, journey
from experiments.words import say

Lead = Callable[..., Any]


def _waits(led: Any) -> Touched:
    steps = {step.name: step for step in journey(led.desk, [led.key]).steps}
    return steps["wait"].touched[0]


@pytest.fixture
def placed(lead: Lead, waiting: Callable[..., dict[str, Any]]) -> Callable[[str], Any]:
    """``lead`` with a wait that has its place along the journey."""

    def run(until: str) -> Any:
        document = waiting(looks={"fractions": [1.0]})
        document["metrics"]["success"][0]["journey_step"] = "wait"
        return lead(until, document=document)

    return run


def test_what_happens_to_a_pilot_is_on_the_journey_at_the_next_look(placed: Callable[[str], Any]) -> None:
    led = placed("ingested")
    before = _waits(led)
    assert (before.judged, before.touch.state, before.touch.outcome) == (False, say("journey.no_evidence"), "open")
    owner = led.desk.as_person("Ana Lima")
    assess(owner, led.key)
    recommend(owner, led.key)
    after = _waits(led)
    assert (after.judged, after.touch.outcome) == (True, "better")
    assert after.touch.change


def test_a_pilot_that_was_not_asked_for_is_left_out(placed: Callable[[str], Any]) -> None:
    led = placed("recommended")
    assert _waits(led).key == led.key
    assert all(step.touched == () for step in journey(led.desk, []).steps)
