"""Commands of ``pilot`` for the metric catalogue, and from raw records to a metric panel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands.command import Answer, Who, command, looking
from experiments.errors import Refused
from experiments.words import say
from stats.errors import Problem

if TYPE_CHECKING:
    from experiments.desk import Desk
    from experiments.keep_metrics import Listed
    from experiments.raw.panel import RawPanel
    from stats.raw_records import RawMapping

ACTIONS = ("show", "add", "retire", "restore")


def measures(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    command(app, "metrics")(metrics)
    command(app, "panel")(panel)


def metrics(
    action: Annotated[str | None, typer.Argument(metavar="[ACTION]", help="show, add, retire or restore.")] = None,
    what: Annotated[
        str | None, typer.Argument(metavar="[KEY|FILE]", help="A metric's key; a TOML file to add.")
    ] = None,
    words: Annotated[str, typer.Option(help="Words in name, definition or key.")] = "",
    perspective: Annotated[str, typer.Option(help="customer, employee, internal or financial")] = "",
    step: Annotated[str, typer.Option(help='Step of the journey, such as "wait".')] = "",
    waste: Annotated[str, typer.Option(help="waiting, over_production, rework, movement or none")] = "",
    reason: Annotated[str, typer.Option(help="With retire and restore: why.")] = "",
    who: Who = None,
) -> Answer:
    """The metric catalogue: list it, show one metric, add entries from a file, retire one or bring it back."""
    from experiments import keep_metrics as stage

    if action is not None and action not in ACTIONS:
        raise Refused(Problem(code="metric_action_unknown", facts={"action": action}))
    if action is not None and what is None:
        raise Refused(Problem(code="metric_action_needs", facts={"action": action}))
    with looking(who) as desk:
        if action is None or what is None:
            found = stage.search(stage.catalogue(desk), words=words, perspective=perspective, step=step, waste=waste)
            return _list(found)
        if action == "show":
            return _show(stage.metric(desk, what))
        if action == "add":
            return _add(desk, Path(what))
        if action == "retire":
            stage.retire(desk, what, reason)
        else:
            stage.restore(desk, what, reason)
    said = say("cli.metrics.retired" if action == "retire" else "cli.metrics.restored", key=what)
    return Answer(value={"key": what, "retired": action == "retire"}, lines=(said,))


def _list(found: list[Listed]) -> Answer:
    from experiments.commands.progress import table

    value = {"metrics": [_as_json(one) for one in found]}
    if not found:
        return Answer(value=value, lines=(say("cli.metrics.none"),))
    rows = [
        [one.entry.key, one.entry.name, one.entry.unit, one.entry.perspective, one.entry.journey_step] for one in found
    ]
    heads = [say(f"column.{name}") for name in ("key", "metric", "unit", "whose_view", "journey")]
    return Answer(value=value, lines=table(heads, rows))


def _show(listed: Listed) -> Answer:
    from experiments.keep_metrics import as_toml, origin_words

    retired = (say("metrics.retired"),) if listed.retired else ()
    lines = (listed.entry.name, origin_words(listed), *retired, "", *as_toml(listed.entry).splitlines())
    return Answer(value={"metric": _as_json(listed)}, lines=lines)


def _add(desk: Desk, file: Path) -> Answer:
    from experiments import keep_metrics as stage
    from experiments.files import require_file

    require_file(file)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        facts = {"file": file.name, "said": "it is not written in UTF-8"}
        raise Refused(Problem(code="metric_file_not_read", facts=facts)) from None
    keys = stage.add(desk, text, file.name)
    return Answer(value={"added": list(keys)}, lines=(say("cli.metrics.added", keys=list(keys)),))


def _as_json(listed: Listed) -> dict[str, object]:
    entry = listed.entry.model_dump(mode="json", exclude_none=True)
    return {**entry, "origin": listed.origin, "retired": listed.retired, "theme": listed.theme}


def panel(
    raw: Annotated[Path, typer.Argument(metavar="RAW", help="Raw records: CSV (also gz), Parquet or Excel.")],
    kind: Annotated[str, typer.Option(help="calls, tickets, surveys, customers, orders ...; else guessed.")] = "",
    metrics: Annotated[
        list[str] | None, typer.Option(help="Keys from the catalogue, divided by commas; else all that can be had.")
    ] = None,
    by: Annotated[
        str, typer.Option(help="Groups, divided by commas: site, queue, day, week, month, weekday, hour, half-hour.")
    ] = "",
    mapping: Annotated[Path | None, typer.Option(help="Which column plays which part, in YAML.")] = None,
    source: Annotated[str, typer.Option(help="Use the mapping kept under this name.")] = "",
    keep: Annotated[str, typer.Option(help="Keep the mapping under this name for next time.")] = "",
    save_mapping: Annotated[
        Path | None, typer.Option("--save-mapping", help="Write the mapping that was used to this YAML file.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the panel as CSV or .xlsx.")] = None,
    who: Who = None,
) -> Answer:
    """From raw records to the catalogue's metrics by site and period; needs no pilot."""
    from experiments import keep_metrics
    from experiments.commands.progress import progress
    from experiments.files import require_file, write_bytes
    from experiments.limits import size_limits
    from experiments.raw import panel as stage
    from experiments.raw import sources
    from experiments.raw.view import as_json

    require_file(raw)
    limits = size_limits()
    with looking(who) as desk, progress(say("cli.raw.read", file=raw.name)):
        reading, looked = stage.first_look(raw, raw.name, limits)
        entries = keep_metrics.in_use(desk)
        used = mapping_used(desk, mapping, source) or stage.proposed(looked, kind)
        if kind and used.kind != stage.checked_kind(kind):
            facts = {"metric": raw.name, "needed": kind, "kind": used.kind}
            raise Refused(Problem(code="raw_metric_other_kind", facts=facts))
        records = stage.read_records(raw, reading, used, limits)
        made = stage.make_panel(records, entries, _split(metrics or []), _split([by]))
        if keep:
            sources.keep_mapping(desk, keep, used)
    said = [say("cli.raw.mapping_kept", source=keep)] if keep else []
    if save_mapping is not None:
        write_bytes(save_mapping, _yaml(used).encode())
        said.append(say("cli.written", file=str(save_mapping)))
    elif mapping is None and not source:
        said.append(say("cli.raw.mapping_suggested"))
    if output is not None:
        from experiments.raw.view import panel_columns
        from experiments.tables import form_of

        write_bytes(output, form_of(output.name).write(panel_columns(made)))
        said.append(say("cli.written", file=str(output)))
    return Answer(value=as_json(made), lines=(*_lines(made), *said))


