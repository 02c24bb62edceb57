"""A column that joins a sealed table later: what was sealed before stays whole, and what is put into it is covered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Column, String, inspect

from registry import find, migration
from registry.base import ADDED_LATER, added_later
from registry.database import WRITES, connect, parse_url
from registry.kinds import Via
from registry.open import Registry
from registry.schema import METADATA, sealed_tables
from registry.verify import verify

TABLES = ("pilot", "person")
"""One whose seals name their fields, and one of people, whose seals do not."""


@pytest.fixture(params=TABLES)
def grown(request: pytest.FixtureRequest, worked: Registry) -> Iterator[str]:
    """A table of a record in use that got a column by the next migration; its name."""
    name = request.param
    column = Column("nickname", String, nullable=False, server_default="", **added_later(""))
    table = METADATA.tables[name]
    table.append_column(column)
    with worked._engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN nickname VARCHAR NOT NULL DEFAULT ''")
    yield name
    table._columns.remove(column)


def about(registry: Registry, table: str) -> list[tuple[str, Any]]:
    """(code, fields) of what is found about rows of that table."""
    found = verify(registry).findings
    assert all(finding.subject.startswith(f"{table}/") for finding in found)
    return [(finding.code, finding.facts["fields"]) for finding in found]


def test_rows_sealed_before_a_column_was_added_are_whole_afterwards(worked: Registry, grown: str) -> None:
    assert verify(worked).findings == ()


def test_a_value_put_into_the_new_column_is_found_before_the_row_was_ever_written_again(
    worked: Registry, grown: str, raw: Callable[..., None]
) -> None:
    raw(f"UPDATE {grown} SET nickname = 'shadow' WHERE created_at = (SELECT min(created_at) FROM {grown})")
    fields = ("nickname",) if grown == "pilot" else ()
    assert about(worked, grown) == [("row_changed" if fields else "row_changed_somewhere", fields)]


def test_a_row_written_again_is_covered_with_the_new_column(
    worked: Registry, grown: str, raw: Callable[..., None]
) -> None:
    """Written with a value, tampering is found: another value, and the old emptiness, too."""
    with worked.read() as session:
        row: Any = find.pilot(session, "call-back") if grown == "pilot" else find.people(session)[0]
    raw(f"UPDATE {grown} SET nickname = 'ours' WHERE id = ?", _key(worked, grown, row.id))
    with worked.work(None, Via.SYSTEM) as work:
        again: Any = work.get(type(row), row.id)
        work.change(again, "row.renamed", **{"title" if grown == "pilot" else "name": "Another"})
    assert verify(worked).findings == ()
    for value in ("shadow", ""):
        raw(f"UPDATE {grown} SET nickname = ? WHERE id = ?", value, _key(worked, grown, row.id))
        assert len(about(worked, grown)) == 1, value
    raw(f"UPDATE {grown} SET nickname = 'ours' WHERE id = ?", _key(worked, grown, row.id))
    assert verify(worked).findings == ()


def _key(registry: Registry, table: str, key: Any) -> Any:
    """A key as the database keeps it."""
    return key.hex if registry.url.get_backend_name() == "sqlite" else key


def test_every_column_that_came_after_its_table_says_so(tmp_path: Path) -> None:
    """Held against the migrations, one after the other: else rows of an older record would look tampered with."""
    engine = connect(parse_url(f"sqlite:///{tmp_path / 'steps.db'}"), foreign_keys=False)
    first: dict[str, set[str]] = {}
    with engine.execution_options(**WRITES).begin() as connection:
        config = migration.configuration(connection)
        for script in reversed(list(ScriptDirectory.from_config(config).walk_revisions())):
            command.upgrade(config, script.revision)
            found = inspect(connection)
            for name in found.get_table_names():
                first.setdefault(name, {column["name"] for column in found.get_columns(name)})
    engine.dispose()
    for table in sealed_tables():
        marked = {column.name for column in table.columns if ADDED_LATER in column.info}
        assert marked == {column.name for column in table.columns} - first[table.name], table.name
