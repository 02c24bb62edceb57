"""From data to decision, on a real registry and real files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from experiments.deciding.choice import Choice
from experiments.deciding.close import close, takeaway
from experiments.deciding.decide import decide, decisions
from experiments.deciding.evidence_in_force import in_force
from experiments.deciding.overrides import look_back, overrides
from experiments.deciding.overrule import confirm_overrule
from experiments.deciding.requests import answer_request, ask_for_more
from experiments.deciding.review import earlier_words, review, reviews
from experiments.deciding.rounds import edit_round, round_of
from experiments.errors import Refused, sentences
from experiments.evidence.assess import assess
from experiments.evidence.recommend import recommend, sentence
from experiments.evidence.reproduce import reproduce
from experiments.memo import memo, render
from experiments.portfolio.survey import pilot_row
from experiments.record.history import history
from experiments.record.verify import verify
from experiments.running.ingest import ingest
from registry import find
from registry.kinds import Stage
from stats.errors import RefusedData

Lead = Callable[..., Any]


def _refused(act: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as refused:
        act()
    assert all("problem." not in said for said in sentences(refused.value))
    return [problem.code for problem in refused.value.problems]


def test_a_pilot_that_works_and_harms_nobody_is_scaled_and_everything_comes_out_again(
    lead: Lead, committed: Any
) -> None:
    led = lead("recommended")
    said = recommend(led.desk.as_person("Ana Lima"), led.key)
    assert (said["verdict"], said["scope"], said["row"]) == ("SCALE", "full", 6)
    assert sentence(led.desk, led.key).startswith("Scale, everywhere.")
    review(led.desk.as_person("Tom Berg"), led.key, "endorse")
    made = decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict="SCALE", commitments=committed))
    assert (made.verdict, made.scope, made.overrules) == ("SCALE", "full", False)
    close(led.desk.as_person("Ana Lima"), led.key, "Call back within the hour, and say so at once.")
    assert takeaway(led.desk, led.key).startswith("Call back")
    again = reproduce(led.desk, led.key)
    assert len(again) == 3
    assert all(item.identical for item in again)
    assert verify(led.desk).whole
    row = pilot_row(led.desk, led.key)
    assert (row.stage, row.verdict, row.decided, row.grade, row.state) == ("closed", "SCALE", "SCALE", "A", "WIN")


def test_the_log_tells_the_whole_life_in_sentences(lead: Lead) -> None:
    led = lead("recommended")
    told = history(led.desk, led.key)
    assert [event.act for event in told] == [
        "pilot.registered",
        "plan.made",
        "plan.signed_by_partner",
        "plan.locked",
        "sites.assigned",
        "outcomes.ingested",
        "evidence.assessed",
        "review.opened",
        "recommendation.made",
    ]
    assert all("event." not in event.sentence for event in told)
    assert told[2].sentence == "Tom Berg signed for a partner department."


def test_a_guardrail_without_data_blocks_scale_and_is_named(lead: Lead, calendar: Any) -> None:
    led = lead("assigned")
    lines = led.data.read_text().splitlines()
    place = lines[0].replace('"', "").split(",").index("on_time")
    blanked = [
        lines[0],
        *(",".join(c if n != place else "" for n, c in enumerate(row.split(","))) for row in lines[1:]),
    ]
    led.data.write_text("\n".join(blanked))
    owner = led.desk.as_person("Ana Lima")
    ingest(owner, led.key, led.data)
    assess(owner, led.key)
    said = recommend(owner, led.key)
    assert said["verdict"] == "ITERATE"
    assert said["reasons"][0]["code"] == "GUARDRAIL_MISSING"
    assert said["reasons"][0]["metrics"] == ["on_time"]
    assert "Deliveries on time" in sentence(led.desk, led.key)


def test_gains_while_a_partner_loses_are_not_scaled(lead: Lead) -> None:
    led = lead("recommended", on_time=-0.12)
    said = recommend(led.desk.as_person("Ana Lima"), led.key)
    assert said["verdict"] == "ITERATE"
    assert "PARTNER_LOSES" in [reason["code"] for reason in said["reasons"]]


def test_harm_is_stopped(lead: Lead) -> None:
    led = lead("recommended", wait=60)
    said = recommend(led.desk.as_person("Ana Lima"), led.key)
    assert (said["verdict"], said["reasons"][0]["code"]) == ("STOP", "HARM")


def test_a_partner_who_has_not_signed_caps_the_scope(lead: Lead) -> None:
    led = lead("recommended", signed=False)
    said = recommend(led.desk.as_person("Ana Lima"), led.key)
    assert (said["verdict"], said["scope"], said["scope_reasons"]) == ("SCALE", "staged", ["partner_unsigned"])


def test_data_that_can_not_be_judged_hide_their_numbers_and_may_be_brought_again(
    lead: Lead, send_records: Callable[..., None]
) -> None:
    led = lead("recommended", missing=(0.02, 0.3))
    owner = led.desk.as_person("Ana Lima")
    assert recommend(owner, led.key)["verdict"] == "INVALID"
    row = pilot_row(led.desk, led.key)
    assert (row.verdict, row.effect, row.state) == ("INVALID", "", None)
    with led.desk.read() as session:
        record = find.assignment(session, find.locked_plan(session, led.desk.pilot(led.key).id).id)
    from experiments.running.assign import read_assignment

    send_records(led.data, read_assignment(record).arms, wait=-40, on_time=0.0)
    ingest(owner, led.key, led.data)
    (found,) = assess(owner, led.key)
    assert found.look == 1
    assert recommend(owner, led.key)["verdict"] == "SCALE"
    assert all(item.identical for item in reproduce(led.desk, led.key))


def _bring_better_data(led: Any, send_records: Callable[..., None]) -> None:
    from experiments.running.assign import read_assignment

    owner = led.desk.as_person("Ana Lima")
    with led.desk.read() as session:
        record = find.assignment(session, find.locked_plan(session, led.desk.pilot(led.key).id).id)
    send_records(led.data, read_assignment(record).arms, wait=-40, on_time=0.0)
    ingest(owner, led.key, led.data)
    assess(owner, led.key)


def test_the_same_snapshot_is_assessed_once_and_planned_checks_are_counted(lead: Lead) -> None:
    led = lead("recommended")
    owner = led.desk.as_person("Ana Lima")
    assert assess(owner, led.key)[0].sha256 == in_force(led.desk, led.desk.pilot(led.key)).evidence.sha256
    with led.data.open("a") as file:
        file.write(led.data.read_text().splitlines()[-1] + "\n")
    ingest(owner, led.key, led.data)
    assert _refused(lambda: assess(owner, led.key)) == ["no_look_left"]


def test_the_last_check_waits_for_the_planned_end(lead: Lead, calendar: Any) -> None:
    led = lead("assigned")
    owner = led.desk.as_person("Ana Lima")
    ingest(owner, led.key, led.data)
    calendar.today = date(2026, 5, 9)
    assert _refused(lambda: assess(owner, led.key)) == ["too_early"]


def test_nothing_is_kept_of_a_refused_file(lead: Lead, tmp_path: Path) -> None:
    led = lead("assigned")
    bad = tmp_path / "bad.csv"
    bad.write_text(led.data.read_text().replace("B01", "Bo1", 1))
    with pytest.raises(RefusedData) as refused:
        ingest(led.desk.as_person("Ana Lima"), led.key, bad)
    assert refused.value.problems[0].code.startswith("unknown_site")
    assert list(led.desk.registry.snapshots.stored()) == []
    assert led.desk.pilot(led.key).stage == Stage.ASSIGNED
    assert verify(led.desk).whole


def test_the_owner_does_not_decide_on_their_own_pilot(lead: Lead) -> None:
    led = lead("recommended")
    choice = Choice(verdict="SCALE")
    assert _refused(lambda: decide(led.desk.as_person("Ana Lima"), led.key, choice)) == ["barred"]


def test_against_the_recommendation_only_with_a_reason_and_a_second_approver(lead: Lead) -> None:
    led = lead("reviewed")
    executive = led.desk.as_person("Ruth Vogel")
    both = ["overrule_without_reason", "overrule_without_second"]
    assert _refused(lambda: decide(executive, led.key, Choice(verdict="STOP"))) == both
    seconds = {"Ruth Vogel": "second_is_first", "Ana Lima": "second_barred", "Tom Berg": "second_not_allowed"}
    for name, code in seconds.items():
        choice = Choice(verdict="STOP", reason="no budget", second_approver=name)
        assert _refused(lambda choice=choice: decide(executive, led.key, choice)) == [code]
    assert decisions(led.desk, led.desk.pilot(led.key)) == ()


def test_an_overrule_is_a_decision_only_when_the_second_approver_confirms(
    lead: Lead, executive: Any, calendar: Any
) -> None:
    led = lead("reviewed")
    first, second = led.desk.as_person("Ruth Vogel"), executive(led.desk)
    stop = Choice(verdict="STOP", reason="no budget", second_approver="Karin Holm")
    made = decide(first, led.key, stop)
    assert (made.kind, made.number, made.waits_for) == ("proposed", None, "Karin Holm")
    assert decisions(led.desk, led.desk.pilot(led.key)) == ()
    assert led.desk.pilot(led.key).stage == Stage.IN_REVIEW
    assert _refused(lambda: decide(first, led.key, stop)) == ["overrule_waiting"]
    assert _refused(lambda: confirm_overrule(first, led.key)) == ["other_second"]
    assert _refused(lambda: confirm_overrule(second, led.key, decline=True)) == ["reason_missing"]
    assert confirm_overrule(second, led.key, decline=True, reason="There is one.").kind == "declined"
    assert _refused(lambda: confirm_overrule(second, led.key)) == ["no_overrule"]
    decide(first, led.key, stop)
    confirmed = confirm_overrule(second, led.key)
    assert (confirmed.verdict, confirmed.overrules, confirmed.recommended) == ("STOP", True, "SCALE")
    assert [row.state for row in overrides(led.desk)] == ["declined", "confirmed"]
    row = overrides(led.desk)[-1]
    assert (row.hindsight_on, row.due, row.proposed_by, row.second) == (
        date(2027, 5, 12),
        False,
        "Ruth Vogel",
        "Karin Holm",
    )
    assert _refused(lambda: look_back(first, led.key, " ")) == ["no_hindsight_due", "hindsight_empty"]
    calendar.today = date(2027, 5, 12)
    assert overrides(led.desk)[-1].due
    assert look_back(first, led.key, "Nobody misses it.").became == "Nobody misses it."
    assert all("event." not in event.sentence for event in history(led.desk, led.key))
    assert "Second approver: Karin Holm." in memo(led.desk, led.key).decision
    assert verify(led.desk).whole


def test_an_overrule_that_waits_lapses_when_it_is_decided_otherwise(
    lead: Lead, executive: Any, committed: dict[str, str]
) -> None:
    led = lead("reviewed")
    first, second = led.desk.as_person("Ruth Vogel"), executive(led.desk)
    decide(first, led.key, Choice(verdict="STOP", reason="no budget", second_approver="Karin Holm"))
    decide(first, led.key, Choice(verdict="SCALE", commitments=committed))
    assert [row.state for row in overrides(led.desk)] == ["lapsed"]
    assert _refused(lambda: confirm_overrule(second, led.key)) == ["already_decided"]


def test_an_overrule_on_evidence_that_is_not_in_force_any_more_lapses(
    lead: Lead, executive: Any, send_records: Callable[..., None]
) -> None:
    led = lead("recommended", missing=(0.02, 0.3))
    owner, second = led.desk.as_person("Ana Lima"), executive(led.desk)
    review(led.desk.as_person("Tom Berg"), led.key, "concern", "So many waits are missing.")
    stop = Choice(verdict="STOP", reason="nobody can tell", second_approver="Karin Holm")
    decide(led.desk.as_person("Ruth Vogel"), led.key, stop)
    _bring_better_data(led, send_records)
    assert _refused(lambda: confirm_overrule(second, led.key)) == ["overrule_lapsed"]
    recommend(owner, led.key)
    assert _refused(lambda: confirm_overrule(second, led.key)) == ["no_overrule"]
    assert [row.state for row in overrides(led.desk)] == ["lapsed"]
    assert reviews(led.desk, led.desk.pilot(led.key)) == ()
    ((on, said),) = earlier_words(led.desk, led.desk.pilot(led.key))
    assert (on, said.partner, said.stance) == (date(2026, 5, 12), "Logistics", "concern")
    assert verify(led.desk).whole


def test_wider_than_recommended_is_an_overrule(lead: Lead, committed: dict[str, str]) -> None:
    led = lead("reviewed", signed=False)
    wider = Choice(verdict="SCALE", scope="full", commitments=committed)
    both = ["overrule_without_reason", "overrule_without_second"]
    assert _refused(lambda: decide(led.desk.as_person("Ruth Vogel"), led.key, wider)) == both


@pytest.mark.parametrize(("signed", "overrules"), [(True, True), (False, False)])
def test_only_a_partner_who_signed_has_a_veto_on_its_own_number(
    lead: Lead, committed: dict[str, str], signed: bool, overrules: bool
) -> None:
    led = lead("recommended", signed=signed)
    review(led.desk.as_person("Tom Berg"), led.key, "object", "My tours pay for it.")
    scale = Choice(verdict="SCALE", commitments=committed)
    executive = led.desk.as_person("Ruth Vogel")
    if overrules:
        both = ["overrule_without_reason", "overrule_without_second"]
        assert _refused(lambda: decide(executive, led.key, scale)) == both
    else:
        assert decide(executive, led.key, scale).scope == "staged"
    assert any("My tours pay for it." in line for line in memo(led.desk, led.key).dissent)


def test_an_objection_of_nobody_s_partner_is_dissent(lead: Lead, committed: dict[str, str], executive: Any) -> None:
    led = lead("reviewed")
    review(executive(led.desk), led.key, "object", "I would not pay for it.")
    assert not decide(
        led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict="SCALE", commitments=committed)
    ).overrules
    assert any("I would not pay for it." in line for line in memo(led.desk, led.key).dissent)


def test_nothing_is_decided_before_enough_partners_have_spoken_or_the_date(
    lead: Lead, calendar: Any, committed: dict[str, str]
) -> None:
    led = lead("recommended")
    executive = led.desk.as_person("Ruth Vogel")
    scale = Choice(verdict="SCALE", commitments=committed)
    assert _refused(lambda: decide(executive, led.key, scale)) == ["review_open"]
    assert _refused(lambda: decide(executive, led.key, Choice(verdict="SCALE"))) == [
        "commitment_budget",
        "commitment_owner",
        "commitment_targets",
        "commitment_date",
        "review_open",
    ]
    evidence = in_force(led.desk, led.desk.pilot(led.key)).evidence
    calendar.today = date(2026, 5, 22)
    assert _refused(lambda: decide(executive, led.key, scale)) == ["review_open"]
    assert round_of(led.desk, led.desk.pilot(led.key), evidence).silent == ()
    calendar.today = date(2026, 5, 23)
    assert round_of(led.desk, led.desk.pilot(led.key), evidence).silent == ("Logistics",)
    assert "Logistics has not answered." in memo(led.desk, led.key).dissent
    assert decide(executive, led.key, scale).verdict == "SCALE"


def test_owner_and_sponsor_move_the_date_of_a_review_on_record(lead: Lead, committed: dict[str, str]) -> None:
    led = lead("recommended")
    sponsor = led.desk.as_person("Ruth Vogel")
    assert _refused(lambda: edit_round(led.desk.as_person("Tom Berg"), led.key, quorum=0, reason="x")) == ["may_not"]
    asked = {"until": date(2026, 5, 1), "quorum": 2}
    assert _refused(lambda: edit_round(sponsor, led.key, **asked)) == [
        "round_in_the_past",
        "round_quorum",
        "reason_missing",
    ]
    made = edit_round(sponsor, led.key, quorum=0, reason="Logistics is on strike.")
    assert (made.quorum, made.waiting, made.decidable) == (0, ("Logistics",), True)
    decide(sponsor, led.key, Choice(verdict="SCALE", commitments=committed))
    assert "Logistics is on strike." in [event.why for event in history(led.desk, led.key)]


def test_a_request_for_more_is_answered_once(lead: Lead) -> None:
    led = lead("recommended")
    partner, owner = led.desk.as_person("Tom Berg"), led.desk.as_person("Ana Lima")
    assert _refused(lambda: ask_for_more(partner, led.key, " ")) == ["request_empty"]
    assert ask_for_more(partner, led.key, "By tour, please").number == 1
    assert _refused(lambda: answer_request(partner, led.key, 1, "Here")) == ["may_not"]
    assert _refused(lambda: answer_request(owner, led.key, 2, "Here")) == ["no_such_request"]
    assert _refused(lambda: answer_request(owner, led.key, 1, "")) == ["answer_missing"]
    said = answer_request(owner, led.key, 1, "In the appendix.")
    assert (said.answered_by, said.answer, said.current) == ("Ana Lima", "In the appendix.", True)
    assert _refused(lambda: answer_request(owner, led.key, 1, "Again")) == ["request_answered"]


def test_a_decision_may_be_deferred_with_a_reason_and_a_day(lead: Lead, committed: dict[str, str]) -> None:
    led = lead("recommended")
    executive = led.desk.as_person("Ruth Vogel")
    later = Choice(verdict=None, deferred=True)
    assert _refused(lambda: decide(executive, led.key, later)) == ["reason_missing", "deferred_without_date"]
    past = Choice(verdict=None, deferred=True, reason="budget round", until=date(2026, 5, 12))
    assert _refused(lambda: decide(executive, led.key, past)) == ["deferred_into_the_past"]
    made = decide(
        executive, led.key, Choice(verdict=None, deferred=True, reason="budget round", until=date(2026, 7, 1))
    )
    assert (made.kind, made.verdict, led.desk.pilot(led.key).stage) == ("deferred", None, Stage.IN_REVIEW)
    assert memo(led.desk, led.key).decision[0].startswith("Concluded; the decision was deferred by Ruth Vogel")
    review(led.desk.as_person("Tom Berg"), led.key, "endorse")
    assert decide(executive, led.key, Choice(verdict="SCALE", commitments=committed)).number == 2


def test_concerns_need_a_reason_and_old_evidence_is_not_reviewed(lead: Lead) -> None:
    led = lead("recommended")
    partner = led.desk.as_person("Tom Berg")
    assert _refused(lambda: review(partner, led.key, "object")) == ["reason_missing"]
    assert _refused(lambda: review(partner, led.key, "agree")) == ["stance_unknown"]
    assert _refused(lambda: review(partner, led.key, "endorse", seen="0" * 64)) == ["other_evidence"]
    review(partner, led.key, "concern", "Watch the evening tours.")
    (said,) = reviews(led.desk, led.desk.pilot(led.key))
    assert (said.partner, said.stance, said.reason) == ("Logistics", "concern", "Watch the evening tours.")


def test_evidence_sent_back_waits_for_a_better_one(lead: Lead) -> None:
    led = lead("recommended")
    executive = led.desk.as_person("Ruth Vogel")
    assert _refused(lambda: decide(executive, led.key, Choice(verdict=None, sent_back=True))) == ["reason_missing"]
    made = decide(executive, led.key, Choice(verdict=None, sent_back=True, reason="Which tours are counted?"))
    assert (made.kind, made.verdict) == ("sent_back", None)
    assert led.desk.pilot(led.key).stage == Stage.ASSESSED


@pytest.mark.parametrize("form", ["html", "pdf", "docx"])
def test_the_memo_is_made_from_what_is_stored(lead: Lead, form: str) -> None:
    led = lead("recommended")
    content = render(memo(led.desk, led.key), form)
    assert content[:4] in {b"<!do", b"<!DO", b"%PDF", b"PK\x03\x04"}
    assert _refused(lambda: render(memo(led.desk, led.key), "odt")) == ["memo_format"]
