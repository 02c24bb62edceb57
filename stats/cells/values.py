"""Columns of the data as numbers and as yes or no, in Ibis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stats.errors import Problem, RefusedSpec
from stats.expressions import resolve

if TYPE_CHECKING:
    import ibis.expr.types as ir

YES = ("true", "yes", "y", "t", "1")
NO = ("false", "no", "n", "f", "0")


def total(columns: str | Sequence[str], table: ir.Table) -> Any:
    """A column, an expression, or the sum of several."""
    names = [columns] if isinstance(columns, str) else list(columns)
    first, *others = (number(name, table) for name in names)
    for other in others:
        first = first + other
    return first


def number(text: str, table: ir.Table) -> Any:
    """A column or expression as double; yes/no counts 1/0. Integers are cast before any product: they overflow."""
    value = resolve(text, table)
    kind = value.type()
    if kind.is_floating() and kind.nbytes == 8:
        return value
    if kind.is_numeric() or kind.is_boolean() or kind.is_null():
        return value.cast("float64")
    raise RefusedSpec(Problem(code="not_a_number", column=text, facts={"type": str(kind)}))


def yes_no(columns: str | Sequence[str], table: ir.Table) -> Any:
    """1 for yes, 0 for no. Numbers are taken as they are (0/1, or a share already computed); see ``share_range``."""
    if not isinstance(columns, str):
        return total(columns, table)
    value = resolve(columns, table)
    if not value.type().is_string():
        return number(columns, table)
    import ibis

    word = value.strip().lower()
    return ibis.cases((word.isin(YES), 1.0), (word.isin(NO), 0.0), else_=ibis.null("float64"))


def truthy(text: str, table: ir.Table) -> Any:
    """A column as yes/no (missing stays missing), for ``eligible``, ``delivered`` and ``used``."""
    value = resolve(text, table)
    return value if value.type().is_boolean() else yes_no(text, table) != 0
