"""Objectives and key results through the stages, on a real record, with a pilot led to its recommendation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from experiments.charters.charter import Person
from experiments.cli import app
from experiments.commands.outputs import OUTPUTS
from experiments.deciding.choice import Choice
from experiments.deciding.decide import decide
from experiments.desk import Desk
from experiments.errors import Refused
from experiments.objectives.cascade import cascade
from experiments.objectives.file import add_from_file
from experiments.objectives.keep import NewKeyResult, NewObjective, add_key_result, add_objective, check_in, retarget
from experiments.objectives.outline import brought, now, word
from experiments.objectives.roll_up import roll_ups
from experiments.objectives.serve import Service, attach, reached
from experiments.objectives.tree import Result, tree
from experiments.people import person_of
from registry import find
from registry.kinds import Role
from registry.open import Registry

THREE_LEVELS: dict[str, Any] = {
    "objectives": [
        {
            "title": "Nobody waits for us",
            "period": "2026",
            "key_results": [
                {"name": "Wait anywhere", "kind": "decrease", "baseline": 200, "target": 150, "unit": "s",
                 "metric": "wait", "due": date(2026, 12, 31)},
            ],
            "below": [
                {
                    "title": "Calls are answered",
                    "department": "Contact centre",
                    "key_results": [
                        {"name": "Wait on the phone", "kind": "decrease", "baseline": 210, "target": 160, "unit": "s",
                         "metric": "wait", "due": date(2026, 12, 31), "part_of": "wait-anywhere", "part_share": 0.5},
                    ],
                    "below": [
                        {
                            "title": "Peaks are spread",
                            "department": "Contact centre",
                            "key_results": [
                                {"name": "Wait at peak", "kind": "decrease", "baseline": 240, "target": 180,
                                 "unit": "s", "metric": "wait", "due": date(2026, 9, 30),
                                 "part_of": "wait-on-the-phone", "part_share": 0.4},
                                {"name": "Complaints", "kind": "decrease", "baseline": 40, "target": 30, "unit": "",
                                 "due": date(2026, 9, 30)},
                            ],
                        }
                    ],
                }
            ],
        }
    ]
}  # fmt: skip


def executive(desk: Desk, role: Role = Role.EXECUTIVE, name: str = "Karin Holm", at: str = "Contact centre") -> Desk:
    with desk.work() as work:
        person_of(work, Person(name=name, department=at), role)
        work.record("person.added", f"test/{name}")
    return desk.as_person(name)


@pytest.fixture
def keeper(desk: Desk) -> Desk:
    found = executive(desk)
    add_from_file(found, THREE_LEVELS)
    return found


def result(desk: Desk, key: str) -> Result:
    return next(each for each in tree(desk).results if each.row.key == key)


def codes(refused: Any) -> list[str]:
    return [problem.code for problem in refused.value.problems]


def test_a_file_makes_a_tree_of_three_levels(keeper: Desk) -> None:
    nodes = tree(keeper).nodes
    assert [(node.level, node.row.title) for node in nodes] == [
        (1, "Nobody waits for us"),
        (2, "Calls are answered"),
        (3, "Peaks are spread"),
    ]
    top = tree(keeper).results[0]
    shares = {part.row.key: share for part, share in tree(keeper).parts_of(top)}
    assert shares == {"wait-anywhere": 1.0, "wait-on-the-phone": 0.5, "wait-at-peak": pytest.approx(0.2)}


def test_a_file_with_mistakes_is_refused_with_all_of_them_and_nothing_is_kept(desk: Desk) -> None:
    boss = executive(desk)
    wrong = {"objectives": [{"title": "A", "colour": "red", "key_results": [{"name": "B", "due": "soon"}]}]}
    with pytest.raises(Refused) as refused:
        add_from_file(boss, wrong)
    assert sorted(codes(refused)) == [
        "objective_file_missing",
        "objective_file_missing",
        "objective_file_unknown",
        "objective_file_value",
    ]
    half = {"objectives": [{"title": "A", "period": "2026"}, {"title": "A", "period": "2026"}]}
    with pytest.raises(Refused, match="objective_key_taken"):
        add_from_file(boss, half)
    assert tree(boss).roots == ()


def test_a_check_in_shows_how_far_it_has_come(keeper: Desk, calendar: Any) -> None:
    check_in(keeper, "wait-at-peak", 210, "at_risk", note="one team is short")
    found = result(keeper, "wait-at-peak")
    assert found.done == pytest.approx(0.5)
    assert now(found) == "210 s (50 % of the way)"
    assert word(found) == "at risk, 12 Jan 2026"
    calendar.today = date(2026, 2, 12)
    assert result(keeper, "wait-at-peak").overdue


def test_off_track_takes_an_action(keeper: Desk) -> None:
    with pytest.raises(Refused) as refused:
        check_in(keeper, "wait-at-peak", 250, "off_track")
    assert codes(refused) == ["key_result_needs_action"]
    check_in(keeper, "wait-at-peak", 250, "off_track", corrective_action="Two more people at nine")
    assert "further away" in now(result(keeper, "wait-at-peak"))


@pytest.mark.parametrize("value", [1e308, -1e16, 5e-324, float("inf")])
def test_a_number_that_no_page_could_work_with_is_refused(keeper: Desk, value: float) -> None:
    with pytest.raises(Refused) as refused:
        check_in(keeper, "wait-on-the-phone", value, "on_track")
    assert codes(refused) == ["key_result_number"]
    with pytest.raises(Refused) as refused:
        retarget(keeper, "wait-on-the-phone", "A slip", target=-abs(value))
    assert codes(refused) == ["key_result_number"]
    check_in(keeper, "wait-on-the-phone", -1e15, "on_track")  # the largest that is taken can still be written
    assert "% of the way" in now(result(keeper, "wait-on-the-phone"))


def test_another_target_takes_a_reason_and_stays_on_record(keeper: Desk) -> None:
    with pytest.raises(Refused) as refused:
        retarget(keeper, "wait-at-peak", " ", target=300)
    assert codes(refused) == ["key_result_needs_reason", "key_result_target_decrease"]
    retarget(keeper, "wait-at-peak", "The merger brings more calls.", target=200)
    with keeper.read() as session:
        told = find.events(session, act="key_result.retargeted")
    assert [(event.before, event.after, event.why) for event in told] == [
        ({"target": 180.0}, {"target": 200.0}, "The merger brings more calls.")
    ]


def test_parts_are_never_more_than_the_whole(keeper: Desk) -> None:
    new = NewKeyResult(
        objective="peaks-are-spread", name="Wait at night", kind="decrease", due=date(2026, 9, 30), baseline=100,
        target=90, unit="s", part_of="wait-on-the-phone", part_share=0.7,
    )  # fmt: skip
    with pytest.raises(Refused, match="key_result_parts_full"):
        add_key_result(keeper, new)
    assert add_key_result(keeper, replace(new, part_share=0.6)) == "wait-at-night"


def test_innovators_keep_those_of_their_own_department(keeper: Desk) -> None:
    innovator = executive(keeper, Role.INNOVATOR, "Noor Aziz")
    check_in(innovator, "wait-at-peak", 230, "on_track")
    with pytest.raises(Refused, match="objective_of_another_department"):
        check_in(innovator, "wait-anywhere", 190, "on_track")
    with pytest.raises(Refused, match="may_not"):
        check_in(executive(keeper, Role.VIEWER, "Kim Sato"), "wait-at-peak", 230, "on_track")


def test_a_scaled_pilot_is_rolled_up_through_three_levels(lead: Callable[..., Any]) -> None:
    """The pilot shows −40 s; its cautious effect counts at 40 % of 50 % of the customers at the top."""
    led = lead("recommended", wait=-40)
    boss = executive(led.desk)
    add_from_file(boss, THREE_LEVELS)
    attach(boss, Service(pilot=led.key, key_result="wait-at-peak", exposed_share=0.8))
    found = {roll.result.row.key: roll for roll in roll_ups(boss, tree(boss))}
    peak, top = found["wait-at-peak"].expected, found["wait-anywhere"].expected
    assert peak is not None
    assert top is not None
    assert top.mean == pytest.approx(0.2 * peak.mean, rel=1e-9)
    assert 0 < peak.mean < peak.naive
    assert peak.lower < peak.mean < peak.upper
    assert found["complaints"].expected is None
    assert "−" in brought(found["wait-at-peak"])[0]
    assert found["wait-at-peak"].delivered is None, "nobody has decided to scale it"


def test_pilots_and_shares_that_do_not_fit_are_refused(lead: Callable[..., Any]) -> None:
    led = lead("assigned")
    boss = executive(led.desk)
    add_from_file(boss, THREE_LEVELS)
    with pytest.raises(Refused) as refused:
        attach(boss, Service(pilot=led.key, key_result="complaints", exposed_share=1.5))
    assert codes(refused) == ["pilot_serves_metric", "pilot_serves_share"]
    with pytest.raises(Refused) as refused:
        attach(boss, Service(pilot=led.key, key_result="complaints", metric="wait", exposed_share=0.5))
    assert codes(refused) == ["pilot_serves_unit"]
    attach(boss, Service(pilot=led.key, key_result="wait-at-peak", exposed_share=0.5))
    with pytest.raises(Refused, match="pilot_serves_already"):
        attach(boss, Service(pilot=led.key, key_result="wait-at-peak", exposed_share=0.5))
    with pytest.raises(Refused, match="key_result_needs_reason"):
        reached(boss, led.key, "wait-at-peak", 0.2, "")
    reached(boss, led.key, "wait-at-peak", 0.2, "Counted in the queue's settings.")


def test_the_cascade_names_orphans_and_departments_that_pull_apart(lead: Callable[..., Any]) -> None:
    led = lead("assigned")
    boss = executive(led.desk)
    add_from_file(boss, THREE_LEVELS)
    assert [pilot.key for pilot in cascade(boss, tree(boss)).idle] == [led.key]
    attach(boss, Service(pilot=led.key, key_result="wait-at-peak", exposed_share=0.5))
    other = add_objective(boss, NewObjective(title="Tours in time", period="2026", department="Logistics"))
    due = date(2026, 12, 31)
    add_key_result(boss, NewKeyResult(objective=other, name="On time", kind="increase", due=due, metric="on_time",
                                      baseline=0.9, target=0.95, unit="share"))  # fmt: skip
    add_key_result(boss, NewKeyResult(objective=other, name="Longer calls", kind="increase", due=due, metric="wait",
                                      baseline=200, target=230, unit="s"))  # fmt: skip
    found = cascade(boss, tree(boss))
    assert found.idle == ()
    assert {each.row.key for each in found.unserved} == {"complaints", "on-time", "longer-calls"}
    assert {(each.code, each.metric) for each in found.conflicts} == {("guardrail", "on_time"), ("opposite", "wait")}


def test_what_is_scaled_delivers_at_the_share_that_it_reaches(
    lead: Callable[..., Any], committed: dict[str, str]
) -> None:
    led = lead("reviewed", wait=-40)
    boss = executive(led.desk, at="Finance")
    add_from_file(boss, THREE_LEVELS)
    attach(boss, Service(pilot=led.key, key_result="wait-at-peak", exposed_share=0.8, reached_share=0.2))
    decide(boss, led.key, Choice(verdict="SCALE", commitments=committed))
    found = next(roll for roll in roll_ups(boss, tree(boss)) if roll.result.row.key == "wait-at-peak")
    assert found.expected is not None
    assert found.delivered is not None
    assert found.delivered.mean == pytest.approx(found.expected.mean / 4, rel=1e-9)
    assert any("should have brought −" in line for line in brought(found))


def test_the_command_line_adds_a_tree_checks_in_and_shows_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    with Registry.open(home, "") as registry:
        executive(Desk(registry=registry))
    monkeypatch.setenv("PROVING_GROUND_HOME", str(home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    file = tmp_path / "objectives.yaml"
    file.write_text(yaml.safe_dump(THREE_LEVELS), encoding="utf-8")

    def run(*words: str) -> Any:
        return CliRunner().invoke(app, ["objectives", *words])

    added = run("add", str(file), "--as", "Karin Holm")
    assert (added.exit_code, added.output) == (0, "Added: 3 objectives, 4 key results, 0 attached pilots.\n")
    said = run("check-in", "wait-at-peak", "--value", "210", "--outlook", "at_risk", "--as", "Karin Holm")
    assert said.exit_code == 0, said.output
    assert "Wait at peak: from 240 s to 180 s; 210 s (50 % of the way)" in run().output
    shown = json.loads(run("--json").output)
    OUTPUTS["objectives"].model_validate(shown)
    assert shown["objectives"][0]["below"][0]["below"][0]["key_results"][0]["done"] == 0.5
    assert run("check-in", "wait-at-peak", "--as", "Karin Holm").exit_code == 1
    assert run("burn", "x").exit_code == 1


def test_the_example_of_the_guide_can_be_added(desk: Desk) -> None:
    """All but its pilot, which is not in this record."""
    guide = (Path(__file__).resolve().parents[2] / "docs" / "guide.md").read_text(encoding="utf-8")
    block = next(text for text in re.findall(r"```yaml\n(.*?)```", guide, re.S) if text.startswith("objectives:"))
    document = yaml.safe_load(block)
    document["objectives"][0]["department"] = "Contact centre"
    del document["objectives"][0]["key_results"][0]["pilots"]
    assert add_from_file(executive(desk), document).key_results == ("waiting-time-on-the-phone",)
