"""Dates for a calendar, the week's digest, and notices that go out once, over a real mail server on loopback."""

from __future__ import annotations

import email
import socket
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Handler

from experiments.deciding.choice import Choice
from experiments.deciding.close import close
from experiments.deciding.decide import decide
from experiments.desk import Desk
from experiments.errors import Refused
from experiments.planning.plan import plan
from experiments.record.verify import verify
from experiments.register import register
from experiments.signing.sign import sign
from experiments.telling.digest import digest
from experiments.telling.due_dates import due_dates
from experiments.telling.month import MOST, Month, month
from experiments.telling.notify import notify
from registry import find

Charters = Callable[..., dict[str, Any]]

# apprise 2.2 imports a module that Python 3.13 has taken out; it brings its own there.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


class _Kept(Handler):
    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.messages.append(email.message_from_bytes(message.as_bytes(), policy=default))


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def mail(port: int) -> Iterator[list[Any]]:
    """What a mail server on loopback has taken."""
    handler = _Kept()
    server = Controller(handler, hostname="127.0.0.1", port=port)
    server.start()
    yield handler.messages
    server.stop()


@pytest.fixture
def address(port: int, monkeypatch: pytest.MonkeyPatch) -> str:
    made = f"mailto://localhost:{port}/?smtp=127.0.0.1&from=pilots@example.org&to={{email}}"
    monkeypatch.setenv("PROVING_GROUND_NOTIFY", made)
    return made


@pytest.fixture
def planned(desk: Desk, waiting: Charters) -> str:
    """A plan that Logistics should sign by 23 February; only its contact has an address."""
    key = register(desk, waiting()).key
    plan(desk.as_person("Ana Lima"), key)
    with desk.work() as work:
        tom = desk.as_person("Tom Berg").person
        row = work.get(type(tom), tom.id)
        work.change(row, "person.changed", email="tom@example.org")
    return key


def test_notices_are_off_by_default(desk: Desk, planned: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROVING_GROUND_NOTIFY", raising=False)
    with pytest.raises(Refused) as refused:
        notify(desk)
    assert [problem.code for problem in refused.value.problems] == ["notify_off"]


def test_reminders_go_out_five_days_and_one_day_before_and_one_day_after_once_each(
    desk: Desk, planned: str, calendar: Any, address: str, mail: list[Any]
) -> None:
    due = date(2026, 2, 23)
    went = {}
    for away in range(-8, 4):
        calendar.today = due + timedelta(days=away)
        for _ in range(2):
            count = len(mail)
            notify(desk)
            if len(mail) > count:
                went[away] = mail[-1]
    assert list(went) == [-5, -1, 1]
    first = went[-5]
    assert first["To"].endswith("tom@example.org") or "tom@example.org" in first["To"]
    assert "thing" in first["Subject"]
    said = first.get_body(("plain", "html")).get_content()
    assert "Sign the largest loss you accept" in said
    assert "Call-back at peak" in said
    assert verify(desk).whole


def test_people_without_an_address_are_named_and_what_is_done_is_not_told(
    desk: Desk, planned: str, calendar: Any, address: str, mail: list[Any]
) -> None:
    calendar.today = date(2026, 2, 22)
    sign(desk.as_person("Tom Berg"), planned)
    made = notify(desk)
    assert (made.sent, made.without_address, mail) == (0, ("Ana Lima", "Ruth Vogel"), [])


def test_what_did_not_go_out_is_kept_as_failed_and_tried_again(
    desk: Desk, planned: str, calendar: Any, address: str, port: int
) -> None:
    calendar.today = date(2026, 2, 22)
    for _ in range(2):
        made = notify(desk)
        assert (made.sent, made.failed) == (0, 1)
    with desk.read() as session:
        (row,) = find.notices(session)
    assert (row.failed, row.channel) == ("not_taken", "mailto")
    assert "localhost" not in str(row.model_dump())  # the address may hold a password
    handler = _Kept()
    server = Controller(handler, hostname="127.0.0.1", port=port)
    server.start()
    try:
        assert (notify(desk).sent, notify(desk).sent, len(handler.messages)) == (1, 0, 1)
    finally:
        server.stop()
    assert verify(desk).whole


def test_the_calendar_file_holds_my_dates_folded_and_escaped(desk: Desk, waiting: Charters) -> None:
    title = "Ärger; Anrufe, die niemand annimmt: " + "ü" * 60
    key = register(desk, waiting(title=title)).key
    plan(desk.as_person("Ana Lima"), key)
    text = due_dates(desk.as_person("Tom Berg")).decode()
    assert text.count("BEGIN:VEVENT") == 1
    assert "DTSTART;VALUE=DATE:20260223\r\n" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "Ärger\\; Anrufe\\, die niemand" in text.replace("\r\n ", "")
    assert due_dates(desk.as_person("Ruth Vogel")).decode().count("BEGIN:VEVENT") == 0


def test_the_digest_tells_what_was_learned_and_what_waits(lead: Any, calendar: Any, committed: Any) -> None:
    led = lead("reviewed")
    waits = digest(led.desk).waits
    assert any("waiting for Ruth Vogel to decide" in line for line in waits)
    decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict="SCALE", commitments=committed))
    close(led.desk.as_person("Ana Lima"), led.key, "Say at once that you will call back.")
    told = digest(led.desk)
    assert [line.split(":")[0] for line in told.learned] == ["“Call-back at peak”"] * 2 + [
        "“Call-back at peak” is closed"
    ]
    assert told.waits == ()
    assert "What we learned" in told.text
    calendar.today += timedelta(days=8)
    assert digest(led.desk).learned == ()


