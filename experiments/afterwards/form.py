"""The empty sheet to fill in: its columns, and a second sheet that says what each is for."""

from __future__ import annotations

import io

from experiments.afterwards.sheet import COLUMNS, NEEDED, NEEDED_WHEN_OVER
from experiments.tables import as_csv
from experiments.words import say

WIDTHS = {"title": 30, "what was changed": 40, "for whom": 30, "takeaway": 50, "source": 30}
USUAL_WIDTH = 16


def column_help(column: str) -> tuple[str, str, str]:
    """What a column is for, whether it is needed, and an example."""
    name = column.replace(" ", "_")
    need = "always" if column in NEEDED else "over" if column in NEEDED_WHEN_OVER else "known"
    return say(f"afterwards.help.{name}"), say(f"afterwards.needed.{need}"), say(f"afterwards.example.{name}")


def help_table() -> dict[str, list[str]]:
    """The help as a table, by column key."""
    rows = [column_help(column) for column in COLUMNS]
    return {
        "sheet_column": list(COLUMNS),
        "sheet_what": [what for what, _, _ in rows],
        "sheet_needed": [needed for _, needed, _ in rows],
        "sheet_example": [example for _, _, example in rows],
    }


def csv_form() -> bytes:
    """Only the heading, as CSV."""
    return as_csv({column: [] for column in COLUMNS})


def workbook_form() -> bytes:
    """A workbook with the empty sheet first and the help behind it."""
    import openpyxl
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = say("afterwards.sheet")
    sheet.append(list(COLUMNS))
    for place, column in enumerate(COLUMNS, start=1):
        sheet.cell(row=1, column=place).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = WIDTHS.get(column, USUAL_WIDTH)
    sheet.freeze_panes = "A2"
    helped = book.create_sheet(say("afterwards.help_sheet"))
    table = help_table()
    helped.append([say(f"column.{name}") for name in table])
    for row in zip(*table.values(), strict=True):
        helped.append(list(row))
    for place, width in enumerate((20, 70, 24, 44), start=1):
        helped.column_dimensions[get_column_letter(place)].width = width
        helped.cell(row=1, column=place).font = Font(bold=True)
    for cells in helped.iter_rows(min_row=2):
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.data_type = "s"  # an example such as -18 stays what it is, and is never run
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
