"""What each department gained and bore with the pilots that were approved: its own numbers, one at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

from experiments.learned.effects import Decided, MetricEffect
from experiments.words.numbers import Unit


@dataclass(frozen=True, kw_only=True)
class Share:
    """One number of one department over the approved pilots that measured it: never added to any other number.

    total, lower, upper: sum of the effects at the pilots' sites with its 95 % interval, metric's unit, oriented so that
    + is better; better, worse: pilots on either side of 0; own: its own pilots' aims, else what others' pilots did to
    it; higher: whether a higher value of the metric is the better one.
    """

    department: str
    metric: str
    unit: Unit
    higher: bool
    own: bool
    pilots: tuple[str, ...]
    total: float
    lower: float
    upper: float
    better: int
    worse: int


def shares(pilots: Sequence[Decided]) -> tuple[Share, ...]:
    """By department, its own aims first, then metric."""
    grouped: dict[tuple[str, bool, str, str, str], list[tuple[str, MetricEffect]]] = defaultdict(list)
    for one in pilots:
        if one.scaled:
            for department, own, metric in _of(one):
                mark = (department, not own, metric.name, metric.unit.of_effect, metric.better)
                grouped[mark].append((one.title, metric))
    return tuple(_share(mark, rows) for mark, rows in sorted(grouped.items()))


def _of(one: Decided) -> Iterator[tuple[str, bool, MetricEffect]]:
    for metric in (*one.success, *one.others):
        if metric.partner:
            yield metric.partner, False, metric
        elif metric in one.success and one.department:
            yield one.department, True, metric


def _share(mark: tuple[str, bool, str, str, str], rows: Sequence[tuple[str, MetricEffect]]) -> Share:
    department, others, name, _, better = mark
    effects = [metric for _, metric in rows]
    total = sum(metric.effect for metric in effects)
    reach = 1.959963984540054 * sqrt(sum(metric.std_error**2 for metric in effects))
    return Share(
        department=department,
        metric=name,
        unit=effects[0].unit,
        higher=better == "higher",
        own=not others,
        pilots=tuple(title for title, _ in rows),
        total=total,
        lower=total - reach,
        upper=total + reach,
        better=sum(metric.effect > 0 for metric in effects),
        worse=sum(metric.effect < 0 for metric in effects),
    )
