"""The app as its users run it, without a browser: from ``app.py``, on a data folder of the test's own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNREAD = frozenset({
    "id", "key", "url", "page_script_hash", "spec", "form_id", "format", "query_params", "icon", "color", "group_id",
    "user_key", "data", "language", "name", "element_id", "type", "vega_lite",
})  # fmt: skip
"""Fields of a widget's message that nobody reads."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data folder that the app finds; its registry is closed afterwards."""
    import streamlit as st

    from experiments.pages import frame

    folder = tmp_path / "home"
    monkeypatch.setenv("PROVING_GROUND_HOME", str(folder))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield folder
    frame.registry().close()
    st.cache_resource.clear()


@pytest.fixture
def worked(home: Path, worked_home: Path) -> Path:
    """The worked portfolio, for this test alone."""
    shutil.copytree(worked_home, home)
    return home


@pytest.fixture
def desk(home: Path) -> Any:
    """A desk at the app's own registry."""
    from experiments.desk import Desk
    from experiments.pages import frame

    return Desk(registry=frame.registry())


@pytest.fixture
def clock(home: Path) -> Callable[[datetime], None]:
    """Sets the app's clock."""
    from experiments.pages import frame

    def set_to(moment: datetime) -> None:
        frame.registry().clock = lambda: moment

    return set_to


@pytest.fixture
def show(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """``show("plan", pilot="key", person="Ana Lima")``: the page as that person sees it; exceptions are the test's."""
    from streamlit import config
    from streamlit.testing.v1 import AppTest

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(
        "stats.rehearsing.rehearsal.PILOTS", 100
    )  # the page asks for 2,000 made-up pilots for each truth
    config.get_config_options()
    # The harness keeps functions of its own in the session; the browser tests run with the check switched on.
    config.set_option("runner.enforceSerializableSessionState", False)
    config.set_option("client.showErrorDetails", "full")

    def page(name: str = "what_needs_me", *, pilot: str = "", person: str = "") -> Any:
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        if pilot:
            at.query_params["pilot"] = pilot
        at.switch_page(f"experiments/pages/{name}.py")
        return act_as(whole(at.run()), person) if person else whole(at.run())

    return page


def whole(at: Any) -> Any:
    """The page, if it has run to its end."""
    assert not at.exception, "\n".join([at.exception[0].message, *at.exception[0].stack_trace])
    return at


def act_as(at: Any, name: str) -> Any:
    """Choose who acts, by the beginning of the name that is shown."""
    box = at.selectbox(key="acting_as_choice")
    label = next(option for option in box.options if option.startswith(name))
    return whole(box.select(label).run())


@pytest.fixture
def run() -> Callable[[Any], Any]:
    """Runs a page again after something was typed; exceptions are the test's."""
    return lambda at: whole(at.run())


@pytest.fixture
def press() -> Callable[[Any, str], Any]:
    """Presses the button with those words on it."""

    def find(at: Any, words: str) -> Any:
        button = next(button for button in at.button if words in button.label)
        return whole(button.click().run())

    return find


@pytest.fixture
def read() -> Callable[[Any], str]:
    """Everything that people can read on a page, labels, helps and choices included."""
    return lambda at: "\n".join(text for part in (at.main, at.sidebar) for text in _texts_of(part))


def _texts_of(block: Any) -> Iterator[str]:
    for child in block.children.values():
        proto = getattr(child, "proto", None)
        if proto is not None and getattr(child, "type", "") != "json":  # what was recorded, letter by letter
            yield from _strings(proto)
        if hasattr(child, "children"):
            yield from _texts_of(child)


def _strings(proto: Any) -> Iterator[str]:
    for field, value in proto.ListFields():
        if field.name in UNREAD:
            continue
        values = [value] if isinstance(value, (str, bytes)) or hasattr(value, "ListFields") else value
        if isinstance(values, (int, float, bool)):
            continue
        for item in values:
            if isinstance(item, str):
                yield _without_markup(item)
            elif hasattr(item, "ListFields"):
                yield from _strings(item)


def _without_markup(text: str) -> str:
    if "<style>" in text:
        return ""
    shown = unescape(re.sub(r"<[^>]+>", " ", re.sub(r"(?:src|style|class)='[^']*'", "", text)))
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", shown)  # a mark that means itself
