"""Commands of ``pilot`` for what people agree on: signatures."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.commands.command import Answer, Who, acting, command
from experiments.words import say

Key = Annotated[str, typer.Argument(metavar="KEY", help="The pilot's key, as in its address.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]


def organisation(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    command(app, "sign")(sign)


def sign(
    key: Key,
    benefit: Annotated[str | None, typer.Option(help="As a partner: what you expect from it.")] = None,
    pulls_against: Annotated[
        str | None, typer.Option("--pulls-against", help="As a partner: which target of yours pulls against it.")
    ] = None,
    relief: Annotated[str | None, typer.Option(help="As a partner: what was agreed about that target.")] = None,
    decline: Annotated[bool, typer.Option("--decline", help="As a partner: do not sign, with --reason.")] = False,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="As sponsor: start without the signatures that did not come, on record.")
    ] = False,
    reason: Reason = "",
    who: Who = None,
) -> Answer:
    """Sign for a partner's own metrics, or as owner or sponsor for the plan, which the last signature locks."""
    from experiments import sign as stage
    from experiments import unsigned as without

    with acting(who, key) as desk:
        if decline:
            names = without.decline(desk, key, reason)
            value = {"pilot": key, "capacity": "partner", "metrics": names, "declined": True}
            return Answer(value=value, lines=(say("cli.declined", metrics=names),))
        terms = stage.Terms(benefit=benefit, pulls_against=pulls_against, relief=relief)
        made = without.start_unsigned(desk, key, reason) if unsigned else stage.sign(desk, key, terms)
    value = {"pilot": key, **vars(made), "declined": False}
    if unsigned:
        said = say("cli.unsigned", partners=made.unsigned, sha256=made.plan_sha256[:12])
    else:
        said = say(
            "cli.signed.partner" if made.capacity == "partner" else "cli.signed.plan", sha256=made.plan_sha256[:12]
        )
    late = (say("cli.recorded_afterwards"),) if made.recorded_afterwards else ()
    return Answer(value=value, lines=(said, *late))
