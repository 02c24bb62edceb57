"""The guided charter: five short steps, each a part of the same document that a charter file holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.charters.charter import slug
from experiments.charters.check import read_charter
from experiments.errors import Refused, problems_of
from experiments.words import knows, problem_sentence, say
from stats.errors import Problem

STEPS = ("problem", "success", "partners", "where", "money")
PARTS = {
    "title": "problem",
    "problem": "problem",
    "team": "problem",
    "owner": "problem",
    "sponsor": "problem",
    "hypothesis": "problem",
    "key_results": "problem",
    "metrics": "success",
    "partners": "partners",
    "where": "where",
    "history": "where",
    "finance": "money",
    "forecast": "money",
}
"""Which step a part of the charter is written in."""
WHOLE = {
    "charter_hypothesis_metric": "success",
    "charter_hypothesis_direction": "success",
    "charter_metric_twice": "success",
    "charter_forecast_metric": "money",
    "charter_history_metric": "where",
    "charter_partner_unknown": "partners",
    "charter_partner_metric": "partners",
    "charter_no_sites": "where",
    "charter_column_missing": "where",
    "charter_n_treatment": "where",
    "charter_score_site": "where",
    "charter_score_twice": "where",
}
"""Findings about the whole charter, and the step where they are mended."""
UNSAID = frozenset({"metrics", "where"})
"""Parts of a place that only say which step it is."""


@dataclass(frozen=True, kw_only=True)
class Open:
    """One thing that stands against registering, in words of the form. step: where to mend it."""

    step: str
    sentence: str


def after(step: str) -> str:
    """The step that follows; the last one follows itself."""
    return STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)]


def before(step: str) -> str:
    return STEPS[max(STEPS.index(step) - 1, 0)]


def step_to_resume(saved: str) -> str:
    """Where a draft goes on: after the step that was saved last."""
    return after(saved) if saved in STEPS else STEPS[0]


def document(draft: Mapping[str, Any]) -> dict[str, Any]:
    """The draft as a charter's document: the hypothesis points at the first success metric and says what it says."""
    made = {key: value for key, value in draft.items() if value not in (None, "", [], {})}
    success = (made.get("metrics") or {}).get("success") or []
    if made.get("hypothesis") and success:
        first = success[0]
        promised = {
            "metric": first.get("key"),
            "direction": "up" if first.get("better") == "higher" else "down",
            "by": first.get("mwe"),
        }
        made["hypothesis"] = {**made["hypothesis"], **{k: v for k, v in promised.items() if v is not None}}
    return made


def still_open(draft: Mapping[str, Any]) -> tuple[Open, ...]:
    """Everything that stands against registering this draft, by step; empty where it is complete."""
    try:
        read_charter(document(draft))
    except Refused as refused:
        found = [
            Open(step=_step_of(problem), sentence=_sentence(problem)) for problem in _grouped(problems_of(refused))
        ]
        return tuple(sorted(found, key=lambda one: STEPS.index(one.step)))
    return ()


def metric_key(name: str, taken: Iterable[str]) -> str:
    """A key for a metric called so: letters, digits and underscores, at most 40, unlike those taken."""
    base = re.sub(r"^[^a-z]+", "", slug(name).replace("-", "_"))[:36].strip("_") or "metric"
    key, number, known = base, 1, set(taken)
    while key in known:
        number += 1
        key = f"{base}_{number}"
    return key


def _grouped(problems: Sequence[Problem]) -> list[Problem]:
    """One finding a place: a part that is missing altogether is not also incomplete."""
    seen: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        seen.setdefault((problem.code, str(problem.facts.get("place", problem.facts))), problem)
    return list(seen.values())


def _step_of(problem: Problem) -> str:
    if problem.code in WHOLE:
        return WHOLE[problem.code]
    return PARTS.get(str(problem.facts.get("place", "")).split(" > ")[0], STEPS[0])


def _sentence(problem: Problem) -> str:
    """The finding with its place in the words of the form."""
    if "place" not in problem.facts:
        return problem_sentence(problem)
    place = say_place(str(problem.facts["place"]))
    if problem.code == "charter_missing":
        return say("register.open.missing", place=place)
    facts = {**problem.facts, "place": place}
    return problem_sentence(Problem(code=problem.code, column=problem.column, facts=facts))


def say_place(place: str) -> str:
    """'metrics > success > 1 > mwe' -> 'success 1, smallest gain worth having'."""
    words: list[str] = []
    for part in place.split(" > "):
        if part.isdigit() and words:
            words[-1] = f"{words[-1]} {part}"
        elif part not in UNSAID:
            words.append(say(f"place.{part}") if knows(f"place.{part}") else part.replace("_", " "))
    return ", ".join(words)
