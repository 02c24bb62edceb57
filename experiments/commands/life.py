"""Commands of ``pilot`` for what happens along the way: shaping, changes, check-ins, amendments, versions."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.commands.command import Answer, Who, acting, command, looking, shown
from experiments.words import say

Key = Annotated[str, typer.Argument(metavar="KEY", help="The pilot's key, as in its address.")]
DAY = ["%Y-%m-%d"]


def life(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    for name, body in (
        ("reopen", reopen),
        ("shape", shape),
        ("change", change),
        ("check-in", check_in),
        ("amend", amend),
        ("iterate", iterate),
        ("lineage", lineage),
    ):
        command(app, name)(body)


def reopen(
    key: Key,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.yaml", help="Write the charter to edit.")
    ] = None,
    who: Who = None,
) -> Answer:
    """Open a registered charter again while its plan is not frozen; signatures given so far fall away."""
    from experiments import revise as stage
    from experiments.files import write_yaml

    with acting(who, key) as desk:
        made = stage.reopen(desk, key)
    lines = [say("cli.reopened", pilot=key)]
    lines += [say("register.fallen", partners=list(made.fallen))] if made.fallen else []
    if output is not None:
        write_yaml(output, made.pilot.draft)
        lines.append(say("cli.reopened.next", file=str(output), pilot=key))
    value = {"pilot": key, "stage": made.pilot.stage, "fallen": made.fallen, "charter": made.pilot.draft}
    return Answer(value=value, lines=tuple(lines))


def shape(
    key: Key,
    freeze: Annotated[bool, typer.Option("--freeze", help="Freeze and prove: end shaping and make the plan.")] = False,
    charter: Annotated[
        Path | None, typer.Option("--charter", metavar="FILE.yaml", help="The charter as shaping left it.")
    ] = None,
    who: Who = None,
) -> Answer:
    """Try and change freely before anything is promised; nothing is judged and no version used."""
    from experiments import shape as stage
    from experiments.files import read_yaml

    document = read_yaml(charter) if charter else None
    with acting(who, key) as desk:
        if not freeze:
            stage.shape(desk, key)
            return Answer(value={"pilot": key, "stage": "shaping"}, lines=(say("cli.shaping"),))
        made = stage.freeze(desk, key, document)
    warned = shown(made.warnings)
    value = {"pilot": key, "stage": "plan", "plan_sha256": made.sha256, "warnings": warned}
    return Answer(value=value, lines=(say("cli.frozen"), *warned))


def change(
    key: Key,
    what: Annotated[str, typer.Argument(help="What was changed, seen or suggested; empty: show the log.")] = "",
    kind: Annotated[str, typer.Option(help="change, visit, suggestion or incident")] = "change",
    on: Annotated[datetime | None, typer.Option(formats=DAY, help="The day; today if left out.")] = None,
    site: Annotated[str, typer.Option(help="Where.")] = "",
    why: Annotated[str, typer.Option(help="Why.")] = "",
    credit: Annotated[str, typer.Option("--credit", help="Whose idea it was.")] = "",
    alters: Annotated[
        bool, typer.Option("--alters-treatment", help="What is tried is not the same any more: closes the version.")
    ] = False,
    adopt: Annotated[int | None, typer.Option(help="Number of a suggestion that is adopted.")] = None,
    decline: Annotated[int | None, typer.Option(help="Number of a suggestion that is declined; say why.")] = None,
    who: Who = None,
) -> Answer:
    """Write into the change log, settle a suggestion in it, or show it."""
    from experiments.running import changes as stage

    with acting(who, key) as desk:
        if adopt is not None or decline is not None:
            state = "adopted" if adopt is not None else "declined"
            entry = stage.numbered(desk, key, int(adopt if adopt is not None else decline or 0))
            stage.settle(desk, key, entry.id, state, why)
        elif what:
            stage.note(
                desk,
                key,
                what,
                kind=kind,
                on=on.date() if on else None,
                site=site,
                why=why,
                alters_treatment=alters,
                credited_to=credit,
            )
        entries = stage.changes(desk, key)
    lines = [
        say("cli.change", number=number, sentence=stage.sentence(entry)) for number, entry in enumerate(entries, 1)
    ]
    return Answer(value={"pilot": key, "entries": list(entries)}, lines=tuple(lines) or (say("cli.no_changes"),))


def check_in(
    key: Key,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE.csv", help="site, week, delivered, used, trouble")
    ] = None,
    site: Annotated[str, typer.Option(help="The site.")] = "",
    week: Annotated[datetime | None, typer.Option(formats=DAY, help="A day of the week.")] = None,
    delivered: Annotated[float | None, typer.Option(help="Share 0-1 of the contacts that got the change.")] = None,
    used: Annotated[float | None, typer.Option(help="Share 0-1 of those where it was used.")] = None,
    trouble: Annotated[str, typer.Option(help="What went wrong.")] = "",
    who: Who = None,
) -> Answer:
    """The sites' weekly word: was it delivered, was it used, what went wrong."""
    from experiments.running import check_ins as stage

    with acting(who, key) as desk:
        if file is not None:
            kept = stage.check_in_file(desk, key, file)
        else:
            day = week.date() if week else desk.registry.clock().date()
            said = stage.Said(site=site, week=day, delivered=delivered, used=used, trouble=trouble)
            kept = stage.check_in(desk, key, (said,))
        everything = stage.check_ins(desk, key)
    return Answer(
        value={"pilot": key, "kept": kept, "check_ins": list(everything)}, lines=(say("cli.checked_in", count=kept),)
    )


