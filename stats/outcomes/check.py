"""Does a table fit the plan? Everything that does not, at once, by column and row.

One pass counts what is wrong with rows; small groupings look at sites and arms, units and periods; rows are numbered
only where something was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any, Literal

from stats.errors import Problem, RefusedData
from stats.expressions import resolve
from stats.outcomes.accepted import Accepted, RefusedOutcomes
from stats.outcomes.groups import Groups, group_tests
from stats.outcomes.parts import Part, missing_columns, parts_of, value_texts
from stats.outcomes.reading import Reading
from stats.outcomes.row_tests import AS_TEXT, Given, RowTest, known, tests_of
from stats.outcomes.tables import first_line, refuse
from stats.plan import Columns, PlannedMetric, PlannedSite

if TYPE_CHECKING:
    import ibis

FIRST_ROWS = 5
SHOWN = 120
"""Characters of a value that are told: enough to find it again."""
FIRST_VALUES = 3
Sites = Sequence[PlannedSite] | Mapping[str, int | None]


def check(
    table: ibis.Table,
    columns: Columns,
    metrics: Sequence[PlannedMetric],
    sites: Sites = (),
    window: tuple[date | None, date | None] | None = None,
    *,
    today: date,
    assigned: Literal["site", "unit"] | None = "site",
    reading: Reading | None = None,
    accept_crossovers: bool = False,
) -> Accepted:
    """What the table holds, or RefusedOutcomes (a RefusedData) with every problem found.

    sites: of the plan, or arm by site as assigned (0 control, 1.. in the order of ``columns.arm.treatment``, None not
    yet); empty: not known, not checked. window: first and last day wanted (pre-period included). assigned: what got an
    arm, None where arms change over time. reading: how the table was read, for dates and decimals that stayed text.
    accept_crossovers: sites in two arms, or in another than assigned, are warnings: it did happen.
    """
    given = Given(reading=reading or Reading(), today=today, tries_casts=table.get_backend().name == "duckdb")
    with unreadable_refused():
        parts, problems = missing_columns(parts_of(columns, metrics, assigned), table)
        tests = tests_of(parts, metrics, table, given)
        problems += tests.problems
        row_tests = tests.rows + _window_tests(parts, table, window)
        counts = _count(table, parts, row_tests, metrics)
        rows = int(counts["rows"])
        if rows == 0:
            raise RefusedData(Problem(code="header_only"))
        found = {part.text for part in parts}
        groups = group_tests(table, columns, sites, found, assigned, accept_crossovers)
        failed = _failed(row_tests, counts)
        located = located_rows(table, [test for test, _ in failed] + groups.tests)
        noted: list[tuple[Problem, bool]] = []
        for place, (test, count) in enumerate(failed):
            noted.append((row_problem(test, count, rows, located[place]), test.warns))
        for place, test in enumerate(groups.tests, start=len(failed)):
            count = int(test.facts.get("count", 1))
            noted.append((row_problem(test, count, rows, located[place]), test.warns))
        noted += [(problem, False) for problem in problems] + [(problem, True) for problem in groups.warnings]
        noted += _emptiness(parts, counts, rows)
        noted += _outside(noted, rows)
        refused = [problem for problem, warns in noted if not warns]
        if refused:
            raise RefusedOutcomes(refused, rows=rows, good_rows=int(counts["fitting"]))
        warnings = tuple(problem for problem, _ in noted)
        return _accepted(counts, groups, warnings)


@contextmanager
def unreadable_refused() -> Iterator[None]:
    """A lazy file may turn out to be broken only when it is read."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise refuse("unreadable", detail=first_line(error)) from error


def _window_tests(
    parts: Sequence[Part], table: ibis.Table, window: tuple[date | None, date | None] | None
) -> list[RowTest]:
    """Rows dated outside the pilot's time are left out later: said, not refused."""
    dated = _dates(parts, table)
    if window is None or dated is None or window == (None, None):
        return []
    part, value = dated
    day = value.cast("date")
    first, last = window
    outside = (day < first) if first else None
    if last:
        outside = (day > last) if outside is None else outside | (day > last)
    facts = {"first": str(first or ""), "last": str(last or "")}
    return [RowTest(code="outside_window", column=part.text, bad=outside, shown=value, warns=True, facts=facts)]


def _dates(parts: Sequence[Part], table: ibis.Table) -> tuple[Part, Any] | None:
    """The column that dates the rows: the timestamp, else periods that are dates."""
    for name in ("timestamp", "period"):
        for part in parts:
            value = resolve(part.text, table)
            if part.name == name and value.type().is_temporal() and not value.type().is_time():
                return part, value
    return None


