"""Outcomes: from a file or table that someone sent to a table that can be trusted.

    reading = guess_reading(path)                  # how to read it; a value that is stored with the bytes
    preview(path, reading)                         # first rows, guessed types, other encodings; for a person to look at
    suggest_columns(preview, ["site", "arm"])      # which column plays which part, by name
    table = open_table(path, reading)              # an Ibis table on DuckDB; Parquet stays a lazy scan
    table = open_connection("postgres://...", "schema.table")
    check(table, plan.columns, plan.metrics, plan.sites, window, today=today)     # Accepted, or RefusedOutcomes

Everything that is wrong is raised as ``RefusedData``: of the file by the first four (what it is, what is broken, which
lines do not fit), of its content by ``check`` (``RefusedOutcomes``: all problems by column and row, rows, good rows).
No other exception comes from bytes, whatever they are. The sentences are in the catalogue under ``problem.<code>``.
"""

from stats.outcomes.accepted import Accepted, RefusedOutcomes
from stats.outcomes.check import check
from stats.outcomes.files import SizeLimits
from stats.outcomes.guess import guess_reading
from stats.outcomes.preview import EncodingChoice, Preview, PreviewColumn, preview
from stats.outcomes.reading import ENCODINGS, Reading
from stats.outcomes.suggest import suggest_columns
from stats.outcomes.tables import connect, open_connection, open_table

__all__ = [
    "ENCODINGS",
    "Accepted",
    "EncodingChoice",
    "Preview",
    "PreviewColumn",
    "Reading",
    "RefusedOutcomes",
    "SizeLimits",
    "check",
    "connect",
    "guess_reading",
    "open_connection",
    "open_table",
    "preview",
    "suggest_columns",
]
