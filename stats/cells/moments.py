"""Cells in memory: counts, means and centred second moments by group, and how groups merge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class CellMoments:
    """One metric over C cells; every array (C,).

    n: rows with the metric (and its denominator); missing: eligible rows without; mean_y, m2_y: mean and centred sum
    of squares over those n rows; mean_d, m2_d, c_yd: denominator, its centred squares, centred products with y;
    n_x, mean_x, m2_x: rows with the pre-value; mean_yx, m2_yx, c_xy, mean_dx, c_xd: over the rows with both (then n_x
    counts those rows); weight, weighted: sum of row weights and weighted mean of y (weighted_d: of d);
    value: set for kinds that are no mean (quantile, tail_mean, interval_share, survival), and volume then the number
    of intervals where those are what is counted. None: not asked for.
    """

    n: Floats
    missing: Floats
    mean_y: Floats
    m2_y: Floats
    mean_d: Floats | None = None
    m2_d: Floats | None = None
    c_yd: Floats | None = None
    n_x: Floats | None = None
    mean_x: Floats | None = None
    m2_x: Floats | None = None
    mean_yx: Floats | None = None
    m2_yx: Floats | None = None
    c_xy: Floats | None = None
    mean_dx: Floats | None = None
    c_xd: Floats | None = None
    weight: Floats | None = None
    weighted: Floats | None = None
    weighted_d: Floats | None = None
    value: Floats | None = None
    volume: Floats | None = None

    @property
    def level(self) -> Floats:
        """(C,) the metric itself: mean, ratio of sums, or whatever its kind says; NaN where nothing is known."""
        if self.value is not None:
            return self.value
        top = self.weighted if self.weighted is not None else self.mean_y
        if self.mean_d is None:
            return top
        bottom = self.weighted_d if self.weighted_d is not None else self.mean_d
        return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom != 0)

    @property
    def counted(self) -> Floats:
        """(C,) what stands behind a cell: intervals, the denominator's sum, or rows."""
        if self.volume is not None:
            return self.volume
        return self.n if self.mean_d is None else np.where(self.n > 0, self.n * self.mean_d, 0.0)

    def merge(self, group: Ints, groups: int) -> CellMoments:
        """Cells put together into ``groups`` larger ones (Chan, Golub & LeVeque 1983, eq. 2.1, any number at once).

        group: (C,) index of the group each cell goes to. Interval shares merge by their number of intervals; a
        quantile, worst-tail mean or survival time can't be merged and becomes unknown (NaN): scan at the groups wanted.
        """
        add = _Adder(group, groups)
        weight = None if self.weight is None else add.total(self.weight)
        merged = CellMoments(
            n=add.total(self.n),
            missing=add.total(self.missing),
            mean_y=add.mean(self.n, self.mean_y),
            m2_y=add.centred(self.n, self.m2_y, self.mean_y, self.mean_y),
            weight=weight,
            weighted=_mean_of(add, self.weight, self.weighted),
            weighted_d=_mean_of(add, self.weight, self.weighted_d),
            value=self._merged_value(add),
            volume=None if self.volume is None else add.total(self.volume),
        )
        if self.mean_d is not None:
            merged = replace(merged, **self._merged_denominator(add))
        if self.n_x is not None:
            merged = replace(merged, **self._merged_pre(add))
        return merged

    def _merged_value(self, add: _Adder) -> Floats | None:
        if self.value is None or self.volume is not None:
            return _mean_of(add, self.volume, self.value)
        return np.full(add.groups, np.nan)

    def _merged_denominator(self, add: _Adder) -> dict[str, Any]:
        assert self.mean_d is not None
        return {
            "mean_d": add.mean(self.n, self.mean_d),
            "m2_d": add.centred(self.n, self.m2_d, self.mean_d, self.mean_d),
            "c_yd": add.centred(self.n, self.c_yd, self.mean_y, self.mean_d),
        }

    def _merged_pre(self, add: _Adder) -> dict[str, Any]:
        assert self.n_x is not None
        assert self.mean_x is not None
        merged: dict[str, Any] = {"n_x": add.total(self.n_x), "mean_x": add.mean(self.n_x, self.mean_x)}
        if self.m2_x is not None:
            merged["m2_x"] = add.centred(self.n_x, self.m2_x, self.mean_x, self.mean_x)
        if self.mean_yx is not None:
            merged["mean_yx"] = add.mean(self.n_x, self.mean_yx)
            merged["m2_yx"] = add.centred(self.n_x, self.m2_yx, self.mean_yx, self.mean_yx)
            merged["c_xy"] = add.centred(self.n_x, self.c_xy, self.mean_x, self.mean_yx)
        if self.mean_dx is not None:
            merged["mean_dx"] = add.mean(self.n_x, self.mean_dx)
            merged["c_xd"] = add.centred(self.n_x, self.c_xd, self.mean_x, self.mean_dx)
        return merged

    def take(self, index: Any) -> CellMoments:
        """The cells at ``index``."""
        chosen: dict[str, Any] = {name: None if a is None else a[index] for name, a in self.__dict__.items()}
        return CellMoments(**chosen)


