"""What a pilot is called where several stand beside each other."""

from __future__ import annotations

from typing import Protocol

from experiments.words.catalogue import say


class Versioned(Protocol):
    """Whatever has a pilot's title and version."""

    @property
    def title(self) -> str: ...
    @property
    def version(self) -> int: ...


def titled(pilot: Versioned) -> str:
    """The title; a later version says which it is."""
    return title_of(pilot.title, pilot.version)


def title_of(title: str, version: int) -> str:
    return title if version == 1 else say("frame.version", title=title, number=version)
