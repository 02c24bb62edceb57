"""What an assessment costs beside the least that any tool must do: reading the columns once.

    python benchmarks/cost_assess.py [--rows 1000000] [--metrics 10] [--sites 200]

Each line runs in a process of its own and is measured after its imports: CPU and wall time of the first run and the
best of five, and the most memory that the process held. The data are Parquet, one covariate a metric.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

REPEATS = 5


def write_data(path: Path, rows: int, metrics: int, sites: int) -> None:
    """Half of the sites treated, half of the rows before the start; money-like numbers with two decimals."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(20260101)
    site = rng.integers(0, sites, rows)
    columns: dict[str, Any] = {
        "site": pa.array(np.char.add("site ", site.astype(str))),
        "arm": np.where(site % 2, "new", "old"),
        "after": rng.integers(0, 2, rows),
    }
    level = rng.normal(100, 5, sites)
    for number in range(metrics):
        before = rng.normal(level[site], 20)
        columns[f"x{number}"] = before.round(2)
        columns[f"y{number}"] = (0.5 * before + rng.normal(50, 17, rows)).round(2)
    pq.write_table(pa.table(columns), path)


def bare(path: Path, metrics: int, _: int) -> Callable[[], Any]:
    """DuckDB's sum of the same columns, nothing else."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    columns = ", ".join(f"sum(y{number}), sum(x{number})" for number in range(metrics))
    query = f"SELECT {columns} FROM read_parquet('{path}')"  # noqa: S608 - our own temporary file
    return lambda: connection.execute(query).fetchall()


def cells(detail: str, extra: tuple[str, ...] = ()) -> Callable[[Path, int, int], Callable[[], Any]]:
    """The engine's scan by site, arm and period."""

    def prepare(path: Path, metrics: int, _: int) -> Callable[[], Any]:
        from stats.cells import MetricRequest, read_cells
        from stats.outcomes import Reading, open_table
        from stats.spec import MetricSpec

        table = open_table(path, Reading(format="parquet"))
        asked = [
            MetricRequest(key=f"y{number}", spec=MetricSpec(column=f"y{number}"), pre=f"x{number}")
            for number in range(metrics)
        ]
        asked += [
            MetricRequest(key=f"tail{number}", spec=MetricSpec(kind=kind, column=f"y{number}", q=0.9))  # type: ignore[arg-type]
            for number, kind in enumerate(extra)
        ]
        keys = {"site": table["site"], "arm": table["arm"], "after": table["after"]}
        return lambda: read_cells(table, keys=keys, metrics=asked, detail=detail)  # type: ignore[arg-type]

    return prepare


def whole(path: Path, metrics: int, sites: int) -> Callable[[], Any]:
    """Evidence of one look: scan, site estimates with 999 replayed draws each, checks, grade, JSON."""
    from stats.assessing.assess import assess
    from stats.evidence import as_json
    from stats.outcomes import Reading, open_table
    from stats.plan import Columns, Plan, PlannedMetric, PlannedSite, canonical_json
    from stats.spec import ArmSpec, MetricSpec, PostSpec

    table = open_table(path, Reading(format="parquet"))
    plan = Plan(
        pilot="cost",
        title="cost",
        design="randomised_sites",
        metrics=[
            PlannedMetric(
                key=f"y{number}",
                name=f"y{number}",
                role="SUCCESS" if number < 2 else "GUARDRAIL",
                spec=MetricSpec(column=f"y{number}"),
                pre=f"x{number}",
                mwe=1,
                margin=1,
            )
            for number in range(metrics)
        ],
        columns=Columns(
            site="site",
            arm=ArmSpec(column="arm", treatment="new", control="old"),
            post=PostSpec(column="after", values=[1]),
        ),
        sites=[PlannedSite(key=f"site {number}") for number in range(sites)],
        draws=999,
    )

    def run() -> str:
        found = assess(plan, table, look=1, snapshot_sha256="", plan_sha256="")
        return canonical_json({label: as_json(evidence) for label, evidence in found.items()})

    return run


LINES: dict[str, tuple[str, Callable[[Path, int, int], Callable[[], Any]]]] = {
    "bare": ("bare sum of the columns (DuckDB)", bare),
    "sites": ("cells by site, arm and period", cells("means")),
    "units": ("the same with all cross-products (units assigned)", cells("moments")),
    "tails": ("cells with a p90 and a worst 5 % mean beside them", cells("means", ("quantile", "tail_mean"))),
    "whole": ("evidence of one look (cells, estimates, 999 draws, checks)", whole),
}


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(line: str, path: Path, metrics: int, sites: int) -> dict[str, float]:
    """One line, in this process."""
    began = cpu()
    run = LINES[line][1](path, metrics, sites)
    found = {"prepare": cpu() - began}
    times = []
    for _ in range(REPEATS + 1):
        before, clock = cpu(), time.perf_counter()
        run()
        times.append((cpu() - before, time.perf_counter() - clock))
    found |= {
        "first": times[0][0],
        "cpu": min(each[0] for each in times[1:]),
        "wall": min(each[1] for each in times[1:]),
    }
    return found | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def in_own_process(given: argparse.Namespace, line: str, path: Path) -> str:
    sizes = [f"--{name}={getattr(given, name)}" for name in ("rows", "metrics", "sites")]
    command = [sys.executable, __file__, f"--line={line}", f"--data={path}", *sizes]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--metrics", type=int, default=10)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--line", choices=[*LINES, "data"])
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    if given.line == "data":
        write_data(given.data, given.rows, given.metrics, given.sites)
        return
    if given.line:
        print(json.dumps(measure(given.line, given.data, given.metrics, given.sites)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        # A process inherits the size of the one that started it: the data are made in another.
        in_own_process(given, "data", path)
        print(f"{given.rows:,} rows, {given.metrics} metrics with a covariate each, {given.sites} sites, Parquet\n")
        print("| what | CPU s | beside the bare sum | first run, CPU s | wall s | memory MB |")
        print("|---|---|---|---|---|---|")
        base = 0.0
        for line, (label, _) in LINES.items():
            found = json.loads(in_own_process(given, line, path))
            base = base or found["cpu"]
            print(
                f"| {label} | {found['cpu']:.3f} | {found['cpu'] / base:.2f} | {found['first']:.3f}"
                f" | {found['wall']:.3f} | {found['memory']:.0f} |"
            )


if __name__ == "__main__":
    main()
