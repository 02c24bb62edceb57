"""A table that a command writes to a file, beside what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.tables import Columns
from experiments.words import say

Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Also write it as a table: .csv or .xlsx.")
]


def written(path: Path | None, columns: Columns) -> tuple[str, ...]:
    """Write the table, if a file was asked for: Excel for .xlsx, else CSV. Says where it lies."""
    from experiments.files import write_bytes
    from experiments.tables import form_of

    if path is None:
        return ()
    write_bytes(path, form_of(path.name).write(columns))
    return (say("cli.written", file=str(path)),)
