"""The dates of what needs me as a calendar file (RFC 5545), to be put into anybody's calendar."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from experiments.desk import Desk
from experiments.telling.inbox import Move, moves
from experiments.words import say

WIDTH = 75
"""Octets in a line of a calendar file; longer ones are folded."""
ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": ""})


def due_dates(desk: Desk) -> bytes:
    """Every dated move of the person at the desk; of everybody where nobody is named."""
    found = [move for move in moves(desk, upcoming=True) if move.due and (move.mine or desk.person is None)]
    stamp = desk.registry.clock().astimezone(UTC)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Proving Ground//EN", "CALSCALE:GREGORIAN"]
    for move in found:
        lines += _event(move, stamp)
    lines.append("END:VCALENDAR")
    return "".join(part + "\r\n" for line in lines for part in _folded(line)).encode()


def move_words(move: Move, *, mine: bool = True) -> str:
    """One move as a sentence, said to the person or to everyone else."""
    verdict = say(f"verdict.{move.verdict}") if move.verdict else ""
    if mine:
        return say(f"move.{move.act}.mine", title=move.title, verdict=verdict, **move.facts)
    return say(f"move.{move.act}.other", title=move.title, who=move.who or say("frame.nobody"), verdict=verdict)


def _event(move: Move, stamp: datetime) -> Iterator[str]:
    due = move.due or stamp.date()
    named = hashlib.sha256(f"{move.pilot}/{move.act}/{move.about}".encode()).hexdigest()[:32]
    yield "BEGIN:VEVENT"
    yield f"UID:{named}@proving-ground"
    yield f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{due:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{due + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{move_words(move, mine=move.mine).translate(ESCAPED)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets, never cut inside a character; what goes on begins with a space."""
    part, size = "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > WIDTH:
            yield part
            part, size = " ", 1
        part, size = part + letter, size + octets
    yield part
