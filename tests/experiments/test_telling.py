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
