"""A key result over time: every word on it, and the way that would lead to its target by its day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from experiments.desk import Desk
from experiments.words import say
from experiments.words.numbers import Unit, day, level
from registry import find
from registry.kinds import KeyResultKind
from registry.objectives import KeyResult, KeyResultCheckIn


@dataclass(frozen=True, kw_only=True)
class CoursePoint:
    """One day. value: in the unit shown; text: the same with its unit; outlook: in words, "" for a point of the way."""

    on: date
    value: float
    text: str
    outlook: str = ""


@dataclass(frozen=True, kw_only=True)
class Course:
    """said: the words, oldest first; way: from where it began to the target on its day, for what is kept within the two
    lines of the room (empty where there is no target); sentence: all of it in words."""

    name: str
    unit: str
    said: tuple[CoursePoint, ...]
    ways: tuple[tuple[CoursePoint, CoursePoint], ...]
    sentence: str


def courses(desk: Desk, rows: Sequence[KeyResult]) -> tuple[Course, ...]:
    """Of those key results on which there is a word."""
    with desk.read() as session:
        said = {row.id: find.key_result_check_ins(session, row.id) for row in rows}
    return tuple(_course(row, said[row.id]) for row in rows if said[row.id])


def _course(row: KeyResult, words: Sequence[KeyResultCheckIn]) -> Course:
    unit = Unit.of("share" if row.kind == KeyResultKind.MILESTONE else row.unit)
    points = [
        CoursePoint(
            on=word.said_on,
            value=word.value * unit.factor,
            text=level(word.value, unit),
            outlook=say(f"objectives.outlook.{word.outlook.value}"),
        )
        for word in words
    ]
    begun = min(row.created_at.date(), points[0].on)

    def way(first: float, last: float) -> tuple[CoursePoint, CoursePoint]:
        ends = ((begun, first), (max(row.due, begun), last))
        start, end = (CoursePoint(on=on, value=value * unit.factor, text=level(value, unit)) for on, value in ends)
        return start, end

    ways = []
    if row.kind == KeyResultKind.MILESTONE:
        ways = [way(0.0, 1.0)]
    elif row.kind == KeyResultKind.KEEP_WITHIN and row.lowest is not None and row.highest is not None:
        ways = [way(bound, bound) for bound in (row.lowest, row.highest)]
    elif row.baseline is not None and row.target is not None:
        ways = [way(row.baseline, row.target)]
    return Course(
        name=row.name,
        unit=unit.of_level,
        said=tuple(points),
        ways=tuple(ways),
        sentence=_sentence(row, points, ways),
    )


def _sentence(row: KeyResult, points: Sequence[CoursePoint], ways: Sequence[tuple[CoursePoint, CoursePoint]]) -> str:
    """Where it stands, and, on the way to a target, where it should stand by now."""
    last = points[-1]
    facts = {"name": row.name, "value": last.text, "day": day(last.on)}
    if row.kind == KeyResultKind.KEEP_WITHIN and len(ways) == 2:
        low, high = (first for first, _ in ways)
        return say("objectives.course.within", low=low.text, high=high.text, **facts)
    if not ways:
        return say("objectives.course.bare", **facts)
    (start, end) = ways[0]
    days = (end.on - start.on).days
    gone = min(1.0, (last.on - start.on).days / days) if days else 1.0
    wanted = start.value + gone * (end.value - start.value)
    unit = Unit.of("share" if row.kind == KeyResultKind.MILESTONE else row.unit)
    behind = (wanted - last.value) * (1 if end.value >= start.value else -1) > 1e-9 * abs(wanted)
    key = "objectives.course.behind" if behind else "objectives.course.on_way"
    target = {"target": end.text, "due": day(end.on), "wanted": level(wanted / unit.factor, unit)}
    return say(key, **facts, **target)
