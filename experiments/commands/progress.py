"""What the command line draws beside plain lines: a progress bar after a second, and a table."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Report = Callable[[float], None]
PATIENCE = 1.0
"""Seconds without a sign of life before people wonder."""


def _unseen(share: float) -> None:
    """Told the share done where there is no terminal."""


@contextmanager
def progress(what: str) -> Iterator[Report]:
    """A function that takes the share done (0-1); a bar appears on a terminal if it takes longer than a second."""
    if not sys.stderr.isatty():
        yield _unseen
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=1.0, visible=False)
        begun = time.monotonic()

        def report(share: float) -> None:
            bar.update(task, completed=share, visible=time.monotonic() - begun > PATIENCE)

        yield report


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Lines of columns, each as wide as its widest cell."""
    widths = [max(len(str(row[place])) for row in (heads, *rows)) for place in range(len(heads))]
    return tuple(
        "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *rows)
    )
