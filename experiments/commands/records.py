"""Command of ``pilot`` from raw records to the file that a pilot's plan asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.command import Answer, Who, acting, command
from experiments.errors import Refused
from experiments.tables import large_as_csv, large_as_parquet
from experiments.words import say
from stats.errors import Problem


def records_commands(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    command(app, "records")(records)


def records(
    raw: Annotated[Path, typer.Argument(metavar="RAW", help="Raw records: CSV (also gz), Parquet or Excel.")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="The pilot whose plan names the columns.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="File to write: .parquet or .csv.")],
    kind: Annotated[str, typer.Option(help="calls, tickets, surveys, customers, orders ...; else guessed.")] = "",
    mapping: Annotated[Path | None, typer.Option(help="Which column plays which part, in YAML.")] = None,
    source: Annotated[str, typer.Option(help="Use the mapping kept under this name.")] = "",
    beside: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A panel made before from other records, to add columns to.")
    ] = None,
    who: Who = None,
) -> Answer:
    """From raw records to the file that a pilot's plan asks for: `pilot ingest` takes it as it is."""
    from experiments.commands.measures import mapping_used
    from experiments.commands.progress import progress
    from experiments.files import require_file, write_bytes
    from experiments.limits import size_limits
    from experiments.raw import for_pilot as stage
    from experiments.raw import panel
    from experiments.raw.view import counted, dirt_table

    require_file(raw)
    if beside is not None:
        require_file(beside)
    if output.suffix.lower() not in (".parquet", ".csv"):
        raise Refused(Problem(code="raw_output_form", facts={"given": output.name}))
    limits = size_limits()
    with acting(who, key) as desk, progress(say("cli.raw.read", file=raw.name)):
        reading, looked = panel.first_look(raw, raw.name, limits)
        used = mapping_used(desk, mapping, source) or panel.proposed(looked, kind)
        read = panel.read_records(raw, reading, used, limits)
        made = stage.for_pilot(
            desk, key, read, beside=None if beside is None else stage.read_beside(beside, beside.name)
        )
    content = large_as_csv(made.table) if output.suffix.lower() == ".csv" else large_as_parquet(made.table)
    write_bytes(output, content)
    dirt = dirt_table(read)
    told = [
        f"{what}: {rows} ({rule})"
        for what, rows, rule in zip(dirt["dirt"], dirt["rows"], dirt["raw_rule"], strict=True)
    ]
    shape = say(f"raw.made.{made.shape}", rows=made.table.num_rows, title=made.title)
    value = {
        "pilot": key,
        "shape": made.shape,
        "rows": read.rows,
        "kept": read.kept,
        "written": made.table.num_rows,
        "columns": made.table.column_names,
        "lacking": list(made.lacking),
        "elsewhere": dict(made.elsewhere),
        "nowhere": made.nowhere,
        "output": str(output),
    }
    lines = (counted(read), *told, shape, *stage.left_out(made), say("cli.written", file=str(output)))
    return Answer(value=value, lines=lines)
