"""Bringing a database to the schema of this version, and drafting the next migration.

python -m registry.migration "what changes"    drafts registry/migrations/versions/<n>_what_changes.py
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.exc import OperationalError

from registry import triggers
from registry.database import WRITES, connect
from registry.errors import Problem, Unavailable

if TYPE_CHECKING:
    from alembic.config import Config

SCHEMA = "0007"
"""The newest migration. Kept here so that a database that is up to date opens without loading the migration tool."""

FOLDER = Path(__file__).parent / "migrations"


def schema_of(connection: Connection) -> str | None:
    """The migration at which a database stands; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def upgrade(
    url: URL, *, only_empty: bool = False, afterwards: Callable[[Connection], object] = lambda _: None
) -> str | None:
    """Bring a database to this version's schema, in one transaction; two at once wait for each other. Where it stood.

    only_empty: leave a database alone that has tables already. afterwards: what is to be done in the same transaction,
    if anything was migrated.

    Raises Unavailable where the database was written by a newer version of this program.
    """
    engine = connect(url, foreign_keys=False)
    try:
        with engine.execution_options(**WRITES).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(7305020)"))
            before = schema_of(connection)
            if before == SCHEMA or (only_empty and before is not None):
                return before
            _run(connection)
            triggers.install(connection)
            _check_references(connection)
            afterwards(connection)
            return before
    except OperationalError as error:
        raise unreachable(url) from error
    finally:
        engine.dispose()


def unreachable(url: URL) -> Unavailable:
    """The database does not answer. The address is told without its password, and without settings behind a ``?``."""
    address = url.set(query={}).render_as_string(hide_password=True)
    return Unavailable(Problem(code="database_unreachable", facts={"address": address}))


def newer(schema: str) -> Unavailable:
    return Unavailable(Problem(code="database_newer", facts={"schema": schema, "known": SCHEMA}))


def _run(connection: Connection) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    config = configuration(connection)
    at = schema_of(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if at is not None and at not in known:
        raise newer(at)
    command.upgrade(config, "head")


def _check_references(connection: Connection) -> None:
    """SQLite ran the migration without foreign keys: nothing may dangle now."""
    if connection.dialect.name == "sqlite":
        dangling = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
        if dangling:
            raise Unavailable(Problem(code="database_dangling", facts={"tables": sorted({row[0] for row in dangling})}))


def configuration(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def draft(message: str) -> None:
    """Write the next migration by comparing the models with an up-to-date scratch database."""
    from alembic import command

    with tempfile.TemporaryDirectory() as folder:
        url = URL.create("sqlite", database=str(Path(folder) / "scratch.db"))
        engine = connect(url, foreign_keys=False)
        try:
            with engine.execution_options(**WRITES).begin() as connection:
                config = configuration(connection)
                if any((FOLDER / "versions").glob("0*.py")):
                    command.upgrade(config, "head")
                count = len(list((FOLDER / "versions").glob("0*.py")))
                command.revision(config, message, autogenerate=True, rev_id=f"{count + 1:04}")
        finally:
            engine.dispose()


if __name__ == "__main__":
    draft(" ".join(sys.argv[1:]))
