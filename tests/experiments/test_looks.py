"""Planned checks through the product: when they are due, what stays closed, and what an extension keeps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from experiments.charters.charter import Charter
from experiments.charters.to_plan import to_plan
from experiments.deciding.decide import Choice, decide
from experiments.deciding.evidence_in_force import in_force
from experiments.deciding.review import review
from experiments.errors import Refused
from experiments.evidence.assess import assess
from experiments.evidence.recommend import recommend, sentence
from experiments.evidence.reproduce import reproduce
from experiments.hidden import TELLS_NO_EFFECT, evidence_text
from experiments.memo import memo, render
from experiments.planning.plan import locked_plan
from experiments.portfolio.survey import pilot_row
from experiments.record.history import history
from experiments.running.ingest import ingest
from stats.assessing.look_window import at_look, planned_looks

Lead = Callable[..., Any]


def _refused(act: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as refused:
        act()
    return [problem.code for problem in refused.value.problems]


@pytest.fixture
def usual(waiting: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """The plain charter with the rule's own checks: half-way, at the end, one in reserve."""
    document = waiting()
    document["metrics"]["success"][0]["worst"] = {"without_because": "too few contacts for a tail"}
    return document


@pytest.fixture
def weekly(send_records: Callable[..., None], tmp_path: Any) -> Callable[..., Any]:
    """Sends the records that sites have up to a day: ``weekly(led, date(2026, 4, 6), wait=-8)``."""

    def send(led: Any, until: date, **truth: Any) -> None:
        from experiments.running.assign import assigned

        full = tmp_path / "full.csv"
        settings = {"wait": -40.0, "on_time": 0.0, **truth}
        send_records(full, assigned(led.desk, led.desk.pilot(led.key)).arms, **settings)
        head, *rows = full.read_text().splitlines()
        place = head.replace('"', "").split(",").index("week")
        kept = [row for row in rows if row.split(",")[place] < until.isoformat()]
        led.data.write_text("\n".join([head, *kept]) + "\n")
        ingest(led.desk.as_person("Ana Lima"), led.key, led.data)

    return send


def test_a_charter_that_says_nothing_gets_the_checks_of_the_rule(waiting: Callable[..., dict[str, Any]]) -> None:
    plan = to_plan(Charter.model_validate(waiting()))
    assert (plan.looks.fractions, plan.looks.extension) == ([0.5, 1.0], 1.5)
    days = [look.due for look in planned_looks(plan)]
    assert days == [date(2026, 4, 5), date(2026, 5, 10), date(2026, 6, 14)]
    assert at_look(plan, 1).end == days[0]
    assert at_look(plan, 2) == plan


def test_data_that_come_in_one_lump_get_one_check(waiting: Callable[..., dict[str, Any]]) -> None:
    document = waiting()
    document["where"]["columns"]["post"] = {"column": "week", "values": [2]}
    plan = to_plan(Charter.model_validate(document))
    assert (plan.looks.fractions, plan.looks.extension) == ([1.0], None)


def test_a_check_before_its_day_is_refused_and_names_the_day(lead: Lead, usual: Any, calendar: Any) -> None:
    led = lead("assigned", document=usual)
    owner = led.desk.as_person("Ana Lima")
    ingest(owner, led.key, led.data)
    calendar.today = date(2026, 4, 4)
    with pytest.raises(Refused) as refused:
        assess(owner, led.key)
    (problem,) = refused.value.problems
    assert (problem.code, problem.facts["look"], problem.facts["day"]) == ("too_early", 1, date(2026, 4, 5))


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _numbers(item)
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, float):
        yield value


def _effects(canonical: str) -> set[float]:
    """Every number that evidence tells about effects, but round ones as the confidence that stand everywhere."""
    found = json.loads(canonical)["metrics"]
    told = [{**each["result"], "checks": None} for each in found.values()]
    told += [each["sites"] for each in found.values()]
    floor = found["wait"]["result"]["p_floor"]  # of the draw, not of the data
    return {number for number in _numbers(told) if number not in {round(number, 3), floor, floor / 2}}


