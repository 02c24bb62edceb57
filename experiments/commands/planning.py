"""Commands of ``pilot`` about what is expected of a plan: its rehearsal, and the bets on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands.command import Answer, Who, acting, command, looking
from experiments.words import say

if TYPE_CHECKING:
    from experiments.rehearse import Rehearsed

FILES = {".yaml", ".yml", ".json"}
PILOTS = 2000
SEED = 20260101


def planning(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    command(app, "rehearse")(rehearse)
    command(app, "forecasts")(forecasts)


def rehearse(
    what: Annotated[str, typer.Argument(metavar="KEY|SPEC.yaml", help="A pilot's key, or a charter in a file.")],
    pilots: Annotated[int, typer.Option(help="Simulated pilots for each thing that might be true.")] = PILOTS,
    seed: Annotated[int, typer.Option(help="Random numbers: the same seed gives the same figures.")] = SEED,
    who: Who = None,
) -> Answer:
    """What this plan would decide if nothing, enough or harm were true; a charter's file needs no registry."""
    from experiments import rehearse as stage
    from experiments.commands.progress import progress
    from experiments.files import read_yaml

    if Path(what).suffix.lower() in FILES:
        document = read_yaml(Path(what))
        with progress(say("cli.rehearsing", name=what)) as report:
            made = stage.rehearse_charter(document, pilots=pilots, seed=seed, progress=report)
        return _answer(None, made)
    with acting(who, what) as desk, progress(say("cli.rehearsing", name=what)) as report:
        made = stage.rehearse(desk, what, pilots=pilots, seed=seed, progress=report)
    return _answer(what, made)


def forecasts() -> Answer:
    """The owners' bets, made before data, with their scores where the pilot is decided."""
    from experiments import forecasts as stage

    with looking(None) as desk:
        found = stage.forecasts(desk)
    value = {"forecasts": found.forecasts, "together": found.together, "owners": found.owners}
    if not found.forecasts:
        return Answer(value=value, lines=(say("forecast.none"),))
    bets = [f"{bet.pilot}: {' '.join(stage.sentences(bet))}" for bet in found.forecasts]
    return Answer(value=value, lines=(*bets, *stage.standing_sentences(found.together)))


def _answer(key: str | None, made: Rehearsed) -> Answer:
    from experiments.pictures import rehearsal_view as view

    plan, found = made.plan, made.rehearsal
    said = [*view.headline(plan, found), *view.usual_reading(plan, found)]
    sizing = [say(f"sizing.{found.sizing}"), *view.change_sentences(plan, found)]
    premises = view.premise_sentences(plan, found)
    value = {
        "pilot": key,
        "pilots": found.pilots,
        "seed": found.seed,
        "sizing": found.sizing,
        "n_treatment": found.n_treatment,
        "n_control": found.n_control,
        "supposed": found.supposed,
        "truths": {item.truth: item for item in found.operating},
        "changes": found.changes,
        "sentences": [*said, *sizing, *premises],
        "kept": made.kept,
    }
    kept = [say("cli.rehearsed_kept")] if made.kept else []
    lines = (*said, "", *_table(made), "", *sizing, *premises, *kept)
    return Answer(value=value, lines=lines)


def _table(made: Rehearsed) -> Sequence[str]:
    from experiments.commands.progress import table
    from experiments.pictures.rehearsal_view import VERDICTS, truth_rows

    heads = ("truth", "scales", "iterates", "stops", "usual", "growthbook", "spotify")
    rows = [
        [row.words, *(row.said[verdict] for verdict in VERDICTS), row.usual, row.growthbook, row.spotify]
        for row in truth_rows(made.plan, made.rehearsal)
    ]
    return table([say(f"column.{head}") for head in heads], rows)
