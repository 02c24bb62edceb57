"""From charter to assignment, on a real registry."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from experiments.desk import Desk
from experiments.errors import Refused
from experiments.planning.plan import locked_plan, plan
from experiments.record.history import history
from experiments.record.verify import verify
from experiments.register import register, resume, save_draft
from experiments.running.assign import assign, assignment_json
from experiments.signing.sign import Terms, sign
from experiments.signing.unsigned import decline, declined, sign_by, start_unsigned
from experiments.words import problem_sentence
from registry import find
from registry.errors import NotFound
from registry.kinds import Stage
from stats.plan import sha256

Charters = Callable[..., dict[str, Any]]


def _refused(act: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as refused:
        act()
    return [problem.code for problem in refused.value.problems]


def test_a_registered_pilot_has_its_people_metrics_and_partners(desk: Desk, waiting: Charters) -> None:
    key = register(desk, waiting()).key
    with desk.read() as session:
        pilot = find.pilot(session, key)
        metrics = {definition.key: row for row, _, definition in find.pilot_metrics(session, pilot.id)}
        assert [department.name for _, department in find.partners(session, pilot.id)] == ["Logistics"]
        assert {person.name for person in find.people(session)} == {"Ana Lima", "Ruth Vogel", "Tom Berg"}
    assert pilot.stage == Stage.DRAFT
    assert set(metrics) == {"wait", "on_time", "wait_worst"}
    assert metrics["wait_worst"].twin_of_id == metrics["wait"].id
    assert verify(desk).whole


def test_the_same_metric_in_two_pilots_is_one_in_the_catalogue(desk: Desk, waiting: Charters) -> None:
    register(desk, waiting())
    register(desk, waiting(title="Another pilot"))
    changed = waiting(title="A third pilot")
    changed["metrics"]["success"][0]["measure"]["column"] = "wait_seconds"
    register(desk, changed)
    with desk.read() as session:
        numbers = [version.number for version in find.metric_versions(session, find.metric(session, "wait").id)]
    assert numbers == [1, 2]


def test_a_draft_is_kept_step_by_step_and_completed(desk: Desk, waiting: Charters) -> None:
    draft = save_draft(desk, {"title": "Call-back at peak"}, "problem")
    draft = save_draft(desk, {"title": "Call-back at peak", "problem": "long queues"}, "success", pilot=draft)
    assert resume(desk, draft.key) == ({"title": "Call-back at peak", "problem": "long queues"}, "success")
    assert register(desk, waiting(), key=draft.key).key == draft.key
    assert _refused(lambda: register(desk, waiting(), key=draft.key)) == ["already_registered"]


def test_a_refused_charter_leaves_nothing_behind(desk: Desk, waiting: Charters) -> None:
    document = waiting()
    document["where"]["sites"] = []
    assert _refused(lambda: register(desk, document)) == ["charter_no_sites"]
    with desk.read() as session:
        assert find.pilots(session) == []
        assert find.people(session) == []


def test_stages_are_refused_out_of_order_and_say_what_comes_first(desk: Desk, waiting: Charters) -> None:
    key = register(desk, waiting()).key
    owner = desk.as_person("Ana Lima")
    with pytest.raises(Refused) as refused:
        assign(owner, key)
    assert problem_sentence(refused.value.problems[0]) == f"Sign the plan first: pilot sign {key}"
    assert _refused(lambda: sign(owner, key)) == ["first_plan"]


def test_signing_locks_the_plan_with_its_hash_and_remembers_who_signed(desk: Desk, waiting: Charters) -> None:
    key = register(desk, waiting()).key
    owner, partner = desk.as_person("Ana Lima"), desk.as_person("Tom Berg")
    assert plan(owner, key).plan.metric("on_time").signed is False
    assert sign(partner, key).metrics == ("Deliveries on time",)
    locked = sign(owner, key)
    record, made = locked_plan(desk, desk.pilot(key))
    assert record.sha256 == locked.plan_sha256 == sha256(record.canonical)
    assert made.metric("on_time").signed
    assert not made.recorded_afterwards
    assert locked.unsigned == ()
    assert _refused(lambda: plan(owner, key)) == ["already_signed"]
    assert verify(desk).whole


def test_a_pilot_signed_after_its_start_is_recorded_afterwards(desk: Desk, waiting: Charters, calendar: Any) -> None:
    calendar.today = date(2026, 3, 3)
    key = register(desk, waiting()).key
    owner = desk.as_person("Ana Lima")
    plan(owner, key)
    sign(desk.as_person("Tom Berg"), key)
    assert sign(owner, key).recorded_afterwards


def test_only_a_reviewer_of_the_partner_department_signs_for_it(desk: Desk, waiting: Charters) -> None:
    other = waiting(title="Another pilot")
    was = other["partners"][0]["department"]
    other["partners"][0] |= {"contact": "Lena Falk", "department": "Warehouse"}
    for guardrail in other["metrics"]["guardrails"]:
        guardrail["partner"] = "Warehouse" if guardrail.get("partner") == was else guardrail.get("partner")
    key = register(desk, waiting()).key
    register(desk, other)
    plan(desk.as_person("Ana Lima"), key)
    assert _refused(lambda: sign(desk.as_person("Lena Falk"), key)) == ["may_not"]


def test_planning_says_that_three_against_three_is_capped(desk: Desk, waiting: Charters) -> None:
    document = waiting()
    document["where"]["sites"] = document["where"]["sites"][:6]
    document["where"]["assignment"]["n_treatment"] = 3
    key = register(desk, document).key
    made = plan(desk.as_person("Ana Lima"), key)
    sentences = [problem_sentence(problem) for problem in made.warnings]
    assert any("graded B at best" in line and line.startswith("3 ") for line in sentences)


def test_the_draw_can_be_made_again_and_there_is_no_second_one(desk: Desk, waiting: Charters) -> None:
    key = register(desk, waiting()).key
    owner = desk.as_person("Ana Lima")
    plan(owner, key)
    sign(desk.as_person("Tom Berg"), key)
    sign(owner, key)
    drawn = assign(owner, key)
    assert sum(drawn.arms.values()) == 6
    _, made = locked_plan(desk, desk.pilot(key))
    assert sha256(assignment_json(made)) == drawn.sha256
    assert json.loads(assignment_json(made))["arms"] == drawn.arms
    assert _refused(lambda: assign(owner, key)) == ["already_assigned"]
    assert verify(desk).whole


def test_nobody_acts_without_a_name(desk: Desk, waiting: Charters) -> None:
    key = register(desk, waiting()).key
    assert _refused(lambda: plan(desk, key)) == ["nobody_acts"]
    with pytest.raises(NotFound):
        desk.pilot("call-bak-at-peak")


def test_the_last_signature_locks_the_plan_and_who_is_missing_is_named(desk: Desk, waiting: Charters) -> None:
    key = register(desk, waiting()).key
    owner, sponsor = desk.as_person("Ana Lima"), desk.as_person("Ruth Vogel")
    plan(owner, key)
    for who in (owner, sponsor):
        with pytest.raises(Refused) as refused:
            sign(who, key)
        assert [problem.code for problem in refused.value.problems] == ["signatures_missing"]
        assert "Not signed yet: Logistics." in problem_sentence(refused.value.problems[0])
    sign(desk.as_person("Tom Berg"), key)
    assert sign(sponsor, key).capacity == "sponsor"


def test_a_partner_says_what_it_expects_what_pulls_against_it_and_what_was_agreed(
    desk: Desk, waiting: Charters
) -> None:
    document = waiting()
    document["partners"][0] = {"department": "Logistics", "metric": "on_time", "contact": "Tom Berg"}
    key = register(desk, document).key
    plan(desk.as_person("Ana Lima"), key)
    partner = desk.as_person("Tom Berg")
    every = ["sign_without_benefit", "sign_without_pulls_against", "sign_without_relief"]
    assert _refused(lambda: sign(partner, key)) == every
    assert _refused(lambda: sign(partner, key, Terms(benefit="calm evenings", relief=" "))) == every[1:]
    sign(partner, key, Terms(benefit="calm evenings", pulls_against="tours by five", relief="none"))
    with desk.read() as session:
        ((row, _),) = find.partners(session, find.pilot(session, key).id)
    assert (row.benefit, row.pulls_against, row.relief) == ("calm evenings", "tours by five", "none")
    assert verify(desk).whole


def test_without_a_signature_the_sponsor_starts_on_record_a_day_after_it_was_due(
    desk: Desk, waiting: Charters, calendar: Any
) -> None:
    key = register(desk, waiting()).key
    owner, sponsor = desk.as_person("Ana Lima"), desk.as_person("Ruth Vogel")
    plan(owner, key)
    calendar.today = sign_by(desk.pilot(key), date(2026, 3, 2))
    assert calendar.today == date(2026, 2, 23)
    assert _refused(lambda: start_unsigned(owner, key, "late")) == ["barred"]
    assert _refused(lambda: start_unsigned(sponsor, key, " ")) == ["unsigned_too_early", "reason_missing"]
    calendar.today += timedelta(days=1)
    made = start_unsigned(sponsor, key, "The season begins.")
    assert (made.capacity, made.unsigned, made.recorded_afterwards) == ("sponsor", ("Logistics",), False)
    record, frozen = locked_plan(desk, desk.pilot(key))
    assert not frozen.metric("on_time").signed
    with desk.read() as session:
        rows = [(row.capacity, row.state, row.reason) for row in find.signatures(session, record.id)]
    assert sorted(rows) == [
        ("partner", "unsigned_on_record", "The season begins."),
        ("sponsor", "signed", ""),
    ]
    assert history(desk, key)[-1].sentence.startswith("Ruth Vogel started without the signature of Logistics")
    assert verify(desk).whole


def test_whoever_has_all_signatures_does_not_start_without_them(desk: Desk, waiting: Charters, calendar: Any) -> None:
    key = register(desk, waiting()).key
    plan(desk.as_person("Ana Lima"), key)
    sign(desk.as_person("Tom Berg"), key)
    calendar.today = date(2026, 2, 28)
    assert _refused(lambda: start_unsigned(desk.as_person("Ruth Vogel"), key, "late")) == ["nothing_unsigned"]


def test_a_partner_declines_with_a_reason_and_may_sign_later(desk: Desk, waiting: Charters) -> None:
    key = register(desk, waiting()).key
    plan(desk.as_person("Ana Lima"), key)
    partner = desk.as_person("Tom Berg")
    assert _refused(lambda: decline(partner, key, "")) == ["reason_missing"]
    assert decline(partner, key, "Which tours count?") == ("Deliveries on time",)
    (no,) = declined(desk, desk.pilot(key))
    assert (no.department, no.person, no.reason) == ("Logistics", "Tom Berg", "Which tours count?")
    sign(partner, key)
    assert declined(desk, desk.pilot(key)) == ()
    assert _refused(lambda: decline(partner, key, "After all not.")) == ["already_signed_partner"]
