"""What people wrote down along the way: the change log of a pilot, and comments."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from registry.base import JSON, MOMENT, TEXT, EditableRow, choice, now
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
