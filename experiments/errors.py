"""Errors of the stages, and how any refusal is said.

Refused            an act that can't be done as asked: ``problems`` says everything that is wrong at once

Pages and the command line catch ``REFUSALS``: these, the engine's and the registry's; ``sentences`` says them.
"""

from __future__ import annotations

from collections.abc import Sequence

from registry.errors import RegistryError
from stats.errors import Problem, StatsError


class Refused(Exception):
    """The act was refused and nothing was changed."""

    def __init__(self, problems: Sequence[Problem] | Problem) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


REFUSALS = (Refused, StatsError, RegistryError)


def problems_of(error: Refused | StatsError | RegistryError) -> tuple[Problem, ...]:
    """What is wrong, in one shape whoever refused."""
    return tuple(
        problem
        if isinstance(problem, Problem)
        else Problem(code=problem.code, column=problem.column, facts=problem.facts)
        for problem in error.problems
    )


def sentences(error: Refused | StatsError | RegistryError) -> list[str]:
    """What is wrong, where and what to do: a sentence for each problem."""
    from experiments.words import problem_sentence

    return [problem_sentence(problem) for problem in problems_of(error)]
