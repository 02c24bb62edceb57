"""Whose turn it is to write to an SQLite file.

SQLite lets waiting writers try again at growing intervals, so that one who writes act after act can keep the others
out for minutes. Here they wait for a lock on a file beside the database and look often; a process that dies loses it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import BinaryIO

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # no such locks on Windows: SQLite's own waiting is all there is
    flock = None  # type: ignore[assignment]

LOOK_EVERY = 0.002
"""Seconds."""


def file_of(database: Path) -> Path:
    return database.with_name(f"{database.name}-turn")


def take_turn(database: Path, seconds: float) -> BinaryIO | None:
    """Wait for the turn, but no longer than that: SQLite then says itself that it is busy. Closing it gives it back."""
    if flock is None:
        return None
    file = file_of(database).open("ab")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            flock(file, LOCK_EX | LOCK_NB)
            return file
        except BlockingIOError:
            time.sleep(LOOK_EVERY)
    file.close()
    return None