def mapping_used(desk: Desk, file: Path | None, source: str) -> RawMapping | None:
    """The mapping of a file, or the one kept under a name; None where neither is named."""
    from experiments.files import read_yaml
    from experiments.raw import sources

    if file is not None:
        return sources.read_mapping(read_yaml(file))
    return sources.mapping_of(desk, source) if source else None


def _split(texts: list[str]) -> list[str]:
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def _yaml(mapping: RawMapping) -> str:
    import yaml

    return yaml.safe_dump(mapping.model_dump(mode="json", exclude_defaults=True), sort_keys=False, allow_unicode=True)


def _lines(made: RawPanel) -> list[str]:
    """What was dirty, the metrics over everything, and the panel's first rows."""
    from experiments.commands.progress import table
    from experiments.raw import view as stage

    dirt = stage.dirt_table(made.records)
    lines = [stage.counted(made.records), ""]
    lines += table([say(f"column.{name}") for name in dirt], _rows(dirt)) if dirt["dirt"] else [say("raw.clean")]
    whole = {name: cells for name, cells in stage.whole_table(made).items() if name != "feels"}
    lines += ["", *table([say(f"column.{name}") for name in whole], _rows(whole))]
    if made.reliability:
        lines += ["", made.reliability]
    if made.panel.groups:
        shown = stage.shown_rows(made, 48)
        lines += ["", *table(list(shown), _rows(shown))]
        lines += ["", say("raw.panel_of", shown=min(48, len(made.panel)), count=len(made.panel))]
    return [*lines, ""]


def _rows(columns: dict[str, list[str]]) -> list[list[str]]:
    return [list(row) for row in zip(*columns.values(), strict=True)]
