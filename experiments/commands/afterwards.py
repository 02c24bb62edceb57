"""Commands of ``pilot`` for pilots that were run before: from a spreadsheet, one a row."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.command import Answer, Who, command, looking
from experiments.errors import Refused
from experiments.words import say
from stats.errors import Problem


def afterwards_commands(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    command(app, "import-past")(import_past)


def import_past(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The filled-in form: .xlsx or CSV, one pilot a row.")
    ] = None,
    form: Annotated[
        Path | None, typer.Option("--form", metavar="FILE", help="Write the empty form to this .xlsx or .csv file.")
    ] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only show what would be kept.")] = False,
    who: Who = None,
) -> Answer:
    """Record past and running pilots from a spreadsheet: marked as recorded afterwards, never a reason to scale."""
    if form is not None:
        return _form(form)
    if file is None:
        raise Refused(Problem(code="sheet_needs_file"))
    from experiments import afterwards as stage
    from experiments.commands.progress import table

    with looking(who) as desk:
        found = stage.look(desk, file)
        kept = None if dry else stage.keep(desk, found)
    shown = stage.preview(found)
    lines = table([say(f"column.{name}") for name in shown], [list(row) for row in zip(*shown.values(), strict=True)])
    drafts = sum(pilot.running for pilot in found)
    closed = len(found) - drafts
    said = say("afterwards.would_keep" if kept is None else "afterwards.kept", closed=closed, drafts=drafts)
    value = {
        "kept": kept is not None,
        "pilots": [
            {"row": one.row, "pilot": one.key, "title": one.title, "stage": "draft" if one.running else "closed",
             "effect": one.effect, "unit": one.unit, "outcome": one.outcome}
            for one in found
        ],
    }  # fmt: skip
    return Answer(value=value, lines=(*lines, "", said, say("afterwards.recorded")))


def _form(path: Path) -> Answer:
    from experiments import afterwards as stage
    from experiments.files import write_bytes

    write_bytes(path, stage.workbook_form() if path.suffix.lower() == ".xlsx" else stage.csv_form())
    return Answer(value={"kept": False, "pilots": []}, lines=(say("cli.written", file=str(path)),))
