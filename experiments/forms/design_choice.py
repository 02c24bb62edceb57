"""From a few plain questions to a design: who was assigned, how, when, and is there a before?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from stats.spec import Design

Who = Literal["sites", "customers"]
How = Literal["lot", "chosen", "everyone"]
When = Literal["together", "one_after_other"]


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What people can say about their pilot without knowing a method."""

    who: Who = "sites"
    how: How = "lot"
    when: When = "together"
    before: bool = True


@dataclass(frozen=True, kw_only=True)
class Choice:
    """design None: what was answered can't be judged, ``why`` names the sentence. method: of the assignment."""

    design: Design | None
    method: Literal["complete", "stratified", "waves", "chosen"]
    why: str


def design_for(answers: Answers, *, strata: bool = False) -> Choice:
    """The design that the answers describe, with the sentence that says what it is worth."""
    if answers.how == "everyone":
        design: Design | None = "interrupted_time_series" if answers.before else None
        return Choice(design=design, method="chosen", why="everyone" if design else "everyone_no_before")
    if answers.who == "customers":
        lot = answers.how == "lot"
        return Choice(
            design="randomised_units" if lot else None,
            method="complete",
            why="customers" if lot else "customers_chosen",
        )
    if answers.how == "lot":
        if answers.when == "one_after_other":
            return Choice(design="stepped_wedge", method="waves", why="lot_waves")
        return Choice(design="randomised_sites", method="stratified" if strata else "complete", why="lot")
    if not answers.before:
        return Choice(design=None, method="chosen", why="chosen_no_before")
    if answers.when == "one_after_other":
        return Choice(design="staggered", method="chosen", why="staggered")
    return Choice(design="before_after_control", method="chosen", why="chosen")


def answers_of(where: dict[str, Any]) -> Answers:
    """The answers that a stored draft stands for."""
    design = where.get("design") or "randomised_sites"
    how: How = "chosen"
    if design in {"randomised_sites", "randomised_units", "stepped_wedge"}:
        how = "lot"
    if design == "interrupted_time_series":
        how = "everyone"
    return Answers(
        who="customers" if design == "randomised_units" else "sites",
        how=how,
        when="one_after_other" if design in {"staggered", "stepped_wedge"} else "together",
        before=design == "randomised_units" or where.get("baseline_from") is not None or "start" not in where,
    )
