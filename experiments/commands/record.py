"""Commands of ``pilot`` that keep the record: what is forgotten and when, and a team's database brought up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.command import Answer, Who, acting, command, looking
from experiments.words import say

Key = Annotated[str, typer.Argument(metavar="KEY", help="The pilot's key, as in its address.")]
Reason = Annotated[str, typer.Option(help="Why; it stays on record, so no names in it.")]


def record(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    for name, body in (
        ("export", export),
        ("import", bring),
        ("backup", backup),
        ("restore", restore),
        ("upgrade", upgrade),
        ("forget", forget),
        ("forget-person", forget_person),
        ("retention", retention),
    ):
        command(app, name)(body)


def export(
    key: Key,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.zip", help="New file to write.")],
    without_data: Annotated[
        bool, typer.Option("--without-data", help="Leave uploaded files out; evidence keeps its cells.")
    ] = False,
    who: Who = None,
) -> Answer:
    """Pack one pilot with everything promised, seen and decided into one signed file."""
    from experiments import archive

    with acting(who, key) as desk:
        made = archive.export_pilot(desk, key, output, data=not without_data)
    line = say("cli.exported", pilot=key, file=made.output, members=made.members)
    signer = say("cli.signer", signer=made.signer)
    return Answer(value=vars(made), lines=(line, signer, say("cli.head", head=made.head)))


def bring(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="As pilot export wrote it.")],
    signer: Annotated[str, typer.Option(help="Mark of the key that must have signed it; refused otherwise.")] = "",
    who: Who = None,
) -> Answer:
    """Bring a pilot from another record: checked first, refused as a whole if anything in it was changed."""
    from experiments import archive

    with looking(who) as desk:
        made = archive.import_pilot(desk, file, signer=signer)
    line = say("cli.imported", pilot=made.pilot, title=made.title, head=made.origin_head[:12])
    lines = [line, say("cli.signer", signer=made.signer)]
    lines += [say("cli.imported.not_served", names=made.not_served)] if made.not_served else []
    return Answer(value=vars(made), lines=tuple(lines))


def backup(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="New file to write.")], who: Who = None
) -> Answer:
    """Write the whole record to one file while others work. Keep it safe: it holds all data, and people's names."""
    from experiments.record import backup as stage

    with looking(who) as desk:
        made = stage.backup(desk, output)
    lines = [say("cli.backed_up", file=made.output, rows=made.rows, files=made.files), say("cli.head", head=made.head)]
    lines += [say("cli.backed_up.absent", count=made.absent)] if made.absent else []
    return Answer(value=vars(made), lines=tuple(lines))


def restore(file: Annotated[Path, typer.Argument(metavar="FILE", help="As pilot backup wrote it.")]) -> Answer:
    """Fill an empty data folder (and database) from a backup, and check the record."""
    from experiments.record import backup as stage

    made = stage.restore(file)
    found = made.verified
    said = say("cli.whole" if found.whole else "cli.not_whole", events=found.events, rows=found.rows, head=found.head)
    value = {"rows": made.rows, "files": made.files, "verified": vars(found)}
    line = say("cli.restored", rows=made.rows, files=made.files)
    return Answer(value=value, lines=(line, said, *found.findings), refused=not found.whole)


def upgrade() -> Answer:
    """Bring the team's database (DATABASE_URL) to this version. Make a backup first."""
    from registry.open import upgrade as bring_up

    before, after = bring_up()
    line = say("cli.upgraded.there" if before == after else "cli.upgraded", before=before or "-", after=after)
    return Answer(value={"before": before, "after": after}, lines=(line,))


def forget(key: Key, reason: Reason = "", who: Who = None) -> Answer:
    """Delete the uploaded data and files of a pilot. Evidence keeps its cells and can be computed again."""
    from experiments.record import forget as stage

    with acting(who, key) as desk:
        made = stage.forget(desk, key, reason)
    lines = [say("cli.forgotten", snapshots=made.snapshots, attachments=made.attachments, pilot=key)]
    lines += [say("cli.forgotten.shared", count=made.shared)] if made.shared else []
    lines += [say("cli.forgotten.text_only", count=made.text_only)] if made.text_only else []
    return Answer(value=vars(made), lines=tuple(lines))


def forget_person(
    name: Annotated[str, typer.Argument(help="Name or e-mail address.")], reason: Reason = "", who: Who = None
) -> Answer:
    """Blank a person's name, address and logins; says where the name stays, and why. The log stays whole."""
    from experiments.record import forget as stage

    with looking(who) as desk:
        made = stage.forget_person(desk, name, reason)
    lines = (say("cli.person_forgotten", pseudonym=made.pseudonym), *stage.where_named(made))
    return Answer(value=vars(made), lines=lines)


def retention() -> Answer:
    """Ended pilots whose uploaded data are still kept, and when they are due (PROVING_GROUND_KEEP_MONTHS)."""
    from experiments.commands.progress import table
    from experiments.record import retention as stage

    with looking(None) as desk:
        held, months = stage.retention(desk), stage.keep_months()
    rows = [
        [
            item.pilot,
            str(item.since),
            str(item.until or ""),
            say("cli.retention.due") if item.due else "",
            f"{item.size:,}",
        ]
        for item in held
    ]
    lines = table([say(f"cli.column.{name}") for name in ("key", "ended", "until", "due", "bytes")], rows)
    value = {"months": months, "held": list(held)}
    return Answer(value=value, lines=lines if held else (say("cli.retention.none"),))
