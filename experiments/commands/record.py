"""Commands of ``pilot`` that keep the record: what is forgotten and when, and a team's database brought up to date."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.commands.command import Answer, Who, acting, command, looking
from experiments.words import say

Key = Annotated[str, typer.Argument(metavar="KEY", help="The pilot's key, as in its address.")]
Reason = Annotated[str, typer.Option(help="Why; it stays on record, so no names in it.")]


def record(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    for name, body in (
        ("upgrade", upgrade),
        ("forget", forget),
        ("forget-person", forget_person),
        ("retention", retention),
    ):
        command(app, name)(body)


def upgrade() -> Answer:
    """Bring the team's database (DATABASE_URL) to this version. Make a backup first."""
    from registry.open import upgrade as bring_up

    before, after = bring_up()
    line = say("cli.upgraded.there" if before == after else "cli.upgraded", before=before or "-", after=after)
    return Answer(value={"before": before, "after": after}, lines=(line,))


def forget(key: Key, reason: Reason = "", who: Who = None) -> Answer:
    """Delete the uploaded data and files of a pilot. Evidence keeps its cells and can be computed again."""
    from experiments import forget as stage

    with acting(who, key) as desk:
        made = stage.forget(desk, key, reason)
    lines = [say("cli.forgotten", snapshots=made.snapshots, attachments=made.attachments, pilot=key)]
    lines += [say("cli.forgotten.shared", count=made.shared)] if made.shared else []
    lines += [say("cli.forgotten.text_only", count=made.text_only)] if made.text_only else []
    return Answer(value=vars(made), lines=tuple(lines))


def forget_person(
    name: Annotated[str, typer.Argument(help="Name or e-mail address.")], reason: Reason = "", who: Who = None
) -> Answer:
    """Blank a person's name and address everywhere but in what was decided and locked. The log stays whole."""
    from experiments import forget as stage

    with looking(who) as desk:
        pseudonym = stage.forget_person(desk, name, reason)
    return Answer(value={"pseudonym": pseudonym}, lines=(say("cli.person_forgotten", pseudonym=pseudonym),))


def retention() -> Answer:
    """Ended pilots whose uploaded data are still kept, and when they are due (PROVING_GROUND_KEEP_MONTHS)."""
    from experiments import retention as stage
    from experiments.commands.progress import table

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
