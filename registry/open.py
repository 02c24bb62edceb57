"""The registry: one object that holds the database and the snapshots, opened once and closed at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from sqlalchemy import URL, Connection, event, text
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlmodel import Session, select

from registry import migration, search
from registry.base import now
from registry.database import WRITES, connect, embedded_url, parse_url
from registry.errors import Problem, Unavailable
from registry.events import LogHead
from registry.keeping import Forgotten, KeptInput
from registry.kinds import Via
from registry.notes import Attachment
from registry.outcomes import Snapshot
from registry.people import Person
from registry.snapshots import SnapshotStore
from registry.unit_of_work import Work, unit_of_work
from registry.validation import refusal


class ReadingSession(Session):
    """A session for looking only: what it loads can be used after it is closed, but never written."""


@event.listens_for(ReadingSession, "before_flush")
def _refuse_writes(*_: object) -> None:
    raise TypeError("a reading session does not write: use Registry.work")


class Registry:
    """Database and snapshots. Safe to share between threads; every thread opens its own unit of work.

    clock: gives the time of events (replaced only where a made-up history is written).
    """

    def __init__(self, home: Path, url: URL, clock: Callable[[], datetime] = now) -> None:
        self.home = home
        self.url = url
        self.clock = clock
        self.snapshots = SnapshotStore(home / "snapshots")
        self._engine = connect(url)
        self._writing = self._engine.execution_options(**WRITES)

    @classmethod
    def open(
        cls, home: Path | None = None, database_url: str | None = None, clock: Callable[[], datetime] = now
    ) -> Self:
        """Open the registry in a data folder, created if need be.

        home: else PROVING_GROUND_HOME, else the platform's data folder. database_url: else DATABASE_URL, else SQLite
        in that folder, which is created and upgraded here; a database of one's own is upgraded by ``upgrade``.
        Raises Unavailable.
        """
        folder = home or _default_home()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        address = database_url or os.environ.get("DATABASE_URL") or None
        url = parse_url(address) if address else embedded_url(folder)
        registry = cls(folder, url, clock)
        try:
            registry._bring_up_to_date(automatic=address is None)
        except BaseException:
            registry.close()
            raise
        return registry

    def work(self, actor: Person | UUID | None, via: Via) -> AbstractContextManager[Work]:
        """One unit of work of a person (None: of the system itself)."""
        actor_id = actor.id if isinstance(actor, Person) else actor
        return unit_of_work(self._writing, actor_id, via, self.clock)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view for reading; what it gives can be used afterwards."""
        with ReadingSession(self._engine, autoflush=False, expire_on_commit=False) as session:
            try:
                if self.url.get_backend_name() == "postgresql":
                    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
                    session.execute(text("SET TRANSACTION READ ONLY"))
                yield session
            except DBAPIError as error:
                told = refusal(error)
                if told is None:
                    raise
                raise told from error

    @contextmanager
    def filling(self) -> Iterator[Connection]:
        """One writing transaction of a restore, which brings its own log: nothing is recorded of it."""
        with self._writing.begin() as connection:
            try:
                yield connection
            except DBAPIError as error:
                told = refusal(error)
                if told is None:
                    raise
                raise told from error

    def head_hash(self) -> str:
        """Hash of the last event: whoever keeps it can prove later that the log was not cut off."""
        with self.read() as session:
            return session.exec(select(LogHead.hash)).one()

    def collect_orphans(self, *, older_than: float = 3600.0) -> int:
        """Remove stored files that no row names and that are older than that many seconds; how many."""
        with self.read() as session:
            known = named_bytes(session)
        return self.snapshots.collect(known, older_than=older_than)

    def remove_forgotten(self) -> set[str]:
        """Delete the bytes of everything that was forgotten on record; hashes that stay because others name them."""
        with self.read() as session:
            gone, known = set(session.exec(select(Forgotten.sha256))), named_bytes(session)
        for sha256 in gone - known:
            self.snapshots.path(sha256).unlink(missing_ok=True)
        return gone & known

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _bring_up_to_date(self, *, automatic: bool) -> None:
        schema = self._schema()
        if schema == migration.SCHEMA:
            return
        if not automatic and (schema is None or schema < migration.SCHEMA):
            facts = {"schema": schema or "-", "known": migration.SCHEMA}
            raise Unavailable(Problem(code="database_not_upgraded", facts=facts))
        if schema is not None and schema > migration.SCHEMA:
            raise migration.newer(schema)
        migration.upgrade(self.url, afterwards=search.rebuild)

    def _schema(self) -> str | None:
        try:
            with self._engine.connect() as connection:
                return migration.schema_of(connection)
        except OperationalError as error:
            raise migration.unreachable(self.url) from error
        except DatabaseError as error:
            raise Unavailable(Problem(code="database_unreadable", facts={"said": str(error.orig)})) from error


def named_bytes(session: Session) -> set[str]:
    """Hashes of the stored bytes that some row names and its pilot has not forgotten."""
    rows = session.exec(select(Forgotten.pilot_id, Forgotten.kind, Forgotten.sha256))
    gone = {(pilot_id, str(kind), sha256) for pilot_id, kind, sha256 in rows}
    return {
        sha256
        for table in (Snapshot, Attachment, KeptInput)
        for pilot_id, sha256 in session.exec(select(table.pilot_id, table.sha256))
        if (pilot_id, str(table.__tablename__), sha256) not in gone
    }


def upgrade(database_url: str | None = None) -> tuple[str | None, str]:
    """Bring the team's database (else DATABASE_URL) to this version's schema: (where it stood, where it stands).

    Raises Unavailable.
    """
    address = database_url or os.environ.get("DATABASE_URL")
    if not address:
        raise Unavailable(Problem(code="database_address_missing"))
    return migration.upgrade(parse_url(address), afterwards=search.rebuild), migration.SCHEMA


def ready(database_url: str | None) -> None:
    """Make the tables of a database of one's own that has none yet; nothing otherwise. Raises Unavailable."""
    if database_url:
        migration.upgrade(parse_url(database_url), only_empty=True, afterwards=search.rebuild)


def _default_home() -> Path:
    if configured := os.environ.get("PROVING_GROUND_HOME"):
        return Path(configured).expanduser()
    from platformdirs import user_data_path

    return user_data_path("proving-ground", appauthor=False)
