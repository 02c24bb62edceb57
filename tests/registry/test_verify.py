"""Whoever changes a stored field behind the registry's back is found, and the finding names record and field."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from uuid import UUID

import pytest
from sqlalchemy import CheckConstraint, Column, select

from registry import find
from registry.canonical import canonical_json, sha256_text
from registry.events import Event
from registry.kinds import Via
from registry.open import Registry
from registry.people import Person
from registry.pilots import Pilot
from registry.schema import METADATA, sealed_tables
from registry.seals import PERSONAL, event_hash, to_be_stored
from registry.verify import Finding, verify

OTHER_ID = "0123456789abcdef0123456789abcdef"


def test_an_untouched_record_is_whole(worked: Registry) -> None:
    verification = verify(worked)
    assert verification.findings == ()
    assert verification.whole
    assert verification.broken_at is None
    assert verification.snapshots == verification.attachments == 1
    assert verification.head == worked.head_hash()
    # Every table has at least one row here, so that every table is really tried below.
    with worked.read() as session:
        for table in sealed_tables():
            assert session.execute(table.select()).first() is not None, table.name


def test_an_empty_record_is_whole(registry: Registry) -> None:
    assert verify(registry).whole
    assert verify(registry).events == 0


def _tampered(column: Column, value: object) -> str:
    """SQL for another value of that column, of its own type."""
    kind = column.type.__class__.__name__
    name = column.name
    if kind == "Uuid":
        return f"'{OTHER_ID}'"
    if kind == "Boolean":
        return f"NOT {name}"
    if kind in ("Integer", "BigInteger", "Float"):
        return f"COALESCE({name}, 0) + 7"
    if kind == "Moment":
        return "'2001-02-03 04:05:06.000007'"
    if kind == "Date":
        return "'2001-02-03'"
    if kind == "Enum":
        return f"'{next(member for member in column.type.enums if member != value)}'"
    if kind == "CanonicalJSON":
        return """'{"tampered":1}'"""
    return "'" + "f" * 64 + "'" if "sha256" in name or "hash" in name else "'tampered'"


class _Altered:
    """Changes one field of one row behind the registry's back, and puts it back afterwards.

    It gives the row's name in the log.
    """

    def __init__(self, registry: Registry, raw: Callable[..., None], column: Column, at: int | None = None) -> None:
        self.registry, self.raw, self.column, self.at = registry, raw, column, at
        self.table = column.table.name
        self.key = "seq" if self.table == "event" else "id"

    def __enter__(self) -> str:
        self.row, self.value = self._rows()[0]
        self._set(_tampered(self.column, self.value))
        assert dict(self._rows())[self.row] != self.value, self.column
        return f"{self.table}/{self.row if self.key == 'seq' else _uuid(self.row)}"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._set("?", self.value)

    def _rows(self) -> list[tuple[object, object]]:
        with self.registry._engine.connect() as connection:
            rows = connection.exec_driver_sql(f"SELECT {self.key}, {self.column.name} FROM {self.table} ORDER BY 1")
            return [(key, value) for key, value in rows if self.at in (None, key)]

    def _set(self, expression: str, *values: object) -> None:
        self.raw(f"UPDATE {self.table} SET {self.column.name} = {expression} WHERE {self.key} = ?", *values, self.row)


def _remove_checks(registry: Registry) -> None:
    """PostgreSQL checks even its owner's changes, until the owner removes the checks (``raw`` does so on SQLite)."""
    if registry.url.get_backend_name() == "sqlite":
        return
    with registry._engine.begin() as connection:
        for table in METADATA.sorted_tables:
            for constraint in table.constraints:
                if isinstance(constraint, CheckConstraint):
                    connection.exec_driver_sql(f"ALTER TABLE {table.name} DROP CONSTRAINT {constraint.name}")


def _uuid(key: object) -> str:
    return str(key if isinstance(key, UUID) else UUID(str(key)))


