"""Backup and restore: the whole record in one file, and an empty data folder or database filled from it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from experiments.desk import Desk, may
from experiments.errors import Refused
from experiments.files import require_file
from experiments.record.verify import Verified, verify
from registry.access import Act
from registry.backup import Contents, dump, load
from registry.open import Registry, ready
from stats.errors import Problem


@dataclass(frozen=True, kw_only=True)
class BackedUp:
    """size: bytes of the file; files: stored bytes in it; absent: that rows name but that were not there."""

    output: str
    size: int
    rows: int
    files: int
    absent: int
    head: str


@dataclass(frozen=True, kw_only=True)
class Restored:
    """verified: what the check of the restored record found."""

    rows: int
    files: int
    verified: Verified


def backup(desk: Desk, path: Path) -> BackedUp:
    """Write everything to one new file while others may go on working. It holds personal data and no signing key."""
    if desk.login:
        may(desk, Act.KEEP_RECORD)
    if path.exists():
        raise Refused(Problem(code="backup_exists", facts={"file": str(path)}))
    try:
        made = dump(desk.registry, path)
    except OSError as error:
        facts = {"file": str(path), "said": error.strerror or type(error).__name__}
        raise Refused(Problem(code="file_not_written", facts=facts)) from None
    return BackedUp(
        output=str(path),
        size=path.stat().st_size,
        rows=_rows(made),
        files=len(made.stored),
        absent=len(made.absent),
        head=made.head,
    )


def restore(path: Path, home: Path | None = None, database_url: str | None = None) -> Restored:
    """Fill an empty data folder (and database, if one is named) and check the record. Refused where anything is."""
    require_file(path)
    ready(database_url or os.environ.get("DATABASE_URL"))
    with Registry.open(home, database_url) as registry:
        made = load(registry, path)
        return Restored(rows=_rows(made), files=len(made.stored), verified=verify(Desk(registry=registry), made.head))


def _rows(made: Contents) -> int:
    return sum(made.rows.values())
