"""Accepted bytes are kept under their hash, and only those bytes are ever read back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from registry.canonical import sha256_bytes
from registry.errors import NotFound, Refused
from registry.snapshots import SnapshotStore

CONTENT = b"site,wait_s\nA,12\n"


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "snapshots")


def test_bytes_come_back_by_their_hash(store: SnapshotStore) -> None:
    sha256 = store.put(CONTENT)
    assert sha256 == sha256_bytes(CONTENT)
    assert store.read(sha256) == CONTENT
    assert store.verified_path(sha256).read_bytes() == CONTENT


def test_a_file_is_kept_without_reading_it_whole(store: SnapshotStore, tmp_path: Path) -> None:
    source = tmp_path / "big.csv"
    source.write_bytes(CONTENT * 200_000)
    assert store.read(store.put(source)) == source.read_bytes()


def test_the_same_bytes_are_kept_once(store: SnapshotStore) -> None:
    assert store.put(CONTENT) == store.put(CONTENT)
    assert len(list(store.stored())) == 1
    assert [path for path in store.folder.iterdir() if path.is_file()] == []


def test_changed_bytes_are_never_read(store: SnapshotStore) -> None:
    sha256 = store.put(CONTENT)
    path = store.path(sha256)
    path.unlink()
    path.write_bytes(CONTENT.replace(b"12", b"13"))
    with pytest.raises(Refused) as refused:
        store.read(sha256)
    assert refused.value.problems[0].code == "snapshot_changed"
    store.put(CONTENT)
    assert store.read(sha256) == CONTENT


def test_unknown_bytes_are_not_found(store: SnapshotStore) -> None:
    with pytest.raises(NotFound):
        store.read("0" * 64)


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "", "/" * 64])
def test_nothing_but_a_hash_becomes_a_path(store: SnapshotStore, name: str) -> None:
    with pytest.raises(Refused) as refused:
        store.path(name)
    assert refused.value.problems[0].code == "not_a_hash"


def test_a_failed_write_leaves_nothing(store: SnapshotStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.put(tmp_path / "missing.csv")
    assert list(store.folder.iterdir()) == []


def test_orphans_are_collected_when_they_are_old(store: SnapshotStore) -> None:
    known, orphan = store.put(CONTENT), store.put(b"orphan")
    (store.folder / "incoming-cut-off").write_bytes(b"half")
    assert store.collect({known}) == 0
    for path in (store.path(orphan), store.path(known), store.folder / "incoming-cut-off"):
        os.utime(path, (0, 0))
    assert store.collect({known}) == 2
    assert list(store.stored()) == [known]


def test_bytes_put_again_are_young_again(store: SnapshotStore) -> None:
    """Else an orphan that an ingest has just put again could be collected before its row is committed."""
    sha256 = store.put(CONTENT)
    os.utime(store.path(sha256), (0, 0))
    store.put(CONTENT)
    assert store.collect(()) == 0
