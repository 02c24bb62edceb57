"""Notices to a chat, over Apprise to a real HTTP receiver on loopback: one message for all, once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typer.testing import CliRunner

from experiments.cli import app
from experiments.desk import Desk
from experiments.planning.plan import plan
from experiments.record.verify import verify
from experiments.register import register
from experiments.telling.notify import notify
from registry import find

# apprise 2.2 imports a module that Python 3.13 has taken out; it brings its own there.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
SECRET = "not-to-be-told"


class Chat:
    """A chat's receiver. taken: what was posted to it; answers: its status from now on."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.answers = 200
        chat = self

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if chat.answers == 200:
                    chat.taken.append(json.loads(body))
                    chat.paths.append(self.path)
                self.send_response(chat.answers)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.port = self.server.server_address[1]


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    made = Chat()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    monkeypatch.setenv("PROVING_GROUND_NOTIFY", f"json://127.0.0.1:{made.port}/{SECRET}")
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def planned(desk: Desk, waiting: Callable[..., dict[str, Any]], calendar: Any) -> str:
    """A plan that Logistics should sign by 23 February; its title tries to be markup."""
    key = register(desk, waiting(title="Call-back <b>at</b> peak")).key
    plan(desk.as_person("Ana Lima"), key)
    calendar.today = date(2026, 2, 22)
    return key


def test_a_chat_gets_one_message_that_names_whose_move_it_is_and_gets_it_once(
    desk: Desk, planned: str, chat: Chat
) -> None:
    made = notify(desk)
    assert made.sent >= 1
    assert made.failed == 0
    assert made.without_address == ()  # a chat needs nobody's address
    (message,) = chat.taken
    assert "Tom Berg" in message["message"]
    assert "Call-back <b>at</b> peak" in message["message"]
    assert "thing" in message["title"]
    assert chat.paths == [f"/{SECRET}"]
    assert notify(desk).sent == 0
    assert len(chat.taken) == 1
    with desk.read() as session:
        rows = find.notices(session)
    assert {row.channel for row in rows} == {"json"}
    assert SECRET not in str([row.model_dump() for row in rows])
    assert verify(desk).whole


@pytest.mark.parametrize("answer", [403, 500])
def test_what_the_chat_refuses_is_kept_as_failed_and_told_again_later(
    desk: Desk, planned: str, chat: Chat, answer: int
) -> None:
    chat.answers = answer
    made = notify(desk)
    assert (made.sent, len(chat.taken)) == (0, 0)
    assert made.failed >= 1
    chat.answers = 200
    again = notify(desk)
    assert (again.sent, again.failed, len(chat.taken)) == (made.failed, 0, 1)
    assert verify(desk).whole


def test_the_command_says_how_many_went_out_and_never_where_to(
    desk: Desk, planned: str, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVING_GROUND_HOME", str(desk.registry.home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    chat.answers = 500
    ran = CliRunner().invoke(app, ["notify"])
    assert ran.exit_code == 1
    assert SECRET not in ran.output
    assert str(chat.port) not in ran.output
