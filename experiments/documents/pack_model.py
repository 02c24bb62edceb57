"""What the monthly review pack shows, as values: the same for whoever lays it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class DecidedLine:
    """One decision of the month. verdict: code, for its colour; word: for people; said: effect, money, reason."""

    title: str
    verdict: str
    word: str
    said: tuple[str, ...]
    by: str


@dataclass(frozen=True, kw_only=True)
class PilotLine:
    """One pilot as it stands, in words."""

    title: str
    people: str
    stage: str
    verdict: str
    word: str
    grade: str
    effect: str
    money: str
    next: str


@dataclass(frozen=True, kw_only=True)
class Pack:
    """Everything that the pack shows; all texts are final. made_on: the day on which pilots stand as they are shown."""

    title: str
    subtitle: str
    simulated: str
    funnel: tuple[tuple[str, int], ...]
    standing: tuple[str, ...]
    decided: tuple[DecidedLine, ...]
    waits: tuple[str, ...]
    learned: tuple[tuple[str, str], ...]
    lines: tuple[PilotLine, ...]
    lines_note: str
    foot: str
    made_on: date
    language: str
