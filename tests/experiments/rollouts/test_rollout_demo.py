"""The worked portfolio: one roll-out goes through three waves and holds, another does not and is rolled back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from experiments.cli import app
from experiments.commands.outputs import OUTPUTS
from experiments.demo import add_portfolio
from experiments.desk import Desk
from experiments.evidence.reproduce import reproduce
from experiments.portfolio.survey import pilot_row
from experiments.record.history import history
from experiments.record.verify import verify
from registry.open import Registry

HELD, LOST = "call-back-at-peak", "technician-on-the-way"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "home"


@pytest.fixture(scope="module")
def demo(home: Path) -> Iterator[Desk]:
    with Registry.open(home, "", clock=lambda: datetime(2026, 11, 22, 10, tzinfo=UTC)) as registry:
        desk = Desk(registry=registry)
        add_portfolio(desk)
        yield desk


def acts(desk: Desk, key: str) -> list[str]:
    return [event.act for event in history(desk, key) if event.act.startswith("rollout.")]


def test_one_pilot_went_through_three_waves_and_its_effect_holds(demo: Desk) -> None:
    assert acts(demo, HELD) == [
        "rollout.planned",
        "rollout.started",
        *["rollout.data_brought", "rollout.measured"] * 3,
        "rollout.finished",
    ]
    assert "holds" in pilot_row(demo, HELD).rollout


def test_another_was_found_not_to_hold_and_rolled_back(demo: Desk) -> None:
    assert acts(demo, LOST) == [
        "rollout.planned",
        "rollout.started",
        *["rollout.data_brought", "rollout.measured"] * 2,
        "rollout.paused",
        "rollout.rolled_back",
    ]
    told = {event.act: event.sentence for event in history(demo, LOST)}
    assert told["rollout.measured"].endswith("up to wave 2 of 3: does not hold")
    assert "rolled back" in pilot_row(demo, LOST).rollout


def test_both_can_be_made_again_and_the_record_is_whole(demo: Desk) -> None:
    for key in (HELD, LOST):
        assert all(item.identical for item in reproduce(demo, key))
    assert verify(demo).whole


def test_the_command_line_tells_both_stories(demo: Desk, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVING_GROUND_HOME", str(home))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def run(*arguments: str) -> Any:
        said = CliRunner().invoke(app, ["rollout", *arguments, "--json"])
        assert said.exit_code == 0, said.output
        return OUTPUTS["rollout"].model_validate(json.loads(said.stdout)).model_dump()

    held, lost = run("show", HELD), run("show", LOST)
    assert [measure["state"] for measure in held["measures"]] == ["REPLICATED"] * 3
    assert (held["state"], len(held["rings"]), len(held["held_back"])) == ("finished", 3, 4)
    assert [measure["state"] for measure in lost["measures"]][-1] == "FAILED"
    assert (lost["state"], lost["measures"][-1]["roll_back_proposed"]) == ("rolled_back", True)
