"""A registered charter is opened again before its plan is frozen: changed, registered anew, signed anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from experiments.cli import app
from experiments.commands.outputs import OUTPUTS
from experiments.desk import Desk
from experiments.errors import Refused, sentences
from experiments.planning.plan import plan
from experiments.record.history import history
from experiments.record.verify import verify
from experiments.register import register
from experiments.revise import reopen
from experiments.signing.sign import sign
from registry.kinds import Stage

Lead = Callable[..., Any]


@pytest.fixture
def planned(desk: Desk, waiting: Any, calendar: Any) -> Any:
    """A pilot whose plan waits for its signatures."""
    calendar.today = date(2026, 2, 1)
    key = register(desk, waiting()).key
    plan(desk.as_person("Ana Lima"), key)
    return SimpleNamespace(desk=desk, key=key)


def test_what_partners_signed_falls_away_and_the_changed_charter_is_registered_again(planned: Any) -> None:
    led = planned
    owner = led.desk.as_person("Ana Lima")
    sign(led.desk.as_person("Tom Berg"), led.key)
    made = reopen(owner, led.key)
    assert (made.pilot.stage, made.fallen) == (Stage.DRAFT, ("Logistics",))
    charter = {**made.pilot.draft, "title": "Call-back at noon"}
    assert register(owner, charter, key=led.key).key == led.key
    assert led.desk.pilot(led.key).title == "Call-back at noon"
    plan(owner, led.key)
    assert [event.sentence for event in history(led.desk, led.key) if event.act == "charter.reopened"] == [
        "Ana Lima opened the charter again. Signatures that fell away: Logistics."
    ]
    assert verify(led.desk).findings == ()


def test_a_frozen_plan_keeps_its_charter(lead: Lead) -> None:
    led = lead("assigned")
    with pytest.raises(Refused) as refused:
        reopen(led.desk.as_person("Ana Lima"), led.key)
    assert sentences(refused.value)
    assert led.desk.pilot(led.key).stage != Stage.DRAFT


def test_the_command_line_writes_the_charter_to_edit_and_takes_it_back(
    planned: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    led = planned
    monkeypatch.setenv("PROVING_GROUND_HOME", str(led.desk.registry.home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    file = tmp_path / "charter.yaml"
    ran = CliRunner().invoke(app, ["reopen", led.key, "--output", str(file)])
    assert ran.exit_code == 0, ran.output
    assert f"pilot register {file} --draft {led.key}" in ran.output.replace("\n", "")
    charter = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump({**charter, "title": "Call-back at noon"}), encoding="utf-8")
    ran = CliRunner().invoke(app, ["register", str(file), "--draft", led.key, "--as", "Ana Lima", "--json"])
    assert json.loads(ran.stdout)["pilot"] == led.key, ran.output
    ran = CliRunner().invoke(app, ["reopen", led.key, "--json"])
    assert OUTPUTS["reopen"].model_validate_json(ran.stdout).model_dump()["stage"] == "draft"
    ran = CliRunner().invoke(app, ["reopen", led.key])
    assert ran.exit_code == 1
    assert "still being written" in ran.output
