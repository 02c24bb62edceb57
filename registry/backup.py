"""The whole record in one file that any database can be filled from: rows as lines of JSON, and the stored bytes.

Taken in one consistent view while others write. Rows come exactly as they are stored (seals.stored_rows), so the log
and its seals still fit after they are loaded, on another kind of database too.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Column, Connection, String, Table, Text, column, func, select, table
from sqlmodel import Session

from registry import migration, search
from registry.base import CanonicalJSON
from registry.canonical import canonical_json
from registry.errors import Problem, Refused
from registry.events import LogHead
from registry.open import Registry, named_bytes
from registry.schema import METADATA
from registry.seals import stored_rows, typed
from registry.snapshots import BLOCK

FORMAT = "proving-ground-backup-1"
CONTENTS = "backup.json"
LARGEST_CONTENTS = 1 << 20
_BYTES = re.compile(r"snapshots/[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a backup holds. rows: by table; sha256: of each table's lines; head: hash of the last event; stored: hashes
    of the bytes; absent: hashes that rows name but that were not in the data folder."""

    head: str
    rows: Mapping[str, int]
    sha256: Mapping[str, str]
    stored: tuple[str, ...]
    absent: tuple[str, ...]


def dump(registry: Registry, path: Path) -> Contents:
    """Write the whole record to a new file, which appears only when it is complete. Others may write meanwhile."""
    begun = path.with_name(f".{path.name}.begun")
    rows: dict[str, int] = {}
    digests: dict[str, str] = {}
    try:
        handle = os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            with registry.read() as session:
                head = session.execute(select(LogHead.hash)).scalar_one()  # type: ignore[call-overload]
                wanted = sorted(named_bytes(session))
                for one in METADATA.sorted_tables:
                    with archive.open(f"tables/{one.name}.jsonl", "w", force_zip64=True) as into:
                        rows[one.name], digests[one.name] = _lines(session, one, into)
            absent = [sha256 for sha256 in wanted if not _copied(registry, sha256, archive)]
            found = Contents(
                head=head,
                rows=rows,
                sha256=digests,
                stored=tuple(sha256 for sha256 in wanted if sha256 not in absent),
                absent=tuple(absent),
            )
            about = {"format": FORMAT, "schema": migration.SCHEMA, **vars(found)}
            archive.writestr(CONTENTS, canonical_json(about))
        begun.replace(path)
    except BaseException:
        begun.unlink(missing_ok=True)
        raise
    return found


def load(registry: Registry, path: Path) -> Contents:
    """Fill an empty registry from such a file: everything, or nothing of the database. Raises Refused."""
    try:
        with zipfile.ZipFile(path) as archive:
            about = _about(archive)
            _refuse_unless_empty(registry)
            for sha256 in about.stored:
                _put(registry, archive, sha256)
            with registry.filling() as connection:
                for one in METADATA.sorted_tables:
                    _fill(connection, archive, one, about)
                search.rebuild(connection)
            return about
    except (zipfile.BadZipFile, KeyError, EOFError, zlib.error) as error:
        raise Refused(Problem(code="backup_unreadable", facts={"said": str(error)[:200]})) from error


def _lines(session: Session, one: Table, into: IO[bytes]) -> tuple[int, str]:
    """(rows written, sha256 of the lines)."""
    count, digest = 0, hashlib.sha256()
    for row in stored_rows(session, one):
        line = canonical_json(row).encode() + b"\n"
        into.write(line)
        digest.update(line)
        count += 1
    return count, digest.hexdigest()


def _copied(registry: Registry, sha256: str, archive: zipfile.ZipFile) -> bool:
    """Whether the bytes were there; they are packed as they are, right or wrong: verify tells."""
    source = registry.snapshots.path(sha256)
    if not source.is_file():
        return False
    archive.write(source, f"snapshots/{sha256}")
    return True


