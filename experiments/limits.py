"""How large a file may be: set for this installation, told before a file comes, and kept by every door. And a number.

``PROVING_GROUND_MAX_UPLOAD_MB`` (default 200): megabytes of one file as it arrives. ``PROVING_GROUND_MAX_ROWS``
(default 20,000,000): data rows. What a packed file may unpack to is the engine's own limit (``SizeLimits``).
"""

from __future__ import annotations

import os
from math import isfinite
from typing import TYPE_CHECKING

from experiments.errors import Refused
from experiments.words import say
from stats.errors import Problem

if TYPE_CHECKING:
    from stats.outcomes.files import SizeLimits

MAX_UPLOAD_MB, MAX_ROWS = "PROVING_GROUND_MAX_UPLOAD_MB", "PROVING_GROUND_MAX_ROWS"
UPLOAD_MB, ROWS = 200, 20_000_000
MOST_MB, MOST_ROWS = 4_096, 50_000_000
"""What the engine takes at all."""
DIGITS = 15
"""Before and after the point, of a number that somebody types: what is beyond is a slip, and shares of it overflow."""


def upload_mb() -> int:
    """Megabytes that one file may have. Raises Refused where the setting is no whole number in range."""
    return _setting(MAX_UPLOAD_MB, UPLOAD_MB, MOST_MB)


def size_limits() -> SizeLimits:
    """The limits of this installation. Raises Refused where a setting is no whole number in range."""
    from stats.outcomes.files import SizeLimits

    return SizeLimits(max_file=upload_mb() << 20, max_rows=_setting(MAX_ROWS, ROWS, MOST_ROWS))


def told() -> str:
    """The limits in a sentence, for whoever is about to bring a file."""
    found = size_limits()
    return say("limits.told", megabytes=found.max_file >> 20, rows=found.max_rows)


def writable(number: float) -> bool:
    """Whether a typed number has so few digits that it, and shares of it, can be worked with and written."""
    return isfinite(number) and (number == 0 or 10.0**-DIGITS <= abs(number) <= 10.0**DIGITS)


def _setting(name: str, default: int, most: int) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:12]) <= most:
        raise Refused(Problem(code="setting_out_of_range", facts={"name": name, "given": text[:40], "most": most}))
    return int(text)
