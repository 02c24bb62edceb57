"""The library on the command line: the promised answers, and refusals with their sentences."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments.deciding.decide import Choice, decide

Pilot = Callable[..., Any]


@pytest.fixture
def led(lead: Any, committed: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A pilot approved for scaling, in the data folder that commands find."""
    found = lead("reviewed")
    decide(found.desk.as_person("Ruth Vogel"), found.key, Choice(verdict="SCALE", commitments=committed))
    monkeypatch.setenv("PROVING_GROUND_HOME", str(found.desk.registry.home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return found


def test_from_the_draft_to_a_card_that_is_found(led: Any, pilot: Pilot, tmp_path: Path) -> None:
    draft = pilot("takeaway", led.key)
    assert (draft["kept"], draft["number"]) == (False, None)
    assert draft["lesson"].startswith("Offer a call-back within the hour")
    said = ("--takeaway", "=Call back.", "--why", "No holding.", "--differently", "Sooner.", "--holds-where", "Phones.")
    assert pilot("close", led.key, *said) == {"pilot": led.key, "takeaway": "=Call back."}
    assert pilot("takeaway", led.key)["number"] == 1
    assert pilot("takeaway", led.key, "--lesson", "Call back within the hour.")["number"] == 2
    assert pilot("library", '"no holding"')["total"] == 0, "the words of the first takeaway are not those of the newest"
    (card,) = pilot("library", "call back within", "--verdict", "scale", "--year", 2026, "--kind", "mean")["cards"]
    assert (card["key"], card["lesson"], card["closed"]) == (led.key, "Call back within the hour.", True)
    table = tmp_path / "cards.csv"
    assert pilot("library", "--output", table)["total"] == 1
    (row,) = csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines())
    assert row["effect"].startswith("−")


def test_a_formula_in_a_takeaway_stays_text(led: Any, pilot: Pilot, tmp_path: Path) -> None:
    pilot("close", led.key, "--takeaway", "=HYPERLINK(1)")
    table = tmp_path / "cards.csv"
    pilot("library", "--output", table)
    assert "'=HYPERLINK(1)" in table.read_text(encoding="utf-8-sig")


def test_learnings_are_kept_by_command(led: Any, pilot: Pilot) -> None:
    (made,) = pilot("learnings", "add", "Waiting is worse than no.", "--as", "Tom Berg")["learnings"]
    attach = ("learnings", "attach", made["key"], "--pilot", led.key, "--bearing", "contradicts", "--as", "Tom Berg")
    (taught,) = pilot(*attach, "--note", "They waited gladly")["learnings"]
    assert [(one["bearing"], one["card"]["key"]) for one in taught["witnesses"]] == [("contradicts", led.key)]
    assert pilot("library")["cards"][0]["learnings"][0]["statement"] == "Waiting is worse than no."
    reworded = pilot("learnings", "reword", made["key"], "--statement", "A no is better.", "--as", "Tom Berg")
    assert reworded["learnings"][0]["statement"] == "A no is better."
    (left,) = pilot("learnings", "detach", made["key"], "--pilot", led.key, "--as", "Tom Berg")["learnings"]
    assert left["witnesses"] == []
    assert pilot("learnings", "--words", "zebra") == {"learnings": []}


def test_refusals_say_what_to_do(led: Any, pilot: Pilot) -> None:
    assert "add, reword, attach or detach" in pilot("learnings", "burn", refused=True)[0]
    assert "KEY --pilot" in pilot("learnings", "attach", "some-key", "--as", "Tom Berg", refused=True)[0]
    assert "newest" in pilot("library", "--order", "luck", refused=True)[0]
    assert "not closed yet" in pilot("takeaway", led.key, "--lesson", "Better.", refused=True)[0]


def test_registering_tells_earlier_pilots_like_it(
    led: Any, pilot: Pilot, waiting: Callable[..., Any], tmp_path: Path
) -> None:
    pilot("close", led.key, "--takeaway", "Call back within the hour.")
    charter = tmp_path / "charter.yaml"
    charter.write_text(yaml.safe_dump(waiting(title="Call-back in the evening")), encoding="utf-8")
    (found,) = pilot("register", charter)["similar"]
    assert (found["key"], found["takeaway"]) == (led.key, "Call back within the hour.")
