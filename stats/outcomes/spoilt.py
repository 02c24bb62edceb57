"""Single bad cells among numbers: named by row, before a column that became text is taken for one of words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from stats.errors import RefusedData
from stats.expressions import resolve
from stats.outcomes.check import located_rows, row_problem
from stats.outcomes.parts import Part, inputs_of, missing_columns
from stats.outcomes.reading import Reading
from stats.outcomes.row_tests import Given, RowTest, known, tests_of
from stats.plan import PlannedMetric
from stats.spec import MetricSpec

if TYPE_CHECKING:
    import ibis

CODES = frozenset({"unparsable_number", "mixed_decimal_marks", "unparsable_yes_no"})
FEW, FEW_OF_LABELS = 0.5, 0.05
"""Share of the known values up to which other values are mistakes; a covariate may well be a label."""


def refuse_spoilt(
    table: ibis.Table,
    metric: MetricSpec,
    *,
    numbers: Sequence[str] = (),
    covariates: Sequence[str] = (),
    reading: Reading | None = None,
) -> None:
    """Raise RefusedData with every cell that is no number (no yes or no) in a column where most are.

    numbers: other columns that must hold numbers; covariates: columns that may also hold words. A column of words, or
    one that is not there, is left to whoever needs it: it is the wrong column, not a wrong cell.
    """
    planned = PlannedMetric(key=metric.key or "metric", name="", role="SECONDARY", spec=metric)
    parts = [part for part in inputs_of(planned) if part.holds in ("number", "yes_no")]
    parts += [Part(text=text, name="numbers", holds="number") for text in numbers]
    labels = [Part(text=text, name="covariates", holds="number") for text in covariates]
    found, _ = missing_columns([*parts, *labels], table)
    texts = [part for part in found if resolve(part.text, table).type().is_string()]
    if not texts:
        return
    given = Given(reading=reading or Reading(), today=datetime.now(UTC).date())
    tests = [test for test in tests_of(texts, [], table, given).rows if test.code in CODES]
    few = {part.text: FEW_OF_LABELS if part.name == "covariates" else FEW for part in texts}
    counts = _counts(table, tests)
    wrong = {
        name: sum(bad for test, (bad, _) in zip(tests, counts, strict=True) if test.column == name) for name in few
    }
    failed = [
        (test, bad)
        for test, (bad, values) in zip(tests, counts, strict=True)
        if bad and wrong[test.column] <= few[test.column] * values
    ]
    if failed:
        located = located_rows(table, [test for test, _ in failed])
        rows = int(table.count().to_pyarrow().as_py())
        problems = [row_problem(test, bad, rows, where) for (test, bad), where in zip(failed, located, strict=True)]
        raise RefusedData(problems)


def _counts(table: ibis.Table, tests: Sequence[RowTest]) -> list[tuple[int, int]]:
    """Of each test: rows that fail it, known values of its column."""
    asked: dict[str, Any] = {}
    for place, test in enumerate(tests):
        asked[f"bad_{place}"] = test.bad.fill_null(False).sum()
        asked[f"known_{place}"] = known(resolve(test.column, table)).sum()
    answer = table.aggregate(**asked).to_pyarrow().to_pylist()[0] if asked else {}
    return [(int(answer[f"bad_{place}"] or 0), int(answer[f"known_{place}"] or 0)) for place in range(len(tests))]
