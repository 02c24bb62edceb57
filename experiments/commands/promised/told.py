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


class TakeawayOutput(Output):
    """kept: False for a draft from the record; number: 1 for the one it was closed with, None for a draft."""

    pilot: str
    kept: bool
    number: int | None
    lesson: str
    why: str
    differently: str
    holds_where: str


class LibraryOutput(Output):
    """total: of all that fit; any_word: no pilot has all the words, these have some; cards: one page of them, each with
    takeaway, effect and cautious effect in words, verdict, decision, grade, credit and learnings."""

    total: int
    any_word: bool
    page: int
    pages: int
    cards: list[Json]


class LearningsOutput(Output):
    """learnings: with ``witnesses``, each with its bearing (supports, contradicts) and the pilot's card."""

    learnings: list[Json]
