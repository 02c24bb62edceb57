"""One question read in four directions: power, smallest effect, sites, weeks; for every design with a control."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from stats.planning.power import chance_to_show, crossing
from stats.planning.precision import Method, Precision, planned_std_error
from stats.planning.schedule import Schedule
from stats.planning.variation import Variation
from stats.results import NotEstimable, quantile

POWER = 0.80
MOST = 1e6
"""Times the planned sites beyond which a size counts as out of reach."""
WEEKS_AT_MOST = 260
"""Five years: a pilot that needs longer is no pilot."""
Line = Callable[[Precision], bool]
"""Is this precise enough?"""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A planned comparison: who has the change when, how the metric varies, how it will be judged.

    groups: strata or pairs that the method adjusts for; tail: error rate on the side of the effect.
    """

    schedule: Schedule
    variation: Variation
    method: Method = "gls"
    groups: int = 1
    tail: float = 0.05

    def at(self, schedule: Schedule) -> Precision | NotEstimable:
        """The precision that another schedule would have."""
        return planned_std_error(schedule, self.variation, self.method, groups=self.groups)

    @property
    def precision(self) -> Precision | NotEstimable:
        return self.at(self.schedule)


def power(comparison: Comparison, effect: float) -> float | NotEstimable:
    """Chance to show a true ``effect`` (metric's unit) in its own direction, by the noncentral t."""
    found = comparison.precision
    if isinstance(found, NotEstimable):
        return found
    return chance_to_show(abs(effect), found.std_error, found.df, comparison.tail)


def mde(comparison: Comparison, wanted: float = POWER) -> float | NotEstimable:
    """The smallest effect, metric's unit, that is shown with the ``wanted`` power."""
    found = comparison.precision
    if isinstance(found, NotEstimable):
        return found
    return detectable_effect(found.std_error, found.df, comparison.tail, wanted)


def detectable_effect(std_error: float, df: float, tail: float, wanted: float = POWER) -> float:
    """The effect that a one-sided t-test at ``tail`` shows with power ``wanted``. df > 0."""
    shift = crossing(lambda shift: chance_to_show(shift, 1.0, df, tail) - wanted, 0.0, quantile(1 - tail, df) + 60.0)
    return float(shift or 0.0) * std_error


def sites_needed(comparison: Comparison, enough: Line) -> float | NotEstimable:
    """Sites in all (a fraction), split as in the schedule, from which on the precision is ``enough``."""

    def lacking(factor: float) -> float:
        found = comparison.at(comparison.schedule.times(factor))
        return 1.0 if isinstance(found, Precision) and enough(found) else -1.0

    total = comparison.schedule.total
    if lacking(MOST) < 0:
        found = comparison.at(comparison.schedule.times(MOST))
        return found if isinstance(found, NotEstimable) else NotEstimable(code="sites_out_of_reach")
    low, high = 0.0, 1.0
    while lacking(high) < 0:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if lacking(middle) > 0 else (middle, high)
    return high * total


def whole_sites(schedule: Schedule, total: float) -> tuple[int, ...]:
    """Whole sites for each row of the schedule, ``total`` of them or a few more; at least one a row."""
    each = schedule.sites * (total / schedule.total)
    return tuple(max(1, ceil(count - 1e-6)) for count in each)


def weeks_needed(
    comparison: Callable[[int], Comparison], enough: Line, *, most: int = WEEKS_AT_MOST
) -> int | NotEstimable:
    """The fewest weeks whose comparison is precise ``enough``; more weeks must not make it less precise."""

    def holds(weeks: int) -> bool:
        found = comparison(weeks).precision
        return isinstance(found, Precision) and enough(found)

    if not holds(most):
        return NotEstimable(code="weeks_out_of_reach", facts={"most": most})
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def shows(effect: float, tail: float, wanted: float = POWER) -> Line:
    """Precise enough to show ``effect`` with the ``wanted`` power."""
    return lambda found: chance_to_show(abs(effect), found.std_error, found.df, tail) >= wanted


def within(std_error: float) -> Line:
    """Precise enough where the standard error is at most this (the line of the registration gate)."""
    return lambda found: found.std_error <= std_error * (1 + 1e-9)
