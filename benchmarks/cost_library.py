"""What it costs to find something among many pilots: search, library, earlier pilots alike, and the portfolio.

    python benchmarks/cost_library.py [--pilots 10000] [--against 1000] [--sqlite-only]

The record is filled with copies of the worked pilots (cost_portfolio.py makes them), once small and once large, on
SQLite and on the tests' PostgreSQL server; the same questions are asked of each. Seconds of one process, the median
of five after a first one; beside them the ratio of large to small, and of PostgreSQL to SQLite. The portfolio also in
programs that have just started (without their imports). Then the server time of the pages, run by Streamlit's own
test harness without a browser.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from cost_portfolio import copies, just_started

from experiments.demo import add_portfolio
from experiments.desk import Desk
from experiments.library.shelf import Wanted, choices, library
from experiments.library.similar import similar
from experiments.portfolio.survey import portfolio
from registry import backup, search
from registry.open import Registry, ready

ROOT = Path(__file__).resolve().parents[1]
DRAFT = {
    "title": "Call back callers at peak hours",
    "owner": {"name": "Ana Lima", "department": "Contact Centre"},
    "hypothesis": {"change": "offer a call-back within the hour", "for_whom": "callers at peak", "metric": "wait"},
    "metrics": {"success": [{"key": "wait", "name": "Waiting time"}]},
}
ASKED: dict[str, Callable[[Desk], object]] = {
    "search, one word": lambda desk: library(desk, Wanted(words="call")),
    "search, three beginnings of words": lambda desk: library(desk, Wanted(words="wait cal peak")),
    "search, nothing has all the words": lambda desk: library(desk, Wanted(words="call zebra")),
    "library, first page": lambda desk: library(desk, Wanted()),
    "library, last page": lambda desk: library(desk, Wanted(), page=10_000),
    "library, narrowed": lambda desk: library(
        desk, Wanted(words="call", departments=["Contact Centre"], verdicts=["STOP", "SCALE"]), order="grade"
    ),
    "library, what it can be narrowed by": choices,
    "earlier pilots alike": lambda desk: similar(desk, DRAFT),
    "portfolio": portfolio,
}


@contextmanager
def worked() -> Iterator[Path]:
    """A backup of the worked portfolio, to begin each record with."""
    with tempfile.TemporaryDirectory() as folder, Registry.open(Path(folder) / "home", "") as registry:
        add_portfolio(Desk(registry=registry))
        path = Path(folder) / "worked.zip"
        backup.dump(registry, path)
        yield path


@contextmanager
def filled(folder: Path, address: str, pilots: int, begin: Path) -> Iterator[Desk]:
    """A desk at a record of so many pilots, in the index too."""
    ready(address or None)
    with Registry.open(folder, address) as registry:
        desk = Desk(registry=registry)
        backup.load(registry, begin)
        began = time.perf_counter()
        there = copies(registry, pilots)
        wrote = time.perf_counter() - began
        with registry._writing.begin() as connection:
            search.rebuild(connection)
        print(f"  {there} pilots written in {wrote:.0f} s, index made in {time.perf_counter() - began - wrote:.0f} s")
        yield desk


def asked(desk: Desk) -> dict[str, tuple[float, float]]:
    """By question: seconds of the first time and the median of five more."""
    times: dict[str, tuple[float, float]] = {}
    for name, question in ASKED.items():
        taken = [_seconds(lambda q=question: q(desk)) for _ in range(6)]
        times[name] = (taken[0], median(taken[1:]))
        print(f"    {name}: first {taken[0]:.3f} s, then {times[name][1]:.3f} s", flush=True)
    return times


def pages(folder: Path, address: str) -> dict[str, tuple[float, float]]:
    """Server time of whole pages."""
    from streamlit import config
    from streamlit.testing.v1 import AppTest

    from experiments.pages.frame import registry as opened

    os.environ["PROVING_GROUND_HOME"] = str(folder)
    os.environ["DATABASE_URL"] = address
    os.chdir(ROOT)  # before the settings are read, which lie there
    config.get_config_options()
    config.set_option("runner.enforceSerializableSessionState", False)  # the harness keeps functions in the session
    opened.clear()
    times = {}
    for name in ("library", "portfolio"):
        page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
        page.switch_page(f"experiments/pages/{name}.py")
        times[f"page {name}, opened"] = _page(page)
        page.text_input(key="search").input("call")
        times[f"page {name}, searched"] = _page(page)
    return times


def _page(page: Any) -> tuple[float, float]:
    taken = [_seconds(page.run) for _ in range(4)]
    assert not page.exception, page.exception[0].message
    print(f"    page: first {taken[0]:.3f} s, then {median(taken[1:]):.3f} s", flush=True)
    return taken[0], median(taken[1:])


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def measured(
    databases: dict[str, Callable[[str], str]], sizes: tuple[int, int], begin: Path
) -> dict[tuple[str, int], Any]:
    found = {}
    for kind, address_of in databases.items():
        for size in sizes:
            print(f"{kind}, {size} pilots:")
            with tempfile.TemporaryDirectory() as folder:
                address = address_of(f"pilots_{size}")
                with filled(Path(folder), address, size, begin) as desk:
                    found[kind, size] = asked(desk)
                    fresh = [wall for wall, _ in just_started(Path(folder), address)]
                    found[kind, size]["portfolio, just started"] = (fresh[0], median(fresh))
                    print(f"    portfolio, just started: {median(fresh):.3f} s", flush=True)
                if size == max(sizes):
                    found[kind, size] |= pages(Path(folder), address)
    return found


def told(found: dict[tuple[str, int], Any], sizes: tuple[int, int]) -> None:
    small, large = min(sizes), max(sizes)
    kinds = sorted({kind for kind, _ in found}, reverse=True)
    print(f"\n{'seconds':38}" + "".join(f"{kind + ' ' + str(size):>18}" for kind in kinds for size in (small, large)))
    for name in next(found[kind, large] for kind in kinds):
        cells, ratios = [], []
        for kind in kinds:
            at = [found[kind, size].get(name) for size in (small, large)]
            cells += [f"{one[1]:18.3f}" if one else f"{'':18}" for one in at]
            if all(at):
                ratios.append(f"{kind} x{at[1][1] / at[0][1]:.1f}")
        if len(kinds) == 2 and all(name in found[kind, large] for kind in kinds):
            first, second = (found[kind, large][name][1] for kind in kinds)
            ratios.append(f"{kinds[1]}/{kinds[0]} {second / first:.1f}")
        begun = ", ".join(f"{found[kind, large][name][0]:.2f}" for kind in kinds if name in found[kind, large])
        print(f"{name:38}{''.join(cells)}   {'; '.join(ratios)}; first {begun}")


@contextmanager
def servers(sqlite_only: bool) -> Iterator[dict[str, Callable[[str], str]]]:
    """By kind of database: the address of a fresh one of that name ("" for the one in the folder)."""
    embedded: dict[str, Callable[[str], str]] = {"sqlite": lambda _: ""}
    if sqlite_only:
        yield embedded
        return
    sys.path.insert(0, str(ROOT / "tests"))
    from conftest import MortalServer

    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        server = MortalServer(Path(folder))
        server.start()

        def fresh(name: str) -> str:
            server.create(name)
            return str(server.address(name))

        try:
            yield {**embedded, "postgresql": fresh}
        finally:
            server.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pilots", type=int, default=10_000)
    parser.add_argument("--against", type=int, default=1_000)
    parser.add_argument("--sqlite-only", action="store_true")
    chosen = parser.parse_args()
    sizes = (chosen.against, chosen.pilots)
    with worked() as begin, servers(chosen.sqlite_only) as databases:
        told(measured(databases, sizes, begin), sizes)


if __name__ == "__main__":
    main()