def test_every_field_of_every_table_is_watched(worked: Registry, raw: Callable[..., None]) -> None:
    """One after the other, each field of one row of each table is changed, found, named, and put back."""
    columns = [column for table in sealed_tables() for column in table.columns if column.name != "id"]
    _remove_checks(worked)
    for column in columns:
        with _Altered(worked, raw, column) as subject:
            found = [f for f in verify(worked).findings if f.subject == subject and f.code.startswith("row_changed")]
        assert len(found) == 1, column
        assert found[0].facts["fields"] == (() if column.table.name in PERSONAL else (column.name,)), column
    assert verify(worked).whole


def test_every_field_of_an_event_is_watched(worked: Registry, raw: Callable[..., None]) -> None:
    _remove_checks(worked)
    for column in METADATA.tables["event"].columns:
        if column.name == "seq":
            continue
        with _Altered(worked, raw, column, at=3) as subject:
            verification = verify(worked)
        assert subject == "event/3", column
        codes = {f.code for f in verification.findings if f.seq == 3}
        assert "event_changed" in codes, column
        assert ("link_broken" in codes) == (column.name == "previous_hash")
        assert verification.broken_at == 3, column
    assert verify(worked).whole


def test_a_row_removed_from_any_table_is_missed(worked: Registry, raw: Callable[..., None]) -> None:
    """One after the other, the first row of each table is removed, missed by its name, and put back."""
    for table in sealed_tables():
        columns = [column.name for column in table.columns]
        names = ", ".join(columns)
        with worked._engine.connect() as connection:
            row = connection.exec_driver_sql(f"SELECT {names} FROM {table.name} ORDER BY id").first()
        raw(f"DELETE FROM {table.name} WHERE id = ?", row[columns.index("id")])
        subject = f"{table.name}/{_uuid(row[columns.index('id')])}"
        assert Finding(code="row_missing", subject=subject) in verify(worked).findings, table.name
        raw(f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(columns))})", *row)
    assert verify(worked).whole


def test_a_row_under_another_key_is_found_in_any_table(worked: Registry, raw: Callable[..., None]) -> None:
    for table in sealed_tables():
        with worked._engine.connect() as connection:
            key = connection.exec_driver_sql(f"SELECT id FROM {table.name} ORDER BY id").scalar()
        raw(f"UPDATE {table.name} SET id = ? WHERE id = ?", OTHER_ID, key)
        found = {(finding.code, finding.subject) for finding in verify(worked).findings}
        assert ("row_missing", f"{table.name}/{_uuid(key)}") in found, table.name
        assert ("row_unrecorded", f"{table.name}/{_uuid(OTHER_ID)}") in found, table.name
        raw(f"UPDATE {table.name} SET id = ? WHERE id = ?", key, OTHER_ID)
    assert verify(worked).whole


def test_two_rows_that_changed_places_are_found(worked: Registry, raw: Callable[..., None]) -> None:
    """Both plans stay there, with their own texts and hashes: only their keys were swapped."""
    with worked._engine.connect() as connection:
        one, other = connection.exec_driver_sql("SELECT id FROM plan_record ORDER BY number").scalars()
    for old, new in ((one, OTHER_ID), (other, one), (OTHER_ID, other)):
        raw("UPDATE plan_record SET id = ? WHERE id = ?", new, old)
    changed = {finding.subject: finding.facts["fields"] for finding in verify(worked).findings}
    assert changed.keys() == {f"plan_record/{_uuid(one)}", f"plan_record/{_uuid(other)}"}
    assert all("number" in fields for fields in changed.values())


def test_two_events_that_changed_places_are_found(worked: Registry, raw: Callable[..., None]) -> None:
    for old, new in ((3, 900), (4, 3), (900, 4)):
        raw("UPDATE event SET seq = ? WHERE seq = ?", new, old)
    verification = verify(worked)
    assert verification.broken_at == 3
    assert {"event_changed", "link_broken"} <= {f.code for f in verification.findings if f.seq == 3}


