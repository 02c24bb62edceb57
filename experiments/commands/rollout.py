"""Command of ``pilot`` for what comes after a SCALE: plan, start, measure, pause, go on, roll back, show."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.commands.command import Answer, Who, acting, command, looking, shown
from experiments.errors import Refused
from experiments.words import say
from stats.errors import Problem

if TYPE_CHECKING:
    from experiments.desk import Desk
    from experiments.rollouts.calendar import Calendar
    from experiments.rollouts.wanted import Wanted

ACTIONS = ("plan", "start", "measure", "pause", "resume", "roll-back", "show")
DAY = ["%Y-%m-%d"]


def rollout_command(app: typer.Typer) -> None:
    """Put this command beside the stages."""
    command(app, "rollout")(rollout)


def rollout(
    action: Annotated[str, typer.Argument(metavar="ACTION", help=", ".join(ACTIONS))],
    key: Annotated[str, typer.Argument(metavar="KEY", help="The pilot's key, as in its address.")],
    data: Annotated[
        Path | None, typer.Argument(metavar="[DATA]", help="With measure: the file; else the newest kept data.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why: to pause, resume, roll back, or plan anew.")] = "",
    sites: Annotated[
        Path | None, typer.Option("--sites", metavar="FILE", help="Further sites: lines, or CSV site,stratum,size.")
    ] = None,
    capacity: Annotated[int | None, typer.Option(help="Sites that can begin together.")] = None,
    waves: Annotated[int | None, typer.Option(help="How many waves.")] = None,
    weeks: Annotated[int | None, typer.Option(help="Weeks that a wave runs before it is measured.")] = None,
    deciding: Annotated[int, typer.Option(help="Weeks to decide, 0-4, from there to the next wave.")] = 1,
    start: Annotated[
        datetime | None, typer.Option(formats=DAY, help="Day of the first wave; with resume: no earlier than.")
    ] = None,
    kept: Annotated[float, typer.Option("--kept-as-before", help="Share 0.1-0.2 of the new sites.")] = 0.15,
    months: Annotated[int, typer.Option(help="Months that those sites are kept as before.")] = 12,
    owner: Annotated[str, typer.Option(help="Who answers for it.")] = "",
    dry: Annotated[bool, typer.Option("--dry-run", help="With plan: only show what would be kept.")] = False,
    reading: Annotated[
        Path | None, typer.Option("--reading", help="With measure: how to read the file, in YAML.")
    ] = None,
    who: Who = None,
) -> Answer:
    """The roll-out of a pilot that was approved to scale, in waves, measured against what was foretold."""
    if action not in ACTIONS:
        raise Refused(Problem(code="rollout_action_unknown", facts={"given": action, "offered": list(ACTIONS)}))
    if action == "show":
        with looking(who) as desk:
            return _shown(desk, key, [])
    first = start.date() if start else None
    with acting(who, key) as desk:
        if action == "plan":
            from experiments.rollouts.wanted import Wanted, sites_in

            wanted = Wanted(
                sites=sites_in(sites) if sites else (),
                capacity=capacity,
                rings=waves,
                weeks=weeks,
                deciding=deciding,
                start=first,
                holdback_share=kept,
                holdback_months=months,
                owner=owner,
            )
            return _planned(desk, key, wanted, reason, dry)
        if action == "measure":
            return _measured(desk, key, data, reading)
        return _acted(desk, key, action, reason, first)


def _planned(desk: Desk, key: str, wanted: Wanted, reason: str, dry: bool) -> Answer:
    from experiments.rollouts.keep import keep_plan
    from experiments.rollouts.lines import proposed_lines, wave_lines
    from experiments.rollouts.propose import propose

    if not dry:
        made = keep_plan(desk, key, wanted, reason=reason)
        return _shown(desk, key, [say("cli.rollout.kept", number=made.number, sha256=made.sha256[:12])])
    proposal = propose(desk, key, wanted)
    rings = proposal.rings
    value = {
        "pilot": key,
        "state": "proposed",
        "number": None,
        "sha256": None,
        "rings": [list(ring) for ring in rings.rings],
        "held_back": list(rings.held_back),
        "had_change": list(rings.had_change),
        **_dates(proposal.calendar),
        "lines": proposed_lines(proposal),
        "measures": [],
    }
    return Answer(value=value, lines=(*proposed_lines(proposal), *wave_lines(proposal), say("cli.rollout.dry")))


def _dates(calendar: Calendar) -> dict[str, Any]:
    return {
        "starts": list(calendar.starts),
        "measured_until": list(calendar.measured),
        "deciding_weeks": calendar.deciding,
        "held_until": calendar.held_until,
    }


def _measured(desk: Desk, key: str, data: Path | None, reading: Path | None) -> Answer:
    from experiments.files import read_yaml
    from experiments.rollouts.measure import measure
    from experiments.rollouts.words import replication_word

    made = measure(desk, key, data, reading=read_yaml(reading) if reading else None)
    said = "cli.rollout.measured_again" if made.again else "cli.rollout.measured"
    facts = {"wave": made.ring, "waves": made.rings, "state": replication_word(made.state), "sha256": made.sha256[:12]}
    return _shown(desk, key, [say(said, **facts), *shown(made.warnings)])


def _acted(desk: Desk, key: str, action: str, reason: str, first: Any) -> Answer:
    from experiments.rollouts import acts, keep

    if action == "start":
        keep.start(desk, key)
        return _shown(desk, key, [say("rollout.started")])
    if action == "resume":
        starts = acts.resume(desk, key, reason, start=first)
        return _shown(desk, key, [say("cli.rollout.moved", starts=list(starts))])
    if action == "pause":
        acts.pause(desk, key, reason)
        return _shown(desk, key, [say("rollout.done.pause")])
    acts.roll_back(desk, key, reason)
    return _shown(desk, key, [say("rollout.done.roll_back")])


def _shown(desk: Desk, key: str, done: list[str]) -> Answer:
    """Where the roll-out stands now."""
    from experiments.rollouts.keep import standing
    from experiments.rollouts.view import measured_heads, rollout_view

    pilot = desk.pilot(key)
    here = standing(desk, pilot)
    view = rollout_view(desk, pilot)
    assert view is not None  # ``standing`` has refused
    rings = here.promise.rings
    value = {
        "pilot": key,
        "state": view.state,
        "number": view.number,
        "sha256": view.sha256,
        "rings": [list(ring) for ring in rings.rings],
        "held_back": list(rings.held_back),
        "had_change": list(rings.had_change),
        **_dates(here.promise.calendar),
        "lines": [*done, view.stands, view.headline, *view.reasons],
        "measures": measured_heads(desk, pilot),
    }
    lines = [*done, view.stands, view.owner, view.headline, *view.reasons, view.proposal, view.next, *view.plan]
    return Answer(value=value, lines=tuple(line for line in lines if line))
