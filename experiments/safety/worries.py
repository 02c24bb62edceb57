"""What must be said wherever a pilot is shown: that it stands still, an open safety concern, a harm alarm."""

from __future__ import annotations

from experiments.desk import Desk
from experiments.safety.concerns import concerns, sentence
from experiments.safety.harm_check import HarmCheck, harm_checks
from experiments.words import say
from registry.kinds import Stage
from registry.pilots import Pilot

STANDS = frozenset({Stage.RUNNING, Stage.ASSESSED, Stage.PAUSED})
"""Stages in which the newest harm check still speaks: later the evidence does."""


def worries(desk: Desk, pilot: Pilot) -> tuple[str, ...]:
    """In sentences; none where nothing is wrong."""
    told = []
    if pilot.stage in {Stage.PAUSED, Stage.WITHDRAWN}:
        told.append(say(f"aside.{pilot.stage.value}", why=pilot.stage_reason))
    told += [sentence(raised) for raised in concerns(desk, pilot) if raised.open]
    checked = harm_checks(desk, pilot)
    if checked and checked[-1].alarm and pilot.stage in STANDS:
        told.append(harm_words(checked[-1]))
    return tuple(told)


def harm_words(checked: HarmCheck) -> str:
    """Alarm or no alarm, and nothing else."""
    return say("harm.alarm" if checked.alarm else "harm.no_alarm", week=checked.week, day=checked.on)
