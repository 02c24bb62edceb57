"""Every page against the accessibility rules of axe-core, as it first appears, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

PAGES = Path(__file__).resolve().parents[2] / "experiments" / "pages"
EVERY_PAGE = sorted(path.stem for path in PAGES.glob("*.py") if "desk = begin(" in path.read_text())
FIRST = "what_needs_me"
PILOTS = {"versions": "check-in-at-the-shop-v3", "plan": "repair-or-replace-advice", "review": "drop-in-repair-hour"}
USUAL = "call-back-at-peak"
WINDOWS = [(1280, False), (390, True)]
REFUSED = {"serious", "critical"}
"""What bars people. Lesser remarks of axe are about Streamlit's own markup (a presentation role on its drop zone)."""
MENU_ON_A_PHONE = "[data-testid=stSidebarNavItems]"
"""Streamlit lays a section of its folded menu between list and item, which nobody can mend from outside: left out."""


@pytest.fixture(scope="module")
def app(worked_home: Path, serve: Callable[[Path], Any]) -> Any:
    with serve(worked_home) as address:
        yield address


@pytest.mark.parametrize(("width", "dark"), WINDOWS)
def test_no_page_bars_anybody(app: str, screen_on: Callable[..., Any], width: int, dark: bool) -> None:
    from axe_playwright_python.sync_playwright import Axe

    at = screen_on(app, width=width, dark=dark)
    found = {}
    for name in EVERY_PAGE:
        at.open("" if name == FIRST else name.replace("_", "-"), pilot=PILOTS.get(name, USUAL))
        at.unbroken()
        answer = Axe().run(at.page, context={"exclude": [[MENU_ON_A_PHONE]]}).response
        assert answer["passes"], f"nothing was looked at on {name}"
        found |= {(name, rule["id"]): _where(rule) for rule in answer["violations"] if rule["impact"] in REFUSED}
    assert found == {}


def test_the_rules_find_what_is_wrong(app: str, screen_on: Callable[..., Any]) -> None:
    """A button without a name and a faint text, put into a page, are found: the test above can fail."""
    from axe_playwright_python.sync_playwright import Axe

    at = screen_on(app)
    at.open("portfolio")
    at.page.evaluate(
        "document.querySelector('[data-testid=stMain]').insertAdjacentHTML('afterbegin',"
        '\'<button style="width:40px;height:40px"></button><p style="color:#ccc;background:#fff">faint</p>\')'
    )
    rules = {rule["id"] for rule in Axe().run(at.page).response["violations"]}
    assert {"button-name", "color-contrast"} <= rules


def _where(rule: Any) -> list[str]:
    return [str(node["html"])[:160] for node in rule["nodes"]]
