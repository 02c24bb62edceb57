"""What ``pilot learn`` prints with ``--json``."""

from __future__ import annotations

from experiments.commands.promised.base import Json, Output


class LearnOutput(Output):
    """What all decided pilots teach. Effects in smallest gains worth having, + better; departments: in the number's
    unit, + better.

    made_up: only made-up pilots are counted; in_force, learned_today (null where nothing can be learned), versions:
    what is expected of the next pilot (mean, sd) and how much of an effect is kept (transport, 0-1), with the keys of
    the pilots it was learned from; changed: whether today's is another; kept: number of the version kept now, else
    null. approved: as estimated (raw) and cautious, each with its 95 % range, chance of falling short of the smallest
    gain worth having (p_short) and of not paying (p_loss, null without a value in money); exaggeration: sum of raw over
    sum of cautious, null where there is none; disappointing: expected number; rollouts: foretold and measured;
    reality: of them together, null below ten.
    """

    made_up: bool
    rates: Json
    in_force: Json
    learned_today: Json | None
    changed: bool
    versions: list[Json]
    kept: int | None
    approved: list[Json]
    exaggeration: float | None
    disappointing: float
    kinds: dict[str, list[Json]]
    departments: list[Json]
    rollouts: list[Json]
    reality: Json
