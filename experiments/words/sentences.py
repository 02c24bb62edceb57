"""Codes of the engine and the registry, said in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from experiments.words.catalogue import knows, listed, say
from experiments.words.numbers import Unit, effect, level, size

LONGEST_FACT = 600
IN_METRICS_UNIT: Mapping[str, Mapping[str, Callable[[float, Unit], str]]] = {
    "anticipation": {"effect": effect},
    "balance": {"treatment": level, "control": level},
    "bias_robustness": {"largest": size},
    "drift": {"first": effect, "last": effect},
    "leave_one_donor_out": {"effect": effect, "effect_without": effect},
    "placebo_date": {"effect": effect},
    "selection": {"change": effect, "adjusted": effect},
}
"""Facts of checks that are in the unit of the check's metric, and how they are written."""


class HasProblem(Protocol):
    """What ``stats.errors.Problem`` and the registry's problem have in common."""

    @property
    def code(self) -> str: ...
    @property
    def column(self) -> str | None: ...
    @property
    def rows(self) -> Sequence[int]: ...
    @property
    def count(self) -> int: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


class HasCheck(Protocol):
    """What a check needs to be said (``stats.results.Check``)."""

    @property
    def key(self) -> str: ...
    @property
    def status(self) -> Any: ...
    @property
    def value(self) -> float | None: ...
    @property
    def threshold(self) -> float | None: ...
    @property
    def metric(self) -> str | None: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


class HasCode(Protocol):
    """Whatever is said by a code and facts (``stats.results.NotEstimable``)."""

    @property
    def code(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


def problem_sentence(problem: HasProblem) -> str:
    """What is wrong, where and what to do: ``problem.<code>``, with {column}, {rows}, {count} and its own facts."""
    where = {"column": problem.column, "rows": rows_in_words(problem.rows, problem.count), "count": problem.count}
    facts = {name: _in_short(fact) for name, fact in {**where, **problem.facts}.items()}
    return say(f"problem.{problem.code}", **facts)


def _in_short(fact: Any) -> Any:
    """What stood in a file or a field may be of any length; a sentence is not."""
    return f"{fact[:LONGEST_FACT]}…" if isinstance(fact, str) and len(fact) > LONGEST_FACT else fact


def rows_in_words(rows: Sequence[int], count: int) -> str:
    """``2, 5 and 9``, or ``2, 5, 9 and 12 more`` where only the first few are listed."""
    listed_rows = [str(row) for row in rows]
    more = count - len(listed_rows)
    return listed([*listed_rows, say("rows.more", count=more)] if listed_rows and more > 0 else listed_rows)


def check_sentence(
    check: HasCheck, *, names: Mapping[str, str] | None = None, units: Mapping[str, Unit] | None = None
) -> str:
    """What a check found: ``check.<key>.<status>``, with {value}, {threshold}, {metric} and its own facts.

    names, units: by metric key, the name that people read and the unit of facts that are in the metric's unit.
    A check that was not run and has no sentence of its own says why.
    """
    status = str(getattr(check.status, "value", check.status))
    metric = (names or {}).get(check.metric or "", check.metric)
    unit = (units or {}).get(check.metric or "")
    own = {name: _in_unit(check.key, name, fact, unit) for name, fact in check.facts.items()}
    facts = {"value": check.value, "threshold": check.threshold, "metric": metric, **own}
    key = f"check.{check.key}.{status}"
    if status == "NOT_RUN" and not knows(key):
        return say("check.any.NOT_RUN", **{**facts, "name": check_name(check.key)})
    return say(key, **facts)


def _in_unit(check: str, name: str, fact: Any, unit: Unit | None) -> Any:
    write = IN_METRICS_UNIT.get(check, {}).get(name)
    return fact if unit is None or write is None or not isinstance(fact, int | float) else write(fact, unit)


def check_name(key: str) -> str:
    """The check's short name (``check.<key>.name``), or its key with spaces."""
    return say(f"check.{key}.name") if knows(f"check.{key}.name") else key.replace("_", " ")


def not_estimable_sentence(result: HasCode) -> str:
    """Why there is no estimate: ``not_estimable.<code>``."""
    return say(f"not_estimable.{result.code}", **result.facts)
