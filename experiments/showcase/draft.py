"""A story as a file to take along: plain text or a Word document."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.errors import Refused
from experiments.showcase.story import SECTIONS, Story, text_of
from experiments.words import say
from stats.errors import Problem

FORMATS = ("txt", "docx")


def file_of(stories: Sequence[Story], name: str) -> bytes:
    """The stories as bytes of a file called ``name``; refused where its ending is none of ``FORMATS``."""
    form = name.rpartition(".")[2].lower()
    if form not in FORMATS:
        raise Refused(Problem(code="story_format", facts={"given": form, "offered": list(FORMATS)}))
    if form == "txt":
        return "\n\n".join(text_of(story) for story in stories).encode()
    return docx_of(stories)


def docx_of(stories: Sequence[Story]) -> bytes:
    """One document, each story with its headings."""
    from experiments.documents.docx import plain_document

    blocks: list[tuple[str, str]] = []
    for story in stories:
        blocks += [("title", story.title), *([("note", story.simulated)] if story.simulated else [])]
        blocks.append(("lead", story.lead))
        for section in SECTIONS:
            if lines := getattr(story, section):
                blocks += [("heading", say(f"showcase.{section}")), *(("text", line) for line in lines)]
        blocks.append(("note", say("showcase.rule")))
    return plain_document(say("nav.page.showcase"), blocks)
