"""Errors of the registry.

RegistryError              base: carries ``problems``, all of them at once
├── NotFound               no such row; the nearest names are in the facts
├── Refused                a row or an act breaks a rule of the record
│   ├── Taken              a value that must be unique is in use already
│   └── Locked             it was promised, signed or recorded, and can't be changed
├── Conflict               somebody else changed it in the meantime: who, when and what
└── Unavailable            the database can't be used as it is (busy, not upgraded, too new, unreachable)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong. code: key of the sentence in the catalogue (``problem.<code>``); facts fill it."""

    code: str
    column: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        where = f" in {self.column!r}" if self.column else ""
        facts = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code}{where}" + (f": {facts}" if facts else "")


class RegistryError(Exception):
    """Base of the registry's errors; nothing of the act was kept."""

    def __init__(self, problems: Sequence[Problem] | Problem) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class NotFound(RegistryError):
    """There is no such row."""


class Refused(RegistryError):
    """The row or the act breaks a rule of the record."""


class Taken(Refused):
    """A value that must be unique is in use already."""


class Locked(Refused):
    """It was promised, signed or recorded, and can't be changed or deleted."""


class Conflict(RegistryError):
    """Somebody else changed it since it was shown; the facts say who, when and what."""


class Unavailable(RegistryError):
    """The database can't be used as it is."""
