"""Databases of every released schema, with data in them, come up to date: whole, readable, and nothing lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table, inspect, select, text

from registry import find, migration, triggers
from registry.canonical import canonical_json, sha256_text
from registry.database import WRITES, connect, parse_url
from registry.errors import Unavailable
from registry.events import BEGINNING
from registry.kinds import Via
from registry.open import Registry, upgrade
from registry.schema import METADATA
from registry.seals import event_hash, seal
from registry.verify import verify

MOMENT = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)
RELEASED = [script.revision for script in reversed(list(ScriptDirectory(str(migration.FOLDER)).walk_revisions()))]


def identity(name: str) -> UUID:
    return uuid5(UUID(int=0), name)


PLAN = canonical_json({"pilot": "call-back", "alpha": 0.05})
EVIDENCE = canonical_json({"records": 12})
ROWS: dict[str, list[dict[str, Any]]] = {
    "department": [
        {"id": identity("logistics"), "revision": 1, "key": "logistics", "name": "Logistics", "active": True},
    ],
    "person": [
        {"id": identity("ada"), "revision": 2, "name": "Ada Löw", "email": "ada@example.org", "active": True,
         "department_id": identity("logistics"), "manager_id": None},
    ],
    "pilot": [
        {"id": identity("pilot"), "revision": 3, "key": "call-back", "title": "Call-back at peak", "problem": "",
         "team": "", "owner_id": identity("ada"), "stage": "assessed", "stage_since": MOMENT, "stage_reason": "",
         "draft": {"title": "Call-back"}, "draft_step": "complete", "version": 1, "simulated": False,
         "showcase": False, "recorded_afterwards": False},
    ],
    "plan_record": [
        {"id": identity("plan"), "revision": 1, "pilot_id": identity("pilot"), "number": 1, "canonical": PLAN,
         "sha256": sha256_text(PLAN), "engine_version": "1", "locked_at": MOMENT,
         "locked_by_id": identity("ada")},
    ],
    "snapshot": [
        {"id": identity("snapshot"), "pilot_id": identity("pilot"), "number": 1, "name": "week-1.csv", "size": 17,
         "row_count": 1, "reading": {"encoding": "utf-8"}, "columns": {}, "look": 1, "accepted_by_id": identity("ada"),
         "accepted_at": MOMENT},
    ],
    "evidence_record": [
        {"id": identity("evidence"), "pilot_id": identity("pilot"), "plan_id": identity("plan"),
         "snapshot_id": identity("snapshot"), "plan_sha256": sha256_text(PLAN), "look": 1, "arm": 1,
         "engine_version": "1", "canonical": EVIDENCE, "sha256": sha256_text(EVIDENCE), "made_at": MOMENT},
    ],
}  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return request.getfixturevalue("empty_postgres_url")
    (tmp_path / "home").mkdir()
    return f"sqlite:///{tmp_path / 'home' / 'registry.db'}"


@pytest.fixture(params=RELEASED)
def released(request: pytest.FixtureRequest, address: str, tmp_path: Path) -> str:
    """A database as that version's program left it: made by its migrations, with rows, and a log that seals them."""
    engine = connect(parse_url(address), foreign_keys=False)
    with engine.execution_options(**WRITES).begin() as connection:
        command.upgrade(migration.configuration(connection), request.param)
        _fill(connection, tmp_path / "home")
        if request.param == migration.SCHEMA:
            triggers.install(connection)
    engine.dispose()
    return request.param


