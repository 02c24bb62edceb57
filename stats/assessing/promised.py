"""Half-hours that fall short of what was promised, and the half-hour that the average hides, with the change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from stats.assessing.squares import (
    FEWEST_RECORDS,
    FEWEST_SITES,
    Squares,
    jackknife,
    level_interval,
    short,
    without_each,
)
from stats.cells.moments import Ints
from stats.cells.passes import HALF_HOUR_MINUTES
from stats.plan import PlannedMetric
from stats.results import quantile
from stats.spec import MetricSpec

MOST_RUNS = 12
"""Stretches that are kept, those that fall shortest first."""
CHANCE = 0.05
"""For all half-hours together: how often the worst would be named where all are alike (one-sided, Bonferroni)."""


def within_key(key: str) -> str:
    """Under which key the cells hold the number that a metric's target is held against."""
    return f"__within__{key}"


def target_spec(metric: PlannedMetric) -> MetricSpec | None:
    """What is held against the metric's target in a half-hour; None where nothing is promised.

    Of a share of half-hours on target it is the share in time (or the mean) in each half-hour; of any other metric
    with a target the metric itself.
    """
    spec = metric.spec
    if spec.target is None or spec.kind != "interval_share":
        return None if spec.target is None else spec
    kept: dict[str, Any] = {"column": spec.column, "numerator": spec.numerator, "denominator": spec.denominator}
    if spec.numerator is not None:
        return MetricSpec(kind="ratio", **kept)
    if spec.within == "mean":
        return MetricSpec(kind="mean", **kept)
    if spec.threshold is None:
        return MetricSpec(kind="share", **kept)
    return MetricSpec(kind="share_beyond", threshold=spec.threshold, beyond=spec.beyond, **kept)


def kept_above(metric: PlannedMetric) -> bool:
    """Whether a level above the target keeps the promise."""
    spec = metric.spec
    if spec.kind == "interval_share":
        return not (spec.within == "mean" and spec.beyond == "below")
    return metric.better == "higher"


def promised(
    found: Squares, days: Sequence[int | None], slots: Sequence[Any], *, target: float, above: bool
) -> dict[str, Any]:
    """Where the level with the change falls short of ``target``. Places are days x half-hours, days first.

    above: whether a level above the target keeps the promise. looked_at: half-hours with enough records and sites;
    too_few: those without; shown: those whose whole interval falls short; unsure: those that do, but for the interval.
    stretches: neighbouring half-hours from one that is shown short to another, all of them below, on the days on which
    they are the same; short: those that fall shortest: days, from, to (minutes since midnight, or the label twice),
    level with its interval, n, and the level without the change (control). level, control: over all half-hours.
    """
    sign = 1.0 if above else -1.0
    level, (lower, upper) = found.level(1), level_interval(found)
    known = np.isfinite(lower)
    nearest = upper if above else lower
    below = known & (np.nan_to_num((level - target) * sign) < 0)
    shown = below & (np.nan_to_num((nearest - target) * sign) < 0)
    week = (len(days), len(slots))
    runs = _runs(shown.reshape(week), below.reshape(week), slots)
    whole = found.together(np.zeros(len(level), dtype=np.int64), 1)
    short_ones = [_stretch(found, run, days, slots) for run in runs]
    short_ones.sort(key=lambda run: ((run["level"] - target) * sign, str(run["days"]), str(run["from"])))
    return {
        "target": target,
        "above": above,
        "looked_at": int(known.sum()),
        "too_few": int(((found.counted[1] > 0) & ~known).sum()),
        "shown": int(shown.sum()),
        "unsure": int((below & ~shown).sum()),
        "stretches": len(short_ones),
        "short": short_ones[:MOST_RUNS],
        "level": short(whole.level(1)[0]),
        "control": short(whole.level(0)[0]),
    }


def _runs(shown: Any, below: Any, slots: Sequence[Any]) -> list[tuple[tuple[int, ...], int, int]]:
    """(places of the days, first, last place of the half-hours): the longest stretches, equal ones of days together."""
    found: dict[tuple[int, int], list[int]] = {}
    for day in range(len(shown)):
        sure: list[int] = []
        for slot in range(len(slots)):
            joined = bool(sure) and _neighbours(slots, slot - 1, slot) and bool(below[day, slot])
            if sure and not joined:
                found.setdefault((sure[0], sure[-1]), []).append(day)
                sure = []
            if shown[day, slot]:
                sure.append(slot)
        if sure:
            found.setdefault((sure[0], sure[-1]), []).append(day)
    return [(tuple(on), first, last) for (first, last), on in found.items()]


def _neighbours(slots: Sequence[Any], one: int, other: int) -> bool:
    return isinstance(slots[one], int) and slots[other] - slots[one] == HALF_HOUR_MINUTES


def _stretch(
    found: Squares, run: tuple[tuple[int, ...], int, int], days: Sequence[int | None], slots: Sequence[Any]
) -> dict[str, Any]:
    on, first, last = run
    place = np.full(len(days) * len(slots), -1, dtype=np.int64)
    for day in on:
        place[day * len(slots) + first : day * len(slots) + last + 1] = 0
    merged = found.together(place, 1)
    lower, upper = level_interval(merged)
    return {
        "days": [days[day] for day in on],
        "from": slots[first],
        "to": slots[last] + HALF_HOUR_MINUTES if isinstance(slots[last], int) else slots[last],
        "level": short(merged.level(1)[0]),
        "ci_lower": short(lower[0]),
        "ci_upper": short(upper[0]),
        "n": float(merged.counted[1, 0]),
        "control": short(merged.level(0)[0]),
    }


def beneath(found: Squares, slot: Ints, slots: Sequence[Any], *, higher: bool) -> dict[str, Any] | None:
    """The half-hour of the day that is furthest on the worse side of the mean of all, with the change; None where that
    may be chance, all half-hours counted, or where no site is known.

    higher: more is better. slot, level, mean, n; looked_at: half-hours with enough records and sites.
    """
    if found.within is not None:
        return None
    by_slot = found.together(slot, len(slots))
    whole = found.together(np.zeros(len(slot), dtype=np.int64), 1)
    gap = (by_slot.level(1) - whole.level(1)) * (1.0 if higher else -1.0)
    variance, sites = jackknife(without_each(by_slot, 1, 1) - without_each(whole, 1, 1), by_slot.bottom[1, 1] > 0)
    known = (by_slot.counted[1] >= FEWEST_RECORDS) & (sites >= FEWEST_SITES) & np.isfinite(variance * gap)
    if known.sum() < 2:
        return None
    worst = int(np.argmin(np.where(known, gap, np.inf)))
    reach = quantile(1 - CHANCE / int(known.sum()), float(sites[worst]) - 1) * float(np.sqrt(variance[worst]))
    if not gap[worst] + reach < 0:
        return None
    return {
        "slot": slots[worst],
        "level": short(by_slot.level(1)[worst]),
        "mean": short(whole.level(1)[0]),
        "n": float(by_slot.counted[1, worst]),
        "looked_at": int(known.sum()),
    }
