"""What people do on the pages is recorded once, in their name, or refused in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from experiments.charters.charter import Person
from experiments.deciding.decide import decisions
from experiments.deciding.review import reviews
from experiments.people import person_of
from registry import find
from registry.kinds import Role, Stage

Show = Callable[..., Any]
Press = Callable[[Any, str], Any]
Read = Callable[[Any], str]


def test_a_partner_signs_its_own_metric_and_the_owner_freezes_the_plan(
    worked: Path, show: Show, press: Press, read: Read, desk: Any
) -> None:
    at = show("plan", pilot="repair-or-replace-advice", person="Ana Lima")
    assert "the largest loss we accept is" in read(at)
    assert "which of its targets pulls against" in read(press(at, "Sign for my department"))
    at.text_area(key="sign-pulls").set_value("None")
    at.text_area(key="sign-relief").set_value("None needed")
    assert "Signed for your department" in read(press(at, "Sign for my department"))
    at = press(show("plan", pilot="repair-or-replace-advice", person="Jonas Weber"), "Sign and freeze the plan")
    assert "can't be changed" in read(at)
    assert desk.pilot("repair-or-replace-advice").stage == Stage.SIGNED
    at = press(show("assign", pilot="repair-or-replace-advice", person="Jonas Weber"), "Draw now")
    assert "With the change (10)" in read(at)
    assert not [button for button in at.button if "Draw" in button.label]


def test_the_plan_waits_for_a_partner_who_declines_and_the_sponsor_may_start_without_it_later(
    worked: Path, show: Show, press: Press, read: Read, desk: Any, clock: Callable[[datetime], None]
) -> None:
    key = "repair-or-replace-advice"
    assert not [b for b in show("plan", pilot=key, person="Jonas Weber").button if "freeze" in b.label]
    at = show("plan", pilot=key, person="Ana Lima")
    at.text_area(key="decline-reason").set_value("Booking takes too long already.")
    assert "Your reason is on record" in read(press(at, "Not sign"))
    at = show("plan", pilot=key, person="Ruth Vogel")
    assert "Contact Centre does not sign: “Booking takes too long already.”" in read(at)
    assert not [b for b in at.button if "unsigned" in b.label]
    clock(datetime.now(UTC) + timedelta(days=60))
    at = show("plan", pilot=key, person="Ruth Vogel")
    at.text_area(key="unsigned-reason").set_value("The season begins.")
    press(at, "Start unsigned, on record")
    assert "not signed; started on record" in read(show("plan", pilot=key, person="Ruth Vogel"))
    assert desk.pilot(key).stage == Stage.SIGNED


def test_who_has_nothing_to_sign_is_told_so(worked: Path, show: Show, read: Read) -> None:
    text = read(show("plan", pilot="repair-or-replace-advice", person="Priya Nair"))
    assert "nothing for you to sign" in text


def test_a_plan_is_made_from_a_registered_charter(worked: Path, show: Show, press: Press, desk: Any) -> None:
    press(show("plan", pilot="shared-delivery-calendar", person="Ana Lima"), "Make the plan")
    assert desk.pilot("shared-delivery-calendar").stage == Stage.PLAN


def test_a_concern_needs_a_reason(worked: Path, show: Show, press: Press, read: Read, desk: Any) -> None:
    pilot = desk.pilot("drop-in-repair-hour")
    at = show("review", pilot=pilot.key, person="Hugo Martin")
    at.radio(key="stance").set_value("concern")
    at = press(at, "Say it, on record")
    assert "Give a reason" in read(at)
    assert reviews(desk, pilot) == ()
    at.text_area(key="reason").set_value("Evenings suffer.")
    press(at, "Say it, on record")
    assert [(said.partner, said.stance, said.reason) for said in reviews(desk, pilot)] == [
        ("Sales", "concern", "Evenings suffer.")
    ]


def test_the_owner_does_not_decide_on_their_own_pilot(worked: Path, show: Show, read: Read) -> None:
    at = show("decide", pilot="parts-list-before-the-visit", person="Jonas Weber")
    assert "is the owner of this pilot" in read(at)
    assert not [button for button in at.button if "Record the decision" in button.label]


def test_what_can_not_be_judged_waits_for_its_owner_to_repair_it_and_not_for_a_decision(
    worked: Path, show: Show, read: Read
) -> None:
    assert "Verdict ready for “One owner per complaint”" not in read(show(person="Ruth Vogel"))
    assert "One owner per complaint” can't be judged" in read(show(person="Ines Duarte"))


def test_a_decision_as_recommended_is_recorded_once(worked: Path, show: Show, press: Press, desk: Any) -> None:
    pilot = desk.pilot("parts-list-before-the-visit")
    at = show("decide", pilot=pilot.key, person="Ruth Vogel")
    for name in ("budget", "rollout_owner", "targets", "begins"):
        at.text_input(key=name).set_value("none")
    press(at, "Record the decision")
    with desk.read() as session:
        made = find.decisions(session, pilot.id)
    assert [(row.verdict.value, row.overrules) for row in made] == [("SCALE", False)]


def test_an_overrule_without_a_reason_is_refused(worked: Path, show: Show, press: Press, read: Read, desk: Any) -> None:
    pilot = desk.pilot("parts-list-before-the-visit")
    at = show("decide", pilot=pilot.key, person="Ruth Vogel")
    at.radio(key="verdict").set_value("STOP")
    at = press(at, "Record the decision")
    assert "with a reason on record" in read(at)
    assert "a second person who approves" in read(at)
    assert desk.pilot(pilot.key).stage == Stage.IN_REVIEW


def test_an_overrule_waits_for_its_second_approver_who_confirms_it(
    worked: Path, show: Show, press: Press, read: Read, desk: Any
) -> None:
    pilot = desk.pilot("parts-list-before-the-visit")
    with desk.work() as work:
        person_of(work, Person(name="Karin Holm", department="Finance"), Role.EXECUTIVE)
    at = show("decide", pilot=pilot.key, person="Ruth Vogel")
    at.radio(key="verdict").set_value("STOP")
    at.text_area(key="reason").set_value("No budget this year.")
    at.selectbox(key="second").set_value("Karin Holm")
    assert "when Karin Holm confirms it" in read(press(at, "Record the decision"))
    assert decisions(desk, pilot) == ()
    at = show("decide", pilot=pilot.key, person="Ruth Vogel")
    assert "waits for Karin Holm" in read(at)
    assert "No budget this year." in read(show("portfolio"))  # in the register, before it is confirmed
    assert not [button for button in at.button if "Confirm" in button.label]
    at = press(show("decide", pilot=pilot.key, person="Karin Holm"), "Confirm")
    assert "The decision stands" in read(at)
    assert [(row.verdict, row.overrules) for row in decisions(desk, desk.pilot(pilot.key))] == [("STOP", True)]


def test_a_reviewer_asks_for_more_and_the_team_answers(
    worked: Path, show: Show, press: Press, read: Read, desk: Any
) -> None:
    key = "drop-in-repair-hour"
    at = show("review", pilot=key, person="Hugo Martin")
    assert "Sales has not answered" in read(at)
    at.text_area(key="ask-what").set_value("How many came from the shop floor?")
    press(at, "Ask the team")
    with desk.read() as session:
        owner = find.person(session, desk.pilot(key).owner_id).name
    at = show("review", pilot=key, person=owner)
    at.text_area(key="answer-text-1").set_value("One in four.")
    assert "answered: One in four." in read(press(at, "Answer"))


def test_a_safety_concern_is_seen_on_every_page_of_the_pilot_until_it_is_answered(
    worked: Path, show: Show, press: Press, read: Read
) -> None:
    key = "chat-at-lunch"
    at = show("along", pilot=key, person="Sofia Lindgren")
    at.text_area(key="concern-what").set_value("Nobody can take a break.")
    press(at, "Raise a safety concern")
    for name in ("plan", "data", "evidence", "history"):
        assert "Nobody can take a break." in read(show(name, pilot=key, person="Priya Nair")).replace("\\", "")
    at = show("along", pilot=key, person="Ruth Vogel")
    at.text_area(key="concern-text-1").set_value("Breaks are kept; chat closes for them.")
    press(at, "Answer, on record")
    assert "Nobody can take a break." not in read(show("plan", pilot=key, person="Priya Nair"))


def test_a_pilot_is_paused_with_a_reason_and_goes_on(
    worked: Path, show: Show, press: Press, read: Read, desk: Any
) -> None:
    key = "chat-at-lunch"
    before = desk.pilot(key).stage
    at = press(show("along", pilot=key, person="Ruth Vogel"), "Do so, on record")
    assert "Give a reason" in read(at)
    at.text_area(key="aside-reason").set_value("The chat is down.")
    press(at, "Do so, on record")
    assert "Paused: The chat is down" in read(show("data", pilot=key, person="Priya Nair")).replace("\\", "")
    at = show("along", pilot=key, person="Ruth Vogel")
    at.text_area(key="aside-reason").set_value("It runs again.")
    press(at, "Do so, on record")
    assert desk.pilot(key).stage == before


def test_what_needs_me_tells_the_week_and_gives_the_dates(worked: Path, show: Show, read: Read) -> None:
    at = show(person="Ruth Vogel")
    text = read(at)
    assert "The last seven days" in text
    assert "My dates for the calendar" in text
    assert "Verdict ready for" in text


def test_a_comment_mentions_somebody_and_a_file_is_attached_on_any_page_of_the_pilot(
    worked: Path, show: Show, press: Press, read: Read
) -> None:
    key = "chat-at-lunch"
    at = show("plan", pilot=key, person="Sofia Lindgren")
    at.text_area(key="comment-text-0").set_value("@Ruth Vogel <b>see</b> the poster")
    press(at, "Comment")
    assert "You are mentioned in a comment" in read(show(person="Ruth Vogel"))
    at = show("data", pilot=key, person="Sofia Lindgren")
    at.file_uploader(key="attach-file-0").set_value(("poster.png", b"\x89PNG\r\n\x1a\nposter", "image/png"))
    at = press(at, "Attach")
    assert "Attached." in read(at)
    at = show("history", pilot=key, person="Priya Nair")
    assert any("<b>see</b>" in text.value for text in at.text)  # as it was typed: text, no markup
    assert "poster.png" in read(at).replace("\\", "")


def test_the_takeaway_closes_a_decided_pilot(worked: Path, show: Show, press: Press, desk: Any) -> None:
    at = show("decide", pilot="call-back-at-peak", person="Ana Lima")
    at.text_area(key="takeaway").set_value("Callers gladly hang up when the call-back comes.")
    press(at, "Close the pilot")
    assert desk.pilot("call-back-at-peak").stage == Stage.CLOSED


def test_the_record_can_be_verified_on_its_page(worked: Path, show: Show, press: Press, read: Read) -> None:
    assert "Whole:" in read(press(show("history", pilot="call-back-at-peak"), "Check that the record is whole"))


def test_the_portfolio_is_searched_by_words(worked: Path, show: Show, run: Callable[[Any], Any], read: Read) -> None:
    at = show("portfolio")
    at.text_input(key="search").set_value("logistics")
    text = read(run(at))
    assert "Evening delivery window" in text
    assert "Drop-in repair hour" not in text


def test_an_empty_portfolio_begins_with_one_click_and_nothing_is_lost(
    worked: Path, show: Show, press: Press, read: Read
) -> None:
    from experiments.pages import frame

    at = press(show(), "Begin with an empty portfolio")
    assert "Nothing here yet" in read(at)
    aside = next(worked.glob("worked-portfolio-*"))
    assert (aside / "registry.db").exists()
    assert any(path.is_file() for path in (aside / "snapshots").rglob("*"))
    with frame.registry().read() as session:
        assert find.pilots(session) == []


def test_real_pilots_are_never_put_aside(worked: Path, show: Show, desk: Any) -> None:
    from experiments.register import save_draft

    save_draft(desk, {"title": "A real one"}, "problem")
    assert not [button for button in show().button if "empty portfolio" in button.label]


def test_the_worked_portfolio_is_loaded_with_one_click(show: Show, press: Press, read: Read) -> None:
    text = read(press(show(), "Load the worked portfolio"))
    assert "Everything in it is made up" in text
