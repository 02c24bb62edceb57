"""Databases made by the migrations are those that the models describe."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlmodel import SQLModel

from registry import migration, triggers
from registry.errors import Unavailable
from registry.kinds import Via
from registry.open import Registry, upgrade
from registry.people import Person
from registry.schema import METADATA, models


def _of_the_record(name: str | None, kind: str, _parents: object) -> bool:
    """The index of the search is derived and has no models."""
    return not (kind == "table" and (name or "").startswith("search_"))


def test_migrations_from_empty_give_what_the_models_say(registry: Registry) -> None:
    with registry._engine.connect() as connection:
        postgres = connection.dialect.name == "postgresql"
        context = MigrationContext.configure(
            connection, opts={"compare_server_default": postgres, "include_name": _of_the_record}
        )
        assert compare_metadata(context, METADATA) == []


def test_migrations_and_models_agree_on_every_check(registry: Registry, tmp_path: Path) -> None:
    """The migration tool does not compare CHECK constraints: names and texts are compared here."""
    if registry.url.get_backend_name() != "sqlite":
        pytest.skip("PostgreSQL rewrites the texts; SQLite keeps them")
    fresh = create_engine(f"sqlite:///{tmp_path / 'models.db'}")
    SQLModel.metadata.create_all(fresh)
    expected, found = inspect(fresh), inspect(registry._engine)
    for table in METADATA.tables:
        checks = [
            sorted((check["name"], check["sqltext"]) for check in inspector.get_check_constraints(table))
            for inspector in (expected, found)
        ]
        assert checks[0] == checks[1], table
    fresh.dispose()


def test_the_newest_migration_is_the_one_that_the_program_expects(registry: Registry) -> None:
    with registry._engine.connect() as connection:
        scripts = ScriptDirectory.from_config(migration.configuration(connection))
        assert scripts.get_heads() == [migration.SCHEMA]
        assert migration.schema_of(connection) == migration.SCHEMA


def test_guards_are_in_place_after_a_migration(registry: Registry) -> None:
    with registry._engine.connect() as connection:
        assert triggers.installed(connection) == triggers.guard_names()


def test_every_guarded_table_exists() -> None:
    assert set(triggers.GUARDS) <= set(METADATA.tables) == set(models())


def test_opening_again_keeps_what_is_there(tmp_path: Path) -> None:
    with Registry.open(tmp_path) as registry, registry.work(None, Via.APP) as work:
        work.record("person.added", work.add(Person(name="Ada")))
    with Registry.open(tmp_path) as registry:
        assert registry.head_hash() != "0" * 64


def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    with Registry.open(tmp_path) as registry, registry._engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable) as refused:
        Registry.open(tmp_path)
    assert refused.value.problems[0].code == "database_newer"


@pytest.mark.postgres
def test_a_teams_database_is_upgraded_only_when_asked(postgres_url: str, postgres_server: str, tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    with pytest.raises(Unavailable) as refused:
        Registry.open(tmp_path, postgres_url)
    assert refused.value.problems[0].code == "database_not_upgraded"
    upgrade(postgres_url)
    upgrade(postgres_url)
    Registry.open(tmp_path, postgres_url).close()


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_connection: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(triggers, "install", fail)
    with pytest.raises(OSError, match="disk full"):
        Registry.open(tmp_path)
    monkeypatch.undo()
    with Registry.open(tmp_path) as registry:
        assert registry.head_hash() == "0" * 64
