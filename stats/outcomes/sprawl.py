"""Workbooks that are small as files and huge as tables: two cells at opposite corners of a sheet are enough.

The reader lays a sheet out as a full rectangle, and where that is larger than memory the whole process ends, with
everybody's sessions. So the places of the cells are looked at first. Where they can't be told at a glance (another
format than .xlsx, unusual writing, very tall and wide) the sheets are laid out in a process of their own, with a bound
on its memory (``sprawl_probe.py``).
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from stats.outcomes.files import refuse

MOST_CELLS = 40_000_000
"""Of one sheet laid out; a full sheet of 1,048,576 rows has 38 columns then."""
MOST_SHEETS = 250
PROBE = Path(__file__).with_name("sprawl_probe.py")
PROBE_SECONDS = 120
BROKEN = 3
"""Exit code of the probe for what is no readable workbook."""

_CELL = re.compile(rb"<(?:[\w.-]+:)?c[\s/>]")
# Each bounds the rectangle: 26 x 999,999, 104 x 99,999 and 702 x 9,999 cells.
_NEAR = tuple(
    re.compile(rb'<c r="' + place + rb'"[ />]')
    for place in (rb"[A-Z][0-9]{1,6}", rb"[A-C]?[A-Z][0-9]{1,5}", rb"[A-Z]{1,2}[0-9]{1,4}")
)


class Places:
    """Counts, chunk by chunk of the workbook's XML, how many cells there are and how many lie near the first."""

    def __init__(self) -> None:
        self.cells = 0
        self.near = [0] * len(_NEAR)
        self._rest = b""

    def take(self, chunk: bytes) -> None:
        text = self._rest + chunk
        cut = max(text.rfind(b"<"), 0)
        self._count(text[:cut])
        self._rest = text[cut:]

    def end_of_part(self) -> None:
        self._count(self._rest)
        self._rest = b""

    def _count(self, text: bytes) -> None:
        cells = len(_CELL.findall(text))
        self.cells += cells
        # Parts without cells (texts, styles) are the larger half, and need no second look.
        if cells:
            self.near = [n + len(near.findall(text)) for n, near in zip(self.near, _NEAR, strict=True)]

    @property
    def all_near(self) -> bool:
        return self.cells > 0 and any(near == self.cells for near in self.near)


def refuse_sprawl(content: bytes) -> None:
    """Lay the sheets out elsewhere; raise RefusedData where they do not fit, or are no sheets."""
    command = [sys.executable, "-I", str(PROBE), str(MOST_CELLS)]
    try:
        tried = subprocess.run(command, input=content, capture_output=True, timeout=PROBE_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise refuse("workbook_sprawls", limit=MOST_CELLS) from error
    if tried.returncode == BROKEN:
        raise refuse("broken_workbook", detail=tried.stdout.decode(errors="replace")[:80])
    if tried.returncode != 0:
        raise refuse("workbook_sprawls", limit=MOST_CELLS)
