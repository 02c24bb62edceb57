"""Three hundred pilots in a browser: searched, filtered, seen over time, taken home as one file; all in the address."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "cost_portfolio.py"


@pytest.fixture(scope="module")
def many(
    worked_home: Path,
    serve: Callable[[Path], AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """A server on fifteen copies of each of the twenty worked pilots."""
    from registry.open import Registry

    spec = spec_from_file_location("cost_portfolio", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    benchmark = module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    home = tmp_path_factory.mktemp("many") / "home"
    shutil.copytree(worked_home, home)
    with Registry.open(home) as registry:
        assert benchmark.copies(registry, 300) == 300
    with serve(home) as address:
        yield address


def test_search_and_filters_narrow_the_board_and_stay_in_the_address(many: str, screen_on: Callable[..., Any]) -> None:
    screen = screen_on(many)
    screen.open("portfolio")
    screen.sees("300 of 300 pilots")
    screen.write("search", "guided answer")
    screen.sees("15 of 300 pilots")
    assert "search=guided" in screen.page.url
    screen.page.reload()
    screen.idle()
    screen.sees("15 of 300 pilots")
    screen.write("search", "")
    screen.pick("verdict", "Scale")
    screen.sees("60 of 300 pilots")
    address = screen.page.url
    other = screen_on(many, width=390)
    other.page.goto(address)
    other.idle()
    other.sees("60 of 300 pilots")
    other.unbroken()


def test_the_timeline_says_who_shares_sites_and_names_them(many: str, screen_on: Callable[..., Any]) -> None:
    screen = screen_on(many)
    screen.open("portfolio", view="Timeline", search="welcome desk")
    screen.sees("15 of 300 pilots")
    screen.sees("105 pairs of pilots share sites at the same time")  # each of fifteen with each other: 15 x 14 / 2
    screen.unbroken()


def test_the_monthly_pack_is_one_pdf(many: str, screen_on: Callable[..., Any]) -> None:
    screen = screen_on(many)
    screen.open("portfolio")
    screen.page.get_by_role("button", name="Monthly review pack").click()
    assert screen.download("pack").read_bytes().startswith(b"%PDF")