@pytest.mark.parametrize("why", ["between checks", "can't be judged"])
def test_closed_numbers_are_in_no_page_export_or_command(
    lead: Lead, usual: Any, calendar: Any, weekly: Any, why: str, monkeypatch: Any
) -> None:
    led = lead("assigned", document=usual)
    owner = led.desk.as_person("Ana Lima")
    calendar.today = date(2026, 4, 6)
    if why == "between checks":
        weekly(led, date(2026, 4, 6), wait=-16)
    else:
        weekly(led, date(2026, 4, 6), missing=(0.02, 0.3))
    assess(owner, led.key)
    said = recommend(owner, led.key)
    assert said["verdict"] == ("NOT_YET" if why == "between checks" else "INVALID")
    canonical = in_force(led.desk, led.desk.pilot(led.key)).evidence.canonical
    effects = _effects(canonical)
    assert len(effects) > 20

    exported = json.loads(evidence_text(canonical, said))
    assert exported["closed"]
    assert not effects & set(_numbers(exported))
    assert not effects & set(_numbers(json.loads(json.dumps(said))))
    assert evidence_text(canonical, None) == evidence_text(canonical, said)  # nor before the rule has spoken

    view = memo(led.desk, led.key)
    assert view.method == view.sites == ()
    assert all(not (line.effect or line.interval or line.levels or line.plot) for line in view.metrics)
    page = render(view, "html").decode()
    result = json.loads(canonical)["metrics"]["wait"]["result"]
    for number in (result["effect"], result["mean_treatment"], result["ci_lower"]):
        for text in (f"{abs(number):.1f}", f"{abs(number):.2f}"):
            assert text not in page

    row = pilot_row(led.desk, led.key)
    assert (row.effect, row.state, row.metric) == ("", None, "")
    told = json.dumps([event.after for event in history(led.desk, led.key)], default=str)
    assert not effects & set(_numbers(json.loads(told)))
    assert all(item.identical for item in reproduce(led.desk, led.key))

    from typer.testing import CliRunner

    from experiments.cli import app

    monkeypatch.setenv("PROVING_GROUND_HOME", str(led.desk.registry.home))
    for arguments in (
        ["assess", led.key],
        ["recommend", led.key],
        ["history", led.key],
        ["portfolio"],
        ["reproduce", led.key],
    ):
        ran = CliRunner().invoke(app, [*arguments, "--json"])
        assert ran.exit_code == 0 or arguments[0] == "assess", ran.output  # which may say that no check is due
        assert not effects & set(_numbers(json.loads(ran.stdout))), arguments


def test_only_checks_that_tell_no_effect_are_shown_while_numbers_are_closed() -> None:
    assert not {"leave_one_site_out", "bias_robustness", "selection", "drift"} & TELLS_NO_EFFECT


def test_between_checks_a_pilot_runs_on_and_there_is_nothing_to_review_or_decide(
    lead: Lead, usual: Any, calendar: Any, weekly: Any
) -> None:
    led = lead("assigned", document=usual)
    calendar.today = date(2026, 4, 6)
    weekly(led, date(2026, 4, 6), wait=-16)
    owner = led.desk.as_person("Ana Lima")
    assess(owner, led.key)
    assert recommend(owner, led.key)["verdict"] == "NOT_YET"
    assert recommend(owner, led.key)["next_step"]["next_look"] == 2
    assert sentence(led.desk, led.key)
    assert pilot_row(led.desk, led.key).stage == "running"
    assert _refused(lambda: review(led.desk.as_person("Tom Berg"), led.key, "endorse")) == ["first_assessed"]
    assert _refused(lambda: decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict="SCALE"))) == [
        "first_assessed"
    ]


def test_weekly_peeking_through_the_product_gets_no_look_that_was_not_planned(
    lead: Lead, usual: Any, calendar: Any, weekly: Any
) -> None:
    """Whoever asks every week gets the two planned checks and no other, each on the data up to its day."""
    led = lead("assigned", document=usual)
    owner = led.desk.as_person("Ana Lima")
    got: list[tuple[date, int]] = []
    refused: list[str] = []
    for week in range(1, 14):
        calendar.today = date(2026, 3, 2) + timedelta(weeks=week)
        weekly(led, calendar.today, wait=-18, weeks_after=15, seed=3)
        try:
            (found,) = assess(owner, led.key)
            got.append((calendar.today, found.look))
            recommend(owner, led.key)
        except Refused as problem:
            refused += [each.code for each in problem.problems]
    assert got == [(date(2026, 4, 6), 1), (date(2026, 5, 11), 2)]
    assert set(refused) == {"too_early", "extension_not_decided"}
    assert len(refused) == 11


