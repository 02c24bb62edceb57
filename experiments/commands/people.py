"""Commands of ``pilot`` for people: who there is, in which roles, and who stands in for whom."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from experiments.commands.command import Answer, Who, acting, command, looking
from experiments.words import say

Name = Annotated[str, typer.Argument(metavar="NAME", help="A name or e-mail address.")]
Department = Annotated[str, typer.Option(help="Department, by name; a new name makes a new one.")]
DAY = ["%Y-%m-%d"]


def people_commands(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    command(app, "people")(people)
    command(app, "delegate")(delegate)
    person = typer.Typer(name="person", no_args_is_help=True, help="Keep one person: add, role, manager, deactivate.")
    for name, body in (
        ("add", add),
        ("role", role),
        ("manager", manager),
        ("deactivate", deactivate),
        ("reactivate", reactivate),
    ):
        command(person, name)(body)
    app.add_typer(person)


def people(
    words: Annotated[str, typer.Option(help="Words in name, address, department, manager or roles.")] = "",
    gone: Annotated[bool, typer.Option("--all", help="Also who was deactivated.")] = False,
) -> Answer:
    """Everybody with department, manager and roles, and who stands in for whom."""
    from experiments.commands.progress import table
    from experiments.people.roll import roll
    from experiments.people.standing_in import stand_ins

    with looking(None) as desk:
        entries = roll(desk, words=words, gone=gone)
        away = stand_ins(desk)
    names = ("name", "email", "department", "manager", "roles_said")
    titles = [say(f"people.column.{name}") for name in names]
    lines = table(titles, [[getattr(entry, name) for name in names] for entry in entries])
    value = {"people": [asdict(entry) for entry in entries], "standing_in": [asdict(row) for row in away]}
    return Answer(value=value, lines=lines if entries else (say("cli.no_people"),))


def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The person's name.")],
    email: Annotated[str, typer.Option(help="E-mail address; a login finds them by it.")] = "",
    department: Department = "",
    reports_to: Annotated[str, typer.Option("--manager", help="Name or address of whom they report to.")] = "",
    first_role: Annotated[str, typer.Option("--role", help="First role; viewer if left out.")] = "",
    who: Who = None,
) -> Answer:
    """Add a person."""
    from experiments.people import keeping as stage

    with acting(who) as desk:
        made = stage.add_person(
            desk, name, email=email, department=department, manager=reports_to, role=first_role or None
        )
        return _told(desk, str(made.id), "cli.person.added")


def role(
    person: Name,
    give: Annotated[str, typer.Option(help="Role to give.")] = "",
    take: Annotated[str, typer.Option(help="Role to take away.")] = "",
    department: Annotated[str, typer.Option(help="For a reviewer: whom they speak for, if not their own.")] = "",
    who: Who = None,
) -> Answer:
    """Give a role or take one away."""
    from experiments.people import keeping as stage

    with acting(who) as desk:
        meant = stage.person_called(desk, person)
        if give:
            stage.give_role(desk, meant, give, department)
        if take:
            stage.take_role(desk, meant, take, department)
        return _told(desk, str(meant.id), "cli.person.role")


def manager(
    person: Name,
    reports_to: Annotated[str, typer.Argument(metavar="MANAGER", help="Name or address; empty: nobody.")] = "",
    who: Who = None,
) -> Answer:
    """Say to whom somebody reports."""
    from experiments.people import keeping as stage

    with acting(who) as desk:
        meant = stage.person_called(desk, person)
        stage.move_person(desk, meant, manager=reports_to)
        return _told(desk, str(meant.id), "cli.person.manager")


def deactivate(person: Name, why: Annotated[str, typer.Option(help="Why.")] = "", who: Who = None) -> Answer:
    """They can't come in or act any more; what they did stays."""
    from experiments.people import keeping as stage

    with acting(who) as desk:
        meant = stage.person_called(desk, person, active_only=True)
        stage.deactivate(desk, meant, why)
        return _told(desk, str(meant.id), "cli.person.deactivated")


def reactivate(person: Name, who: Who = None) -> Answer:
    """They are back, with the roles of before."""
    from experiments.people import keeping as stage

    with acting(who) as desk:
        meant = stage.person_called(desk, person)
        stage.reactivate(desk, meant)
        return _told(desk, str(meant.id), "cli.person.reactivated")


def delegate(
    instead: Annotated[str, typer.Argument(metavar="NAME", help="Who stands in.")],
    starts: Annotated[datetime, typer.Option("--from", formats=DAY, help="First day.")],
    ends: Annotated[datetime, typer.Option("--until", formats=DAY, help="Last day.")],
    away: Annotated[str, typer.Option("--for", help="Who is away; else the person who acts.")] = "",
    pilot: Annotated[str, typer.Option(help="Only for that pilot.")] = "",
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    who: Who = None,
) -> Answer:
    """Name somebody who signs and reviews while you are away."""
    from experiments.people import keeping, standing_in

    with acting(who) as desk:
        other = keeping.person_called(desk, instead, active_only=True)
        gone = keeping.person_called(desk, away, active_only=True) if away else None
        standing_in.delegate(desk, other, away=gone, starts=starts.date(), ends=ends.date(), pilot=pilot, reason=reason)
        row = standing_in.stand_ins(desk)[0]
    line = say("cli.delegated", instead=row.instead, away=row.away, starts=row.starts, ends=row.ends)
    return Answer(value=asdict(row), lines=(line,))


def _told(desk: Any, key: str, words: str) -> Answer:
    """The person as they stand now, and what was done in a sentence."""
    from experiments.people.roll import roll

    entry = next(entry for entry in roll(desk, gone=True) if entry.key == key)
    return Answer(
        value=asdict(entry),
        lines=(say(words, name=entry.name, roles=entry.roles_said, manager=entry.manager or say("frame.nobody")),),
    )