def _count(
    table: ibis.Table, parts: Sequence[Part], tests: Sequence[RowTest], metrics: Sequence[PlannedMetric]
) -> dict[str, Any]:
    """The one pass: rows, unknown values by column, rows failing each test, good rows, first and last date."""
    texts = list(dict.fromkeys(part.text for part in parts))
    asked: dict[str, Any] = {"rows": table.count()}
    for place, text in enumerate(texts):
        asked[f"missing_{place}"] = (~known(resolve(text, table))).sum()
    sound: list[Any] = []
    for place, test in enumerate(tests):
        bad = test.bad.fill_null(False)
        asked[f"test_{place}"] = bad.sum()
        if not test.warns and not test.if_few and test.code not in AS_TEXT:
            sound.append(~bad)
    needed = {part.text for part in parts if part.required}
    needed |= {text for metric in metrics if metric.role == "SUCCESS" for text in value_texts(metric.spec)}
    whole = [known(resolve(text, table)) for text in sorted(needed & set(texts))]
    asked["fitting"] = _meeting(sound, table)
    asked["good"] = _meeting([*sound, *whole], table)
    dated = _dates(parts, table)
    if dated is not None:
        asked["first"], asked["last"] = dated[1].min(), dated[1].max()
        asked["days"] = dated[1].cast("date").nunique()
    answer = table.aggregate(**asked).to_pyarrow().to_pylist()[0]
    counts = {
        name: value if value is not None else 0 for name, value in answer.items() if name not in ("first", "last")
    }
    counts["dates"] = tuple(answer.get(name) for name in ("first", "last"))
    counts["missing"] = {text: int(counts.pop(f"missing_{place}")) for place, text in enumerate(texts)}
    return counts


def _meeting(conditions: Sequence[Any], table: ibis.Table) -> Any:
    """How many rows meet all conditions; all rows where there are none."""
    return reduce(and_, conditions).sum() if conditions else table.count()


def _failed(tests: Sequence[RowTest], counts: Mapping[str, Any]) -> list[tuple[RowTest, int]]:
    failed = []
    for place, test in enumerate(tests):
        count = int(counts[f"test_{place}"])
        seen = int(counts["rows"]) - counts["missing"].get(test.column, 0)
        if count and not (test.if_few and count > seen / 2):
            failed.append((test, count))
    # A column of numbers or dates that is stored as text is one problem, unless single values are another.
    spoilt = {test.column for test, _ in failed if test.code not in AS_TEXT}
    return [(test, count) for test, count in failed if test.code not in AS_TEXT or test.column not in spoilt]


def located_rows(table: ibis.Table, tests: Sequence[RowTest]) -> list[list[tuple[int | None, str]]]:
    """The first rows (from 1) that fail each test, with what stands there. Only a file has an order of rows."""
    import ibis

    ordered = table.get_backend().name == "duckdb"
    found = []
    for test in tests:
        number = ibis.row_number() + 1 if ordered else ibis.literal(0)
        numbered = table.select(row=number, bad=test.bad, shown=test.shown.cast("string").substr(0, SHOWN))
        first = numbered.filter(numbered["bad"]).order_by("row").limit(FIRST_ROWS).to_pyarrow().to_pylist()
        found.append([(row["row"] or None, row["shown"]) for row in first])
    return found


def row_problem(test: RowTest, count: int, rows: int, located: Sequence[tuple[int | None, str]]) -> Problem:
    values = list(dict.fromkeys(shown for _, shown in located if shown is not None))[:FIRST_VALUES]
    facts = {"values": ", ".join(f"“{value}”" for value in values), "total": rows, **test.facts}
    facts.pop("count", None)
    numbers = tuple(row for row, _ in located if row is not None)
    if located and not numbers:
        facts["rows"] = "–"  # rows behind a connection have no numbers
    return Problem(code=test.code, column=test.column, rows=numbers, count=count, facts=facts)


def _emptiness(parts: Sequence[Part], counts: Mapping[str, Any], rows: int) -> list[tuple[Problem, bool]]:
    """Columns without a single value. It refuses where a key or a success metric has none; else it is said."""
    noted: dict[str, tuple[Problem, bool]] = {}
    for part in parts:
        if counts["missing"][part.text] == rows:
            problem = Problem(
                code="all_missing", column=part.text, count=rows, facts={"used_for": part.name, "total": rows}
            )
            refuses = part.success or part.required
            noted[part.text] = (problem, not refuses and noted.get(part.text, (problem, True))[1])
    return list(noted.values())


def _outside(noted: Sequence[tuple[Problem, bool]], rows: int) -> list[tuple[Problem, bool]]:
    """No row at all within the pilot's time: not the file that was meant (or not our calendar, which is said)."""
    if any(problem.code == "buddhist_years" for problem, _ in noted):
        return []
    return [
        (Problem(code="nothing_in_window", column=problem.column, count=rows, facts=problem.facts), False)
        for problem, _ in noted
        if problem.code == "outside_window" and problem.count == rows
    ]


def _accepted(counts: Mapping[str, Any], groups: Groups, warnings: tuple[Problem, ...]) -> Accepted:
    first, last = (moment.date() if isinstance(moment, datetime) else moment for moment in counts["dates"])
    return Accepted(
        rows=int(counts["rows"]),
        good_rows=int(counts["good"]),
        missing=counts["missing"],
        first=first,
        last=last,
        days=int(counts.get("days", 0)),
        sites=groups.sites,
        arms=groups.arms,
        units=groups.units,
        shape=groups.shape,
        warnings=warnings,
    )
