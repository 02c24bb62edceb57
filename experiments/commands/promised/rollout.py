"""What ``pilot rollout`` prints with ``--json``."""

from __future__ import annotations

from experiments.commands.promised.base import Json, Output


class RolloutOutput(Output):
    """state: proposed (a dry run), planned, running, paused, rolled_back or finished; number, sha256: of the plan in
    force, null in a dry run; rings: sites by wave in the order of their start (``starts``), each measured on data up to
    its day of ``measured_until``; deciding_weeks: from there to the next start; held_back: kept as before until
    ``held_until``; had_change: from the pilot; measures: one for each measurement, the newest last: ring, until,
    state (WAITING, REPLICATED, ATTENUATED or FAILED), pause_proposed, roll_back_proposed, metrics (oriented: + is
    better; effect, predicted interval, line), guardrails, sha256; lines: sentences."""

    pilot: str
    state: str
    number: int | None
    sha256: str | None
    rings: list[list[str]]
    held_back: list[str]
    had_change: list[str]
    starts: list[str]
    measured_until: list[str]
    deciding_weeks: int
    held_until: str
    lines: list[str]
    measures: list[Json]
