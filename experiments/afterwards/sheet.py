"""A sheet of pilots that were run before, read whole: every problem at once, by row and column."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from experiments.charters.charter import slug
from experiments.errors import Refused
from experiments.files import require_file
from experiments.limits import size_limits
from stats.errors import Problem

Outcome = Literal["kept", "stopped", "changed", "running"]
OUTCOMES: tuple[Outcome, ...] = ("kept", "stopped", "changed", "running")
"""What became of it: kept as it was tried, stopped, changed and tried again, or running still."""
COLUMNS = (
    "title", "department", "owner", "start", "end", "what was changed", "for whom", "metric", "effect", "effect from",
    "effect to", "unit", "sites", "outcome", "takeaway", "source",
)  # fmt: skip
NEEDED = ("title", "department", "owner", "start", "what was changed", "for whom", "outcome")
NEEDED_WHEN_OVER = ("end", "takeaway", "source")
DATES, NUMBERS = ("start", "end"), ("effect", "effect from", "effect to", "sites")
LONGEST = {"title": 200, "department": 200, "owner": 200, "unit": 80, "metric": 200}
TOLD = ("title", "department", "owner", "what was changed", "for whom", "takeaway")
LONGEST_TEXT, SHORTEST = 4_000, 3
MOST_ROWS = 2_000
HEADING_ROWS = 1


@dataclass(frozen=True, kw_only=True)
class PastPilot:
    """One row. effect: of the metric, in ``unit``, with the change minus as before; lower, upper: its range as given;
    None: not measured, or not said."""

    row: int
    title: str
    department: str
    owner: str
    start: date
    end: date | None
    changed: str
    for_whom: str
    metric: str
    effect: float | None
    lower: float | None
    upper: float | None
    unit: str
    sites: int | None
    outcome: Outcome
    takeaway: str
    source: str

    @property
    def key(self) -> str:
        return slug(self.title)

    @property
    def running(self) -> bool:
        return self.outcome == "running"


def read_sheet(path: Path, name: str, today: date) -> tuple[PastPilot, ...]:
    """The rows of a CSV file or of a workbook's first sheet. Raises RefusedData or Refused with every problem."""
    from stats.outcomes import guess_reading, open_table

    require_file(path)
    limits = size_limits()
    table = open_table(path, guess_reading(path, name, limits), limits=limits)
    names = {str(column).strip().lower().replace("_", " "): column for column in table.columns}
    problems = list(_columns(names))
    if problems:
        raise Refused(problems)
    rows = table.limit(MOST_ROWS + 1).to_pyarrow().to_pylist()
    if len(rows) > MOST_ROWS:
        raise Refused(Problem(code="sheet_too_many", facts={"limit": MOST_ROWS}))
    found: list[PastPilot] = []
    for number, row in enumerate(rows, start=1 + HEADING_ROWS):
        cells = {column: row.get(names.get(column, "")) for column in COLUMNS}
        wrong = list(_row_problems(number, cells, today))
        problems += wrong
        if not wrong:
            found.append(_pilot(number, cells))
    problems += _twice(found)
    if not rows:
        problems.append(Problem(code="sheet_nothing"))
    if problems:
        raise Refused(problems)
    return tuple(found)


def _columns(names: Mapping[str, str]) -> Iterator[Problem]:
    for column in COLUMNS:
        if column in (*NEEDED, *NEEDED_WHEN_OVER) and column not in names:
            yield Problem(code="sheet_column_missing", column=column, facts={"column": column})
    for name in names:
        if name not in COLUMNS:
            near = get_close_matches(name, COLUMNS, n=3, cutoff=0.5) or list(COLUMNS)
            yield Problem(code="sheet_column_unknown", column=name, facts={"column": name, "offered": near})


def _row_problems(number: int, cells: Mapping[str, Any], today: date) -> Iterator[Problem]:
    outcome = _text(cells["outcome"]).lower()
    yield from _texts(number, cells, over=outcome != "running")
    if outcome and outcome not in OUTCOMES:
        yield _wrong("sheet_outcome", number, "outcome", cells, offered=list(OUTCOMES))
    yield from _unreadable(number, cells)
    start, end = _date(cells["start"]), _date(cells["end"])
    if start is not None and start > today:
        yield _wrong("sheet_not_begun", number, "start", cells)
    if start is not None and end is not None and end < start:
        yield _wrong("sheet_ends_before", number, "end", cells)
    if end is not None and end > today and outcome in OUTCOMES and outcome != "running":
        yield _wrong("sheet_not_over", number, "end", cells)
    yield from _effect(number, cells)


