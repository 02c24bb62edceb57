"""The owner's bet: frozen with the plan, scored once the pilot is decided, no scores below ten."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from experiments.cli import app
from experiments.commands.outputs import OUTPUTS
from experiments.deciding.decide import Choice, decide
from experiments.deciding.evidence_in_force import in_force
from experiments.planning.forecasts import forecast, forecast_lines, forecasts
from experiments.planning.plan import plan
from experiments.record.history import history
from experiments.register import register
from experiments.signing.sign import sign

BET = {"p_scale": 0.7, "metric": "wait", "low": -60, "high": -10}


def with_bet(waiting: Callable[..., dict[str, Any]], **changes: Any) -> dict[str, Any]:
    return waiting(forecast={**BET, **changes}, looks={"fractions": [1.0], "extension": None})


COMMITTED = {"budget": "none", "owner": "Ana Lima", "targets": "none", "date": "July"}


def decided(led: Any) -> str:
    said = in_force(led.desk, led.desk.pilot(led.key)).said["verdict"]
    decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict=said, commitments=COMMITTED))
    return said


def test_a_bet_is_frozen_when_the_plan_is_signed(desk: Any, waiting: Callable[..., dict[str, Any]]) -> None:
    key = register(desk, with_bet(waiting)).key
    owner = desk.as_person("Ana Lima")
    plan(owner, key)
    assert forecast(desk, desk.pilot(key)) is None
    sign(desk.as_person("Tom Berg"), key)
    sign(owner, key)
    found = forecast(desk, desk.pilot(key))
    assert (found.p_scale, found.low, found.high, found.late) == (0.7, -60.0, -10.0, False)
    assert found.brier is None
    assert [event.act for event in history(desk, key)].count("forecast.frozen") == 1


def test_without_a_bet_nothing_is_frozen(lead: Callable[..., Any]) -> None:
    led = lead("assigned")
    assert forecast(led.desk, led.desk.pilot(led.key)) is None
    assert forecast_lines(led.desk, led.desk.pilot(led.key)) == ()


def test_a_bet_is_scored_on_what_was_decided(lead: Callable[..., Any], waiting: Callable[..., dict[str, Any]]) -> None:
    led = lead("reviewed", document=with_bet(waiting))
    assert forecast(led.desk, led.desk.pilot(led.key)).brier is None  # before the decision nothing is scored
    verdict = decided(led)
    found = forecast(led.desk, led.desk.pilot(led.key))
    assert found.decided == verdict
    assert found.brier == pytest.approx((0.7 - (verdict == "SCALE")) ** 2)
    assert found.inside is (-60 <= found.effect <= -10)
    missed = max(-60 - found.effect, 0, found.effect + 10)
    assert found.interval_score == pytest.approx((50 + 10 * missed) / 15)  # in gains worth having of 15 s
    lines = forecast_lines(led.desk, led.desk.pilot(led.key))
    assert lines[0].startswith("Ana Lima bet before the data: 70 % likely to be scaled")
    assert "as expected" in lines[2]


def test_a_missed_interval_costs_five_times_what_a_wide_one_does(
    lead: Callable[..., Any], waiting: Callable[..., dict[str, Any]]
) -> None:
    led = lead("reviewed", document=with_bet(waiting, low=0, high=5))
    decided(led)
    found = forecast(led.desk, led.desk.pilot(led.key))
    assert found.inside is False
    assert found.interval_score == pytest.approx((5 + 10 * -found.effect) / 15)
    assert "not as expected" in forecast_lines(led.desk, led.desk.pilot(led.key))[2]


def test_a_bet_frozen_after_the_start_is_never_scored(
    lead: Callable[..., Any], waiting: Callable[..., dict[str, Any]], calendar: Any
) -> None:
    calendar.today = date(2026, 3, 9)
    led = lead("reviewed", document=with_bet(waiting))
    decided(led)
    found = forecast(led.desk, led.desk.pilot(led.key))
    assert found.late
    assert found.decided is not None
    assert found.brier is found.inside is found.interval_score is None


def test_owners_are_not_scored_below_ten_bets(lead: Callable[..., Any], waiting: Callable[..., dict[str, Any]]) -> None:
    led = lead("reviewed", document=with_bet(waiting))
    decided(led)
    found = forecasts(led.desk)
    assert len(found.forecasts) == 1
    assert found.together.forecasts == 1
    assert found.together.brier is None
    assert found.owners["Ana Lima"].brier is None


# -- the command line --------------------------------------------------------------------------------------------------


@pytest.fixture
def pilot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("PROVING_GROUND_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    runner = CliRunner()

    def run(*arguments: object, code: int = 0) -> Any:
        result = runner.invoke(app, [*map(str, arguments), "--json"])
        assert result.exit_code == code, result.output
        value = json.loads(result.stdout)
        return value if code else OUTPUTS[str(arguments[0])].model_validate(value)

    return run


@pytest.fixture
def charter(tmp_path: Path, waiting: Callable[..., dict[str, Any]]) -> Path:
    path = tmp_path / "charter.yaml"
    path.write_text(yaml.safe_dump(with_bet(waiting), allow_unicode=True), encoding="utf-8")
    return path


def test_a_specification_is_rehearsed_and_makes_no_registry(
    pilot: Callable[..., Any], charter: Path, tmp_path: Path
) -> None:
    found = pilot("rehearse", charter, "--pilots", 100)
    assert found.pilot is None
    assert found.sizing == "learning"
    assert {"sites", "weeks", "mwe"} >= {change["kind"] for change in found.changes} >= {"sites", "mwe"}
    assert set(found.truths) >= {"nothing", "small", "mwe", "strong", "harm", "guardrail_at_margin"}
    assert not (tmp_path / "home").exists()


def test_a_pilot_is_rehearsed_by_its_key(pilot: Callable[..., Any], charter: Path) -> None:
    key = pilot("register", charter).pilot
    pilot("plan", key)
    assert pilot("rehearse", key, "--pilots", 100).kept is False
    assert pilot("forecasts").forecasts == []
    pilot("sign", key, "--as", "Tom Berg")
    pilot("sign", key)
    (bet,) = pilot("forecasts").forecasts
    assert bet["p_scale"] == 0.7


def test_a_rehearsal_of_a_handful_is_refused(pilot: Callable[..., Any], charter: Path) -> None:
    assert "too few" in pilot("rehearse", charter, "--pilots", 5, code=1)["refused"][0]


def test_a_rehearsal_without_a_comparison_is_refused(
    pilot: Callable[..., Any], tmp_path: Path, waiting: Callable[..., dict[str, Any]]
) -> None:
    document = waiting()
    document["where"]["assignment"] = {"method": "chosen", "n_treatment": 12}
    document["where"]["sites"] = [{"key": key, "forced": True} for key in document["where"]["sites"]]
    document["where"]["design"] = "interrupted_time_series"
    path = tmp_path / "all.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    assert "nothing is compared" in pilot("rehearse", path, code=1)["refused"][0]


def test_a_rehearsal_in_words_has_sentences_a_table_and_what_it_rests_on(charter: Path) -> None:
    result = CliRunner().invoke(app, ["rehearse", str(charter), "--pilots", "100"])
    assert result.exit_code == 0, result.output
    assert "If nothing works, this plan would scale" in result.stdout
    assert "GrowthBook, clear signals" in result.stdout
    assert "It could decide with" in result.stdout
    assert "Supposed throughout" in result.stdout
