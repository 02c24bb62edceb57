"""Run by the migration tool, always on a connection handed over by registry/migration.py."""

from typing import Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from registry.schema import METADATA

connection = context.config.attributes["connection"]


def plain_types(kind: str, thing: object, _context: object) -> str | Literal[False]:
    """Write the database's own types into migrations: they must not change when the models' types do."""
    return f"sa.{thing.impl_instance!r}" if kind == "type" and isinstance(thing, TypeDecorator) else False


def searched_apart(name: str | None, kind: str, _parents: object) -> bool:
    """What pilots are found by is derived from the models: no migration is drafted from it."""
    return not (kind == "table" and (name or "").startswith("search_"))


context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=True,
    render_item=plain_types,
    include_name=searched_apart,
    # On SQLite the server's defaults come back in another spelling: false alarms.
    compare_server_default=connection.dialect.name == "postgresql",
)
context.run_migrations()
