"""A metric in many small places at once (half-hours of the week, channels): levels with the change and without it, and
how sure the difference is.

The unit that varies is the site, here as elsewhere. The interval leaves out one site at a time (delete-one jackknife;
Efron & Stein 1981), arm by arm, or both arms together where a site has both, with Satterthwaite's degrees of freedom;
it never claims more than as many independent yes-or-no records would (Agresti & Coull 1998). Where nobody names a site,
records vary. Each place is looked at for itself: of many, one in twenty stands out by chance. Nothing here decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stats.cells.moments import CellMoments, Ints
from stats.results import quantile
from stats.study import Bools, Floats

FEWEST_RECORDS = 10
FEWEST_SITES = 2
"""With fewer on either side a place has no interval: too few to say."""
CONFIDENCE = 0.95
DIGITS = 6
"""Significant digits that are kept: more than a picture shows, and evidence stays small."""


@dataclass(frozen=True, kw_only=True)
class Squares:
    """One metric in P places, by site: S sites, two arms.

    top, bottom: (arm, window, S, P) sums whose quotient is the level; arm 0 control, 1 the treatment looked at; window
    0 before the start, 1 after it. counted: (arm, P) what stands behind the levels after the start. within: (arm, P)
    variance of the level from single records, where no site is known; share: the metric is a share of yes-or-no.
    """

    top: Floats
    bottom: Floats
    counted: Floats
    within: Floats | None
    share: bool

    def level(self, arm: int, window: int = 1) -> Floats:
        """(P,) level; NaN where there is nothing."""
        return quotient(self.top[arm, window].sum(axis=0), self.bottom[arm, window].sum(axis=0))

    def together(self, place: Ints, size: int) -> Squares:
        """The places put together into ``size`` larger ones; place: (P,) where each goes, negative: nowhere."""
        kept = place >= 0

        def added(values: Floats) -> Floats:
            # In the order of the places, always: a matrix product may add in another order elsewhere.
            total = np.zeros((size, *values.shape[:-1]))
            np.add.at(total, place[kept], np.moveaxis(values[..., kept], -1, 0))
            return np.moveaxis(total, 0, -1)

        return Squares(
            top=added(self.top), bottom=added(self.bottom), counted=added(self.counted), within=None, share=self.share
        )


def squares(
    moments: CellMoments, *, arm: Ints, of: int, after: Bools, site: Ints | None, place: Ints, size: int, share: bool
) -> Squares:
    """Cells by site, window and place as ``Squares``. arm, after, site, place: (C,) where each cell belongs; of: the
    treatment arm that is held against control; site None: the cells know none."""
    sites = 1 if site is None else int(site.max(initial=0)) + 1
    row = np.zeros(len(place), dtype=np.int64) if site is None else site
    top, bottom = _parts(moments)
    shape = (2, 2, sites, size)
    sums = np.zeros((2, *shape))
    for side, number in enumerate((0, of)):
        for window, inside in ((0, ~after), (1, after)):
            here = (arm == number) & inside & (bottom > 0)
            at = row[here] * size + place[here]
            for which, values in enumerate((top, bottom)):
                summed = np.bincount(at, weights=values[here], minlength=sites * size)
                sums[which, side, window] = summed.reshape(sites, size)
    counted = np.array([_counted(moments, (arm == number) & after, place, size) for number in (0, of)])
    within = None if site is not None else _within(moments, arm, of, after, place, size)
    return Squares(top=sums[0], bottom=sums[1], counted=counted, within=within, share=share)


def difference(found: Squares, *, changes: bool) -> tuple[Floats, Floats]:
    """((P,) lower, (P,) upper) of treatment minus control; changes: of how much more it changed since the start. NaN
    where there are too few."""
    sides = [found.level(side) - (found.level(side, 0) if changes else 0.0) for side in (0, 1)]
    middle = sides[1] - sides[0]
    variance, df = _variance_of_difference(found, changes)
    enough: Bools = np.all(found.counted >= FEWEST_RECORDS, axis=0)
    return _interval(middle, variance, df, enough)


def level_interval(found: Squares, arm: int = 1) -> tuple[Floats, Floats]:
    """((P,) lower, (P,) upper) of one arm's level after the start; NaN where there are too few."""
    enough: Bools = np.asarray(found.counted[arm] >= FEWEST_RECORDS)
    if found.within is not None:
        return _interval(found.level(arm), found.within[arm], found.counted[arm] - 1, enough)
    variance, sites = _one_arm(found, arm, changes=False)
    return _interval(found.level(arm), variance, sites - 1.0, enough)


def as_columns(found: Squares, shown: Any, *, changes: bool) -> dict[str, Any]:
    """Columns of equal length for the places ``shown``: levels, what is behind them, the difference's interval."""
    lower, upper = difference(found, changes=changes)
    columns = {
        "control": found.level(0),
        "treatment": found.level(1),
        "control_before": found.level(0, 0),
        "treatment_before": found.level(1, 0),
        "ci_lower": lower,
        "ci_upper": upper,
    }
    counted = {"n_control": found.counted[0], "n_treatment": found.counted[1]}
    return {name: [short(values[at]) for at in shown] for name, values in columns.items()} | {
        name: [float(values[at]) for at in shown] for name, values in counted.items()
    }