def _texts(number: int, cells: Mapping[str, Any], *, over: bool) -> Iterator[Problem]:
    for column in (*NEEDED, *(NEEDED_WHEN_OVER if over else ())):
        if not _text(cells[column]):
            yield _wrong("sheet_empty", number, column, cells)
    for column in COLUMNS:
        text = _text(cells[column])
        most = LONGEST.get(column, LONGEST_TEXT)
        if len(text) > most:
            yield _wrong("sheet_long", number, column, cells, limit=most)
        if column in TOLD and 0 < len(text) < SHORTEST:
            yield _wrong("sheet_short", number, column, cells)


def _unreadable(number: int, cells: Mapping[str, Any]) -> Iterator[Problem]:
    for column in DATES:
        if _text(cells[column]) and _date(cells[column]) is None:
            yield _wrong("sheet_no_date", number, column, cells)
    for column in NUMBERS:
        if _text(cells[column]) and _number(cells[column]) is None:
            yield _wrong("sheet_no_number", number, column, cells)
    sites = _number(cells["sites"])
    if sites is not None and (sites < 1 or sites != int(sites)):
        yield _wrong("sheet_sites", number, "sites", cells)


def _effect(number: int, cells: Mapping[str, Any]) -> Iterator[Problem]:
    """An effect needs what it is an effect on; a range belongs to an effect and has two ends around it."""
    effect, low, high = (_number(cells[name]) for name in ("effect", "effect from", "effect to"))
    if effect is not None:
        for column in ("metric", "unit"):
            if not _text(cells[column]):
                yield _wrong("sheet_effect_of_what", number, column, cells)
    if (low is None) != (high is None) or (low is not None and not _text(cells["effect"])):
        yield _wrong("sheet_half_range", number, "effect from", cells)
    elif effect is not None and low is not None and high is not None and not low <= effect <= high:
        yield _wrong("sheet_outside_range", number, "effect", cells)


def _twice(found: Sequence[PastPilot]) -> list[Problem]:
    seen: dict[str, PastPilot] = {}
    problems = []
    for pilot in found:
        first = seen.setdefault(pilot.key, pilot)
        if first is not pilot:
            facts = {"row": pilot.row, "title": pilot.title, "first": first.row}
            problems.append(Problem(code="sheet_twice", column="title", rows=(pilot.row,), facts=facts))
    return problems


def _wrong(code: str, number: int, column: str, cells: Mapping[str, Any], **facts: Any) -> Problem:
    """A problem of one cell; the title helps to find the row in a sheet with gaps."""
    known = {"row": number, "title": _text(cells["title"])[:60], "column": column, "given": _text(cells[column])[:60]}
    return Problem(code=code, column=column, rows=(number,), facts={**known, **facts})


def _pilot(number: int, cells: Mapping[str, Any]) -> PastPilot:
    start, sites = _date(cells["start"]), _number(cells["sites"])
    assert start is not None  # asked for above
    outcome = next(word for word in OUTCOMES if word == _text(cells["outcome"]).lower())
    return PastPilot(
        row=number,
        title=_text(cells["title"]),
        department=_text(cells["department"]),
        owner=_text(cells["owner"]),
        start=start,
        end=_date(cells["end"]),
        changed=_text(cells["what was changed"]),
        for_whom=_text(cells["for whom"]),
        metric=_text(cells["metric"]),
        effect=_number(cells["effect"]),
        lower=_number(cells["effect from"]),
        upper=_number(cells["effect to"]),
        unit=_text(cells["unit"]),
        sites=None if sites is None else int(sites),
        outcome=outcome,
        takeaway=_text(cells["takeaway"]),
        source=_text(cells["source"]),
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def _date(value: Any) -> date | None:
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    try:
        return date.fromisoformat(_text(value)[:10])
    except ValueError:
        return None


def _number(value: Any) -> float | None:
    """A finite number, also where its column was read as text: '-12,5' or '4 %' is read, '12 or so' is not."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    text = _text(value).replace("−", "-").replace("\u00a0", "").replace(" ", "").rstrip("%")
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
