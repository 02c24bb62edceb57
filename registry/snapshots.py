"""Accepted bytes, kept under their own hash. What is read is what was accepted, or an error."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from registry.errors import NotFound, Problem, Refused

_SHA256 = re.compile(r"[0-9a-f]{64}")
BLOCK = 1 << 20


class SnapshotStore:
    """A folder of files named by the sha256 of their content; nothing a person typed ever becomes a path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, content: bytes | Path) -> str:
        """Keep bytes (or a file's bytes) and give their sha256. When it returns, they survive a power cut.

        Not yet part of the record: a row ``Snapshot`` with this hash makes them so. Without one they are an orphan
        and are collected later.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self.folder, prefix="incoming-")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                digest = _copy(content, file)
                file.flush()
                os.fsync(file.fileno())
            target = self.path(digest)
            target.parent.mkdir(exist_ok=True, mode=0o700)
            temporary.chmod(0o440)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        for folder in (target.parent, self.folder):
            _sync_folder(folder)
        return digest

    def path(self, sha256: str) -> Path:
        """Where the bytes of that hash lie (or would lie)."""
        if not _SHA256.fullmatch(sha256):
            raise Refused(Problem(code="not_a_hash", facts={"value": str(sha256)[:80]}))
        return self.folder / sha256[:2] / sha256

    def verified_path(self, sha256: str) -> Path:
        """The file of that hash, after reading it through once. Raises NotFound or Refused (bytes changed)."""
        path = self.path(sha256)
        if not path.is_file():
            raise NotFound(Problem(code="snapshot_missing", facts={"sha256": sha256}))
        if digest_of(path) != sha256:
            raise Refused(Problem(code="snapshot_changed", facts={"sha256": sha256}))
        return path

    def read(self, sha256: str) -> bytes:
        """The bytes of that hash; errors as ``verified_path``."""
        return self.verified_path(sha256).read_bytes()

    def stored(self) -> Iterator[str]:
        """Hashes of all files kept."""
        return (path.name for path in self.folder.glob("??/*") if _SHA256.fullmatch(path.name))

    def collect(self, known: Iterable[str], *, older_than: float = 3600.0) -> int:
        """Remove files that no row knows (an ingest that was cut off), if older than that many seconds. How many."""
        keep, limit = set(known), time.time() - older_than
        orphans = [self.path(sha256) for sha256 in self.stored() if sha256 not in keep]
        leftovers = self.folder.glob("incoming-*")
        old = [path for path in (*orphans, *leftovers) if _modified(path) < limit]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def digest_of(path: Path) -> str:
    """sha256 of a file's bytes, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(content: bytes | Path, into: BinaryIO) -> str:
    digest = hashlib.sha256()
    for block in [content] if isinstance(content, bytes) else _blocks(content):
        digest.update(block)
        into.write(block)
    return digest.hexdigest()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _modified(path: Path) -> float:
    """When a file was last written; never if it is gone by now."""
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_mtime
    return float("inf")


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
