"""Rows are checked before they are written: table classes do not validate on their own.

The database's constraints stand behind this; what they refuse is told in the same words (``refusal``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlmodel import SQLModel

from registry.canonical import canonical_json
from registry.errors import Locked, Problem, Refused, RegistryError, Taken, Unavailable
from registry.schema import METADATA
from registry.triggers import REFUSAL

# What no database or document can hold (controls but tab and line ends, halves of surrogate pairs, no characters),
# and what makes a text read as another one: overrides of the direction of reading.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_OVERRIDES = re.compile("[\u202d\u202e]")
LONGEST_TEXT = 20_000
"""Letters of one text that people write: some eight pages. Every page that shows it would have to carry it."""
MADE_HERE = frozenset({"canonical"})
"""Texts that are worked out here and have no such bound: plans, evidence, recommendations."""


def check(row: SQLModel) -> None:
    """Put the row's values into their columns' types; raises Refused naming every field that can't be kept."""
    values = {name: getattr(row, name) for name in type(row).model_fields}
    problems = unstorable(values)
    named = {problem.column for problem in problems}
    try:
        checked = type(row).model_validate(values)
    except ValidationError as error:
        told = [_from_pydantic(dict(item)) for item in error.errors(include_url=False)]
        problems += [problem for problem in told if problem.column not in named]
    if problems:
        raise Refused(problems)
    for name, value in values.items():
        if type(value) is not type(getattr(checked, name)):
            setattr(row, name, getattr(checked, name))


def unstorable(values: Mapping[str, Any]) -> list[Problem]:
    """What can't be kept, by field: control and half characters, texts without end, NaN and infinity, times without a
    zone."""
    return [problem for name, value in values.items() for problem in _unstorable(name, value)]


def _unstorable(name: str, value: Any) -> list[Problem]:
    if isinstance(value, datetime) and value.tzinfo is None:
        return [Problem(code="time_without_zone", column=name)]
    if isinstance(value, (dict, list, float)):
        try:
            canonical_json(value)
        except ValueError:
            return [Problem(code="number_not_finite", column=name)]
    texts = list(_texts_in(value))
    if name not in MADE_HERE and any(len(text) > LONGEST_TEXT for text in texts):
        return [Problem(code="field_too_long", column=name, facts={"longest": LONGEST_TEXT})]
    if any(_UNSTORABLE.search(text) for text in texts):
        return [Problem(code="text_not_storable", column=name)]
    return [Problem(code="text_turned", column=name)] if any(_OVERRIDES.search(text) for text in texts) else []


def _texts_in(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts_in(key)
            yield from _texts_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts_in(item)


def _from_pydantic(item: Mapping[str, Any]) -> Problem:
    column = ".".join(str(part) for part in item["loc"])
    context = {name: value for name, value in item.get("ctx", {}).items() if isinstance(value, (str, int, float))}
    if item["type"] == "missing" or item["input"] is None or item["input"] == "":
        return Problem(code="field_missing", column=column)
    if item["type"] == "string_too_long":
        return Problem(code="field_too_long", column=column, facts={"longest": context["max_length"]})
    if item["type"] == "string_pattern_mismatch":
        return Problem(code="field_pattern", column=column, facts={"value": str(item["input"])[:80]})
    return Problem(code="field_value", column=column, facts={"value": str(item["input"])[:80], "rule": item["msg"]})


def refusal(error: DBAPIError) -> RegistryError | None:
    """What the database refused, in our words; None for what is no refusal but a fault."""
    message = str(error.orig)
    if REFUSAL in message:
        table = re.split(r"\s", message.split(REFUSAL, 1)[1])[0]
        return Locked(Problem(code="row_locked", facts={"table": table}))
    if "database is locked" in message or getattr(error.orig, "sqlstate", None) in ("55P03", "40P01"):
        return Unavailable(Problem(code="database_busy"))
    if isinstance(error, OperationalError) and not message.startswith(("no such", "near ")):
        return Unavailable(Problem(code="database_failed", facts={"said": message.splitlines()[0]}))
    if not isinstance(error, IntegrityError):
        return None
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return _from_state(error.orig.sqlstate, diagnosis)  # type: ignore[union-attr]
    return _from_sqlite(message)


def _from_state(state: str, diagnosis: Any) -> RegistryError:
    table, name = diagnosis.table_name or "", diagnosis.constraint_name or ""
    if state == "23505":
        return _taken(table, _columns_of(table, name))
    if state == "23503":
        return Refused(Problem(code="reference_missing"))
    if state == "23502":
        return Refused(Problem(code="field_missing", column=diagnosis.column_name))
    return Refused(Problem(code="rule_broken", facts={"table": table, "rule": name}))


def _from_sqlite(message: str) -> RegistryError:
    kind, _, rest = message.partition(" constraint failed")
    detail = rest.lstrip(": ")
    if kind == "UNIQUE" and detail.startswith("index"):
        name = detail.split("'")[1]
        table = next(table.name for table in METADATA.sorted_tables if any(i.name == name for i in table.indexes))
        return _taken(table, _columns_of(table, name))
    if kind == "UNIQUE":
        pairs = [part.strip().split(".") for part in detail.split(",")]
        return _taken(pairs[0][0], [pair[1] for pair in pairs])
    if kind == "FOREIGN KEY":
        return Refused(Problem(code="reference_missing"))
    if kind == "NOT NULL":
        return Refused(Problem(code="field_missing", column=detail.split(".")[1]))
    tables = (t.name for t in METADATA.sorted_tables if detail.startswith(f"ck_{t.name}_"))
    table = max(tables, key=len, default="")
    return Refused(Problem(code="rule_broken", facts={"table": table, "rule": detail}))


def _taken(table: str, columns: list[str]) -> Taken:
    column = columns[0] if len(columns) == 1 else None
    return Taken(Problem(code="already_taken", column=column, facts={"table": table, "columns": columns}))


def _columns_of(table: str, name: str) -> list[str]:
    known = METADATA.tables[table]
    things: list[Any] = [*known.constraints, *known.indexes]
    return [column.name for thing in things if thing.name == name for column in thing.columns]
