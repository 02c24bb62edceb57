"""Every page as people see it, wide and narrow, light and dark: nothing broken, nothing wider than the window.

``PROVING_GROUND_SHOTS=folder`` keeps a picture of each in all four windows, to be looked at.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

SEEN = [
    ("what-needs-me", ""),
    ("portfolio", ""),
    ("register", ""),
    ("plan", "repair-or-replace-advice"),
    ("assign", "call-back-at-peak"),
    ("data", "chat-at-lunch"),
    ("evidence", "call-back-at-peak"),
    ("evidence", "evening-delivery-window"),
    ("evidence", "one-owner-per-complaint"),
    ("evidence", "chat-at-lunch"),
    ("review", "drop-in-repair-hour"),
    ("decide", "parts-list-before-the-visit"),
    ("history", "call-back-at-peak"),
]
WINDOWS = [(1280, False), (390, True)]
if os.environ.get("PROVING_GROUND_SHOTS"):
    WINDOWS += [(390, False), (1280, True)]
UNNAMED = """
[...document.querySelectorAll('[data-testid=stMain] input, [data-testid=stMain] textarea, [data-testid=stMain] button')]
  .filter(e => e.offsetParent !== null && e.tabIndex >= 0 && e.type !== 'hidden' && e.type !== 'file')
  .filter(e => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim()
    || e.closest('label') || (e.labels && e.labels.length) || e.title))
  .map(e => e.outerHTML.slice(0, 160))
"""


@pytest.fixture(scope="module")
def app(worked_home: Path, serve: Callable[[Path], Any]) -> Any:
    with serve(worked_home) as address:
        yield address


@pytest.mark.parametrize(("width", "dark"), WINDOWS)
def test_pages_fit_their_window(app: str, screen_on: Callable[..., Any], width: int, dark: bool) -> None:
    at = screen_on(app, width=width, dark=dark)
    for name, pilot in SEEN:
        at.open("" if name == "what-needs-me" else name, **({"pilot": pilot} if pilot else {}))
        at.unbroken()
        widest = at.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert widest <= width, f"{name} of {pilot or 'all'} is {widest} wide"
        at.picture(f"{name}-{pilot or 'all'}-{'dark' if dark else 'light'}")


def test_every_field_and_button_has_a_name(app: str, screen_on: Callable[..., Any]) -> None:
    at = screen_on(app)
    for name, pilot in SEEN:
        at.open("" if name == "what-needs-me" else name, **({"pilot": pilot} if pilot else {}))
        assert at.page.evaluate(UNNAMED) == [], name


def test_a_review_is_given_with_the_keyboard_alone(worked_app: str, screen_on: Callable[..., Any]) -> None:
    at = screen_on(worked_app)
    at.open("review", pilot="drop-in-repair-hour")
    at.act_as("Hugo Martin")
    at.key("stance").locator("input").first.focus()
    at.page.keyboard.press("ArrowRight")
    at.page.keyboard.press("Tab")
    for _ in range(6):
        if at.page.evaluate("document.activeElement.tagName") == "TEXTAREA":
            break
        at.page.keyboard.press("Tab")
    at.page.keyboard.type("Evenings suffer.")
    at.page.keyboard.press("Tab")
    at.page.keyboard.press("Enter")
    at.sees("Recorded, on the evidence that you saw")
    at.sees("has a concern")
