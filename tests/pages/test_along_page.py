"""Along the way on screen: a charter opened again, shaping frozen, amendments, signatures again, check-ins by file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments.demo.portfolio import document_of
from experiments.planning.plan import locked_plan, planned
from experiments.record.history import history
from experiments.running.check_ins import check_ins
from experiments.shape import shape
from experiments.signing.amend import amendments
from experiments.signing.sign import Terms, sign
from registry import find
from registry.kinds import Stage

Show = Callable[..., Any]
Press = Callable[[Any, str], Any]
Read = Callable[[Any], str]

PLANNED, RUNNING, CHARTED = "repair-or-replace-advice", "chat-at-lunch", "shared-delivery-calendar"


def _labels(at: Any) -> list[str]:
    return [button.label for button in at.button]


# --- the charter opened again ----------------------------------------------------------------------------------------


def test_an_open_plan_lets_the_charter_be_written_again_and_signatures_fall_away_on_record(
    worked: Path, show: Show, press: Press, read: Read, desk: Any
) -> None:
    sign(desk.as_person("Ana Lima"), PLANNED, Terms(pulls_against="calls an hour", relief="none counted"))
    at = show("register", pilot=PLANNED, person="Jonas Weber")
    assert "Signatures given so far fall away: Contact Centre." in read(at)
    text = read(press(at, "Open the charter again"))
    assert "To sign again: Contact Centre." in text
    assert "Step 1 of 5" in text
    assert desk.pilot(PLANNED).stage == Stage.DRAFT
    assert planned(desk, PLANNED) is None
    said = [event.sentence for event in history(desk, PLANNED)][-1]
    assert said == "Jonas Weber opened the charter again. Signatures that fell away: Contact Centre."


def test_what_was_opened_again_can_be_registered_and_planned_as_it_was(
    worked: Path, show: Show, press: Press, run: Callable[[Any], Any], desk: Any
) -> None:
    before = planned(desk, PLANNED)
    at = press(show("register", pilot=PLANNED, person="Jonas Weber"), "Open the charter again")
    for _ in range(5):
        at.button(key="on").click()
        at = run(at)
    press(show("plan", pilot=PLANNED, person="Jonas Weber"), "Make the plan")
    again = planned(desk, PLANNED)
    assert before is not None
    assert again is not None
    assert again.plan == before.plan


def test_a_frozen_charter_is_not_opened_and_nobody_without_a_part_in_it_opens_one(worked: Path, show: Show) -> None:
    frozen = show("register", pilot=RUNNING, person="Leila Haddad")
    stranger = show("register", pilot=PLANNED, person="Hugo Martin")
    assert not [label for label in _labels(frozen) + _labels(stranger) if "Open the charter" in label]


# --- shaping ---------------------------------------------------------------------------------------------------------


def _freeze_with(at: Any, document: Any, press: Press) -> Any:
    content = yaml.safe_dump(document, allow_unicode=True).encode()
    at.file_uploader(key="freeze-charter").upload("charter.yaml", content, "application/yaml")
    return press(at, "Freeze and prove")


def test_shaping_ends_with_the_charter_that_came_out_of_it(
    worked: Path, show: Show, press: Press, read: Read, desk: Any
) -> None:
    shape(desk.as_person("Jonas Weber"), PLANNED)
    document = document_of(PLANNED, datetime.now(UTC).date())
    document["hypothesis"]["change"] = "say it on the phone, and send the sum by text"
    at = _freeze_with(show("along", pilot=PLANNED, person="Jonas Weber"), document, press)
    assert "Frozen." in read(at)
    made = planned(desk, PLANNED)
    assert made is not None
    assert made.plan.change == "say it on the phone, and send the sum by text"


def test_the_charter_of_another_pilot_freezes_nothing(
    worked: Path, show: Show, press: Press, read: Read, desk: Any
) -> None:
    shape(desk.as_person("Jonas Weber"), PLANNED)
    other = document_of(CHARTED, datetime.now(UTC).date())
    text = read(_freeze_with(show("along", pilot=PLANNED, person="Jonas Weber"), other, press))
    assert CHARTED in text
    assert desk.pilot(PLANNED).stage == Stage.SHAPING


# --- amendments ------------------------------------------------------------------------------------------------------


def _part(at: Any, words: str, run: Callable[[Any], Any]) -> Any:
    box = at.selectbox(key="amend-part")
    box.select(next(option for option in box.options if words in option))
    return run(at)


def test_a_partners_line_is_amended_with_a_reason_and_it_signs_again(
    worked: Path, show: Show, press: Press, read: Read, run: Callable[[Any], Any], desk: Any
) -> None:
    at = _part(show("along", pilot=RUNNING, person="Leila Haddad"), "phone: largest loss", run)
    at.number_input(key="amend-metrics.phone_wait.margin").set_value(25.0)
    at.text_input(key="amend-reason").set_value("The queue is measured with the new system.")
    text = read(press(at, "Amend the plan"))
    assert "Amended, on record." in text
    assert "To sign again: Contact Centre." in text
    at = show("along", pilot=RUNNING, person="Sofia Lindgren")
    assert "the largest loss we accept is 25 s" in read(at)
    assert "Signed again for your department." in read(press(at, "Sign again"))
    _, plan = locked_plan(desk, desk.pilot(RUNNING))
    assert (plan.metric("phone_wait").margin, plan.metric("phone_wait").signed) == (25.0, True)
    assert "Sign again" not in " ".join(_labels(show("along", pilot=RUNNING, person="Sofia Lindgren")))


@pytest.mark.parametrize(("value", "reason", "said"), [(25.0, "", "Give a reason"), (20.0, "Because", "nothing")])
def test_an_amendment_without_a_reason_or_without_a_change_is_refused(
    worked: Path, show: Show, press: Press, read: Read, run: Callable[[Any], Any], desk: Any, value: float,
    reason: str, said: str,
) -> None:  # fmt: skip
    at = _part(show("along", pilot=RUNNING, person="Leila Haddad"), "phone: largest loss", run)
    at.number_input(key="amend-metrics.phone_wait.margin").set_value(value)
    at.text_input(key="amend-reason").set_value(reason)
    assert said.lower() in read(press(at, "Amend the plan")).lower()
    assert amendments(desk, RUNNING) == ()


def test_once_results_were_seen_only_words_can_be_amended(
    worked: Path, show: Show, press: Press, read: Read, run: Callable[[Any], Any], desk: Any
) -> None:
    key = "evening-delivery-window"
    with desk.read() as session:
        owner = find.person(session, desk.pilot(key).owner_id).name
    at = _part(show("along", pilot=key, person=owner), "Last day", run)
    last = at.date_input(key="amend-end").value
    at.date_input(key="amend-end").set_value(last.replace(day=1))
    at.text_input(key="amend-reason").set_value("Too long")
    text = read(press(at, "Amend the plan"))
    assert amendments(desk, key) == ()
    assert "results" in text
    at = _part(show("along", pilot=key, person=owner), "Title of the pilot", run)
    at.text_input(key="amend-title").set_value("Delivery in the evening")
    at.text_input(key="amend-reason").set_value("Plainer")
    assert "Amended, on record." in read(press(at, "Amend the plan"))


def test_who_has_no_part_in_it_is_not_offered_to_amend(worked: Path, show: Show) -> None:
    at = show("along", pilot=RUNNING, person="Tom Berg")
    assert not [label for label in _labels(at) if "Amend" in label or "Sign again" in label]


# --- check-ins from a file -------------------------------------------------------------------------------------------


def _read_file(at: Any, text: str, press: Press) -> Any:
    at.file_uploader(key="check-in-upload").upload("weeks.csv", text.encode(), "text/csv")
    return press(at, "Read the file")


def test_many_weeks_are_checked_in_from_a_file(worked: Path, show: Show, press: Press, read: Read, desk: Any) -> None:
    before = check_ins(desk, RUNNING)
    first = before[0]
    text = f"site,week,delivered,used,trouble\n{first.site},{first.week},50 %,yes,The screen froze\n"
    said = read(_read_file(show("along", pilot=RUNNING, person="Leila Haddad"), text, press))
    assert "1 site-week new or corrected" in said
    after = {(item.site, item.week): item for item in check_ins(desk, RUNNING)}
    assert len(after) == len(before)
    assert (after[first.site, first.week].delivered, after[first.site, first.week].used) == (0.5, 1.0)


def test_a_file_with_problems_is_refused_as_a_whole_and_each_is_named(
    worked: Path, show: Show, press: Press, read: Read, desk: Any
) -> None:
    before = check_ins(desk, RUNNING)
    text = f"site,week,delivered\n{before[0].site},{before[0].week},0.1\nNowhere,{before[0].week},0.5\n"
    said = read(_read_file(show("along", pilot=RUNNING, person="Leila Haddad"), text, press))
    assert "Nowhere" in said
    assert check_ins(desk, RUNNING) == before


def test_no_file_is_said(worked: Path, show: Show, press: Press, read: Read) -> None:
    assert "Choose a file first" in read(press(show("along", pilot=RUNNING, person="Leila Haddad"), "Read the file"))


# --- whose move ------------------------------------------------------------------------------------------------------


def test_a_pilot_that_is_being_shaped_sends_its_owner_along_the_way(
    worked: Path, show: Show, read: Read, desk: Any
) -> None:
    from experiments.telling.inbox import moves

    owner = desk.as_person("Jonas Weber")
    shape(owner, PLANNED)
    (move,) = [move for move in moves(owner) if move.pilot == PLANNED]
    assert (move.act, move.page, move.due) == ("shape_on", "along", None)
    assert "is being shaped" in read(show(person="Jonas Weber"))


def test_between_checks_new_data_are_asked_for_by_the_next_check(worked: Path, desk: Any) -> None:
    from experiments.planning.looks import next_check
    from experiments.telling.inbox import moves

    (move,) = [move for move in moves(desk.as_person("Leila Haddad")) if move.pilot == RUNNING]
    assert (move.act, move.page) == ("bring_data", "data")
    assert move.due == next_check(desk, desk.pilot(RUNNING))


def test_the_bet_and_what_came_of_it_stand_in_the_history(worked: Path, show: Show, read: Read) -> None:
    text = read(show("history", pilot="call-back-at-peak"))
    assert "The owner's bet before the data" in text
    assert "Ana Lima" in text
    assert "Score of the chance" in text
