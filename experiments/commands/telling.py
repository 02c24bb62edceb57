"""Commands of ``pilot`` that tell people what waits: the list, dates for a calendar, the week, notices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.command import Answer, Who, command, looking
from experiments.words import say


def telling(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    for name, body in (("inbox", inbox), ("digest", digest), ("notify", notify)):
        command(app, name)(body)


def inbox(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.ics", help="Write the dates as a calendar file.")
    ] = None,
    who: Who = None,
) -> Answer:
    """What needs me, or everybody where nobody is named; with its dates."""
    from experiments.files import write_bytes
    from experiments.telling import inbox as stage
    from experiments.telling.due_dates import due_dates, move_words
    from experiments.words.numbers import day

    with looking(who) as desk:
        found = [move for move in stage.moves(desk) if move.mine or desk.person is None]
        if output is not None:
            write_bytes(output, due_dates(desk))
    shown = [
        {"act": move.act, "pilot": move.pilot, "who": move.who, "due": move.due, "verdict": move.verdict}
        for move in found
    ]
    lines = [
        move_words(move, mine=move.mine) + (f" ({say('move.due', date=day(move.due))})" if move.due else "")
        for move in found
    ]
    return Answer(value={"moves": shown}, lines=tuple(lines) or (say("needs.nothing"),))


def digest(days: Annotated[int, typer.Option(min=1, max=366, help="How many days back.")] = 7) -> Answer:
    """The week for executives: what was learned, what waits."""
    from experiments.telling import digest as stage

    with looking(None) as desk:
        made = stage.digest(desk, days)
    return Answer(value={"heading": made.heading, "learned": made.learned, "waits": made.waits}, lines=(made.text,))


def notify() -> Answer:
    """Send what is due, once, to the address in PROVING_GROUND_NOTIFY; run it daily."""
    from experiments.telling import notify as stage

    with looking(None) as desk:
        made = stage.notify(desk)
    lines = [say("cli.notified", sent=made.sent, failed=made.failed)]
    lines += [say("cli.without_address", people=made.without_address)] if made.without_address else []
    return Answer(value=vars(made), lines=tuple(lines), refused=bool(made.failed))
