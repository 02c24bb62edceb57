"""Commands of ``pilot`` about what is expected of a plan: its rehearsal, and the bets on it; and what lies behind it:
its story, and what earlier data say."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.commands.command import Answer, Who, acting, command, looking, shown
from experiments.commands.written import Output, written
from experiments.errors import Refused
from experiments.words import say
from stats.errors import Problem

if TYPE_CHECKING:
    from experiments.planning.rehearse import Rehearsed

FILES = {".yaml", ".yml", ".json"}
PILOTS = 2000
REPLAYED = 400
SEED = 20260101


def planning(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    command(app, "rehearse")(rehearse)
    command(app, "forecasts")(forecasts)
    command(app, "history")(history)


def rehearse(
    what: Annotated[str, typer.Argument(metavar="KEY|SPEC.yaml", help="A pilot's key, or a charter in a file.")],
    pilots: Annotated[int, typer.Option(help="Simulated pilots for each thing that might be true.")] = PILOTS,
    seed: Annotated[int, typer.Option(help="Random numbers: the same seed gives the same figures.")] = SEED,
    who: Who = None,
) -> Answer:
    """What this plan would decide if nothing, enough or harm were true; a charter's file needs no registry."""
    from experiments.commands.progress import progress
    from experiments.files import read_yaml
    from experiments.planning import rehearse as stage

    if Path(what).suffix.lower() in FILES:
        document = _written_out(read_yaml(Path(what)))
        with progress(say("cli.rehearsing", name=what)) as report:
            made = stage.rehearse_charter(document, pilots=pilots, seed=seed, progress=report)
        return _answer(None, made)
    with acting(who, what) as desk, progress(say("cli.rehearsing", name=what)) as report:
        made = stage.rehearse(desk, what, pilots=pilots, seed=seed, progress=report)
    return _answer(what, made)


def forecasts() -> Answer:
    """The owners' bets, made before data, with their scores where the pilot is decided; roll-outs as foretold and
    as measured."""
    from experiments.learned.survey import learned
    from experiments.learned.telling import reality_sentences
    from experiments.planning import forecasts as stage

    with looking(None) as desk:
        found = stage.forecasts(desk)
        rolled = learned(desk)
    value = {
        "forecasts": found.forecasts,
        "together": found.together,
        "owners": found.owners,
        "rollouts": list(rolled.realised),
        "reality": rolled.reality,
    }
    bets = [f"{bet.pilot}: {' '.join(stage.sentences(bet))}" for bet in found.forecasts]
    told = (*bets, *stage.standing_sentences(found.together)) if bets else (say("forecast.none"),)
    return Answer(value=value, lines=(*told, *reality_sentences(rolled)))


def history(
    what: Annotated[str, typer.Argument(metavar="KEY|CHARTER.yaml", help="A pilot's key, or a charter in a file.")],
    data: Annotated[
        Path | None, typer.Argument(metavar="DATA", help="With a charter: earlier data, CSV (also gz), Parquet, Excel.")
    ] = None,
    replay: Annotated[bool, typer.Option("--replay", help="Try the plan on these data, through the engine.")] = False,
    pilots: Annotated[int, typer.Option(min=20, help="With --replay: how many times.")] = REPLAYED,
    seed: Annotated[int, typer.Option(help="With --replay: the same seed gives the same figures.")] = SEED,
    output: Output = None,
) -> Answer:
    """Everything that happened to a pilot; or, with CHARTER.yaml DATA, what earlier data say for its plan."""
    if data is None and Path(what).suffix.lower() not in FILES:
        return _story(what, output)
    if data is None or Path(what).suffix.lower() not in FILES:
        raise Refused(Problem(code="past_needs_data"))
    return _past(Path(what), data, pilots=pilots if replay else 0, seed=seed)


def _story(key: str, output: Path | None) -> Answer:
    from experiments.record import history as stage
    from experiments.words.numbers import day

    with looking(None) as desk:
        events, head = stage.history(desk, key), desk.registry.head_hash()
    lines = tuple(f"{day(event.at.date())}  {event.sentence}" for event in events)
    lines += written(output, stage.to_take_away(events))
    return Answer(value={"pilot": key, "events": list(events), "log_head": head}, lines=lines)


def _past(charter: Path, data: Path, *, pilots: int, seed: int) -> Answer:
    """What the data say, and what the plan would have shown there; ``pilots`` 0: it is not tried."""
    import yaml

    from experiments.charters.check import as_mapping
    from experiments.commands.progress import progress
    from experiments.files import read_yaml
    from experiments.planning import past as stage

    read = stage.read_past(as_mapping(_written_out(read_yaml(charter))), data)
    begun = time.monotonic()
    replayed = {}
    if pilots:
        with progress(say("past.trying", file=data.name)) as report:
            replayed = stage.replay(read, pilots=pilots, seed=seed, report=report)
    seconds = round(time.monotonic() - begun, 1)
    said = [*read.lines, *stage.replay_lines(read.plan, replayed)]
    value = {
        **stage.facts(read),
        "sentences": said,
        "warnings": shown(read.past.warnings),
        "replay": {key: {"gain": gain, "nothing": nothing} for key, (gain, nothing) in replayed.items()},
        "seconds": seconds if pilots else None,
    }
    tried = [say("past.replay_seconds", seconds=seconds)] if pilots else []
    paste = yaml.safe_dump({"history": dict(read.history)}, sort_keys=False, allow_unicode=True).rstrip()
    return Answer(value=value, lines=(*said, *tried, *shown(read.past.warnings), "", say("past.paste"), paste))


def _written_out(document: Any) -> Any:
    """The charter with its metrics from the catalogue written out: the catalogue as it is kept here, own ones too.

    The record is only opened for a charter that names any.
    """
    from experiments.charters.from_catalogue import names_catalogue, with_catalogue
    from experiments.keep_metrics import in_use

    if not names_catalogue(document):
        return document
    with looking(None) as desk:
        return with_catalogue(document, in_use(desk))


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
