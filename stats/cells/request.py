"""What is asked of the scan for one metric, and the Ibis values behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stats.errors import Problem, RefusedSpec
from stats.expressions import resolve
from stats.spec import MetricSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir

YES = ("true", "yes", "y", "t", "1")
NO = ("false", "no", "n", "f", "0")
WITH_DENOMINATOR = ("ratio", "rate")
OWN_PASS = ("interval_share", "survival")


@dataclass(frozen=True, kw_only=True)
class MetricRequest:
    """One metric of a scan.

    pre: column (or expression) with the unit's own value before the start; weight: column of row weights;
    exposure: for rates, where the metric does not name its own.
    """

    key: str
    spec: MetricSpec
    pre: str | None = None
    weight: str | None = None
    exposure: str | None = None


@dataclass(frozen=True, kw_only=True)
class MetricValues:
    """Ibis values of one metric, all double: y metric or numerator, d denominator, x pre-value, w row weight."""

    request: MetricRequest
    y: Any
    d: Any = None
    x: Any = None
    w: Any = None

    @property
    def parts(self) -> dict[str, Any]:
        named = {"y": self.y, "d": self.d, "x": self.x, "w": self.w}
        return {name: value for name, value in named.items() if value is not None}


def metric_values(request: MetricRequest, table: ir.Table) -> MetricValues:
    """The metric's inputs on ``table``. Raises RefusedSpec for missing inputs, unknown columns, words as numbers."""
    spec = request.spec
    y, d = _inputs(request, table)
    if spec.kind == "share_beyond":
        y = _beyond(y, spec)
    return MetricValues(
        request=request,
        y=y,
        d=d,
        x=None if request.pre is None else number(request.pre, table),
        w=None if request.weight is None else number(request.weight, table),
    )


def _inputs(request: MetricRequest, table: ir.Table) -> tuple[Any, Any]:
    spec = request.spec
    if spec.kind == "survival":
        from stats.cells.survival import duration

        return duration(spec, table)[0], None
    if spec.kind in WITH_DENOMINATOR or spec.numerator is not None:
        top = spec.numerator if spec.numerator is not None else spec.column
        bottom = spec.denominator or (spec.exposure or request.exposure if spec.kind == "rate" else None)
        return total(_needed(top, request, "numerator"), table), number(_needed(bottom, request, "denominator"), table)
    column = _needed(spec.column, request, "column")
    if spec.kind == "share" or (spec.kind == "interval_share" and spec.within == "share" and spec.threshold is None):
        return yes_no(column, table), None
    return total(column, table), None


def _needed(value: Any, request: MetricRequest, part: str) -> Any:
    if value is None:
        raise RefusedSpec(
            Problem(code="metric_needs", facts={"metric": request.key, "kind": request.spec.kind, "part": part})
        )
    return value


def _beyond(y: Any, spec: MetricSpec) -> Any:
    """1 where y is strictly beyond the threshold on the side that counts, 0 elsewhere, missing where y is."""
    if spec.threshold is None:
        raise RefusedSpec(Problem(code="metric_needs", facts={"kind": spec.kind, "part": "threshold", "metric": ""}))
    return ((y > spec.threshold) if spec.beyond == "above" else (y < spec.threshold)).cast("float64")


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
