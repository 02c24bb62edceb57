"""What the user guide shows can be done as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import typer
import yaml

from experiments.charters.check import read_charter, warnings
from experiments.charters.to_plan import to_plan
from experiments.cli import app
from experiments.words import forbidden_words
from stats.planning.plan_sizing import plan_sizing

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "guide.md").read_text(encoding="utf-8")


def test_the_example_is_a_charter_sized_to_decide() -> None:
    charter = read_charter(yaml.safe_load(re.findall(r"```yaml\n(.*?)```", GUIDE, re.S)[0]))
    assert charter.key == "call-back-at-peak"
    assert warnings(charter) == []
    assert plan_sizing(to_plan(charter)).sizing == "decision_capable"


def test_every_command_of_the_walk_exists() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    named = re.findall(r"^pilot (\w+)", re.findall(r"```sh\n(.*?)```", GUIDE, re.S)[0], re.M)
    assert len(named) == 13
    assert set(named) <= set(commands)


def test_the_guide_speaks_plainly() -> None:
    prose = re.sub(r"```.*?```", "", GUIDE, flags=re.S)
    assert not forbidden_words(prose)
