"""What the time before the start says of a comparison: its path, its trend, and effects at dates when nothing began.

Source: event study and placebo dates as in Roth, Sant'Anna, Bilinski & Poe (2023), J. Econometrics 235, section 4; the
largest placebo deviation as the size of bias that a finding should survive: Rambachan & Roth (2023), Rev. Econ. Stud.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stats.methods.hypotheses import two_sided
from stats.methods.site_means import site_ancova_many
from stats.results import Estimate, quantile
from stats.study import SitePeriods

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Treated less control sites in one number each, pooled t. effect, std_error: metric's unit."""

    effect: float
    std_error: float
    df: float

    @property
    def p_value(self) -> float:
        return two_sided(self.effect / self.std_error, self.df)


@dataclass(frozen=True, kw_only=True)
class PlaceboDates:
    """Effects found by starting at dates before the true start. effects: (D,) by date; middle: that of the middle."""

    periods: tuple[object, ...]
    effects: tuple[float, ...]
    middle: Comparison
    middle_period: object

    @property
    def largest(self) -> float:
        return max(abs(effect) for effect in self.effects)


def window_means(data: SitePeriods, periods: Bools) -> Floats:
    """(S,) average over the chosen periods, weighted by records, NaN where there is none."""
    weight = np.where(np.isfinite(data.value), data.n, 0.0)[:, periods]
    total = weight.sum(axis=1)
    summed = (np.where(np.isfinite(data.value), data.value, 0.0)[:, periods] * weight).sum(axis=1)
    return np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0)


def compare(y: Floats, treated: Bools) -> Comparison | None:
    """Difference of site values by pooled t over the sites that have one; None where that can't be judged."""
    known = np.isfinite(y)
    if min(int((known & treated).sum()), int((known & ~treated).sum())) < 2:
        return None
    fits = site_ancova_many(y[None, known], treated[known])
    effect, std_error, df = float(fits.effect[0]), float(fits.std_error[0]), float(fits.df[0])
    if not np.isfinite(std_error) or std_error <= 0:
        return None
    return Comparison(effect=effect, std_error=std_error, df=df)


def _arms(data: SitePeriods, arm: int) -> tuple[SitePeriods, Bools]:
    from stats.methods.panel import take_sites

    kept = take_sites(data, (data.arm == 0) | (data.arm == arm))
    return kept, kept.arm == arm


def placebo_dates(data: SitePeriods, arm: int) -> PlaceboDates | None:
    """The change in site means across every date before the start with a quarter of that time on either side.

    None with fewer than two periods before the start, or too few sites.
    """
    data, treated = _arms(data, arm)
    before = np.flatnonzero(~data.post)
    if len(before) < 2:
        return None
    margin = max(1, len(before) // 4)
    found: list[tuple[int, Comparison]] = []
    for cut in range(margin, len(before) - margin + 1):
        sides = [np.isin(np.arange(len(data.post)), part) for part in (before[:cut], before[cut:])]
        change = compare(window_means(data, sides[1]) - window_means(data, sides[0]), treated)
        if change is not None:
            found.append((cut, change))
    if not found:
        return None
    cut, middle = min(found, key=lambda pair: (abs(2 * pair[0] - len(before)), pair[0]))
    return PlaceboDates(
        periods=tuple(data.periods[before[place]] for place, _ in found),
        effects=tuple(change.effect for _, change in found),
        middle=middle,
        middle_period=data.periods[before[cut]],
    )


def trend_difference(data: SitePeriods, arm: int) -> Comparison | None:
    """Treated less control in the slope of each site's values over the periods before the start (a period is 1).

    None with fewer than three such periods.
    """
    data, treated = _arms(data, arm)
    before = ~data.post
    if before.sum() < 3:
        return None
    value = data.value[:, before]
    known = np.isfinite(value)
    time = np.where(known, np.arange(value.shape[1], dtype=float), 0.0)
    count = known.sum(axis=1)
    centre = time.sum(axis=1) / np.maximum(count, 1)
    gap = np.where(known, time - centre[:, None], 0.0)
    spread = (gap**2).sum(axis=1)
    rise = (gap * np.where(known, value, 0.0)).sum(axis=1)
    slope = np.divide(rise, spread, out=np.full(len(rise), np.nan), where=(count >= 3) & (spread > 0))
    return compare(slope, treated)


def event_path(data: SitePeriods, arm: int, confidence: float) -> list[dict[str, Any]]:
    """Treated less control in every period, less the same in the last period before the start, pooled t."""
    data, treated = _arms(data, arm)
    before = np.flatnonzero(~data.post)
    if not len(before):
        return []
    path: list[dict[str, Any]] = []
    reference = data.value[:, before[-1]]
    for place, period in enumerate(data.periods):
        line: dict[str, Any] = {"period": period, "after": bool(data.post[place])}
        if place == before[-1]:
            path.append({**line, "effect": 0.0, "reference": True})
            continue
        found = compare(data.value[:, place] - reference, treated)
        if found is not None:
            reach = quantile(0.5 + confidence / 2, found.df) * found.std_error
            ends = {"ci_lower": found.effect - reach, "ci_upper": found.effect + reach}
            path.append(
                {**line, "effect": found.effect, "std_error": found.std_error, **ends, "p_value": found.p_value}
            )
    return path


def breakdown(result: Estimate, largest: float) -> float | None:
    """How many times the largest placebo deviation the bias could be before the interval includes no effect.

    None where the interval includes it already.
    """
    clear = _distance(result)
    if clear is None:
        return None
    return clear / largest if largest > 0 else float("inf")


def _distance(result: Estimate) -> float | None:
    if result.ci_lower is not None and result.ci_lower > 0:
        return result.ci_lower
    if result.ci_upper is not None and result.ci_upper < 0:
        return -result.ci_upper
    return None
