"""What was asked is answered once, in words: safety concerns and requests for more."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.errors import Refused
from registry.decisions import RequestForMore
from registry.notes import Concern
from registry.pilots import Pilot
from registry.unit_of_work import Work
from stats.errors import Problem


def answer_once(
    work: Work,
    pilot: Pilot,
    asked: Sequence[Concern] | Sequence[RequestForMore],
    number: int,
    answer: str,
    *,
    what: str,
) -> None:
    """Answer the ``number``-th of those asked. what: "concern" or "request", as problems and events name it.

    Raises Refused where there is no such one, it has its answer, or the answer is empty.
    """
    facts = {"number": number, "pilot": pilot.key}
    if not 1 <= number <= len(asked):
        raise Refused(Problem(code=f"no_such_{what}", facts=facts))
    row = asked[number - 1]
    problems = []
    if row.answered_at is not None:
        problems.append(Problem(code=f"{what}_answered", facts=facts))
    if not answer.strip():
        problems.append(Problem(code="answer_missing"))
    if problems:
        raise Refused(problems)
    work.change(row, f"{what}.answered", answer=answer.strip(), answered_by_id=work.actor_id, answered_at=work.now)
