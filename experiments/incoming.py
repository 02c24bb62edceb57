"""A file on its way in: what the plan needs of it, what it has, and what is wrong with it, as tables for people."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from experiments.desk import Desk
from experiments.files import plain_name
from experiments.words import problem_sentence, say
from experiments.words.numbers import day, whole
from experiments.words.sentences import rows_in_words
from registry import find
from registry.pilots import Pilot
from stats.errors import Problem
from stats.plan import Plan

if TYPE_CHECKING:
    from stats.outcomes import Preview

CROSSOVERS = frozenset({"site_in_two_arms", "arm_not_as_assigned"})
"""What may really have happened, and is then recorded instead of refused."""


LONGEST_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A column that the plan names. found: as it stands in the file, "" where it is not there; near: a likely one."""

    column: str
    used_for: str
    found: str
    near: str


@contextmanager
def on_disk(content: bytes, name: str) -> Iterator[Path]:
    """The uploaded bytes as a file with the ending of its name, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="incoming-") as folder:
        path = Path(folder) / f"upload{PurePath(plain_name(name)).suffix.lower()}"
        path.write_bytes(content)
        yield path


def wanted_columns(plan: Plan, preview: Preview) -> list[Wanted]:
    """The plan's columns, held against those of the file."""
    from stats.expressions import nearest
    from stats.outcomes.parts import parts_of

    assigned = None if plan.columns.starts is not None else plan.unit_of_assignment
    names = [column.name for column in preview.columns]
    rows: dict[str, Wanted] = {}
    for part in parts_of(plan.columns, plan.metrics, assigned):
        if part.text in rows:
            continue
        found = part.text if part.text in names or _expression_of(part.text, names) else ""
        near = "" if found else nearest(part.text, tuple(names)) or ""
        rows[part.text] = Wanted(column=part.text, used_for=_used_for(plan, part.name), found=found, near=near)
    return list(rows.values())


def _expression_of(text: str, names: Sequence[str]) -> bool:
    """Whether it is computed from columns of the file, such as ``log(price)``."""
    words = set(re.findall(r"[^\W\d]\w*", text))
    return bool(re.search(r"[-+*/()]", text)) and bool(words & set(names))


def _used_for(plan: Plan, part: str) -> str:
    from experiments.words import knows

    named = {metric.key: metric.name for metric in plan.metrics}
    if part in named:
        return named[part]
    return say(f"part.{part}") if knows(f"part.{part}") else part


def preview_rows(preview: Preview) -> dict[str, list[str | None]]:
    """The first rows by column; long texts by their beginning."""
    columns = list(zip(*preview.rows, strict=True)) or [()] * len(preview.columns)
    return {
        column.name: [cell and _beginning(cell) for cell in cells]
        for column, cells in zip(preview.columns, columns, strict=True)
    }


def _beginning(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def problem_table(problems: Sequence[Problem], plan: Plan) -> dict[str, list[str]]:
    """Everything that is wrong: where, how often, what to do; metrics by the names that people gave them."""
    return {
        "column_named": [problem.column or "–" for problem in problems],
        "rows": [rows_in_words(problem.rows, problem.count) or "–" for problem in problems],
        "remedy": [problem_sentence(_named(problem, plan)) for problem in problems],
    }


def _named(problem: Problem, plan: Plan) -> Problem:
    used_for = problem.facts.get("used_for")
    return replace(problem, facts={**problem.facts, "used_for": _used_for(plan, used_for)}) if used_for else problem


def kept_files(desk: Desk, pilot: Pilot) -> dict[str, list[str]]:
    """What was accepted, when and by whom, the newest first."""
    with desk.read() as session:
        kept = find.snapshots(session, pilot.id)[::-1]
        names = {person.id: person.name for person in find.people(session, active_only=False)}
    return {
        "file": [row.name for row in kept],
        "rows": [whole(row.row_count) for row in kept],
        "when": [day(row.accepted_at.date()) for row in kept],
        "who": [names.get(row.accepted_by_id, "–") if row.accepted_by_id else "–" for row in kept],
        "hash": [row.sha256[:12] for row in kept],
    }


def in_steps(tell: Callable[[float, str], object]) -> Callable[[float], None]:
    """Progress in words: what is being done at each share."""
    steps = ((0.0, "data.step.open"), (0.15, "data.step.check"), (0.7, "data.step.keep"), (1.0, "data.step.done"))

    def report(share: float) -> None:
        tell(share, say(next(key for limit, key in reversed(steps) if share >= limit)))

    return report


def changed_parts(guessed: Mapping[str, Any], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """What a person changed in the guess."""
    return {name: value for name, value in chosen.items() if guessed.get(name) != value}


def preview_column(content: bytes, reading: Any, column: str) -> list[str]:
    """The different values of a column, in the order in which they come."""
    from stats.outcomes import preview

    looked = preview(content, reading, rows=20_000)
    place = [found.name for found in looked.columns].index(column)
    return list(dict.fromkeys(str(row[place]) for row in looked.rows if row[place] is not None))
