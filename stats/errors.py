"""Errors of the engine.

StatsError                 base: carries ``problems``, all of them at once
├── RefusedData            a file or table can't be accepted as outcomes
├── RefusedSpec            a specification (estimate, plan, calculation) is not usable
└── UnknownEstimator       a named alternative that this design does not have

A *result* that can't be computed is no error: it is ``NotEstimable`` (``stats/results.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_SECRETS = re.compile(r"(?i)(?<=://)[^\s/@'\"]*:([^\s@'\"]+)|(?:password|passwd|pwd|token|secret)=([^\s&'\"]+)")


def without_secrets(text: str, *, of: str = "") -> str:
    """The text with the passwords in it, and those in the connection string ``of``, shown as dots.

    >>> without_secrets("can't reach postgres://ana:hush@host/db")
    "can't reach postgres://ana:…@host/db"
    """
    found = [secret for each in (text, of) for pair in _SECRETS.findall(each) for secret in pair if secret]
    for secret in sorted(found, key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with an input, and where.

    code: key of the sentence in the catalogue (``problem.<code>``); facts: the values that fill it.
    rows: 1-based data rows concerned (header not counted), at most the first few; count: how many in all.
    """

    code: str
    column: str | None = None
    rows: tuple[int, ...] = ()
    count: int = 1
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        where = f" in column {self.column!r}" if self.column else ""
        lines = f" (rows {', '.join(map(str, self.rows))})" if self.rows else ""
        facts = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code}{where}{lines}" + (f": {facts}" if facts else "")


class StatsError(Exception):
    """Base of the engine's errors; ``problems`` says everything that is wrong at once."""

    def __init__(self, problems: Sequence[Problem] | Problem) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class RefusedData(StatsError):
    """The file or table was refused; nothing of it was kept."""


class RefusedSpec(StatsError):
    """The specification can't be used as it stands."""


class UnknownEstimator(RefusedSpec):
    """No estimator of that name in this design."""
