"""What people did in the worked portfolio: how far each pilot came, what partners said, what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from experiments.decide import Choice


@dataclass(frozen=True, kw_only=True)
class Story:
    """until: the last thing that happened; reviews: (person, stance, reason); unsigned: contacts who did not sign."""

    until: str
    reviews: tuple[tuple[str, str, str], ...] = ()
    decided_by: str = "Ruth Vogel"
    choice: Choice = field(default_factory=lambda: Choice(verdict=None))
    takeaway: str = ""
    unsigned: tuple[str, ...] = ()


STORIES: Mapping[str, Story] = {
    "call-back-at-peak": Story(
        until="decided",
        reviews=(
            ("Marek Nowak", "endorse", ""),
            ("Ines Duarte", "endorse", "The second calls that I feared did not come."),
        ),
        choice=Choice(
            verdict="SCALE",
            conditions=("Call-backs count as answered calls from the next quarter on",),
            commitments={
                "budget": "EUR 65,000 once and EUR 42,000 a year",
                "owner": "Ana Lima",
                "targets changed": "calls answered in 30 seconds no longer excludes call-backs",
                "date": "all teams within the next quarter",
            },
        ),
    ),
    "parts-list-before-the-visit": Story(
        until="reviewed",
        reviews=(
            ("Ana Lima", "endorse", ""),
            (
                "Ines Duarte",
                "concern",
                "Too few customers answered the survey to know what they think of the questions.",
            ),
        ),
    ),
    "drop-in-repair-hour": Story(until="recommended"),
    "guided-first-answer": Story(
        until="decided",
        reviews=(("Marek Nowak", "endorse", "Fix the roll-out to the desks first, then try again."),),
        choice=Choice(verdict="ITERATE", reason="The path was hidden two clicks away. Put it beside the call."),
    ),
    "evening-delivery-window": Story(
        until="reviewed",
        reviews=(
            ("Tom Berg", "object", "My day tours pay for the evening: one delivery in ten is late now."),
            ("Clara Stein", "endorse", ""),
        ),
    ),
    "welcome-desk": Story(until="recommended"),
    "shorter-phone-menu": Story(
        until="closed",
        reviews=(("Sofia Lindgren", "concern", "We pass on more calls than before."),),
        choice=Choice(verdict="STOP", reason="Callers are worse off."),
        takeaway="An open question needs people behind it who can answer anything; we routed to whoever was free.",
    ),
    "reminder-the-day-before": Story(
        until="closed",
        choice=Choice(verdict="STOP", reason="Nothing worth the money; the reminder goes to no one who needs it."),
        takeaway="People do not call because they forgot the date. They call because the window is six hours long.",
    ),
    "one-owner-per-complaint": Story(until="recommended", unsigned=("Clara Stein",)),
    "chat-at-lunch": Story(until="running"),
    "repair-or-replace-advice": Story(until="planned"),
    "shared-delivery-calendar": Story(until="registered"),
}
"""By pilot."""
