"""What lists of many pilots cost: the portfolio of N copies of the worked pilots, and its page in each view.

    python benchmarks/cost_portfolio.py [--pilots 2000]

Copies are written straight into the tables (they are only read here), each with plan, evidence and recommendation of
its own. Times are seconds of one process, wall and CPU: the very first read of all, and the median of five more; then
of a program that has just started, on the same data folder (three of them, each timed without its imports); then of
the journey across the pilots; then of the page, run by Streamlit's own test harness without a browser: board, table,
timeline, journey, a search.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from experiments.demo import add_portfolio
from experiments.desk import Desk
from experiments.portfolio.journey import journey
from experiments.portfolio.survey import portfolio
from registry.canonical import sha256_text
from registry.open import Registry
from registry.schema import models

TABLES = ("pilot", "hypothesis", "pilot_partner", "plan_record", "snapshot", "evidence_record", "recommendation_record",
          "decision", "takeaway")  # fmt: skip
"""Parents before children: what the lists read of a pilot."""


def copies(registry: Registry, wanted: int) -> int:
    """Write copies of the worked pilots until there are ``wanted``; how many there are."""
    known = models()
    with registry.read() as session:
        rows = {
            name: [dict(row) for row in session.execute(select(known[name].__table__)).mappings()]  # type: ignore[attr-defined]
            for name in TABLES
        }
    there = len(rows["pilot"])
    with registry._writing.begin() as connection:
        for number in range(1, 1 + -(-(wanted - there) // there)):
            keys: dict[UUID, UUID] = {}
            for name in TABLES:
                fresh = [_copy(row, keys, number, name) for row in rows[name]]
                if fresh:
                    connection.execute(insert(known[name].__table__), fresh)  # type: ignore[attr-defined]
            there += len(rows["pilot"])
    return there


def _copy(row: dict[str, Any], keys: dict[UUID, UUID], number: int, table: str) -> dict[str, Any]:
    keys[row["id"]] = uuid4()
    copy = {name: keys.get(value, value) if isinstance(value, UUID) else value for name, value in row.items()}
    if table == "pilot":
        copy["key"] = f"{row['key'][:60]}-copy-{number}"
    if "canonical" in copy:
        copy["canonical"] = row["canonical"] + " " * number  # other bytes, so that each is read for itself
        copy["sha256"] = sha256_text(copy["canonical"])
    return copy


def timed(desk: Desk) -> tuple[float, float, int]:
    wall, cpu = time.perf_counter(), time.process_time()
    rows = portfolio(desk)
    return time.perf_counter() - wall, time.process_time() - cpu, len(rows)


def just_started(folder: Path, address: str = "") -> list[tuple[float, float]]:
    """Wall and CPU seconds of the first read in each of three fresh programs. address: of the database, "" for the
    one in the folder."""
    here = {**os.environ, "PROVING_GROUND_HOME": str(folder), "DATABASE_URL": address}
    said = [
        subprocess.run([sys.executable, __file__, "--read"], env=here, check=True, capture_output=True, text=True)
        for _ in range(3)
    ]
    return [(float(wall), float(cpu)) for wall, cpu in (one.stdout.split() for one in said)]


def read_once() -> None:
    with Registry.open() as registry:
        wall, cpu, _ = timed(Desk(registry=registry))
    print(wall, cpu)


def timed_journey(desk: Desk) -> None:
    keys = [row.key for row in portfolio(desk)]
    times = []
    for _ in range(6):
        wall, cpu = time.perf_counter(), time.process_time()
        journey(desk, keys)
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    told(times[:1], "journey, first read")
    told(times[1:], "journey, later reads")


def timed_page(home: Path) -> None:
    """Server time of the page: the whole script with its queries, until its last element."""
    from streamlit import config
    from streamlit.testing.v1 import AppTest

    os.environ["PROVING_GROUND_HOME"] = str(home)
    config.get_config_options()
    config.set_option("runner.enforceSerializableSessionState", False)  # the harness keeps functions in the session
    root = Path(__file__).resolve().parents[1]
    os.chdir(root)
    page = AppTest.from_file(str(root / "app.py"), default_timeout=120)
    page.switch_page("experiments/pages/portfolio.py")
    page.run()
    for view in ("board", "table", "timeline", "journey"):
        page.segmented_control(key="view").set_value(view).run()
        told([_run(page) for _ in range(5)], f"page, {view}")
    page.segmented_control(key="view").set_value("board").run()
    page.text_input(key="search").input("counter").run()
    told([_run(page) for _ in range(5)], "page, searched")


def _run(page: Any) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    page.run()
    assert not page.exception, page.exception[0].message
    return time.perf_counter() - wall, time.process_time() - cpu


def told(times: list[tuple[float, float]], what: str) -> None:
    print(f"{what}: {median(w for w, _ in times):.2f} s (CPU {median(c for _, c in times):.2f} s)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pilots", type=int, default=2000)
    parser.add_argument("--read", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    wanted = chosen.pilots
    if chosen.read:
        read_once()
        return
    with tempfile.TemporaryDirectory() as folder, Registry.open(Path(folder)) as registry:
        desk = Desk(registry=registry)
        add_portfolio(desk)
        there = copies(registry, wanted)
        wall, cpu, rows = timed(desk)
        again = [timed(desk) for _ in range(5)]
        print(f"pilots: {there}, rows: {rows}")
        print(f"first read of all: {wall:.2f} s (CPU {cpu:.2f} s)")
        print(f"later reads: {median(w for w, _, _ in again):.3f} s (CPU {median(c for _, c, _ in again):.3f} s)")
        told(just_started(Path(folder)), "first read of a program that has just started")
        timed_journey(desk)
        timed_page(Path(folder))


if __name__ == "__main__":
    main()
