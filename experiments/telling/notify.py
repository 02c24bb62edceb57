"""Notices: what is due is told once, by mail or chat, to those whose move it is. Off unless an address is set.

``PROVING_GROUND_NOTIFY`` is an Apprise address (https://appriseit.com): with ``{email}`` in it, a message goes to each
person (``mailto://user:password@mail.example?to={email}``); without, one goes to the chat that it names. It may hold
a password, so neither it nor what a service answers is ever kept or told.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote
from uuid import UUID

from experiments.desk import Desk
from experiments.errors import Refused
from experiments.telling.due_dates import move_words
from experiments.telling.inbox import Move, moves
from experiments.words import say
from experiments.words.numbers import day_and_distance
from registry import find
from registry.kinds import Via
from registry.people import Notice, Person
from stats.errors import Problem

SETTING = "PROVING_GROUND_NOTIFY"
PERSON = "{email}"
STEPS = (("late", timedelta(days=-1)), ("day", timedelta(days=1)), ("week", timedelta(days=5)))
"""Reminders: a day after, a day before and five days before what is due; of those that have come only the last."""
RETRY = "#"
"""Stands between what a notice is about and the day of an attempt that failed."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """sent: notices that went out; failed: that did not, and are tried again next time; without_address: people whom
    no message can reach."""

    sent: int
    failed: int
    without_address: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Due:
    """One reminder for one person. kind, about: name it for good."""

    person_id: UUID
    move: Move
    kind: str
    about: str


def notify(desk: Desk) -> Sent:
    """Tell everybody what is due and was not told yet. Refused where no address is set."""
    template = os.environ.get(SETTING, "").strip()
    if not template:
        raise Refused(Problem(code="notify_off", facts={"setting": SETTING}))
    today = desk.registry.clock().date()
    with desk.read() as session:
        people = {person.id: person for person in find.people(session)}
        told = {(row.person_id, row.pilot_id, row.kind, row.about) for row in find.notices(session)}
    due = [item for item in reminders(moves(desk), today) if _key(item) not in told and item.person_id in people]
    if PERSON in template:
        return _to_people(desk, template, due, people, today)
    went = _send(template, say("notice.title", count=len(due)), _body(due, today, people)) if due else True
    _keep(desk, due, template, today, went=went)
    return Sent(sent=len(due) if went else 0, failed=0 if went else len(due), without_address=())


def reminders(found: Iterable[Move], today: date) -> list[_Due]:
    """The reminders that have come, one a person and move."""
    return [
        _Due(person_id=key, move=move, kind=f"{move.act}.{step}", about=f"{move.due}/{move.about}"[:180])
        for move in found
        if move.due is not None and (step := _step(move.due, today))
        for key in sorted(move.people, key=str)
    ]


def _step(due: date, today: date) -> str:
    return next((name for name, before in STEPS if today >= due - before), "")


def _key(item: _Due) -> tuple[UUID, UUID | None, str, str]:
    return item.person_id, item.move.pilot_id, item.kind, item.about


def _to_people(desk: Desk, template: str, due: list[_Due], people: Mapping[UUID, Person], today: date) -> Sent:
    """One message a person, with everything that is due."""
    sent = failed = 0
    unreached = []
    for key in dict.fromkeys(item.person_id for item in due):
        own, email = [item for item in due if item.person_id == key], people[key].email
        if not email:
            unreached.append(people[key].name)
            continue
        address = template.replace(PERSON, quote(email, safe="@"))
        went = _send(address, say("notice.title", count=len(own)), _body(own, today, None))
        _keep(desk, own, template, today, went=went)
        sent, failed = (sent + len(own), failed) if went else (sent, failed + len(own))
    return Sent(sent=sent, failed=failed, without_address=tuple(sorted(unreached)))


def _body(due: list[_Due], today: date, people: Mapping[UUID, Person] | None) -> str:
    """A line for each move; to a chat with whom it is about."""
    lines = []
    for item in due:
        words = move_words(item.move, mine=people is None)
        line = say("notice.line", what=words, day=day_and_distance(item.move.due or today, today))
        lines.append(line)
    return "\n".join(dict.fromkeys(lines))


def _send(address: str, title: str, body: str) -> bool:
    """Whether the service took it. It says why not in its own log only, which may name the address."""
    import logging

    import apprise

    logging.getLogger("apprise").disabled = True
    service = apprise.Apprise()
    return bool(service.add(address) and service.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT))


def _keep(desk: Desk, due: list[_Due], template: str, today: date, *, went: bool) -> None:
    """A notice that went out is kept for good; one that did not, once a day, and comes again."""
    if not due:
        return
    channel = template.split(":", 1)[0][:40]
    with desk.registry.work(None, Via.SYSTEM) as work:
        known = {(row.person_id, row.pilot_id, row.kind, row.about) for row in find.notices(work.session)}
        kept = 0
        for item in due:
            about = item.about if went else f"{item.about}{RETRY}{today}"
            if (item.person_id, item.move.pilot_id, item.kind, about) in known:
                continue
            work.add(
                Notice(
                    person_id=item.person_id,
                    pilot_id=item.move.pilot_id,
                    kind=item.kind,
                    about=about,
                    channel=channel,
                    sent_at=work.now,
                    failed="" if went else "not_taken",
                )
            )
            kept += 1
        if kept:
            work.record(
                "notices.sent" if went else "notices.failed", "notices", after={"count": kept, "channel": channel}
            )
