"""Which columns a plan needs from the data, and what each must hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from stats.errors import Problem, RefusedSpec
from stats.expressions import nearest, resolve
from stats.plan import Columns, PlannedMetric
from stats.spec import MetricSpec

if TYPE_CHECKING:
    import ibis

Holds = Literal["key", "number", "yes_no", "moment", "period", "covariate"]
DURATION_UNITS = {
    "ms", "s", "sec", "secs", "second", "seconds", "min", "mins", "minute", "minutes", "h", "hour", "hours",
    "d", "day", "days", "week", "weeks", "month", "months",
}  # fmt: skip
DURATION_KINDS = ("mean", "quantile", "share_beyond", "tail_mean")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One use of a column or expression. name: what it is used for (site, arm, a metric's key); holds: what it must."""

    text: str
    name: str
    holds: Holds
    required: bool = False
    success: bool = False


def parts_of(columns: Columns, metrics: Sequence[PlannedMetric], assigned: str | None) -> list[Part]:
    """Every part of the column map and every input of the metrics, in the order in which a person would look."""
    parts = [
        part
        for part in (
            _key("site", columns.site, required=True),
            _key("unit", columns.unit, required=assigned == "unit"),
            _key("cluster", columns.cluster, required=False),
            _key("arm", columns.arm.column if columns.arm else None, required=True),
            _named("period", columns.period, "period", required=True),
            _named("period", columns.post.column if columns.post else None, "period", required=True),
            _key("starts", columns.starts.column if columns.starts else None, required=False),
            _named("timestamp", columns.timestamp, "moment", required=False),
            _key("segment", columns.segment, required=False),
            _key("pair", columns.pair, required=False),
            *(_key("strata", name, required=False) for name in columns.strata),
            *(_named("covariates", name, "covariate", required=False) for name in columns.covariates),
            _named("eligible", columns.eligible, "yes_no", required=False),
            _named("delivered", columns.delivered, "yes_no", required=False),
            _named("used", columns.used, "yes_no", required=False),
            _named("weight_column", columns.weight_column, "number", required=False),
        )
        if part is not None
    ]
    for metric in metrics:
        parts += inputs_of(metric)
    return list(dict.fromkeys(parts))


def _key(name: str, text: str | None, *, required: bool) -> Part | None:
    return _named(name, text, "key", required=required)


def _named(name: str, text: str | None, holds: Holds, *, required: bool) -> Part | None:
    return None if text is None else Part(text=text, name=name, holds=holds, required=required)


def inputs_of(metric: PlannedMetric) -> list[Part]:
    """The columns from which a metric is computed."""
    spec = metric.spec
    yes_no = spec.kind == "share" or (
        spec.kind == "interval_share" and spec.within == "share" and spec.threshold is None
    )
    asked: list[tuple[str, Holds]] = [
        *((text, "yes_no" if yes_no and isinstance(spec.column, str) else "number") for text in _listed(spec.column)),
        *((text, "number") for text in _listed(spec.numerator)),
        *((text, "number") for text in (spec.denominator, spec.exposure, metric.pre) if text),
        *((text, "moment") for text in (spec.start, spec.end, spec.censored) if text),
        *((text, "yes_no") for text in (spec.event,) if text),
        *((text, "key") for text in (spec.interval,) if text),
    ]
    success = metric.role == "SUCCESS"
    return [Part(text=text, name=metric.key, holds=holds, success=success) for text, holds in asked]


def value_texts(spec: MetricSpec) -> list[str]:
    """The columns without which a row says nothing about the metric."""
    texts = [*_listed(spec.column), *_listed(spec.numerator)]
    return texts + [text for text in (spec.denominator, spec.start) if text]


def is_duration(metric: PlannedMetric) -> bool:
    return metric.unit.strip().lower() in DURATION_UNITS and metric.spec.kind in DURATION_KINDS


def _listed(value: str | list[str] | None) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def missing_columns(parts: Iterable[Part], table: ibis.Table) -> tuple[list[Part], list[Problem]]:
    """The parts that can be found in the table, and a problem for each column that can't."""
    found: list[Part] = []
    problems: dict[tuple[str, str], Problem] = {}
    for part in parts:
        try:
            resolve(part.text, table)
            found.append(part)
        except RefusedSpec as refused:
            for problem in refused.problems:
                if problem.code == "expression_mixed_types":
                    # Text where the expression needs a number: its columns are looked at one by one.
                    found += [_column_of(part, name) for name in columns_in(part.text, table)]
                else:
                    named = _missing(problem, part, table)
                    problems.setdefault((named.code, str(named.column)), named)
    return list(dict.fromkeys(found)), list(problems.values())


def _column_of(part: Part, name: str) -> Part:
    return Part(text=name, name=part.name, holds=part.holds, success=part.success)


def _missing(problem: Problem, part: Part, table: ibis.Table) -> Problem:
    """A column that is not there, by its own name where an expression mentions it; a broken expression stays that."""
    whole = nearest(part.text, table.columns)
    expression = re.search(r"[-+*/()<>=&|`]", part.text) and not whole
    if expression and "name" not in problem.facts:
        return Problem(code=problem.code, column=part.text, facts={**problem.facts, "used_for": part.name})
    name = str(problem.facts["name"]) if expression else part.text
    suggestion = whole or nearest(name, table.columns)
    code = "missing_column_close" if suggestion else "missing_column"
    offered = ", ".join(table.columns[:20]) + (" ..." if len(table.columns) > 20 else "")
    return Problem(code=code, column=name, facts={"used_for": part.name, "suggestion": suggestion, "offered": offered})


def columns_in(text: str, table: ibis.Table) -> list[str]:
    """The table's columns that an expression mentions."""
    if text in table.columns:
        return [text]
    quoted = re.findall(r"`([^`]+)`", text)
    words = re.findall(r"[^\W\d]\w*", re.sub(r"`[^`]+`|\"[^\"]*\"|'[^']*'", " ", text))
    return [name for name in dict.fromkeys([*quoted, *words]) if name in table.columns]