class _Adder:
    """Sums within groups. ``np.bincount`` adds in the order of the cells, so the same cells give the same bits."""

    def __init__(self, group: Ints, groups: int) -> None:
        self.group, self.groups = group, groups

    def total(self, values: Floats) -> Floats:
        return np.bincount(self.group, weights=values, minlength=self.groups).astype(np.float64)

    def mean(self, n: Floats, mean: Floats) -> Floats:
        """Mean over the rows of the merged cells, taken around each group's first known mean: no digit is lost."""
        total = self.total(n)
        known = n > 0
        anchor = np.zeros(self.groups)
        anchor[self.group[known][::-1]] = mean[known][::-1]
        moved = self.total(np.where(known, n * (np.where(known, mean, 0.0) - anchor[self.group]), 0.0))
        return np.divide(moved, total, out=np.full(self.groups, np.nan), where=total > 0) + anchor

    def centred(self, n: Floats, within: Floats | None, a: Floats, b: Floats) -> Floats:
        """Centred sum of products: within the cells, plus that of the cells' means around the merged means."""
        within = np.zeros(len(n)) if within is None else within
        mean_a, mean_b = self.mean(n, a)[self.group], self.mean(n, b)[self.group]
        between = np.where(n > 0, n * (a - mean_a) * (b - mean_b), 0.0)
        return self.total(np.where(n > 0, within, 0.0) + between)


def _mean_of(add: _Adder, weight: Floats | None, mean: Floats | None) -> Floats | None:
    return None if weight is None or mean is None else add.mean(weight, mean)


@dataclass(frozen=True, kw_only=True)
class Cells:
    """All metrics of one scan over C cells, sorted by their keys.

    keys: values that group the rows, by name ('site', 'period', 'arm', ...), each (C,); rows: (C,) rows of the cell;
    metrics: by key; extras: further aggregates by name, (C,), such as the first and last value of a site attribute.
    """

    keys: Mapping[str, Objects]
    rows: Floats
    metrics: Mapping[str, CellMoments]
    extras: Mapping[str, Objects] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: Any) -> Cells:
        """The cells at ``index``."""
        return Cells(
            keys={name: values[index] for name, values in self.keys.items()},
            rows=self.rows[index],
            metrics={key: moments.take(index) for key, moments in self.metrics.items()},
            extras={name: values[index] for name, values in self.extras.items()},
        )

    def places(self, answer: Any, names: Iterable[str]) -> Ints:
        """(R,) index among the cells of each row of ``answer``, by its columns ``names``; no names: one cell."""
        names = list(names)
        if not names:
            return np.zeros(len(answer), dtype=np.int64)
        place = {row: index for index, row in enumerate(zip(*(self.keys[name] for name in names), strict=True))}
        columns = (answer.column(name).to_pylist() for name in names)
        return np.array([place[row] for row in zip(*columns, strict=True)], dtype=np.int64)


def codes(values: Objects | Sequence[Any]) -> tuple[list[Any], Ints]:
    """Distinct values in order (numbers and dates by size, else as text) and the index of each value among them."""
    distinct = ordered(set(values))
    place = {value: index for index, value in enumerate(distinct)}
    return distinct, np.array([place[value] for value in values], dtype=np.int64)


def ordered(values: Any) -> list[Any]:
    """Sorted where the values can be compared, else sorted as text."""
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=str)
