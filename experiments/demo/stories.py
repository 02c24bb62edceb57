"""What people did in the worked portfolio: how far each pilot came, what partners said, what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from experiments.deciding.choice import Choice

Check = Literal["half_way", "end", "extension"]


@dataclass(frozen=True, kw_only=True)
class Story:
    """until: the last thing that happened; reviews: (person, stance, reason); unsigned: contacts who did not sign.

    choice: what was decided; against the recommendation it waits two days for its second approver, who confirms it.
    checks: the planned checks that were made, each on its day; where the extension is one, the executive extended.
    follows: key of the version before, and what was ``changed`` since; notes: (day after the start, kind, what, whose
    idea, what became of it). used: how much of the change the sites' weekly word says was used, None: no word;
    trouble: (site by its place among those with the change, week from 0, what went wrong).
    """

    until: str
    reviews: tuple[tuple[str, str, str], ...] = ()
    decided_by: str = "Ruth Vogel"
    choice: Choice = field(default_factory=lambda: Choice(verdict=None))
    unsigned: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ("end",)
    follows: str = ""
    changed: str = ""
    notes: tuple[tuple[int, str, str, str, str], ...] = ()
    used: float | None = None
    trouble: tuple[tuple[int, int, str], ...] = ()


def _little(owner: str, when: str) -> Mapping[str, str]:
    """What a small roll-out was promised."""
    return {"budget": "EUR 9,000 once, from the department's own", "owner": owner, "targets": "none", "date": when}


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
                "targets": "calls answered in 30 seconds no longer excludes call-backs",
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
    ),
    "reminder-the-day-before": Story(
        until="closed",
        choice=Choice(verdict="STOP", reason="Nothing worth the money; the reminder goes to no one who needs it."),
    ),
    "one-owner-per-complaint": Story(until="recommended", unsigned=("Clara Stein",)),
    "technician-on-the-way": Story(
        until="decided",
        checks=("half_way",),
        reviews=(("Marek Nowak", "endorse", ""),),
        choice=Choice(verdict="SCALE", commitments=_little("Jonas Weber", "all depots by the spring")),
    ),
    "tips-while-you-hold": Story(
        until="closed",
        checks=("half_way",),
        choice=Choice(verdict="STOP", reason="Nobody listens while they wait for a person."),
    ),
    "video-before-the-visit": Story(
        until="decided",
        checks=("half_way",),
        reviews=(("Ana Lima", "object", "My people hold the camera for the customer. That takes a minute a call."),),
        choice=Choice(
            verdict="SCALE",
            scope="limited",
            reason="A visit saved is worth more than a minute on the phone, and four more people will hold the camera.",
            second_approver="Erik Sand",
            conditions=("The time to book a visit is shown to me every month",),
            commitments={
                "budget": "EUR 130,000 a year for four people in the contact centre",
                "owner": "Jonas Weber",
                "targets": "calls that see the fault are no longer counted in the time to book a visit",
                "date": "the eight depots that have it go on; the others follow when the four are trained",
            },
        ),
    ),
    "printed-welcome-folder": Story(
        until="closed",
        choice=Choice(verdict="STOP", reason="Another round costs more than the folder can ever save."),
    ),
    "check-in-at-the-shop": Story(
        until="decided",
        reviews=(("Hugo Martin", "endorse", ""),),
        choice=Choice(verdict="ITERATE", reason="It helps, but people stand before the terminal and wonder."),
    ),
    "check-in-at-the-shop-v2": Story(
        until="decided",
        follows="check-in-at-the-shop",
        changed="A colleague stands beside the terminal.",
        notes=(
            (-30, "visit", "Two colleagues from the contact centre watched a Saturday morning.", "", ""),
            (-29, "suggestion", "Put the terminal where the queue ends, not where it begins.", "Ana Lima", "adopted"),
            (-28, "suggestion", "Print a number.", "Hugo Martin", "declined"),
        ),
        choice=Choice(verdict="ITERATE", reason="The colleague beside it was the help. Try it without the shop."),
    ),
    "check-in-at-the-shop-v3": Story(until="recommended", follows="check-in-at-the-shop-v2"),
    "text-when-the-part-is-in": Story(
        until="decided",
        checks=("half_way", "end", "extension"),
        used=0.93,
        trouble=((0, 2, "The number in the file was a landline."), (4, 6, "Nobody was there to book parts in.")),
        reviews=(("Priya Nair", "endorse", "More people in the morning, but nobody waits longer."),),
        choice=Choice(verdict="SCALE", commitments=_little("Ines Duarte", "all workshops by the winter")),
    ),
    "chat-at-lunch": Story(
        until="recommended",
        checks=("half_way",),
        used=0.86,
        trouble=((1, 1, "The chat was down for two hours."), (3, 2, "Two colleagues were ill: no chat on Friday.")),
        notes=(
            (9, "incident", "The chat was down for two hours.", "", ""),
            (16, "suggestion", "Show the caller's last order beside the chat.", "Jonas Weber", ""),
        ),
    ),
    "repair-or-replace-advice": Story(until="planned"),
    "shared-delivery-calendar": Story(until="registered"),
}
"""By pilot."""