@pytest.mark.parametrize("change", ["seq = seq + 1", "hash = '" + "e" * 64 + "'"])
def test_the_recorded_end_of_the_log_is_watched(worked: Registry, raw: Callable[..., None], change: str) -> None:
    raw(f"UPDATE log_head SET {change}")
    assert [finding.code for finding in verify(worked).findings] == ["head_differs"]


def test_an_event_moved_to_another_number_is_found(worked: Registry, raw: Callable[..., None]) -> None:
    raw("UPDATE event SET seq = 900 WHERE seq = 3")
    verification = verify(worked)
    assert verification.broken_at == 3
    assert any(f.code == "event_missing" and f.seq == 3 for f in verification.findings)


def test_a_row_that_nobody_recorded_is_named(worked: Registry, raw: Callable[..., None]) -> None:
    raw(
        "INSERT INTO department (id, created_at, revision, key, name, active) "
        "VALUES (?, '2026-01-01 00:00:00', 1, 'shadow', 'Shadow', true)",
        OTHER_ID,
    )
    expected = Finding(code="row_unrecorded", subject=f"department/{_uuid(OTHER_ID)}")
    assert verify(worked).findings == (expected,)


def test_a_forged_plan_with_a_fitting_hash_is_found(worked: Registry, raw: Callable[..., None]) -> None:
    """Text and hash both replaced: only the log knows what was signed."""
    forged = canonical_json({"pilot": "call-back", "alpha": 0.5})
    raw("UPDATE plan_record SET canonical = ?, sha256 = ?", forged, sha256_text(forged))
    codes = {(f.code, f.subject.split("/")[0]) for f in verify(worked).findings}
    assert ("row_changed", "plan_record") in codes
    assert ("citation_differs", "evidence_record") in codes
    assert ("text_differs_from_hash", "plan_record") not in codes


def test_a_removed_event_is_found_at_its_place(worked: Registry, raw: Callable[..., None]) -> None:
    raw("DELETE FROM event WHERE seq = 4")
    verification = verify(worked)
    assert verification.broken_at == 4
    assert any(f.code == "event_missing" and f.facts == {"until": 4} for f in verification.findings)


@pytest.mark.parametrize("harm", ["truncated", "all but the first"])
def test_a_log_that_was_emptied_is_found(worked: Registry, raw: Callable[..., None], harm: str) -> None:
    raw("DELETE FROM event" if harm == "truncated" else "DELETE FROM event WHERE seq > 1")
    raw("UPDATE log_head SET seq = 0, hash = ?" if harm == "truncated" else "UPDATE log_head SET hash = ?", "0" * 64)
    assert any(f.code == "row_unrecorded" and f.subject.startswith("decision/") for f in verify(worked).findings)


def test_a_rewritten_event_with_a_fitting_hash_breaks_the_next_link(worked: Registry, raw: Callable[..., None]) -> None:
    with worked.read() as session:
        event = find.events(session)[2]
        session.expunge(event)
    event.why = "another story"
    raw("UPDATE event SET why = ?, hash = ? WHERE seq = 3", event.why, event_hash(to_be_stored(event)))
    verification = verify(worked)
    assert [(f.code, f.seq) for f in verification.findings if f.seq] == [("link_broken", 4)]


def test_a_cut_off_tail_is_found(worked: Registry, raw: Callable[..., None]) -> None:
    last = verify(worked).events
    raw("DELETE FROM event WHERE seq = ?", last)
    assert any(f.code == "head_differs" for f in verify(worked).findings)


