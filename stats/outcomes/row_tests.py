"""What can be wrong with single rows, as Ibis conditions that one pass over the table counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from stats.cells.values import NO, YES, number, total
from stats.errors import Problem
from stats.expressions import resolve
from stats.outcomes.parts import Part, is_duration
from stats.outcomes.reading import Reading
from stats.outcomes.values import BUDDHIST_YEARS, DAY_FIRST, YEAR_FIRST, number_pattern
from stats.plan import PlannedMetric

if TYPE_CHECKING:
    import ibis

EARLIEST_YEAR = 1990
AS_TEXT = ("number_as_text", "date_as_text")
MISSING_CODES = {"site": "missing_site", "unit": "missing_unit", "arm": "missing_arm", "period": "missing_period"}


@dataclass(frozen=True, kw_only=True)
class RowTest:
    """bad: Ibis condition, true in rows that are wrong; shown: Ibis value to be quoted; warns: said, not refused;
    if_few: only a fault where at most half of the known values are such (else the column is meant so)."""

    code: str
    column: str
    bad: Any
    shown: Any
    warns: bool = False
    if_few: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Given:
    """How the table was read, and which day is today. tries_casts: the engine can try a date without failing."""

    reading: Reading
    today: date
    tries_casts: bool = True


@dataclass(frozen=True, kw_only=True)
class TableTests:
    """Tests of rows, and what is wrong with a column as a whole whatever its rows say."""

    rows: list[RowTest]
    problems: list[Problem]


def known(value: Any) -> Any:
    """Is there a value? NaN is none."""
    return value.notnull() & ~value.isnan() if value.type().is_floating() else value.notnull()


def tests_of(parts: Sequence[Part], metrics: Sequence[PlannedMetric], table: ibis.Table, given: Given) -> TableTests:
    """All tests for the parts found in the table."""
    found = TableTests(rows=[], problems=[])
    tested: set[tuple[str, str]] = set()
    for part in parts:
        value = resolve(part.text, table)
        code = MISSING_CODES.get(part.name) if part.required else None
        if code and ("missing", part.text) not in tested:
            tested.add(("missing", part.text))
            found.rows.append(RowTest(code=code, column=part.text, bad=~known(value), shown=value))
        if (part.holds, part.text) in tested:
            continue
        tested.add((part.holds, part.text))
        _HOLDS[part.holds](part, value, given, found)
    usable = {part.text for part in parts if _is_number(resolve(part.text, table))}
    for metric in metrics:
        found.rows.extend(_metric_tests(metric, table, usable))
    return found


def _is_number(value: Any) -> bool:
    kind = value.type()
    return bool(kind.is_numeric() or kind.is_boolean())


def _number_tests(part: Part, value: Any, given: Given, found: TableTests) -> None:
    kind = value.type()
    if kind.is_floating():
        found.rows.append(RowTest(code="unparsable_number", column=part.text, bad=value.isinf(), shown=value))
    elif kind.is_string():
        other = "," if given.reading.decimal == "." else "."
        good = value.re_search(f"^({number_pattern(given.reading.decimal)})$")
        swapped = value.re_search(f"^({number_pattern(other)})$") & ~good
        facts = {"mark": other, "expected": given.reading.decimal}
        found.rows.append(RowTest(code="mixed_decimal_marks", column=part.text, bad=swapped, shown=value, facts=facts))
        found.rows.append(RowTest(code="unparsable_number", column=part.text, bad=~good & ~swapped, shown=value))
        found.rows.append(RowTest(code="number_as_text", column=part.text, bad=good, shown=value))
    elif not _is_number(value) and not kind.is_null():
        found.problems.append(Problem(code="dates_for_numbers", column=part.text, facts={"used_for": part.name}))


def _yes_no_tests(part: Part, value: Any, given: Given, found: TableTests) -> None:
    if value.type().is_string():
        bad = value.notnull() & ~value.strip().lower().isin([*YES, *NO])
        found.rows.append(RowTest(code="unparsable_yes_no", column=part.text, bad=bad, shown=value))
    elif value.type().is_boolean():
        return
    elif _is_number(value):
        bad = known(value) & ((value < 0) | (value > 1))
        found.rows.append(RowTest(code="out_of_range_share", column=part.text, bad=bad, shown=value))
    else:
        _number_tests(part, value, given, found)


def _moment_tests(part: Part, value: Any, given: Given, found: TableTests) -> None:
    kind = value.type()
    if kind.is_temporal():
        _calendar_tests(part, value, given, found)
    elif kind.is_string():
        _text_date_tests(part, value, given, found)
    elif part.name == "timestamp" and not kind.is_null():
        found.problems.append(Problem(code="numbers_for_dates", column=part.text))


def _period_tests(part: Part, value: Any, given: Given, found: TableTests) -> None:
    """Periods may be dates, numbers or names; a few names among dates are mistakes."""
    if value.type().is_temporal():
        _calendar_tests(part, value, given, found)
    elif value.type().is_string():
        dates = TableTests(rows=[], problems=[])
        _text_date_tests(part, value, given, dates)
        found.rows.extend(replace(test, if_few=True) for test in dates.rows if test.code == "unparsable_date")


def _calendar_tests(part: Part, value: Any, given: Given, found: TableTests) -> None:
    if value.type().is_time():
        return
    buddhist = _is_buddhist_year(value.year())
    if not given.reading.buddhist_years:
        found.rows.append(RowTest(code="buddhist_years", column=part.text, bad=buddhist, shown=value))
    if part.name in ("timestamp", "period"):
        last: Any = given.today if value.type().is_date() else datetime.combine(given.today, time.max)
        future = (value > last) & ~buddhist
        facts = {"today": given.today.isoformat()}
        found.rows.append(RowTest(code="future_date", column=part.text, bad=future, shown=value, facts=facts))
    early = value.year() < EARLIEST_YEAR
    facts = {"year": str(EARLIEST_YEAR)}
    found.rows.append(RowTest(code="early_date", column=part.text, bad=early, shown=value, warns=True, facts=facts))


def _is_buddhist_year(year: Any) -> Any:
    first, last = BUDDHIST_YEARS
    return (year >= first) & (year <= last)


def _text_date_tests(part: Part, value: Any, given: Given, found: TableTests) -> None:
    order = r"\3-\1-\2" if given.reading.date_order == "mdy" else r"\3-\2-\1"
    year = value.re_extract("([0-9]{4})", 1).nullif("").try_cast("int64")
    buddhist = value.re_search(r"^[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}") & _is_buddhist_year(year)
    buddhist = buddhist.fill_null(False) if not given.reading.buddhist_years else buddhist & False
    iso = value.re_replace(DAY_FIRST, order)
    good = iso.try_cast("timestamp").notnull() if given.tries_casts else iso.re_search(YEAR_FIRST)
    bad = value.notnull() & ~good & ~buddhist
    expected = {"dmy": "31/12/2026", "mdy": "12/31/2026", "ymd": "2026-12-31"}[given.reading.date_order]
    found.rows.append(RowTest(code="buddhist_years", column=part.text, bad=buddhist, shown=value))
    found.rows.append(
        RowTest(code="unparsable_date", column=part.text, bad=bad, shown=value, facts={"expected": expected})
    )
    found.rows.append(RowTest(code="date_as_text", column=part.text, bad=good & ~buddhist, shown=value))


def _covariate_tests(part: Part, value: Any, given: Given, found: TableTests) -> None:
    """A covariate may be a word; a few words among numbers are mistakes."""
    if value.type().is_string():
        bad = value.notnull() & ~value.re_search(f"^({number_pattern(given.reading.decimal)})$")
        found.rows.append(RowTest(code="unparsable_number", column=part.text, bad=bad, shown=value, if_few=True))


def _key_tests(part: Part, value: Any, given: Given, found: TableTests) -> None:
    """A key may be anything."""


_HOLDS: dict[str, Callable[[Part, Any, Given, TableTests], None]] = {
    "number": _number_tests,
    "yes_no": _yes_no_tests,
    "moment": _moment_tests,
    "period": _period_tests,
    "covariate": _covariate_tests,
    "key": _key_tests,
}


def _metric_tests(metric: PlannedMetric, table: ibis.Table, usable: set[str]) -> list[RowTest]:
    """What the meaning of a metric forbids: negative durations, more successes than cases."""
    spec = metric.spec
    if spec.kind == "survival":
        return _survival_tests(metric, table, usable)
    if spec.numerator is not None and spec.denominator is not None:
        return _quotient_tests(metric, table, usable)
    if is_duration(metric) and isinstance(spec.column, str) and spec.column in usable:
        return [_negative(spec.column, table, "negative_duration")]
    return []


def _negative(text: str, table: ibis.Table, code: str) -> RowTest:
    value = number(text, table)
    return RowTest(code=code, column=text, bad=known(value) & (value < 0), shown=value)


def _quotient_tests(metric: PlannedMetric, table: ibis.Table, usable: set[str]) -> list[RowTest]:
    spec = metric.spec
    tops = [spec.numerator] if isinstance(spec.numerator, str) else list(spec.numerator or [])
    if not spec.denominator or not {*tops, spec.denominator} <= usable:
        return []
    top, bottom = total(tops, table), number(spec.denominator, table)
    tests = [_negative(spec.denominator, table, "negative_count")]
    if spec.kind == "share":
        bad = known(top) & known(bottom) & ((top < 0) | (top > bottom)) & (bottom >= 0)
        shown = top.cast("string") + " / " + bottom.cast("string")
        tests.append(
            RowTest(
                code="share_above_one",
                column=" + ".join(tops),
                bad=bad,
                shown=shown,
                facts={"denominator": spec.denominator},
            )
        )
    return tests


def _survival_tests(metric: PlannedMetric, table: ibis.Table, usable: set[str]) -> list[RowTest]:
    spec = metric.spec
    if isinstance(spec.column, str):
        return [_negative(spec.column, table, "negative_duration")] if spec.column in usable else []
    if spec.start is None or spec.end is None:
        return []
    start, end = resolve(spec.start, table), resolve(spec.end, table)
    if not (start.type().is_temporal() and end.type().is_temporal()):
        return []
    bad = end.cast("timestamp") < start.cast("timestamp")
    return [RowTest(code="end_before_start", column=spec.end, bad=bad, shown=end, facts={"start": spec.start})]
