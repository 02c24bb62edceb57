"""What the commands print with ``--json`` that tell stories of pilots."""

from __future__ import annotations

from experiments.commands.promised.base import Json, Output


class ShowcaseOutput(Output):
    """stories: the one decided last first; their ``effects`` are cautious estimates in the metric's unit (most), with
    the value that they are below with one chance in 20 (least), above 0 is better; reactions: by kind who reacted."""

    stories: list[Json]


class ReactOutput(Output):
    """said: False where it was taken back."""

    pilot: str
    kind: str
    said: bool
