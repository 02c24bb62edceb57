"""The portfolio as it was read last, in a file of the data folder: made from the record, and never part of it.

Nobody backs it up or trusts it for a decision. It names the place in the log at which it was true, and the program that
wrote it; whoever doubts it may delete it. ``verify`` holds it against the record.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from experiments.portfolio.rows import PilotRow
from experiments.portfolio.site_calendar import Span
from experiments.portfolio.touches import Touch
from registry.moved import Moment

FEWEST = 200
"""Pilots; fewer are read anew as fast as a file."""
EVERY = 200
"""So many events may happen before the file is written again; what moved in them is read one by one."""
PACKAGES = ("experiments", "registry", "stats")


@dataclass(frozen=True, kw_only=True)
class Glance:
    """What lists show of one pilot, apart from what depends on the day; span: None without dates."""

    row: PilotRow
    span: Span | None
    touches: tuple[Touch, ...]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Every pilot by its id, as it stood at that place in the log; code: of the program that read it."""

    seq: int
    hash: str
    by_id: Mapping[UUID, Glance]
    code: str = ""

    @property
    def at(self) -> Moment:
        return Moment(seq=self.seq, hash=self.hash)


def load(home: Path, language: str) -> Kept | None:
    """What the file says; None where there is none, it is broken, or another version of the program wrote it."""
    try:
        found = _adapter().validate_json(_path(home, language).read_bytes())
    except (OSError, ValidationError):
        return None
    return found if found.code == _code() else None


def worth_writing(known: Kept, file: int) -> bool:
    """file: the place in the log up to which the file has it."""
    return len(known.by_id) >= FEWEST and (not file or known.seq - file >= EVERY)


def store(home: Path, language: str, known: Kept) -> None:
    """Whole or not at all. A folder that can't be written to makes the next start slower, and nothing else."""
    path = _path(home, language)
    content = _adapter().dump_json(Kept(seq=known.seq, hash=known.hash, by_id=known.by_id, code=_code()))
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
        os.replace(file.name, path)
    except OSError:
        return


def _path(home: Path, language: str) -> Path:
    return home / "kept" / f"portfolio-{language}.json"


@cache
def _adapter() -> TypeAdapter[Kept]:
    return TypeAdapter(Kept)


@cache
def _code() -> str:
    """Of every file of this program: a word that is put differently is another row."""
    root = Path(__file__).resolve().parents[2]
    files = sorted(
        path for package in PACKAGES for path in (root / package).rglob("*") if path.suffix in {".py", ".toml"}
    )
    told = "".join(f"{path.relative_to(root)} {path.stat().st_mtime_ns} {path.stat().st_size}\n" for path in files)
    return sha256(told.encode()).hexdigest()
