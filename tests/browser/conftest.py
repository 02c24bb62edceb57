"""A real server of the app on a free port with its own data folder, and a real browser to look at it.

Everything that tests know about the page's markup (``SELECTORS``) is in this file.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
SELECTORS = {
    "idle": '[data-testid="stApp"][data-test-script-state="notRunning"]',
    "exception": '[data-testid="stException"]',
    "upload": '[data-testid="stFileUploader"] input[type="file"]',
    "main": '[data-testid="stMain"]',
    "key": ".st-key-{key}",
}
FIRST_LOAD = 60_000
USUAL = 30_000
CLICKS = 3


COUNT_RUNS = """
window.__runs = 0;
new MutationObserver(changes => changes.forEach(change => {
  if (change.target.getAttribute('data-test-script-state') === 'running') window.__runs += 1;
})).observe(document, {subtree: true, attributes: true, attributeFilter: ['data-test-script-state']});
"""
"""Counts the app's runs, so that one that is over in a blink is not missed."""


class Screen:
    """A page of the app as a person uses it; every act waits until the app has run and is idle again."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address
        page.set_default_timeout(USUAL)
        page.add_init_script(COUNT_RUNS)

    def open(self, name: str = "", **query: str) -> None:
        asked = "&".join(f"{key}={value}" for key, value in query.items())
        self.page.goto(f"{self.address}/{name}" + (f"?{asked}" if asked else ""), timeout=FIRST_LOAD)
        self.idle()

    def idle(self) -> None:
        self.page.wait_for_selector(SELECTORS["idle"], timeout=FIRST_LOAD)

    def after(self, act: Callable[[], object]) -> None:
        """Do something that makes the app run, and wait until it has."""
        self.idle()
        before = self.page.evaluate("window.__runs")
        act()
        done = "([before, idle]) => window.__runs > before && document.querySelector(idle)"
        from playwright.sync_api import TimeoutError as Unseen

        try:
            self.page.wait_for_function(done, arg=[before, SELECTORS["idle"]], timeout=USUAL)
        except Unseen:
            # On a busy machine two acts can share one run; what the page then shows is asserted by the journey.
            self.idle()

    def key(self, key: str) -> Any:
        return self.page.locator(SELECTORS["key"].format(key=key))

    def write(self, key: str, text: str) -> None:
        """Into a field of text or a number; leaving the field tells the app."""
        field = self.key(key).locator("input, textarea").first
        if field.input_value() != text:
            self.after(lambda: (field.fill(text), field.press("Tab")))

    def fill(self, key: str, text: str) -> None:
        """Into a field of a form: the app is told when the form is sent."""
        self.idle()
        self.key(key).locator("input, textarea").first.fill(text)

    def date(self, key: str, day: str) -> None:
        """Into a date; the app is told at the latest when the next field is left."""
        field = self.key(key).locator("input").first
        field.fill(day)
        field.press("Tab")
        self.idle()

    def holds(self, key: str, text: str) -> None:
        from playwright.sync_api import expect

        expect(self.key(key).locator("input, textarea").first).to_have_value(text, timeout=USUAL)

    def press_until(self, name: str, key: str, text: str) -> None:
        """Press until a field holds that text: a click while the page is drawn again is lost, and people try again."""
        from playwright.sync_api import TimeoutError as Unseen

        for left in reversed(range(CLICKS)):
            self.press(name)
            try:
                self.page.wait_for_function(
                    "([key, text]) => document.querySelector(`.st-key-${key} input`)?.value === text",
                    arg=[key, text],
                    timeout=USUAL / 2,
                )
                return
            except Unseen:
                if not left:
                    raise

    def pick(self, key: str, option: str) -> None:
        """An entry of a select box, with the keyboard."""
        box = self.key(key)
        field = box.locator("input").first
        if option in box.inner_text() + field.input_value():
            return
        field.click()
        field.fill(option)
        self.after(lambda: field.press("Enter"))

    def press(self, name: str) -> None:
        button = self.page.get_by_role("button", name=re.compile(re.escape(name))).first
        self.after(button.click)

    def upload(self, path: Path) -> None:
        self.after(lambda: self.page.locator(SELECTORS["upload"]).first.set_input_files(str(path)))

    def download(self, key: str) -> Path:
        """The file behind a button. A click while the page is drawn again is lost, and a person clicks again."""
        from playwright.sync_api import TimeoutError as Unseen

        for left in reversed(range(CLICKS)):
            self.idle()
            try:
                with self.page.expect_download() as waiting:
                    self.key(key).get_by_role("button").click()
                return Path(waiting.value.path())
            except Unseen:
                if not left:
                    raise
        raise AssertionError("unreachable")

    def act_as(self, name: str) -> None:
        self.pick("acting_as_choice", name)

    @property
    def text(self) -> str:
        return str(self.page.locator(SELECTORS["main"]).inner_text())

    def sees(self, words: str) -> None:
        self.page.locator(SELECTORS["main"]).get_by_text(words).first.wait_for(state="visible")

    def picture(self, name: str) -> None:
        """The whole page as an image in the folder ``PROVING_GROUND_SHOTS``, to be looked at; nothing without one."""
        folder = os.environ.get("PROVING_GROUND_SHOTS")
        if not folder:
            return
        window = dict(self.page.viewport_size)
        tall = self.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        self.page.set_viewport_size({"width": window["width"], "height": min(tall + 40, 6000)})
        self.idle()
        self.page.screenshot(path=str(Path(folder) / f"{name}-{window['width']}.png"))
        self.page.set_viewport_size(window)

    def unbroken(self) -> None:
        assert self.page.locator(SELECTORS["exception"]).count() == 0, self.text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    home: Path, *, port: int = 0, settings: Mapping[str, str] = MappingProxyType({}), flags: Sequence[str] = ()
) -> Iterator[str]:
    """The app as its users run it, on that data folder; gives its address.

    settings: of this server; flags: of Streamlit itself, which then starts it without ``pilot app``.
    """
    port = port or free_port()
    settings = {**os.environ, "PROVING_GROUND_HOME": str(home), **settings}
    settings.pop("DATABASE_URL", None)
    settings.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "experiments.cli", "app", "--port", str(port)]
    if flags:
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), *flags]
    log = (home.parent / f"server-{port}.log").open("w")
    process = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(f"http://localhost:{port}/_stcore/health", process)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, "the server stopped at once"
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)  # a process that is starting gives no sign to wait on
    raise AssertionError("the server did not start in a minute")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium here (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield started
        started.close()


@pytest.fixture
def screen_on(browser: Any) -> Iterator[Callable[..., Screen]]:
    """Opens a window on a server: ``screen_on(address, width=390, dark=True)``."""
    opened = []

    def make(address: str, *, width: int = 1280, height: int = 900, dark: bool = False) -> Screen:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            accept_downloads=True,
            locale="en-GB",
        )
        opened.append(context)
        return Screen(context.new_page(), address)

    yield make
    for context in opened:
        context.close()


@pytest.fixture(scope="session")
def serve() -> Callable[..., Any]:
    """``with serve(home) as address``: a server on that data folder (settings, flags: of its own)."""
    return serving


@pytest.fixture(scope="session")
def unused_port() -> Callable[[], int]:
    return free_port


@pytest.fixture
def empty_app(tmp_path: Path) -> Iterator[str]:
    with serving(tmp_path / "home") as address:
        yield address


@pytest.fixture
def worked_app(worked_home: Path, tmp_path: Path) -> Iterator[str]:
    home = tmp_path / "home"
    shutil.copytree(worked_home, home)
    with serving(home) as address:
        yield address
