"""Retention: which pilots' uploaded data have been kept for as long as they should be.

``PROVING_GROUND_KEEP_MONTHS``: months after the end of a pilot (decided, closed or withdrawn) until its data are due to
be forgotten; left out: none are. Nothing is forgotten by itself: ``pilot forget`` is an act of somebody.
"""

from __future__ import annotations

import os
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from experiments.desk import Desk
from experiments.errors import Refused
from registry import find
from registry.kinds import Stage
from registry.notes import Attachment
from registry.outcomes import Snapshot
from stats.errors import Problem

KEEP_MONTHS = "PROVING_GROUND_KEEP_MONTHS"
MOST_MONTHS = 1200
ENDED = (Stage.DECIDED, Stage.CLOSED, Stage.WITHDRAWN)


@dataclass(frozen=True, kw_only=True)
class Held:
    """One ended pilot with uploaded data. files: how many; size: bytes; since: its end; until: when they are due, None
    without a setting."""

    pilot: str
    title: str
    stage: str
    files: int
    size: int
    since: date
    until: date | None
    due: bool


def keep_months() -> int | None:
    """The setting; raises Refused where it is no whole number in range."""
    text = os.environ.get(KEEP_MONTHS, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:12]) <= MOST_MONTHS:
        facts = {"name": KEEP_MONTHS, "given": text[:40], "most": MOST_MONTHS}
        raise Refused(Problem(code="setting_out_of_range", facts=facts))
    return int(text)


def retention(desk: Desk) -> tuple[Held, ...]:
    """Ended pilots whose uploaded data are still there, those due first."""
    months, today = keep_months(), desk.registry.clock().date()
    found = []
    with desk.read() as session:
        for pilot in find.pilots(session, stages=ENDED):
            gone = {row.sha256 for row in find.forgotten(session, pilot.id)}
            named: list[Snapshot | Attachment] = [
                *find.snapshots(session, pilot.id),
                *find.attachments(session, pilot.id),
            ]
            sizes = {row.sha256: row.size for row in named if row.sha256 not in gone}
            if not sizes:
                continue
            since = pilot.stage_since.date()
            until = None if months is None else months_after(since, months)
            found.append(
                Held(
                    pilot=pilot.key,
                    title=pilot.title,
                    stage=pilot.stage.value,
                    files=len(sizes),
                    size=sum(sizes.values()),
                    since=since,
                    until=until,
                    due=until is not None and until <= today,
                )
            )
    return tuple(sorted(found, key=lambda held: (not held.due, held.since, held.pilot)))


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    place = day.year * 12 + day.month - 1 + months
    year, month = divmod(place, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
