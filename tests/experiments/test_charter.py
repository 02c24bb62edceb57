"""The charter: everything that is wrong at once, and the plan it becomes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.charters.charter import hypothesis_facts, slug
from experiments.charters.check import read_charter, warnings
from experiments.charters.to_plan import to_plan, twins
from experiments.errors import Refused
from experiments.words import problem_sentence, say

Charters = Callable[..., dict[str, Any]]


def _refusals(document: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        read_charter(document)
    return [problem_sentence(problem) for problem in refused.value.problems]


def test_all_problems_of_a_charter_come_at_once_with_their_place(waiting: Charters) -> None:
    document = waiting(title="", forecast={"p_scale": 2, "metric": "wait", "low": 1, "high": 0})
    document["where"]["desing"] = "randomised_sites"
    document["where"]["design"] = "coin_toss"
    document["metrics"]["success"][0].pop("mwe")
    said = _refusals(document)
    assert any("title: this is missing" in line for line in said)
    assert any("where > desing: there is no such part" in line for line in said)
    assert any("where > design: coin_toss is not offered" in line for line in said)
    assert any("metrics > success > 1 > mwe: this is missing" in line for line in said)
    assert any("forecast > p_scale" in line for line in said)


def test_what_the_parts_allow_and_the_whole_does_not_is_refused(waiting: Charters) -> None:
    document = waiting()
    document["hypothesis"]["direction"] = "up"
    document["metrics"]["guardrails"][0]["partner"] = "Warehouse"
    document["where"]["sites"] = []
    said = _refusals(document)
    assert any("Waiting time will go up" in line for line in said)
    assert any("Warehouse" in line for line in said)
    assert any("No sites are listed" in line for line in said)


def test_a_site_named_twice_and_dates_out_of_order_are_refused(waiting: Charters) -> None:
    document = waiting()
    document["where"]["sites"][3] = "B01"
    assert any("named twice: B01" in line for line in _refusals(document))
    document = waiting()
    document["where"]["end"] = "2025-01-01"
    assert any("not in order" in line for line in _refusals(document))


def test_a_file_that_holds_no_charter_is_refused_in_one_sentence() -> None:
    assert len(_refusals(["not", "a", "charter"])) == 1


def test_the_plan_keeps_what_was_promised(waiting: Charters) -> None:
    plan = to_plan(read_charter(waiting()))
    assert plan.pilot == "call-back-at-peak"
    assert plan.metric("wait").mwe == 15
    assert plan.metric("wait").spec.better == "lower"
    assert plan.metric("on_time").partner == "logistics"
    assert plan.metric("on_time").partner_name == "Logistics"
    assert not plan.metric("on_time").signed
    assert len(plan.sites) == 12
    assert plan.assumptions["wait.spread"] == 18


def test_a_duration_brings_its_worst_experience_as_a_watch_guardrail(waiting: Charters) -> None:
    (twin,) = twins(read_charter(waiting()))
    assert (twin.twin_of, twin.role, twin.guardrail_class) == ("wait", "GUARDRAIL", "WATCH")
    assert (twin.spec.kind, twin.spec.tail, twin.better, twin.margin) == ("tail_mean", 0.05, "lower", 30)
    assert twin.name == "Waiting time: the worst 5 in 100"


def test_a_twin_beyond_a_value_counts_the_bad_side_and_is_better_lower(waiting: Charters) -> None:
    document = waiting()
    document["metrics"]["success"][0]["worst"] = {"beyond": 300, "margin": 0.03}
    (twin,) = twins(read_charter(document))
    assert (twin.spec.kind, twin.spec.threshold, twin.spec.beyond) == ("share_beyond", 300, "above")
    assert (twin.better, twin.margin) == ("lower", 0.03)


def test_there_is_no_twin_for_a_panel_or_where_it_was_declined_with_a_reason(waiting: Charters) -> None:
    panel = waiting()
    panel["where"]["data"] = "panel"
    declined = waiting()
    declined["metrics"]["success"][0]["worst"] = {"without_because": "measured per branch only"}
    assert twins(read_charter(panel)) == []
    assert twins(read_charter(declined)) == []


def test_a_pilot_that_no_department_gains_from_is_warned_of(waiting: Charters) -> None:
    document = waiting()
    document["partners"][0]["benefit"] = ""
    document["metrics"]["success"][0]["perspective"] = "internal"
    codes = {problem.code for problem in warnings(read_charter(document))}
    assert {"warn_partner_without_benefit", "warn_only_internal"} <= codes


def test_every_warning_has_its_sentence(waiting: Charters) -> None:
    document = waiting(partners=[])
    document["metrics"]["guardrails"][0].pop("partner")
    document["where"]["favourable"] = True
    for problem in warnings(read_charter(document)):
        assert problem.code not in problem_sentence(problem)


def test_the_hypothesis_is_one_sentence(waiting: Charters) -> None:
    charter = read_charter(waiting())
    sentence = say(f"hypothesis.sentence.{charter.hypothesis.direction}", **hypothesis_facts(charter))
    assert sentence.startswith("If we offer a call-back within the hour for callers at peak, then Waiting time")
    assert "15 s" in sentence


def test_keys_are_made_from_titles_in_any_script() -> None:
    assert slug("Rückruf zur Spitzenzeit!") == "ruckruf-zur-spitzenzeit"
    assert slug("预约回电").startswith("pilot-")
    assert slug("预约回电") == slug("预约回电")


def test_the_command_line_says_them_when_the_pilot_is_registered(
    waiting: Charters, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import yaml
    from typer.testing import CliRunner

    from experiments.cli import app

    monkeypatch.setenv("PROVING_GROUND_HOME", str(tmp_path / "own"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    document = waiting()
    document["partners"][0]["benefit"] = " "
    document["metrics"]["success"][0]["perspective"] = "internal"
    document["where"]["scorecard"] = [{"site": "", "risk": "low", "ready": "yes", "partner": "yes"}]
    (tmp_path / "charter.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    said = CliRunner().invoke(app, ["register", str(tmp_path / "charter.yaml")]).output
    assert "Every success metric is internal" in said
    assert "Logistics sees no benefit of its own" in said
    assert "need not hold everywhere" in said
