"""Which columns play which part: a specification's column map as Ibis values, keys of the cells among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stats.cells.values import NO, YES
from stats.errors import Problem, RefusedSpec
from stats.expressions import is_one_of, resolve
from stats.spec import ArmSpec, PostSpec, StartsSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir

NAMED = 10
OTHERS = "*"
"""``arm.control: "*"``: every value of the column that is no treatment."""


def treatments(arm: ArmSpec | None) -> list[Any]:
    """The treatment values in the order in which they were given; [None] where no arm column is named."""
    if arm is None:
        return [None]
    return list(arm.treatment) if isinstance(arm.treatment, list) else [arm.treatment]


def arm_problems(arm: ArmSpec | None) -> list[Problem]:
    """A value that stands in two arms."""
    if arm is None:
        return []
    named = [str(value) for value in (*treatments(arm), *controls(arm))]
    twice = sorted({value for value in named if named.count(value) > 1})
    facts = {"values": ", ".join(twice)}
    return [Problem(code="value_in_two_arms", column=arm.column, facts=facts)] if twice else []


def post_problems(post: PostSpec | None) -> list[Problem]:
    """Two answers to one question: named periods, and everything from one on."""
    both = post is not None and post.values is not None and post.from_ is not None
    return [Problem(code="post_both", column=post.column)] if both and post is not None else []


def arms_without_rows(arm: ArmSpec, table: ir.Table) -> list[Problem]:
    """Arms that no row of the table names, with what stands in the column instead."""
    coded = table.select(code=arm_code(arm, table), value=resolve(arm.column, table).cast("string"))
    counted = coded.group_by(["code", "value"]).aggregate(rows=coded.count()).to_pyarrow().to_pylist()
    seen = {line["code"] for line in counted}
    named = [controls(arm), *([value] for value in treatments(arm))]
    absent = [value for code, values in enumerate(named) if code not in seen for value in values]
    facts = {
        "values": [str(value) for value in absent],
        "found": sorted(str(line["value"]) for line in counted if line["value"] is not None)[:NAMED],
    }
    return [Problem(code="arm_without_rows", column=arm.column, facts=facts)] if absent and facts["found"] else []


def controls(arm: ArmSpec) -> list[Any]:
    return list(arm.control) if isinstance(arm.control, list) else [arm.control]


def alike(value: Any, column: Any) -> Any:
    """A value of a specification in the type of the column it is held against (text "2", number 2, date, yes/no)."""
    kind = column.type()
    if kind.is_string():
        return str(value)
    if kind.is_temporal():
        moment = value if hasattr(value, "isoformat") else datetime.fromisoformat(str(value))
        return moment.date() if kind.is_date() and isinstance(moment, datetime) else moment
    if kind.is_boolean():
        return _yes_or_no(value)
    return float(value) if isinstance(value, str) else value


def _yes_or_no(value: Any) -> bool:
    word = str(value).strip().lower()
    if word in (*YES, "1.0"):
        return True
    if word in (*NO, "0.0"):
        return False
    raise ValueError(value)


def _spelled(value: Any) -> list[str]:
    """How a number may stand in a column of text."""
    whole = isinstance(value, float) and value.is_integer()
    return [str(value), str(int(value))] if whole else [str(value)]


def _in_words(column: Any, values: Sequence[Any]) -> Any:
    """Is the text one of ``values``? Bare yes, no, on, off are true and false in YAML: any of these words is meant."""
    texts = [text for value in values if not isinstance(value, bool) for text in _spelled(value)]
    words = [word for value in values if isinstance(value, bool) for word in ((*YES, "on") if value else (*NO, "off"))]
    found = is_one_of(column, texts)
    return found | column.strip().lower().isin(words) if words else found


def among(column: Any, values: Sequence[Any], name: str) -> Any:
    """Is the column one of ``values``?"""
    if column.type().is_string():
        return _in_words(column, values)
    try:
        return is_one_of(column, [alike(value, column) for value in values])
    except ValueError as error:
        shown = ", ".join(map(str, values))
        raise RefusedSpec(
            Problem(code="value_type", column=name, facts={"values": shown, "type": str(column.type())})
        ) from error


def arm_code(arm: ArmSpec, table: ir.Table) -> Any:
    """0 control, 1.. treatments in the order given, missing for any other value (the row is left out)."""
    import ibis

    column = resolve(arm.column, table)
    branches = [(among(column, [value], arm.column), number) for number, value in enumerate(treatments(arm), start=1)]
    if controls(arm) == [OTHERS]:
        return ibis.cases((column.isnull(), ibis.null("int64")), *branches, else_=0)
    return ibis.cases(*branches, (among(column, controls(arm), arm.column), 0), else_=ibis.null("int64"))


def is_post(post: PostSpec, table: ir.Table) -> Any:
    """True in rows after the start."""
    column = resolve(post.column, table)
    if post.values is not None:
        return among(column, post.values, post.column)
    if post.from_ is None:
        raise RefusedSpec(Problem(code="post_needs", column=post.column))
    try:
        return column >= alike(post.from_, column)
    except ValueError as error:
        facts = {"values": str(post.from_), "type": str(column.type())}
        raise RefusedSpec(Problem(code="value_type", column=post.column, facts=facts)) from error


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The parts of a study on one table. Names of columns, or expressions of columns; None: not given.

    windows: put all periods before, and all after, the start together. period_value, arm_value: Ibis values that take
    the place of ``period`` and ``arm`` where they are derived (weeks since the start, arms of the assignment).
    """

    site: str | None = None
    arm: ArmSpec | None = None
    period: str | None = None
    post: PostSpec | None = None
    starts: StartsSpec | None = None
    strata: tuple[str, ...] = ()
    pair: str | None = None
    covariates: tuple[str, ...] = ()
    segment: str | None = None
    windows: bool = False
    period_value: Any = None
    arm_value: Any = None

    def keys(self, table: ir.Table) -> dict[str, Any]:
        """Keys of the cells: site, period, post, arm, segment as far as they are known."""
        keys: dict[str, Any] = {}
        if self.site is not None:
            keys["site"] = resolve(self.site, table)
        if not self.windows and (self.period is not None or self.period_value is not None):
            keys["period"] = self.period_value if self.period_value is not None else resolve(str(self.period), table)
        if self.post is not None:
            keys["post"] = is_post(self.post, table)
        if self.arm_value is not None or self.arm is not None:
            keys["arm"] = self.arm_value if self.arm is None else arm_code(self.arm, table)
        if self.segment is not None:
            keys["segment"] = resolve(self.segment, table)
        return keys

    def extras(self, table: ir.Table) -> dict[str, Any]:
        """What belongs to a site and comes back with its cells: strata, pair, first treated period, text covariates."""
        extras: dict[str, Any] = {
            f"stratum{i}": resolve(name, table).cast("string") for i, name in enumerate(self.strata)
        }
        if self.pair is not None:
            extras["pair"] = resolve(self.pair, table).cast("string")
        if self.starts is not None:
            extras["starts"] = resolve(self.starts.column, table)
        for index, name in enumerate(self.covariates):
            if not is_number(name, table):
                extras[f"covariate{index}"] = resolve(name, table).cast("string")
        return extras


def is_number(name: str, table: ir.Table) -> bool:
    kind = resolve(name, table).type()
    return bool(kind.is_numeric() or kind.is_boolean())


def part_problems(table: ir.Table, parts: Mapping[str, str | None]) -> list[Problem]:
    """Everything that is wrong with the named columns, at once."""
    found: list[Problem] = []
    for text in parts.values():
        if text is None:
            continue
        try:
            resolve(text, table)
        except RefusedSpec as refused:
            found.extend(problem for problem in refused.problems if problem not in found)
    return found