def short(value: float) -> float | None:
    """Six significant digits; None for what is not known."""
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None


def _parts(moments: CellMoments) -> tuple[Floats, Floats]:
    """(C,) sums whose quotient is the level, for kinds that add up."""
    if moments.value is not None and moments.volume is not None:
        return np.nan_to_num(moments.value) * moments.volume, moments.volume
    if moments.weight is not None and moments.weighted is not None:
        per = moments.weight if moments.weighted_d is None else moments.weight * np.nan_to_num(moments.weighted_d)
        return moments.weight * np.nan_to_num(moments.weighted), per
    per = moments.n if moments.mean_d is None else moments.n * np.nan_to_num(moments.mean_d)
    return moments.n * np.nan_to_num(moments.mean_y), per


def _counted(moments: CellMoments, inside: Bools, place: Ints, size: int) -> Floats:
    return np.bincount(place[inside], weights=np.nan_to_num(moments.counted[inside]), minlength=size).astype(float)


def _within(moments: CellMoments, arm: Ints, of: int, after: Bools, place: Ints, size: int) -> Floats | None:
    if moments.mean_d is not None or moments.value is not None or moments.weight is not None:
        return None
    found = []
    for number in (0, of):
        inside = (arm == number) & after
        merged = moments.take(inside).merge(place[inside], size)
        spread = quotient(merged.m2_y, merged.n - 1)
        found.append(quotient(spread, merged.n))
    return np.array(found)


def _variance_of_difference(found: Squares, changes: bool) -> tuple[Floats, Floats]:
    """((P,) variance, (P,) degrees of freedom)."""
    if found.within is not None:
        return _pooled(found.within, found.counted - 1)
    there = found.bottom[:, 1].sum(axis=2) > 0
    if (there[0] & there[1]).any():
        return _both_arms(found, changes)
    arms = [_one_arm(found, arm, changes=changes) for arm in (0, 1)]
    variances, sites = (np.array(part) for part in zip(*arms, strict=True))
    return _pooled(variances, sites - 1.0)


def _pooled(variances: Floats, df: Floats) -> tuple[Floats, Floats]:
    """Two independent variances added, with Satterthwaite's degrees of freedom."""
    total = variances.sum(axis=0)
    parts = np.divide(variances**2, df, out=np.full(variances.shape, np.nan), where=df > 0).sum(axis=0)
    return total, np.where(parts > 0, quotient(total**2, parts), df.sum(axis=0))


def _one_arm(found: Squares, arm: int, *, changes: bool) -> tuple[Floats, Floats]:
    """((P,) variance of the arm's level, or change, (P,) sites behind it)."""
    there = found.bottom[arm, 1] > 0
    left = without_each(found, arm, 1) - (without_each(found, arm, 0) if changes else 0.0)
    variance, sites = jackknife(left, there)
    return np.maximum(variance, _least(found, arm)), sites


def _both_arms(found: Squares, changes: bool) -> tuple[Floats, Floats]:
    there: Bools = np.any(found.bottom[:, 1] > 0, axis=0)
    sides = [without_each(found, arm, 1) - (without_each(found, arm, 0) if changes else 0.0) for arm in (0, 1)]
    variance, sites = jackknife(sides[1] - sides[0], there)
    return np.maximum(variance, _least(found, 0) + _least(found, 1)), sites - 1.0


def without_each(found: Squares, arm: int, window: int) -> Floats:
    """(S, P) level of the arm when that site is left out."""
    top, bottom = found.top[arm, window], found.bottom[arm, window]
    return quotient(top.sum(axis=0) - top, bottom.sum(axis=0) - bottom)


def jackknife(left: Floats, there: Bools) -> tuple[Floats, Floats]:
    """((P,) variance, (P,) sites) from what is left (S, P) when each of the sites that are ``there`` is taken out."""
    sites = there.sum(axis=0).astype(float)
    values = np.where(there, left, 0.0)
    mean = quotient(values.sum(axis=0), sites)
    squared = np.where(there, (left - mean) ** 2, 0.0).sum(axis=0)
    variance = squared * (sites - 1) / np.maximum(sites, 1.0)
    return np.where(sites >= FEWEST_SITES, variance, np.nan), sites


def _least(found: Squares, arm: int) -> Floats:
    """(P,) what as many independent yes-or-no records would vary; 0 for metrics of other kinds."""
    n = found.counted[arm]
    if not found.share:
        return np.zeros(len(n))
    towards_half = (np.nan_to_num(found.level(arm)) * n + 2) / (n + 4)
    return towards_half * (1 - towards_half) / (n + 4)


def _interval(middle: Floats, variance: Floats, df: Floats, enough: Bools) -> tuple[Floats, Floats]:
    known = enough & np.isfinite(variance) & np.isfinite(middle) & (np.nan_to_num(df) > 0)
    reach = np.full(len(middle), np.nan)
    for at in np.flatnonzero(known):
        reach[at] = quantile(1 - (1 - CONFIDENCE) / 2, float(df[at])) * np.sqrt(variance[at])
    return middle - reach, middle + reach


def quotient(top: Floats, bottom: Floats) -> Floats:
    """NaN where there is nothing to divide by; sums that leave rounding dust when a site is taken out are nothing."""
    safe = bottom > 1e-9
    return np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=safe)
