"""Errors of the stages.

Refused            an act that can't be done as asked: ``problems`` says everything that is wrong at once

Pages and the command line catch this one, the engine's ``StatsError`` and the registry's error, and show ``.problems``.
"""

from __future__ import annotations

from collections.abc import Sequence

from stats.errors import Problem


class Refused(Exception):
    """The act was refused and nothing was changed."""

    def __init__(self, problems: Sequence[Problem] | Problem) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))
