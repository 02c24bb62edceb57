"""Outcomes: from a file or table that someone sent to a table that can be trusted."""

from stats.outcomes.files import SizeLimits
from stats.outcomes.reading import ENCODINGS, Reading
from stats.outcomes.tables import connect, open_connection, open_table

__all__ = ["ENCODINGS", "Reading", "SizeLimits", "connect", "open_connection", "open_table"]