def _fill(connection: Connection, home: Path) -> None:
    sha256 = _put(home, b"site,wait_s\nA,12\n")
    found = inspect(connection)
    seals = {}
    for name, rows in ROWS.items():
        table = METADATA.tables[name]
        there = {column["name"] for column in found.get_columns(name)}
        for row in rows:
            values = {"created_at": MOMENT, **row}
            if name == "snapshot":
                values["sha256"] = sha256
            if name == "evidence_record":
                values["snapshot_sha256"] = sha256
            values = {key: value for key, value in _complete(table, values).items() if key in there}
            connection.execute(table.insert().values(values))
            seals[f"{name}/{row['id']}"] = seal(name, _stored(table, values))
    event = {
        "seq": 1, "at": MOMENT, "actor_id": identity("ada"), "via": "cli", "act": "pilot.registered",
        "subject": f"pilot/{identity('pilot')}", "pilot_id": identity("pilot"), "before": None,
        "after": {"key": "call-back"}, "why": "", "seals": seals, "previous_hash": BEGINNING,
    }  # fmt: skip
    table = METADATA.tables["event"]
    digest = event_hash({**_stored(table, event), "hash": ""})
    connection.execute(table.insert().values({**event, "hash": digest}))
    connection.execute(text("UPDATE log_head SET seq = 1, hash = :hash"), {"hash": digest})


def _complete(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    """Every column of the table; what is not given is empty."""
    return {column.name: values.get(column.name) for column in table.columns}


def _stored(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    from registry.seals import _json_text

    return {name: _json_text(table.columns[name], value) for name, value in values.items()}


def _put(home: Path, content: bytes) -> str:
    from registry.snapshots import SnapshotStore

    return SnapshotStore(home / "snapshots").put(content)


def opened(address: str, home: Path) -> Registry:
    return Registry.open(home, "" if address.startswith("sqlite") else address)


def test_a_released_database_with_data_comes_up_to_date_and_is_whole(
    released: str, address: str, tmp_path: Path
) -> None:
    if not address.startswith("sqlite"):
        if released != migration.SCHEMA:
            with pytest.raises(Unavailable) as refused:
                opened(address, tmp_path / "home")
            assert refused.value.problems[0].code == "database_not_upgraded"
        assert upgrade(address) == (released, migration.SCHEMA)
        assert upgrade(address) == (migration.SCHEMA, migration.SCHEMA)
    with opened(address, tmp_path / "home") as registry:
        found = verify(registry)
        assert found.findings == ()
        assert (found.events, found.snapshots) == (1, 1)
        with registry.read() as session:
            pilot = find.pilot(session, "call-back")
            assert pilot.draft == {"title": "Call-back"}
            assert pilot.stage_since == MOMENT
            assert find.person(session, pilot.owner_id).name == "Ada Löw"
            assert find.latest_evidence(session, pilot.id).canonical == EVIDENCE
        with registry.work(identity("ada"), Via.APP) as work:
            work.change(find.pilot(work.session, "call-back"), "pilot.staged", title="Call-back everywhere")
        assert verify(registry, found.head).findings == ()
        for name, rows in ROWS.items():
            with registry.read() as session:
                assert len(session.execute(select(METADATA.tables[name])).all()) == len(rows), name


def test_an_upgrade_that_is_cut_off_leaves_the_old_database_whole(
    released: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if released == migration.SCHEMA:
        pytest.skip("nothing to upgrade")

    def fail(_connection: object) -> None:
        raise OSError("power cut")

    monkeypatch.setattr(triggers, "install", fail)
    with pytest.raises(OSError, match="power cut"):
        upgrade(address)
    monkeypatch.undo()
    engine = connect(parse_url(address))
    with engine.connect() as connection:
        assert migration.schema_of(connection) == released
    engine.dispose()
    upgrade(address)
    with opened(address, tmp_path / "home") as registry:
        assert verify(registry).findings == ()


def test_the_file_that_comes_along_is_brought_up_by_opening_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    address = f"sqlite:///{home / 'registry.db'}"
    engine = connect(parse_url(address), foreign_keys=False)
    with engine.execution_options(**WRITES).begin() as connection:
        command.upgrade(migration.configuration(connection), RELEASED[0])
        _fill(connection, home)
    engine.dispose()
    with Registry.open(home, "") as registry:
        assert verify(registry).whole
    with closing(sqlite3.connect(home / "registry.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (migration.SCHEMA,)
