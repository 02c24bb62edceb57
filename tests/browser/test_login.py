"""Login end to end: a real provider on loopback, a real browser, three people with different claims."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from experiments.desk import Desk
from experiments.people.keeping import deactivate, person_called
from experiments.people.roll import roll
from registry import find
from registry.kinds import Via
from registry.open import Registry

pytestmark = pytest.mark.browser
PEOPLE = (
    {"sub": "u-1", "name": "Ada Root", "email": "ada@company.example", "email_verified": True, "department": "IT"},
    {
        "sub": "u-2",
        "name": "Hugo Martin",
        "email": "hugo@company.example",
        "email_verified": True,
        "department": "Sales",
        "groups": ["pilots-reviewers"],
    },
    {"sub": "u-3", "name": "Nora Blank", "email": "nora@company.example", "groups": ["something-else"]},
)
SETTINGS = """
first_administrator = "ada@company.example"

[roles]
pilots-reviewers = ["reviewer", "analyst"]
"""


@dataclass(frozen=True, kw_only=True)
class Office:
    """A server behind a login. browser: opens a window of its own for a person."""

    address: str
    home: Path
    window: Callable[[], Any]

    def enter(self, subject: str) -> Any:
        """A new browser, logged in as that person."""
        at = self.window()
        at.page.goto(self.address, timeout=60_000)
        at.page.get_by_role("button", name="Log in").click()
        at.page.get_by_role("button", name=subject, exact=True).click()
        at.page.wait_for_url(re.compile(re.escape(self.address) + "/.*"))
        at.idle()
        return at


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A login provider that knows the three, in a process of its own."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    claims = [part for person in PEOPLE for part in ("--user-claims", json.dumps(person))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), *claims]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://localhost:{port}/.well-known/openid-configuration"
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            assert process.poll() is None, "the login provider stopped at once"
            try:
                urllib.request.urlopen(address, timeout=2).close()
                break
            except OSError:
                time.sleep(0.1)  # a process that is starting gives no sign to wait on
        yield address
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def office(
    provider: str,
    tmp_path: Path,
    serve: Callable[..., Any],
    unused_port: Callable[[], int],
    screen_on: Callable[..., Any],
) -> Iterator[Office]:
    home = tmp_path / "home"
    home.mkdir()
    (home / "login.toml").write_text(SETTINGS)
    with Registry.open(home, "") as registry, registry.work(None, Via.SYSTEM) as work:
        # Hugo was named by a charter before he ever logged in.
        from registry.people import Person

        work.record("person.added", work.add(Person(name="Hugo M.", email="hugo@company.example")))
    port = unused_port()
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(
        f'[auth]\nredirect_uri = "http://localhost:{port}/oauth2callback"\ncookie_secret = "{"s" * 40}"\n'
        f'client_id = "pilots"\nclient_secret = "secret"\nserver_metadata_url = "{provider}"\n'
    )
    with ExitStack() as stack:
        address = stack.enter_context(
            serve(
                home,
                port=port,
                settings={"PROVING_GROUND_LOGIN": "oidc"},
                flags=["--secrets.files", str(secrets)],
            )
        )
        yield Office(address=address, home=home, window=lambda: screen_on(address))


def test_three_people_log_in_and_are_what_the_record_says(office: Office) -> None:
    ada = office.enter("u-1")
    assert "Logged in as" in ada.text
    assert "Ada Root" in ada.text
    assert "names are not checked" not in ada.text
    assert ada.key("acting_as_choice").count() == 0
    _picture(ada, "login-what-needs-me")
    hugo = office.enter("u-2")
    assert "Hugo M." in hugo.text, "the person of the charter, found by the address"
    nora = office.enter("u-3")
    assert "Nora Blank" in nora.text
    nora.open("people")
    assert "That takes an administrator" in nora.text
    _picture(nora, "login-people-viewer")
    ada.open("people")
    ada.sees("Add a person")
    _picture(ada, "login-people-administrator")
    with Registry.open(office.home, "") as registry:
        found = {entry.name: {role for role, _ in entry.roles} for entry in roll(Desk(registry=registry))}
        with registry.read() as session:
            entered = find.events(session, act="identity.entered")
    assert found == {"Ada Root": {"administrator"}, "Hugo M.": {"reviewer", "analyst"}, "Nora Blank": {"viewer"}}
    assert [event.via for event in entered] == [Via.LOGIN] * 3


def test_what_an_administrator_changes_holds_at_the_next_click(office: Office) -> None:
    """The cookie of somebody logged in knows nothing of it: the record does."""
    nora = office.enter("u-3")
    office.enter("u-1")
    with Registry.open(office.home, "") as registry:
        desk = Desk(registry=registry, login=True).as_person("Ada Root")
        deactivate(desk, person_called(desk, "Nora Blank"), "left")
    nora.page.reload()
    nora.idle()
    assert "has been deactivated here" in nora.text
    assert nora.page.get_by_role("menuitem").count() == 0
    _picture(nora, "login-deactivated")
    again = office.enter("u-3")
    assert "has been deactivated here" in again.text
    again.page.goto(f"{office.address}/people")
    again.idle()
    assert "has been deactivated here" in again.text
    assert "Ada Root" not in again.text


def test_whoever_logs_out_sees_nothing_more(office: Office) -> None:
    ada = office.enter("u-1")
    ada.page.get_by_role("button", name="Log out").click()
    end = ada.page.get_by_role("button", name="End session")
    end.click()
    ada.page.wait_for_url(re.compile(re.escape(office.address) + ".*"))
    ada.idle()
    ada.sees("Log in to see the pilots")
    _picture(ada, "login-logged-out")
    ada.page.goto(f"{office.address}/people")
    ada.idle()
    assert "Ada Root" not in ada.text
    assert "Log in to see the pilots" in ada.text


def test_nobody_comes_in_without_the_providers_settings(
    tmp_path: Path, serve: Callable[..., Any], screen_on: Callable[..., Any]
) -> None:
    with serve(tmp_path / "home", settings={"PROVING_GROUND_LOGIN": "oidc"}) as address:
        at = screen_on(address)
        for page in ("", "people", "register", "portfolio"):
            at.open(page)
            assert "the login provider is not set up" in at.text
            assert at.page.get_by_role("textbox").count() == 0
        _picture(at, "login-no-secrets")


def test_without_login_the_app_opens_to_this_machine_alone(
    tmp_path: Path, serve: Callable[..., Any], screen_on: Callable[..., Any]
) -> None:
    with serve(tmp_path / "home", flags=["--server.address", "0.0.0.0"]) as address:
        at = screen_on(address)
        for page in ("", "people", "register"):
            at.open(page)
            assert "anybody could act in anybody's name" in at.text
            assert at.page.get_by_role("textbox").count() == 0
        _picture(at, "login-not-loopback")
    with serve(tmp_path / "home") as address:
        at = screen_on(address)
        at.open("people")
        assert "Single-user mode: names are not checked" in at.text
        _picture(at, "login-single-user")


def _picture(at: Any, name: str) -> None:
    if folder := os.environ.get("PROVING_GROUND_SHOTS"):
        at.page.screenshot(path=str(Path(folder) / f"{name}.png"))
