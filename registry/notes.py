"""What people wrote down along the way: the change log of a pilot, and comments."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from registry.base import BIG, JSON, MOMENT, SHA256, TEXT, EditableRow, Row, choice, now
from registry.kinds import ChangeKind, SuggestionState


class ChangeEntry(EditableRow, table=True):
    """Something that was changed, seen or suggested. alters_treatment: what is tried is no longer the same.

    suggestion: what became of a colleague's suggestion, with ``why``; credited_to: whose it was.
    """

    __table_args__ = (
        CheckConstraint("(kind = 'suggestion') = (suggestion IS NOT NULL)", name="suggestion_has_state"),
        CheckConstraint("suggestion <> 'declined' OR why <> ''", name="declined_has_reason"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    kind: ChangeKind = Field(default=ChangeKind.CHANGE, sa_type=choice(ChangeKind, "kind"))
    happened_at: datetime = Field(default_factory=now, sa_type=MOMENT)
    site: str | None = Field(default=None, max_length=200)
    what: str = Field(min_length=1, sa_type=TEXT)
    why: str = Field(default="", sa_type=TEXT)
    alters_treatment: bool = False
    suggestion: SuggestionState | None = Field(default=None, sa_type=choice(SuggestionState, "suggestion"))
    credited_to: str = Field(default="", max_length=200)
    entered_by_id: UUID | None = Field(default=None, foreign_key="person.id")


class Comment(EditableRow, table=True):
    """A remark on a pilot. about: what it hangs on (a page or a metric's key); mentions: ids of people."""

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    author_id: UUID = Field(foreign_key="person.id", index=True)
    reply_to_id: UUID | None = Field(default=None, foreign_key="comment.id")
    about: str = Field(default="", max_length=120)
    content: str = Field(min_length=1, max_length=20_000, sa_type=TEXT)
    mentions: list[str] = Field(default_factory=list, sa_type=JSON)


class Attachment(Row, table=True):
    """A file that people hung on a pilot (the poster, the script); its bytes lie in the snapshot store by their hash.

    about: what it hangs on, as for comments; size: bytes.
    """

    __table_args__ = (
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint("size > 0", name="not_empty"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    name: str = Field(min_length=1, max_length=255)
    media_type: str = Field(default="application/octet-stream", max_length=120)
    sha256: str = Field(schema_extra=SHA256, max_length=64, index=True)
    size: int = Field(gt=0, sa_type=BIG)
    about: str = Field(default="", max_length=120)
    caption: str = Field(default="", sa_type=TEXT)
    added_by_id: UUID | None = Field(default=None, foreign_key="person.id")


class Concern(EditableRow, table=True):
    """A safety concern: what somebody fears is going wrong, and what the owner or sponsor answered."""

    __table_args__ = (
        CheckConstraint("(answered_at IS NULL) = (answered_by_id IS NULL)", name="answered_by_and_at"),
        CheckConstraint("answered_at IS NULL OR answer <> ''", name="answer_in_words"),
    )

    pilot_id: UUID = Field(foreign_key="pilot.id", index=True)
    raised_by_id: UUID = Field(foreign_key="person.id", index=True)
    partner_id: UUID | None = Field(default=None, foreign_key="pilot_partner.id")
    what: str = Field(min_length=1, sa_type=TEXT)
    raised_at: datetime = Field(default_factory=now, sa_type=MOMENT)
    answer: str = Field(default="", sa_type=TEXT)
    answered_by_id: UUID | None = Field(default=None, foreign_key="person.id")
    answered_at: datetime | None = Field(default=None, sa_type=MOMENT)
