"""Whatever the rule notes beside its verdict is told: in the place where it matters."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from experiments.documents.noted import PLACES
from experiments.words import say
from stats.verdict import decide

BALANCE, OVERLAP = "check.balance.name", "check.overlapping_pilot.name"


def _noted(made: Any, *notes: str, **more: Any) -> Any:
    recommendation = dataclasses.replace(made.recommendation, notes=notes, **more)
    return dataclasses.replace(made, recommendation=recommendation).memo()


def test_each_note_of_the_rule_has_its_place() -> None:
    source = inspect.getsource(decide)
    known = set(re.findall(r'notes\.append\("(\w+)"\)', source))
    assert known == set(PLACES)
    assert 'f"gate_{gate.key}"' in source


def test_a_gain_that_grew_smaller_is_told_where_trust_is_weighed(pilot: Callable[[str], Any]) -> None:
    said = say("note.last_third_smaller")
    assert said in _noted(pilot("SCALE"), "last_third_smaller").grade_reasons
    assert said not in _noted(pilot("SCALE")).grade_reasons


def test_checks_without_a_say_are_counted_with_the_trust_and_named_with_the_method(
    pilot: Callable[[str], Any],
) -> None:
    memo = _noted(pilot("SCALE"), "gate_balance", "gate_overlapping_pilot")
    assert memo.grade_reasons[-1] == "No say in the verdict: 2 checks not met (see the method)."
    (named,) = [note for note in memo.method_notes if note.startswith("Not shown to hold")]
    assert say(BALANCE) in named
    assert say(OVERLAP) in named


def test_where_results_are_closed_a_check_that_tells_an_effect_is_not_named(pilot: Callable[[str], Any]) -> None:
    memo = _noted(pilot("INVALID"), "gate_leave_one_site_out")
    assert not [
        note for note in (*memo.grade_reasons, *memo.method_notes) if "No say" in note or "without a say" in note
    ]


@pytest.mark.parametrize(
    ("note", "place"), [("no_finance", "money"), ("favourable_sites", "grade_reasons"), ("simulated", "simulated")]
)
def test_what_the_plan_brings_along_stands_in_its_own_section(
    note: str, place: str, pilot: Callable[[str], Any]
) -> None:
    made = pilot("SCALE")
    without = {"no_finance": {"finance": None}, "favourable_sites": {"favourable_sites": True}, "simulated": {}}
    plan = made.plan.model_copy(update=without[note])
    assert say(PLACES[note]) in getattr(dataclasses.replace(made, plan=plan).memo(), place)
