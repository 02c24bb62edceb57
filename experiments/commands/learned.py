"""``pilot learn``: what all pilots together teach, and the expectation of the next one as a new version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.commands.command import Answer, Who, command, looking
from experiments.words import say

if TYPE_CHECKING:
    from experiments.learned.survey import Learned


def learned_commands(app: typer.Typer) -> None:
    """Put this command beside the stages."""
    command(app, "learn")(learn)


def learn(
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep what would be learned today as the new version, for later plans.")
    ] = False,
    who: Who = None,
) -> Answer:
    """What all pilots together teach: approvals, departments, forecasts, and what to expect of the next one."""
    from experiments.deciding.overrides import overrides, score_of
    from experiments.learned import prior as stage
    from experiments.learned.survey import learned
    from experiments.learned.telling import lines
    from experiments.planning.forecasts import forecasts
    from experiments.words.digits import fixed, with_sign

    with looking(who) as desk:
        kept = stage.learn(desk) if keep else None
        found = learned(desk)
        bets, overruled = forecasts(desk), overrides(desk)
        versions = stage.versions(desk)
    value = {**_value(found), "versions": list(versions), "kept": kept.number if kept else None}
    if kept is not None:
        facts = {"number": kept.number, "mean": with_sign(fixed(kept.mean, 2)), "sd": fixed(kept.sd, 2)}
        return Answer(value=value, lines=(say("cli.learned", share=kept.transport, **facts),))
    return Answer(value=value, lines=lines(found, bets, score_of(overruled)))


def _value(found: Learned) -> dict[str, Any]:
    """As plain values; effects in smallest gains worth having, those of departments in the number's own unit."""
    from stats.evidence import as_json

    approved = [
        {**as_json(one), **as_json(winner)} for one, winner in zip(found.approved, found.winners.winners, strict=True)
    ]
    return {
        "made_up": found.made_up,
        "rates": {**as_json(found.rates), "learning": found.rates.learning_rate, "scale": found.rates.scale_rate},
        "in_force": found.prior.old,
        "learned_today": found.prior.new,
        "changed": found.prior.changed,
        "approved": approved,
        "exaggeration": found.winners.exaggeration,
        "disappointing": found.winners.short,
        "kinds": as_json(found.kinds),
        "departments": list(found.shares),
        "rollouts": list(found.realised),
        "reality": found.reality,
    }
