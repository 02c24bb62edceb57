"""Past and running pilots from a spreadsheet, one a row: recorded afterwards, marked so, and never a reason to scale.

found = look(desk, path, path.name)    # every row as it would be kept; Refused with every problem by row and column
keep(desk, found)                      # all of them, or none
"""

from experiments.afterwards.form import csv_form, help_table, workbook_form
from experiments.afterwards.keep import (
    ACT,
    Kept,
    effect_line,
    ended_on,
    facts_of,
    is_recorded,
    keep,
    look,
    past_lines,
    preview,
)
from experiments.afterwards.sheet import COLUMNS, PastPilot, read_sheet

__all__ = [
    "ACT",
    "COLUMNS",
    "Kept",
    "PastPilot",
    "csv_form",
    "effect_line",
    "ended_on",
    "facts_of",
    "help_table",
    "is_recorded",
    "keep",
    "look",
    "past_lines",
    "preview",
    "read_sheet",
    "workbook_form",
]
