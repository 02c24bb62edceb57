"""The engine: SQLite in the data folder by default, PostgreSQL for a team."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from registry.errors import Problem, Unavailable
from registry.turns import take_turn

BUSY_SECONDS = 60
"""How long a writer waits for its turn before the database counts as busy."""

TURN = "turn"
"""Where a connection that writes keeps its turn."""
WRITES = {"registry_writes": True}
"""Execution option of connections that mean to write: on SQLite they take the write lock when they begin."""


def embedded_url(home: Path) -> URL:
    return URL.create("sqlite", database=str(home / "registry.db"))


def parse_url(address: str) -> URL:
    """A usable URL from what people write; only SQLite and PostgreSQL are known."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        # What can't be read may be a password: it is not passed on, not even as the cause.
        raise Unavailable(Problem(code="database_address_unreadable")) from None
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername in ("sqlite", "sqlite+pysqlite") and url.database not in (None, "", ":memory:"):
        return url
    raise Unavailable(Problem(code="database_kind_unknown", facts={"kind": url.drivername}))


def connect(url: URL, *, foreign_keys: bool = True) -> Engine:
    """An engine with this house's settings. foreign_keys=False only for migrations that rebuild tables."""
    if url.get_backend_name() == "postgresql":
        options = f"-c lock_timeout={BUSY_SECONDS * 1000} -c timezone=UTC"
        return create_engine(url, pool_pre_ping=True, connect_args={"options": options, "connect_timeout": 10})
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _sqlite_settings(foreign_keys))
    event.listen(engine, "begin", _sqlite_begin(Path(str(url.database))))
    event.listen(engine, "commit", _give_back)
    event.listen(engine, "rollback", _give_back)
    return engine


def _sqlite_settings(foreign_keys: bool) -> Any:
    def apply(connection: SQLiteConnection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions on its own: _sqlite_begin does
        for setting in (
            "journal_mode = WAL",
            "synchronous = FULL",  # a decision that was confirmed survives a power cut
            f"foreign_keys = {'ON' if foreign_keys else 'OFF'}",
            "recursive_triggers = ON",  # else INSERT OR REPLACE would slip past the guards against DELETE
        ):
            connection.execute(f"PRAGMA {setting}").close()

    return apply


def _sqlite_begin(database: Path) -> Any:
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("registry_writes", False):
            connection.exec_driver_sql("BEGIN")
            return
        connection.info[TURN] = take_turn(database, BUSY_SECONDS)
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            _give_back(connection)
            raise

    return begin


def _give_back(connection: Connection) -> None:
    turn = connection.info.pop(TURN, None)
    if turn is not None:
        turn.close()
