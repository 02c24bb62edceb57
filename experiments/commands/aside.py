"""Commands of ``pilot`` for what stops or worries a pilot, and for what people say beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.command import Answer, Who, acting, command
from experiments.words import say

Key = Annotated[str, typer.Argument(metavar="KEY", help="The pilot's key, as in its address.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]


def aside(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    for name, body in (
        ("pause", pause),
        ("resume", resume),
        ("withdraw", withdraw),
        ("concern", concern),
        ("harm", harm),
        ("comment", comment),
    ):
        command(app, name)(body)


def pause(key: Key, reason: Reason = "", who: Who = None) -> Answer:
    """Pause the pilot: nothing goes on until it is resumed."""
    from experiments.safety import pauses as stage

    with acting(who, key) as desk:
        made = stage.pause(desk, key, reason)
    return Answer(value={"pilot": key, "stage": made.value}, lines=(say("cli.paused"),))


def resume(key: Key, reason: Reason = "", who: Who = None) -> Answer:
    """Go on with a paused pilot at the stage where it stood."""
    from experiments.safety import pauses as stage

    with acting(who, key) as desk:
        made = stage.resume(desk, key, reason)
    return Answer(value={"pilot": key, "stage": made.value}, lines=(say("cli.resumed", stage=say(f"stage.{made}")),))


def withdraw(key: Key, reason: Reason = "", who: Who = None) -> Answer:
    """End a pilot before its decision, for good."""
    from experiments.safety import pauses as stage

    with acting(who, key) as desk:
        made = stage.withdraw(desk, key, reason)
    return Answer(value={"pilot": key, "stage": made.value}, lines=(say("cli.withdrawn"),))


def concern(
    key: Key,
    what: Annotated[str, typer.Argument(help="What you fear is going wrong; empty: show the concerns.")] = "",
    answer: Annotated[int | None, typer.Option(help="As owner or sponsor: number of the concern answered.")] = None,
    words: Annotated[str, typer.Option(help="The answer.")] = "",
    who: Who = None,
) -> Answer:
    """Raise a safety concern, or answer one."""
    from experiments.safety import concerns as stage

    with acting(who, key) as desk:
        if answer is not None:
            stage.answer_concern(desk, key, answer, words)
        elif what:
            stage.raise_concern(desk, key, what)
        found = stage.concerns(desk, desk.pilot(key))
    lines = tuple(f"{row.number}. {stage.sentence(row)}" for row in found) or (say("cli.no_concerns"),)
    return Answer(value={"pilot": key, "concerns": list(found)}, lines=lines)


def harm(key: Key, who: Who = None) -> Answer:
    """Look for harm in the data so far, once a week: alarm or no alarm, no numbers."""
    from experiments.safety import harm_check as stage

    with acting(who, key) as desk:
        made = stage.harm_check(desk, key)
    said = say("harm.alarm" if made.alarm else "harm.no_alarm", week=made.week, day=made.on)
    lines = (said, say("harm.unchecked", metrics=made.unchecked)) if made.unchecked else (said,)
    return Answer(value={"pilot": key, **vars(made)}, lines=lines)


def comment(
    key: Key,
    text: Annotated[
        str, typer.Argument(help="What you say; @ and a full name mentions somebody; empty: show all.")
    ] = "",
    file: Annotated[Path | None, typer.Option("--file", help="Attach this file.")] = None,
    caption: Annotated[str, typer.Option(help="What the file is.")] = "",
    who: Who = None,
) -> Answer:
    """Comment on a pilot or attach a file, or show what was said and attached."""
    from experiments import notes as stage
    from experiments.files import require_file

    if file is not None:
        require_file(file)
    with acting(who, key) as desk:
        if text:
            stage.comment(desk, key, text)
        if file is not None:
            stage.attach(desk, key, file.name, file.read_bytes(), caption=caption)
        pilot = desk.pilot(key)
        said, files = stage.comments(desk, pilot), stage.attachments(desk, pilot)
    lines = [say("cli.note", day=row.at.date(), who=row.person, text=row.text) for row in said]
    lines += [
        say("cli.file", day=row.at.date(), who=row.person, name=row.name, sha256=row.sha256[:12]) for row in files
    ]
    value = {
        "pilot": key,
        "comments": [{**vars(row), "id": str(row.id)} for row in said],
        "attachments": [{**vars(row), "id": str(row.id)} for row in files],
    }
    return Answer(value=value, lines=tuple(lines) or (say("cli.no_notes"),))
