"""What all pilots together teach: kept in versions, written into plans when they freeze, and into nothing older."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from experiments.cli import app
from experiments.commands.outputs import OUTPUTS
from experiments.deciding.choice import Choice
from experiments.deciding.decide import decide
from experiments.deciding.evidence_in_force import in_force as evidence_in_force
from experiments.deciding.overrides import look_back, overrides, score_of, suggested
from experiments.deciding.overrule import confirm_overrule
from experiments.desk import Desk
from experiments.errors import Refused
from experiments.evidence.recommend import recommendation_json
from experiments.evidence.reproduce import reproduce
from experiments.learned.effects import decided_pilots
from experiments.learned.prior import Held, in_force, learn, propose, versions
from experiments.learned.survey import learned
from experiments.learned.telling import frozen_with, lines, shares
from experiments.planning.forecasts import forecasts
from experiments.planning.plan import locked_plan, plan
from experiments.record.history import history
from experiments.record.verify import verify
from experiments.register import register
from experiments.words import forbidden_words, jargon_words
from registry import find
from registry.errors import RegistryError
from registry.kinds import Role
from stats.money import Prior, prior_of
from stats.plan import Plan, plan_json, sha256

Lead = Callable[..., Any]


def codes(act: Callable[[], object]) -> list[str]:
    with pytest.raises((Refused, RegistryError)) as refused:
        act()
    return [problem.code for problem in refused.value.problems]


@pytest.fixture
def analyst(desk: Desk) -> Desk:
    from experiments.charters.charter import Person
    from experiments.people import person_of

    with desk.work() as work:
        person_of(work, Person(name="Petra Kern", department="Analytics"), Role.ANALYST)
    return desk.as_person("Petra Kern")


def decided(led: Any, committed: dict[str, str]) -> str:
    said = str(evidence_in_force(led.desk, led.desk.pilot(led.key)).said["verdict"])
    decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict=said, commitments=committed))
    return said


# --- the learned prior -----------------------------------------------------------------------------------------------


def test_nothing_is_learned_before_a_pilot_is_decided(lead: Lead, analyst: Desk) -> None:
    led = lead("reviewed")
    assert propose(led.desk).new is None
    assert in_force(led.desk) == Held()
    assert codes(lambda: learn(analyst)) == ["nothing_to_learn"]


def test_a_version_is_kept_once_and_shows_what_it_was_made_from(
    lead: Lead, analyst: Desk, committed: dict[str, str]
) -> None:
    led = lead("reviewed")
    decided(led, committed)
    would = propose(led.desk)
    assert would.changed
    assert would.old.number == 0
    kept = learn(analyst)
    assert (kept.number, kept.pilots, kept.simulated) == (1, (led.key,), False)
    assert would.new is not None
    assert (kept.mean, kept.sd, kept.sha256) == (would.new.mean, would.new.sd, would.new.sha256)
    assert kept.mean > 0  # a gain of 40 s where 15 s are worth having
    assert in_force(led.desk) == kept
    assert versions(led.desk) == (kept,)
    assert not propose(led.desk).changed
    assert codes(lambda: learn(analyst)) == ["prior_unchanged"]
    assert verify(led.desk).whole


def test_a_version_holds_for_plans_frozen_later_and_for_no_other(
    lead: Lead,
    analyst: Desk,
    committed: dict[str, str],
    waiting: Callable[..., Any],
    sign_all: Callable[..., None],
    calendar: Any,
) -> None:
    led = lead("reviewed")
    before, old = locked_plan(led.desk, led.desk.pilot(led.key))
    said = evidence_in_force(led.desk, led.desk.pilot(led.key))
    decided(led, committed)
    kept = learn(analyst)

    # The older plan is the same text with the same hash, keeps N(0, 1), and its verdict is made again to the letter.
    after, same = locked_plan(led.desk, led.desk.pilot(led.key))
    assert (after.canonical, after.sha256) == (before.canonical, before.sha256)
    assert "learned" not in before.canonical
    assert prior_of(same) == prior_of(old) == Prior()
    assert said.recommendation is not None
    assert recommendation_json(same, said.evidence) == said.recommendation.canonical
    assert all(made.identical for made in reproduce(led.desk, led.key))

    later = register(led.desk, waiting(title="Call-back in the evening")).key
    calendar.today = date(2026, 2, 1)
    plan(led.desk.as_person("Ana Lima"), later)
    sign_all(led.desk, later)
    record, fresh = locked_plan(led.desk, led.desk.pilot(later))
    assert prior_of(fresh) == Prior(mean=kept.mean, sd=kept.sd)
    assert fresh.assumptions["learned.prior_number"] == 1
    assert "version 1 of what earlier pilots taught" in frozen_with(fresh)[0]
    assert frozen_with(old) == ()
    assert fresh.assumptions["learned.prior_sha256"] == kept.sha256
    assert fresh.assumptions["learned.transport"] == kept.transport
    assert record.sha256 == sha256(record.canonical) == sha256(plan_json(fresh))


def test_real_plans_do_not_learn_from_made_up_pilots(
    lead: Lead,
    analyst: Desk,
    committed: dict[str, str],
    waiting: Callable[..., Any],
    sign_all: Callable[..., None],
    calendar: Any,
) -> None:
    made_up = waiting(looks={"fractions": [1.0], "extension": None}, simulated=True)
    led = lead("reviewed", document=made_up)
    decided(led, committed)
    assert learn(analyst).simulated
    real = register(led.desk, waiting(title="Call-back in the evening")).key
    calendar.today = date(2026, 2, 1)
    plan(led.desk.as_person("Ana Lima"), real)
    sign_all(led.desk, real)
    _, fresh = locked_plan(led.desk, led.desk.pilot(real))
    assert prior_of(fresh) == Prior()


def test_money_of_a_plan_is_shrunk_by_what_it_was_frozen_with() -> None:
    """The rule asks the plan: two plans that differ in nothing else give two expected benefits."""
    from stats.money import Measured, chosen_sites_discount, discount_of, net_benefit

    metric = {"key": "wait", "name": "Wait", "role": "SUCCESS", "mwe": 10, "better": "lower",
              "spec": {"kind": "mean", "column": "wait", "better": "lower"}}  # fmt: skip
    plain = Plan.model_validate(
        {
            "pilot": "a",
            "title": "A",
            "design": "randomised_sites",
            "metrics": [metric],
            "finance": {"currency": "EUR", "value_per_unit": {"wait": 1}, "volume": 1000, "horizon": 1},
        }
    )
    taught = plain.model_copy(
        update={
            "assumptions": {"learned.prior_mean": -0.5, "learned.prior_sd": 0.5, "learned.transport": 0.5},
        }
    )
    assert plain.finance is not None
    measured = [Measured(metric=plain.metrics[0], effect=20.0, std_error=10.0)]
    found = [
        net_benefit(plain.finance, measured, prior=prior_of(each), chosen=chosen_sites_discount(each))
        for each in (plain, taught)
    ]
    # N(0, 10) with an estimate of 20 (10): 10 at three quarters; N(-5, 5): -5 + .2 * 25 = 0.
    assert [each.expected for each in found if each] == pytest.approx([7500.0, 0.0])
    assert (discount_of(plain), discount_of(taught)) == (0.75, 0.5)


# --- what everything together says -----------------------------------------------------------------------------------


def test_decided_pilots_are_read_in_smallest_gains_worth_having(lead: Lead, committed: dict[str, str]) -> None:
    led = lead("reviewed")
    assert decided_pilots(led.desk) == ()
    verdict = decided(led, committed)
    (one,) = decided_pilots(led.desk)
    stored = json.loads(evidence_in_force(led.desk, led.desk.pilot(led.key)).evidence.canonical)
    result = stored["metrics"]["wait"]["result"]
    assert one.decided == verdict
    assert one.first is not None
    assert one.first.effect == -result["effect"]  # shorter waits are better
    assert one.first.in_gains(one.key).effect == pytest.approx(-result["effect"] / 15)
    assert {metric.partner for metric in one.others} >= {"Logistics"}


def test_the_survey_counts_approvals_and_what_departments_bore(lead: Lead, committed: dict[str, str]) -> None:
    led = lead("reviewed")
    assert decided(led, committed) == "SCALE"
    found = learned(led.desk)
    assert not found.made_up
    assert [one.key for one in found.approved] == [led.key]
    (winner,) = found.winners.winners
    assert winner.cautious < winner.raw
    assert {(one.department, one.own) for one in found.shares} == {("Contact centre", True), ("Logistics", False)}
    told = shares(found.shares)
    assert told["together"][0].startswith("−")  # seconds fewer, in the metric's own direction
    assert "better" in told["together"][0]
    assert found.kinds["metric"][0].kind == "Waiting time"
    said = lines(found, forecasts(led.desk), score_of(overrides(led.desk)))
    assert not [line for line in said if forbidden_words(line) or jargon_words(line)]


def test_an_empty_record_teaches_nothing_and_says_so(desk: Desk) -> None:
    found = learned(desk)
    assert found.approved == found.shares == found.realised == ()
    assert "No pilot has ended yet." in lines(found, forecasts(desk), score_of(overrides(desk)))


# --- hindsight -------------------------------------------------------------------------------------------------------


@pytest.fixture
def overruled(lead: Lead, executive: Any, calendar: Any) -> Any:
    """A stop against a recommended roll-out, a year later."""
    led = lead("reviewed")
    second = executive(led.desk)
    stop = Choice(verdict="STOP", reason="No budget.", second_approver="Karin Holm")
    decide(led.desk.as_person("Ruth Vogel"), led.key, stop)
    confirm_overrule(second, led.key)
    calendar.today = date(2027, 5, 12)
    return led


def test_the_record_suggests_what_time_has_said_and_people_judge(overruled: Any) -> None:
    led = overruled
    said = suggested(led.desk, led.key)
    assert said is not None
    assert said.found == "unclear"
    assert "not tried again" in said.sentences[0]
    made = look_back(led.desk.as_person("Ruth Vogel"), led.key, "A rival did it and won.", "wrong")
    assert (made.found, made.became, made.due) == ("wrong", "A rival did it and won.", False)
    with led.desk.read() as session:
        (row,) = find.hindsights(session)
        assert find.person(session, row.looked_by_id).name == "Ruth Vogel"
    assert any("what became of a decision" in event.sentence for event in history(led.desk, led.key))
    assert verify(led.desk).whole


def test_a_look_back_wants_a_day_that_has_come_words_and_a_judgement(overruled: Any, calendar: Any) -> None:
    led = overruled
    boss = led.desk.as_person("Ruth Vogel")
    assert codes(lambda: look_back(boss, led.key, " ", "maybe")) == ["hindsight_empty", "hindsight_found"]
    assert codes(lambda: look_back(led.desk.as_person("Ana Lima"), led.key, "It was fine.")) == ["barred"]
    look_back(boss, led.key, "Nobody misses it.", "right")
    assert codes(lambda: look_back(boss, led.key, "Once more.", "right")) == ["no_hindsight_due"]


def test_what_is_looked_back_on_leaves_the_list_of_what_needs_me(overruled: Any) -> None:
    from experiments.telling.inbox import moves

    led = overruled
    boss = led.desk.as_person("Ruth Vogel")
    assert [move.act for move in moves(boss) if move.mine] == ["look_back"]
    look_back(boss, led.key, "Nobody misses it.", "right")
    assert [move.act for move in moves(boss) if move.mine] == []


def test_the_score_is_silent_below_five(overruled: Any) -> None:
    led = overruled
    assert "No decision" in score_of(overrides(led.desk))
    look_back(led.desk.as_person("Ruth Vogel"), led.key, "Nobody misses it.", "right")
    (row,) = overrides(led.desk)
    assert "From 5 on" in score_of((row,) * 4)
    assert score_of((row,) * 5).startswith("Of 5 decisions against the recommendation that can be judged, 5 were right")


# --- the command line ------------------------------------------------------------------------------------------------


def test_the_command_shows_first_and_keeps_when_told_to(
    lead: Lead, analyst: Desk, committed: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    led = lead("reviewed")
    decided(led, committed)
    monkeypatch.setenv("PROVING_GROUND_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    runner = CliRunner()

    def run(*arguments: str, code: int = 0) -> Any:
        result = runner.invoke(app, [*arguments, "--json"])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    shown = OUTPUTS["learn"].model_validate(run("learn"))
    assert (shown.kept, shown.versions, shown.changed) == (None, [], True)
    assert run("learn", "--keep", "--as", "Ana Lima", code=1)["problems"][0]["code"] == "may_not"
    kept = OUTPUTS["learn"].model_validate(run("learn", "--keep", "--as", "Petra Kern"))
    assert (kept.kept, len(kept.versions), kept.changed) == (1, 1, False)
    assert run("learn", "--keep", "--as", "Petra Kern", code=1)["problems"][0]["code"] == "prior_unchanged"
    assert "In force: version 1" in runner.invoke(app, ["learn"]).stdout
    bets = OUTPUTS["forecasts"].model_validate(run("forecasts"))
    assert (bets.rollouts, bets.reality["count"]) == ([], 0)