def _about(archive: zipfile.ZipFile) -> Contents:
    """The table of contents, held against what is really in the file."""
    names = archive.namelist()
    expected = {CONTENTS, *(f"tables/{one.name}.jsonl" for one in METADATA.sorted_tables)}
    strange = sorted({name for name in names if name not in expected and not _BYTES.fullmatch(name)})
    if CONTENTS not in names or archive.getinfo(CONTENTS).file_size > LARGEST_CONTENTS + 100 * len(names):
        raise Refused(Problem(code="backup_unreadable", facts={"said": CONTENTS}))
    try:
        value = json.loads(archive.read(CONTENTS))
        known = value["format"] == FORMAT
        schema = str(value["schema"])
        parts = {name: value[name] for name in ("head", "rows", "sha256", "stored", "absent")}
    except (ValueError, TypeError, KeyError):
        raise Refused(Problem(code="backup_unreadable", facts={"said": CONTENTS})) from None
    if not known:
        raise Refused(Problem(code="backup_unreadable", facts={"said": CONTENTS}))
    if schema != migration.SCHEMA:
        raise Refused(Problem(code="backup_other_schema", facts={"schema": schema, "known": migration.SCHEMA}))
    missing = sorted((expected | {f"snapshots/{sha256}" for sha256 in parts["stored"]}) - set(names))
    if strange or missing or len(names) != len(set(names)):
        raise Refused(Problem(code="backup_damaged", facts={"member": (strange + missing + [CONTENTS])[0]}))
    return Contents(**{**parts, "stored": tuple(parts["stored"]), "absent": tuple(parts["absent"])})


def _refuse_unless_empty(registry: Registry) -> None:
    with registry.read() as session:
        filled = [
            one.name
            for one in METADATA.sorted_tables
            if one.name != "log_head" and session.execute(select(func.count()).select_from(one)).scalar_one()
        ]
    if filled or any(True for _ in registry.snapshots.stored()):
        raise Refused(Problem(code="restore_not_empty", facts={"folder": str(registry.home)}))


def _put(registry: Registry, archive: zipfile.ZipFile, sha256: str) -> None:
    """Bytes as they were packed; damaged ones are refused."""
    incoming = registry.home / f".restoring-{sha256[:12]}"
    try:
        with archive.open(f"snapshots/{sha256}") as source, incoming.open("wb") as into:
            while block := source.read(BLOCK):
                into.write(block)
        if registry.snapshots.put(incoming) != sha256:
            raise Refused(Problem(code="backup_damaged", facts={"member": f"snapshots/{sha256}"}))
    finally:
        incoming.unlink(missing_ok=True)


def _fill(connection: Connection, archive: zipfile.ZipFile, one: Table, about: Contents) -> None:
    name = f"tables/{one.name}.jsonl"
    digest = hashlib.sha256()
    rows = []
    with archive.open(name) as source:
        for line in source:
            digest.update(line)
            rows.append(_row(one, line, name))
    if digest.hexdigest() != about.sha256.get(one.name) or len(rows) != about.rows.get(one.name):
        raise Refused(Problem(code="backup_damaged", facts={"member": name}))
    if one.name == "log_head":
        for row in rows:
            if row["seq"]:
                connection.execute(one.update().values(seq=row["seq"], hash=row["hash"]))
        return
    into = table(one.name, *(column(each.name, _plain_type(each)) for each in one.columns))
    for part in _parents_first(one, rows):
        connection.execute(into.insert(), part)


def _row(one: Table, line: bytes, name: str) -> dict[str, Any]:
    try:
        stored = json.loads(line)
        return {each.name: typed(each, stored[each.name]) for each in one.columns}
    except (ValueError, TypeError, KeyError):
        raise Refused(Problem(code="backup_damaged", facts={"member": name})) from None


def _plain_type(each: Column[Any]) -> Any:
    """JSON and closed words go in as the texts that they are stored as: another spelling would be a change."""
    if isinstance(each.type, CanonicalJSON):
        return Text()
    return String() if each.type.__visit_name__ == "enum" else each.type


def _parents_first(one: Table, rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The rows in turns, so that a row comes after those of the same table that it refers to."""
    own = [key.parent.name for key in one.foreign_keys if key.column.table is one]
    waiting, there = rows, {None}
    while waiting:
        now = [row for row in waiting if all(row[name] in there for name in own)] if own else waiting
        if not now:
            raise Refused(Problem(code="backup_damaged", facts={"member": f"tables/{one.name}.jsonl"}))
        yield now
        there |= {row.get("id") for row in now}
        waiting = [row for row in waiting if row.get("id") not in there] if own else []