def test_a_tail_cut_off_with_its_head_is_found_by_a_noted_hash(
    worked: Registry, pilot: Pilot, ada: Person, raw: Callable[..., None]
) -> None:
    """Remarks leave no row that would be missed: only the noted head knows."""
    with worked.work(ada, Via.APP) as work:
        work.record("pilot.remarked", pilot)
    noted, last = worked.head_hash(), verify(worked).events
    with worked.read() as session:
        before: Event = find.events(session)[-2]
    raw("DELETE FROM event WHERE seq = ?", last)
    raw("UPDATE log_head SET seq = ?, hash = ?", before.seq, before.hash)
    assert verify(worked).whole
    assert any(f.code == "head_unknown" for f in verify(worked, head=noted).findings)


def test_an_older_head_is_known_as_long_as_the_chain_is_whole(worked: Registry, pilot: Pilot) -> None:
    noted = worked.head_hash()
    with worked.work(None, Via.CLI) as work:
        work.record("pilot.remarked", pilot)
    assert verify(worked, head=noted).whole


@pytest.mark.parametrize("harm", ["changed", "missing", "longer", "empty"])
@pytest.mark.parametrize("kind", ["snapshot", "attachment", "kept_input"])
def test_every_byte_on_disk_is_watched(worked: Registry, kind: str, harm: str) -> None:
    """One bit of the last byte is enough."""
    with worked.read() as session:
        ((key, sha256),) = session.execute(select(METADATA.tables[kind].c["id", "sha256"])).all()
    path = worked.snapshots.path(sha256)
    content = bytearray(path.read_bytes())
    path.unlink()
    if harm == "changed":
        content[-1] ^= 1
    if harm != "missing":
        path.write_bytes({"changed": content, "longer": content + b" ", "empty": b""}[harm])
    (finding,) = verify(worked).findings
    code = f"{kind}_{'missing' if harm == 'missing' else 'changed'}"
    assert finding == Finding(code=code, subject=f"{kind}/{_uuid(key)}", facts={"sha256": sha256})


def test_bytes_that_rows_name_are_no_orphans(worked: Registry) -> None:
    orphan = worked.snapshots.put(b"of an ingest that was cut off")
    assert worked.collect_orphans(older_than=0) == 1
    assert orphan not in set(worked.snapshots.stored())
    assert verify(worked).whole


def test_bytes_that_changed_places_are_found(worked: Registry) -> None:
    with worked.read() as session:
        names = [session.scalar(select(METADATA.tables[kind].c.sha256)) for kind in ("snapshot", "attachment")]
    one, other = (worked.snapshots.path(sha256) for sha256 in names)
    content = one.read_bytes(), other.read_bytes()
    for path, bytes_ in ((one, content[1]), (other, content[0])):
        path.unlink()
        path.write_bytes(bytes_)
    assert {finding.code for finding in verify(worked).findings} == {"snapshot_changed", "attachment_changed"}


@pytest.mark.parametrize("nonsense", ["'not json'", "''", "'[1,2'", "'null'"])
def test_nonsense_in_a_field_is_a_finding_and_no_crash(
    worked: Registry, raw: Callable[..., None], nonsense: str
) -> None:
    raw(f"UPDATE event SET seals = {nonsense} WHERE seq = 2")
    raw(f"UPDATE pilot SET draft = {nonsense}")
    verification = verify(worked)
    assert verification.broken_at == 2
    assert any(f.code == "row_changed" and f.facts == {"fields": ("draft",)} for f in verification.findings)


def test_nonsense_in_a_sqlite_file_is_a_finding_and_no_crash(worked: Registry, raw: Callable[..., None]) -> None:
    if worked.url.get_backend_name() != "sqlite":
        pytest.skip("PostgreSQL's types do not take it")
    for field in ("pilot stage_since", "pilot owner_id", "pilot title", "hypothesis mwe", "snapshot size"):
        table, column = field.split()
        raw(f"UPDATE {table} SET {column} = x'00ff'")
    changed = {f.subject.split("/")[0] for f in verify(worked).findings if f.code == "row_changed"}
    assert changed == {"pilot", "hypothesis", "snapshot"}
