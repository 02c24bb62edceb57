"""Commands of ``pilot`` that tell what worked, for whom and thanks to whom."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.command import Answer, Who, command, looking
from experiments.words import say


def showcase_commands(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    for name, body in (("showcase", showcase), ("react", react)):
        command(app, name)(body)


def showcase(
    key: Annotated[str, typer.Option("--pilot", metavar="KEY", help="One pilot's story alone.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write that story: .docx or .txt.")
    ] = None,
    who: Who = None,
) -> Answer:
    """What worked and what pilots saved us from, drafted as stories with careful numbers."""
    from experiments.files import write_bytes
    from experiments.showcase.draft import file_of
    from experiments.showcase.reactions import reactions
    from experiments.showcase.story import one_story, stories, text_of

    with looking(who) as desk:
        found = (one_story(desk, key),) if key else stories(desk)
        said = reactions(desk)
    if output is not None:
        write_bytes(output, file_of(found, output.name))
    value = {
        "stories": [
            {**asdict(story), "reactions": {k: list(r.names) for k, r in said[story.key].items()}} for story in found
        ]
    }
    lines = [text_of(story) for story in found] or [say("showcase.none")]
    return Answer(value=value, lines=(say("cli.written", file=str(output)),) if output else tuple(lines))


def react(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The pilot's key, as in its address.")],
    kind: Annotated[str, typer.Argument(help="well_done, want_it or question")],
    who: Who = None,
) -> Answer:
    """React to a story; said again, it is taken back."""
    from experiments.showcase import reactions as stage

    with looking(who) as desk:
        said = stage.react(desk, key, kind)
    line = say("cli.reacted" if said else "cli.unreacted", kind=say(f"reaction.{kind}"))
    return Answer(value={"pilot": key, "kind": kind, "said": said}, lines=(line,))