def test_a_check_made_late_looks_only_at_the_data_up_to_its_day(
    lead: Lead, usual: Any, calendar: Any, weekly: Any
) -> None:
    led = lead("assigned", document=usual)
    owner = led.desk.as_person("Ana Lima")
    calendar.today = date(2026, 4, 27)
    weekly(led, date(2026, 4, 27), wait=-12)
    assess(owner, led.key)
    found = json.loads(in_force(led.desk, led.desk.pilot(led.key)).evidence.canonical)
    assert (found["look"], found["information"]) == (1, 0.5)
    assert (
        found["days_observed"] == (date(2026, 4, 5) - date(2026, 3, 2)).days + 1
    )  # five weeks, dated by their Mondays


def test_t2_ended_at_twenty_per_cent_power_it_is_extended_and_keeps_data_and_error_rate(
    lead: Lead, usual: Any, calendar: Any, weekly: Any
) -> None:
    """A true gain of the size worth having, on far too few sites: ITERATE, extend, with what is needed."""
    usual["where"]["sites"] = [f"B{number:02d}" for number in range(1, 9)]
    usual["where"]["assignment"]["n_treatment"] = 4
    usual["metrics"]["success"][0]["mwe"] = 20
    usual["hypothesis"]["by"] = 20
    led = lead("assigned", document=usual)
    owner, executive = led.desk.as_person("Ana Lima"), led.desk.as_person("Ruth Vogel")
    weekly(led, date(2026, 5, 11), wait=-20, weeks_after=15)
    assess(owner, led.key)
    said = recommend(owner, led.key)
    assert (said["verdict"], said["mode"], said["row"]) == ("ITERATE", "EXTEND", 9)
    assert said["reasons"][0]["code"] == "UNDERPOWERED"
    need = said["next_step"]
    assert need["data_kept"]
    assert need["units_needed"] > need["units_now"] == 8
    assert 0.1 < power_at_the_end(led, said) < 0.35
    assert _refused(lambda: assess_newer(led, weekly)) == ["extension_not_decided"]

    review(led.desk.as_person("Tom Berg"), led.key, "endorse")
    decide(executive, led.key, Choice(verdict="ITERATE"))
    assert pilot_row(led.desk, led.key).stage == "running"
    calendar.today = date(2026, 6, 13)
    weekly(led, date(2026, 6, 8), wait=-20, weeks_after=15)
    assert _refused(lambda: assess(owner, led.key)) == ["too_early"]
    calendar.today = date(2026, 6, 15)
    before = json.loads(in_force(led.desk, led.desk.pilot(led.key)).evidence.canonical)
    weekly(led, date(2026, 6, 15), wait=-20, weeks_after=15)
    (extended,) = assess(owner, led.key)
    after = json.loads(in_force(led.desk, led.desk.pilot(led.key)).evidence.canonical)
    assert (extended.look, after["is_extension"], after["information"]) == (3, True, 1.5)
    assert after["records"] > before["records"]  # the same data and five weeks more
    assert extended.plan_sha256 == before["plan_sha256"]  # same version, same promise
    final = recommend(owner, led.key)
    _, plan = locked_plan(led.desk, led.desk.pilot(led.key))
    from stats.combining.sequential import nominal_levels

    # What the extension may use is what the plan reserved for it, never alpha again.
    assert final["levels"]["alpha"] == pytest.approx(nominal_levels((1 / 3, 2 / 3, 1.0), 0.05, "obrien_fleming")[2])
    assert final["levels"]["alpha"] < plan.errors.alpha
    assert (final["verdict"], final["mode"]) != ("ITERATE", "EXTEND")
    assert all(item.identical for item in reproduce(led.desk, led.key))


def power_at_the_end(led: Any, said: dict[str, Any]) -> float:
    """Chance that a true gain of just the size worth having is shown at the planned end, with the error as it was."""
    from scipy.special import nctdtr, stdtrit

    found = json.loads(in_force(led.desk, led.desk.pilot(led.key)).evidence.canonical)["metrics"]["wait"]["result"]
    _, plan = locked_plan(led.desk, led.desk.pilot(led.key))
    reach = stdtrit(found["df"], 1 - said["levels"]["win"])
    return float(1 - nctdtr(found["df"], plan.success[0].mwe / found["std_error"], reach))


def assess_newer(led: Any, weekly: Any) -> None:
    weekly(led, date(2026, 5, 11), wait=-20, seed=9)
    assess(led.desk.as_person("Ana Lima"), led.key)
