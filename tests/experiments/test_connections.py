"""Data from a table that the administrator named: read once, kept like a file, and nothing else is read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from experiments.errors import Refused, sentences
from experiments.evidence.assess import assess
from experiments.running.connections import connections, ingest_table
from experiments.running.ingest import ingest
from registry import find
from stats.errors import RefusedData

Lead = Callable[..., Any]


def named(home: Path, address: str, *tables: str) -> None:
    listed = ", ".join(f'"{table}"' for table in tables)
    (home / "connections.toml").write_text(f'[warehouse]\naddress = "{address}"\ntables = [{listed}]\n')


@pytest.fixture
def led(lead: Lead, tmp_path: Path) -> Any:
    """A pilot that waits for its data, which stand in a warehouse as well as in a file."""
    found = lead("assigned")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        warehouse.execute("CREATE SCHEMA marts")
        warehouse.execute("CREATE TABLE marts.visits AS SELECT * FROM read_csv(?)", [str(found.data)])
        warehouse.execute("CREATE TABLE salaries AS SELECT 1 AS amount")
    named(found.desk.registry.home, f"duckdb://{tmp_path / 'warehouse.duckdb'}", "marts.visits", "gone")
    return found


def stored(led: Any) -> list[Any]:
    with led.desk.read() as session:
        return find.snapshots(session, led.desk.pilot(led.key).id)


def results(led: Any) -> Any:
    """Of the newest evidence, without its half-hours and pictures."""
    assess(led.desk.as_person("Ana Lima"), led.key)
    with led.desk.read() as session:
        record = find.latest_evidence(session, led.desk.pilot(led.key).id)
    return {key: metric["result"] for key, metric in json.loads(record.canonical)["metrics"].items()}


def test_a_table_gives_the_same_evidence_as_the_file(led: Any, lead: Lead, waiting: Callable[..., Any]) -> None:
    owner = led.desk.as_person("Ana Lima")
    made = ingest_table(owner, led.key, "warehouse", "marts.visits")
    assert made.rows == len(pd.read_csv(led.data))
    (snapshot,) = stored(led)
    assert snapshot.name == "warehouse.marts.visits.parquet"
    from_table = results(led)
    document = waiting(title="The same from a file", looks={"fractions": [1.0], "extension": None})
    document["metrics"]["success"][0]["worst"] = {"beyond": 500, "margin": 0.05}  # as ``lead`` has it
    other = lead("ingested", document=document)
    shutil.copy(led.data, other.data)
    ingest(owner, other.key, other.data)
    assert from_table == results(other)


def test_what_the_table_holds_later_is_another_bringing(led: Any, tmp_path: Path) -> None:
    owner = led.desk.as_person("Ana Lima")
    first = ingest_table(owner, led.key, "warehouse", "marts.visits")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        warehouse.execute("DELETE FROM marts.visits WHERE wait_s > 200")
    second = ingest_table(owner, led.key, "warehouse", "marts.visits")
    assert second.rows < first.rows
    assert [one.row_count for one in stored(led)] == [first.rows, second.rows]


@pytest.mark.parametrize(
    ("connection", "table", "said"),
    [
        ("warehouse", "salaries", "may not be read through warehouse"),
        ("warehouse", "marts.visits; DROP TABLE marts.visits", "may not be read through warehouse"),
        ("elsewhere", "marts.visits", "no connection called elsewhere"),
        ("warehouse", "gone", "can't be reached"),
    ],
)
def test_only_what_was_named_is_read(led: Any, connection: str, table: str, said: str) -> None:
    with pytest.raises((Refused, RefusedData)) as caught:
        ingest_table(led.desk.as_person("Ana Lima"), led.key, connection, table)
    (sentence,) = sentences(caught.value)
    assert said in sentence
    assert "duckdb:/" not in sentence
    assert stored(led) == []


def test_who_may_not_bring_data_reads_no_table(led: Any) -> None:
    with pytest.raises(Refused) as caught:
        ingest_table(led.desk.as_person("Tom Berg"), led.key, "warehouse", "marts.visits")
    assert [problem.code for problem in caught.value.problems] == ["may_not"]


def test_a_larger_table_than_this_house_takes_is_refused(led: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVING_GROUND_MAX_ROWS", "10")
    with pytest.raises(RefusedData) as caught:
        ingest_table(led.desk.as_person("Ana Lima"), led.key, "warehouse", "marts.visits")
    assert [problem.code for problem in caught.value.problems] == ["too_many_rows"]
    assert stored(led) == []


def test_a_file_of_connections_tells_all_that_is_wrong_and_no_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connections(tmp_path) == {}
    (tmp_path / "connections.toml").write_text(
        '[a]\naddress = "postgres://reader:secret@db/x"\n[b]\ntables = ["t"]\n'
        '[c]\naddress = "x"\ntables = ["t"]\nport = 5\n'
    )
    with pytest.raises(Refused) as caught:
        connections(tmp_path)
    told = sentences(caught.value)
    assert len(told) == 3
    assert "secret" not in " ".join(told)
    (tmp_path / "connections.toml").write_text('[b]\naddress_from = "THEIRS"\ntables = ["t"]\n')
    monkeypatch.setenv("THEIRS", "duckdb://x.db")
    assert connections(tmp_path)["b"].place == "duckdb://x.db"


@pytest.mark.postgres
def test_a_table_of_a_real_server_is_read_as_it_is(lead: Lead, empty_postgres_url: str) -> None:
    from sqlalchemy import create_engine

    led = lead("assigned")
    frame = pd.read_csv(led.data)
    engine = create_engine(empty_postgres_url)
    frame.to_sql("visits", engine, index=False)
    engine.dispose()
    named(led.desk.registry.home, empty_postgres_url.replace("postgresql+psycopg", "postgres"), "visits")
    made = ingest_table(led.desk.as_person("Ana Lima"), led.key, "warehouse", "visits")
    assert made.rows == len(frame)
    assert results(led)["wait"]["effect"]


def test_the_command_reads_a_table_too(led: Any, pilot: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVING_GROUND_HOME", str(led.desk.registry.home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (told,) = pilot("ingest", led.key, "salaries", "--connection", "warehouse", refused=True)
    assert "marts.visits" in told
    made = pilot("ingest", led.key, "marts.visits", "--connection", "warehouse")
    assert made["rows"] == len(pd.read_csv(led.data))
