"""Outcomes: from a file or table that someone sent to a table that can be trusted."""

from stats.outcomes.files import SizeLimits
from stats.outcomes.guess import guess_reading
from stats.outcomes.preview import EncodingChoice, Preview, PreviewColumn, preview
from stats.outcomes.reading import ENCODINGS, Reading
from stats.outcomes.tables import connect, open_connection, open_table

__all__ = [
    "ENCODINGS",
    "EncodingChoice",
    "Preview",
    "PreviewColumn",
    "Reading",
    "SizeLimits",
    "connect",
    "guess_reading",
    "open_connection",
    "open_table",
    "preview",
]
