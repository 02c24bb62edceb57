"""What is asked of the scan for one metric, and the Ibis values behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stats.cells.durations import duration
from stats.cells.values import number, total, yes_no
from stats.errors import Problem, RefusedSpec
from stats.spec import MetricSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir

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


def missing_parts(spec: MetricSpec) -> tuple[str, ...]:
    """What a definition lacks, whatever the data hold: without it no table could give the metric."""
    needed: dict[str, Any]
    if spec.kind == "survival":
        needed = {} if spec.column is not None else {"start": spec.start, "end": spec.end}
    elif spec.kind in WITH_DENOMINATOR or spec.numerator is not None:
        bottom = spec.denominator or (spec.exposure if spec.kind == "rate" else None)
        needed = {"numerator": spec.numerator or spec.column, "denominator": bottom}
    else:
        needed = {"column": spec.column}
    needed |= {"threshold": spec.threshold} if spec.kind == "share_beyond" else {}
    needed |= {"q": spec.q} if spec.kind == "quantile" else {}
    needed |= {"interval": spec.interval, "target": spec.target} if spec.kind == "interval_share" else {}
    return tuple(part for part, given in needed.items() if given is None)


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
