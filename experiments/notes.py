"""Comments with mentions, and files that hang on a pilot: kept by their hash, only ever handed out as a download."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from experiments.desk import Desk, may, mine
from experiments.errors import Refused
from experiments.files import plain_name
from experiments.telling.waits import HINDSIGHT
from registry import find
from registry.access import Act
from registry.notes import Attachment, Comment
from registry.people import Person
from registry.pilots import Pilot
from stats.errors import Problem

LONGEST = 5_000
"""Letters of one comment."""
LARGEST_MB = 20
"""Of one attachment."""
KINDS = {
    "pdf": ("application/pdf", b"%PDF-"),
    "png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", b"\xff\xd8\xff"),
    "jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    "webp": ("image/webp", b"RIFF"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04"),
    "pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", b"PK\x03\x04"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
    "txt": ("text/plain", b""),
    "csv": ("text/csv", b""),
}
"""What may be attached, by the name's ending: its type, and how its bytes begin. No page, script or picture that a
browser would run (html, svg) is among them."""
OWN = frozenset({HINDSIGHT})
"""Comments that have a place of their own."""


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One comment. about: what it hangs on, "" for the pilot as a whole; mentions: names; mine: mentions the person at
    the desk."""

    id: UUID
    person: str
    at: datetime
    text: str
    about: str
    mentions: tuple[str, ...]
    mine: bool


@dataclass(frozen=True, kw_only=True)
class Attached:
    """One file. size: bytes; sha256: of its content."""

    id: UUID
    name: str
    media_type: str
    size: int
    sha256: str
    caption: str
    person: str
    at: datetime


def comment(desk: Desk, key: str, text: str, *, about: str = "") -> Remark:
    """Say something about a pilot. ``@Name`` or ``@address`` mentions somebody, who finds it in their list."""
    pilot = desk.pilot(key)
    may(desk, Act.COMMENT, pilot)
    with desk.read() as session:
        people = find.people(session)
    mentioned, problems = _mentioned(text, people)
    if not text.strip() or desk.person is None:
        problems.append(Problem(code="comment_empty"))
    if len(text) > LONGEST:
        problems.append(Problem(code="comment_too_long", facts={"longest": LONGEST, "given": len(text)}))
    if about in OWN:
        problems.append(Problem(code="comment_about", facts={"about": about}))
    if problems or desk.person is None:
        raise Refused(problems)
    with desk.work() as work:
        row = mine(work, pilot)
        said = Comment(
            created_at=work.now,
            pilot_id=row.id,
            author_id=desk.person.id,
            about=about,
            content=text.strip(),
            mentions=[str(person.id) for person in mentioned],
        )
        work.record("comment.made", work.add(said))
    return comments(desk, pilot)[-1]


def comments(desk: Desk, pilot: Pilot) -> tuple[Remark, ...]:
    """Oldest first, without looks back, which have a place of their own."""
    me = desk.person.id if desk.person else None
    with desk.read() as session:
        names = {str(person.id): person.name for person in find.people(session, active_only=False)}
        rows = [row for row in find.comments(session, pilot.id) if row.about not in OWN]
    return tuple(
        Remark(
            id=row.id,
            person=names[str(row.author_id)],
            at=row.created_at,
            text=row.content,
            about=row.about,
            mentions=tuple(names[key] for key in row.mentions if key in names),
            mine=str(me) in row.mentions,
        )
        for row in rows
    )


def attach(desk: Desk, key: str, name: str, content: bytes, *, caption: str = "") -> Attached:
    """Hang a file on a pilot. Refused with everything that is wrong with it: kind, size, content, name."""
    pilot = desk.pilot(key)
    may(desk, Act.ATTACH, pilot)
    plain = plain_name(name)
    ending = plain.rsplit(".", 1)[-1].lower() if "." in plain else ""
    problems = list(_wrong(plain, ending, content))
    if problems:
        raise Refused(problems)
    sha256 = desk.registry.snapshots.put(content)
    with desk.work() as work:
        row = mine(work, pilot)
        kept = Attachment(
            created_at=work.now,
            pilot_id=row.id,
            name=plain,
            media_type=KINDS[ending][0],
            sha256=sha256,
            size=len(content),
            caption=caption.strip(),
            added_by_id=work.actor_id,
        )
        work.record("attachment.added", work.add(kept), after={"sha256": sha256, "size": len(content)})
    return attachments(desk, pilot)[-1]


def attachments(desk: Desk, pilot: Pilot) -> tuple[Attached, ...]:
    """Oldest first."""
    with desk.read() as session:
        return tuple(_attached(session, row) for row in find.attachments(session, pilot.id))


def download(desk: Desk, pilot: Pilot, attachment_id: UUID) -> bytes:
    """The bytes of one attachment of this pilot, after checking their hash."""
    found = next((row for row in attachments(desk, pilot) if row.id == attachment_id), None)
    if found is None:
        raise Refused(Problem(code="no_such_attachment", facts={"pilot": pilot.key}))
    return desk.registry.snapshots.read(found.sha256)


def _attached(session: Any, row: Attachment) -> Attached:
    return Attached(
        id=row.id,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        caption=row.caption,
        person=find.person(session, row.added_by_id).name if row.added_by_id else "",
        at=row.created_at,
    )


def _wrong(name: str, ending: str, content: bytes) -> list[Problem]:
    found = []
    if ending not in KINDS:
        found.append(Problem(code="attachment_kind", facts={"given": ending or name, "offered": list(KINDS)}))
    elif not content.startswith(KINDS[ending][1]) or (not KINDS[ending][1] and b"\x00" in content):
        found.append(Problem(code="attachment_content", facts={"kind": ending}))
    if not content:
        found.append(Problem(code="attachment_empty"))
    if len(content) > LARGEST_MB << 20:
        found.append(Problem(code="attachment_large", facts={"most": LARGEST_MB}))
    return found


def _mentioned(text: str, people: Sequence[Person]) -> tuple[list[Person], list[Problem]]:
    """The people whose name or address stands behind an @; longest names first, so that Ana Lima is not Ana."""
    found: dict[UUID, Person] = {}
    problems = []
    named = sorted(((label, p) for p in people for label in (p.name, p.email) if label), key=lambda n: -len(n[0]))
    for place in re.finditer(r"(?<![\w.])@(?=\w)", text):
        rest = text[place.end() :].casefold()
        meant = next((p for label, p in named if _begins(rest, label.casefold())), None)
        if meant is None:
            word = re.split(r"[\s,;:!?]", text[place.end() :], maxsplit=1)[0]
            problems.append(Problem(code="mention_unknown", facts={"name": word}))
        else:
            found[meant.id] = meant
    return list(found.values()), problems


def _begins(rest: str, label: str) -> bool:
    return rest.startswith(label) and not rest[len(label) : len(label) + 1].isalnum()
