"""Last year's data on the command line: what was read, what goes into the charter, what the plan would have shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from experiments.charters.check import read_charter
from experiments.charters.to_plan import to_plan
from experiments.cli import app
from experiments.commands.outputs import OUTPUTS, Refusal
from experiments.planning.past import as_written

Charters = Callable[..., dict[str, Any]]


def last_year(path: Path, column: str = "wait_s") -> Path:
    """15 branches, a year of weeks, eight calls each; branches lie 20 s apart."""
    rng = np.random.default_rng(1)
    lines = [f"site,week,{column},on_time"]
    for branch in range(1, 16):
        level = rng.normal(300, 20)
        for week in range(52):
            monday = date(2025, 1, 6) + timedelta(days=7 * week)
            lines += [f"B{branch:02d},{monday},{rng.normal(level, 40):.1f},{int(rng.random() < 0.9)}" for _ in range(8)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def charter_file(folder: Path, document: dict[str, Any]) -> Path:
    path = folder / "charter.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def run(*arguments: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["history", *map(str, arguments), "--json"])
    assert result.exit_code == code, result.output
    value = json.loads(result.stdout)
    if code:
        return Refusal.model_validate(value).refused
    return OUTPUTS["history CHARTER.yaml DATA"].model_validate(value)


def test_what_is_read_can_be_pasted_into_the_charter(tmp_path: Path, waiting: Charters) -> None:
    document = waiting(history={})
    found = run(charter_file(tmp_path, document), last_year(tmp_path / "last.csv"))
    assert (found.rows, found.sites, found.sites_of_plan, found.periods) == (15 * 52 * 8, 15, 12, 52)
    assert found.window == {"weeks": 10.0, "periods_before": 8, "periods_after": 10, "as_planned": True}
    plan = to_plan(read_charter({**document, "history": found.history}))
    # Sites lie 20 s apart, and the average of 80 calls another 4.5 s; three standard errors of 15 sites.
    assert plan.assumptions["wait.spread"] == pytest.approx(20.5, abs=11)
    assert plan.assumptions["wait.period_weeks"] == 1.0
    assert found.seconds is None
    assert any("12 months" in line for line in found.sentences)


def test_the_plan_is_tried_on_the_data_and_says_how_long_it_took(tmp_path: Path, waiting: Charters) -> None:
    path = charter_file(tmp_path, waiting(history={}))
    data = last_year(tmp_path / "last.csv")
    found = run(path, data, "--replay", "--pilots", 60)
    tried = found.replay["wait"]
    # Less waiting is the gain: its effect is below zero, and was put in.
    assert tried["gain"]["effect"] == pytest.approx(-15, abs=3 * tried["gain"]["std_error"] / 60**0.5)
    assert tried["gain"]["shown"] > 0.5 > 0.2 > tried["nothing"]["wrongly"]
    assert found.seconds > 0
    assert any("times in 100" in line for line in found.sentences)
    assert found.replay == run(path, data, "--replay", "--pilots", 60).replay


def test_people_read_it_in_plain_words(tmp_path: Path, waiting: Charters) -> None:
    path = charter_file(tmp_path, waiting(history={}))
    result = CliRunner().invoke(app, ["history", str(path), str(last_year(tmp_path / "last.csv"))])
    assert result.exit_code == 0, result.output
    assert "Waiting time: branches usually lie" in result.stdout
    pasted = yaml.safe_load(result.stdout.split("For the charter:")[1])
    assert set(pasted["history"]) == {"wait", "on_time"}


def test_a_number_that_the_file_lacks_is_named_and_the_others_are_read(tmp_path: Path, waiting: Charters) -> None:
    found = run(charter_file(tmp_path, waiting(history={})), last_year(tmp_path / "last.csv", column="seconds"))
    assert list(found.history) == ["on_time"]
    assert "needed for wait" in found.absent["wait"][0]


def test_everything_wrong_is_refused_at_once(tmp_path: Path, waiting: Charters) -> None:
    data = last_year(tmp_path / "last.csv")
    lines = data.read_text(encoding="utf-8").split("\n")
    lines[4] = lines[4].replace(lines[4].split(",")[2], "abc")
    lines[8] = lines[8].replace("B01", "")
    data.write_text("\n".join(lines), encoding="utf-8")
    refused = run(charter_file(tmp_path, waiting(history={})), data, code=1)
    assert len(refused) == 2
    assert "“abc” (rows 4)" in "\n".join(refused)


def test_a_key_with_data_and_a_charter_without_are_told_what_is_missing(tmp_path: Path, waiting: Charters) -> None:
    data = last_year(tmp_path / "last.csv")
    assert "takes a charter and a file" in run("some-pilot", data, code=1)[0]
    assert "takes a charter and a file" in run(charter_file(tmp_path, waiting()), code=1)[0]


def test_what_else_was_read_goes_with_its_numbers_only() -> None:
    read = {"spread": 4.0, "steadiness": 0.5, "weeks": 6.0}
    assert as_written(4.0, 0.5, read) == read
    assert as_written(4.1, 0.5, read) == {"spread": 4.1, "steadiness": 0.5}
    assert as_written(3.0, 0.2, {}) == {"spread": 3.0, "steadiness": 0.2}