def the_month(desk: Desk) -> Month:
    found = month(desk)
    assert found is not None
    return found


def test_a_department_is_told_what_its_pilots_and_those_it_is_a_partner_of_taught_this_month(
    lead: Any, calendar: Any, committed: Any, executive: Any
) -> None:
    led = lead("reviewed")
    ana, boss = led.desk.as_person("Ana Lima"), led.desk.as_person("Ruth Vogel")
    decide(boss, led.key, Choice(verdict="SCALE", commitments=committed))
    calendar.today += timedelta(days=1)
    close(ana, led.key, "Say at once that you will call back.")
    own, partner = the_month(ana), the_month(led.desk.as_person("Tom Berg"))
    assert (own.department, partner.department) == ("Contact centre", "Logistics")
    assert own.told == partner.told
    assert [(one.act, one.pilot) for one in own.told] == [
        ("pilot.closed", led.key),
        ("decision.made", led.key),
        ("recommendation.made", led.key),
    ]
    assert own.told[0].sentence == "“Call-back at peak” is closed: Say at once that you will call back."
    assert "decided, Scale" in own.told[1].sentence
    for other in (boss, executive(led.desk)):  # the sponsor's department and one that has nothing to do with it
        assert the_month(other).told == ()
    calendar.today += timedelta(days=30)
    assert [one.act for one in the_month(ana).told] == ["pilot.closed"]  # the decision is 31 days old
    calendar.today += timedelta(days=1)
    assert the_month(ana) == Month(department="Contact centre", told=())


def test_whoever_has_no_department_is_told_no_month(desk: Desk, planned: str) -> None:
    with desk.work() as work:
        row = work.get(type(desk.as_person("Tom Berg").person), desk.as_person("Tom Berg").person.id)
        work.change(row, "person.changed", department_id=None)
    assert month(desk.as_person("Tom Berg")) is None
    assert month(desk) is None


def test_a_check_that_is_still_to_come_has_taught_nothing_and_the_newest_are_told(
    desk: Desk, planned: str, calendar: Any
) -> None:
    """Straight into the log: what is counted is how many are told, and of which."""
    ana, pilot = desk.as_person("Ana Lima"), desk.pilot(planned)
    for verdict in ["NOT_YET", "STOP", *["ITERATE"] * (MOST - 1), "SCALE", "NOT_YET"]:
        with desk.work() as work:
            work.record("recommendation.made", pilot, after={"verdict": verdict})
    assert [one.verdict for one in the_month(ana).told] == ["SCALE", *["ITERATE"] * (MOST - 1)]
    assert sum("Not yet" in line for line in digest(desk).learned) == 2  # the week's text leaves nothing out