def amend(
    key: Key,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE.yaml", help="Parts of the plan to change; metrics and sites by key.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    sign: Annotated[bool, typer.Option("--sign", help="As a partner: sign your changed numbers again.")] = False,
    who: Who = None,
) -> Answer:
    """Change the locked plan on record: minor, or major, which costs a grade after the first data."""
    from experiments.files import read_yaml
    from experiments.signing import amend as stage

    changes: Any = read_yaml(file) if file else {}
    with acting(who, key) as desk:
        made = stage.sign_amendment(desk, key) if sign else stage.amend(desk, key, changes, reason)
    lines = [say(f"cli.amended.{made.kind}", number=made.number, paths=list(made.difference))]
    lines += [say("cli.amended.costs")] if made.costs_grade else []
    lines += [say("cli.amended.unsigned", partners=made.unsigned)] if made.unsigned else []
    return Answer(value={"pilot": key, **vars(made)}, lines=tuple(lines))


def iterate(
    key: Key,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.yaml", help="Write the drafted charter to edit.")
    ] = None,
    changed: Annotated[str, typer.Option(help="What is different this time, in your words.")] = "",
    dry: Annotated[bool, typer.Option("--dry-run", help="Only show what the next version needs.")] = False,
    who: Who = None,
) -> Answer:
    """Draft the next version from the decision to iterate: why, what to change, how large, until when."""
    from experiments.files import write_yaml
    from experiments.versions import iterate as stage

    with acting(who, key) as desk:
        made = stage.next_version(desk, key, changed) if dry else stage.iterate(desk, key, changed)
    if output is not None:
        write_yaml(output, made.charter)
    return Answer(value=vars(made), lines=stage.sentences(made))


def lineage(key: Key) -> Answer:
    """The versions of a pilot: what changed, what each did, and the share of error used in all."""
    from experiments.commands.progress import table
    from experiments.versions import lineage as stage

    with looking(None) as desk:
        made = stage.lineage(desk, key)
    names = ("number", "verdict", "effect", "interval", "filtered", "changed")
    lines = table([say(f"cli.column.{name}") for name in names], [stage.cells(version) for version in made.versions])
    said = say("lineage.alpha", promised=made.alpha_promised, used=made.alpha_used)
    return Answer(value=vars(made), lines=(*lines, said))
