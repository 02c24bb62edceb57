"""From cells to one number per site and period: SitePeriods for any design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stats.cells.moments import CellMoments, Cells, codes
from stats.errors import Problem, RefusedData
from stats.outcomes.layout import Layout
from stats.spec import MetricSpec, StartsSpec
from stats.study import Bools, Floats, SitePeriods

Ints = NDArray[np.int64]
EVERYWHERE = "all"
COVARIATE = "__covariate"
SHOWN_SITES = 5


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Sites by periods, and what is known of them; shared by all metrics of a scan.

    sites: (S,) names; periods: (P,) in time order; group: (C,) place of each cell in the flattened (S, P) grid;
    the rest as in SitePeriods.
    """

    sites: tuple[str, ...]
    periods: tuple[Any, ...]
    group: Ints
    arm: Ints
    treated: Bools
    post: Bools
    start: Ints
    strata: NDArray[np.str_] | None
    pair: NDArray[np.str_] | None
    covariates: Floats | None

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.sites), len(self.periods)


def grid_of(cells: Cells, layout: Layout, *, arms: Mapping[str, int] | None = None, switching: bool = False) -> Grid:
    """Where each cell belongs, and each site's arm and start.

    arms: the assignment by site (sites that it does not know are left to the data's own arm); switching: a site may
    change arm from one period to the next (stepped wedge, staggered): it counts as treated from its first treated
    period. Raises RefusedData where a site stands in two arms at once, changes its start or lies on both sides of it.
    """
    if cells.rows.sum() == 0:
        raise RefusedData(Problem(code="no_rows"))
    site_values, site_index = codes(cells.keys["site"]) if "site" in cells.keys else ([EVERYWHERE], _zeros(cells))
    sites = tuple(_name(value) for value in site_values)
    periods, period_index, post = _periods(cells)
    size = (len(sites), len(periods))
    group = site_index * len(periods) + period_index
    treated_now = _arm_by_cell(cells, group, size, sites, switching)
    starts = _starts(cells, layout.starts, site_index, len(sites), periods)
    if starts is not None:
        start, arm = starts, (starts < len(periods)).astype(np.int64)
        treated = np.arange(len(periods))[None, :] >= start[:, None]
        after = _ever(treated) if post is None else post
    else:
        after, arm, treated, start = _from_arms(treated_now, post, size, switching)
    if arms is not None:
        arm = np.array([arms.get(site, known) for site, known in zip(sites, arm, strict=True)], dtype=np.int64)
        treated = (arm > 0)[:, None] & after[None, :] if not switching else treated
        start = _first_true(treated)
    return Grid(
        sites=sites,
        periods=tuple(periods),
        group=group,
        arm=arm,
        treated=treated,
        post=after,
        start=start,
        strata=_labels(cells, {f"stratum{i}": name for i, name in enumerate(layout.strata)}, site_index, sites),
        pair=_labels(cells, {} if layout.pair is None else {"pair": layout.pair}, site_index, sites),
        covariates=_covariates(cells, layout, site_index, sites),
    )


def site_periods(cells: Cells, key: str, spec: MetricSpec, grid: Grid) -> SitePeriods:
    """One metric's numbers on the grid; cells with fewer than ``minimum_n`` rows (or that much volume) are unknown."""
    sites, periods = grid.shape
    moments = cells.metrics[key]
    # Cells are unique on the grid but for mixed arms: merging is then the identity, and a quantile stays what it was.
    if np.bincount(grid.group).max() > 1:
        moments = moments.merge(grid.group, sites * periods)
        place = np.arange(sites * periods)
    else:
        place = grid.group

    def spread(values: Floats, empty: float) -> Floats:
        flat = np.full(sites * periods, empty)
        flat[place] = values
        return flat.reshape(sites, periods)

    n, counted = spread(moments.n, 0.0), spread(moments.counted, 0.0)
    enough = (np.maximum(n, counted) >= spec.minimum_n) & (n > 0)
    return SitePeriods(
        sites=grid.sites,
        periods=grid.periods,
        value=np.where(enough, spread(moments.level, np.nan), np.nan),
        n=n,
        missing=spread(moments.missing, 0.0),
        arm=grid.arm,
        treated=grid.treated,
        post=grid.post,
        start=grid.start,
        pre=_pre(cells.metrics[key], grid),
        strata=grid.strata,
        pair=grid.pair,
        covariates=grid.covariates,
        weight=counted if moments.weight is None else spread(np.nan_to_num(moments.weight), 0.0),
    )


def _zeros(cells: Cells) -> Ints:
    return np.zeros(len(cells), dtype=np.int64)


def _name(value: Any) -> str:
    """A site as text: 7, 7.0 and "7" are one name."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _periods(cells: Cells) -> tuple[list[Any], Ints, Bools | None]:
    """(periods in time order, index of each cell's period, post by period or None where no start was given)."""
    post = cells.keys.get("post")
    if "period" not in cells.keys:
        if post is None:
            return [EVERYWHERE], _zeros(cells), None
        periods, index = codes(post)
        return periods, index, np.array(periods, dtype=bool)
    periods, index = codes(cells.keys["period"])
    if post is None:
        return periods, index, None
    after = np.zeros(len(periods), dtype=bool)
    after[index[post.astype(bool)]] = True
    both = after[index] & ~post.astype(bool)
    if both.any():
        split = sorted({str(periods[i]) for i in index[both]})
        raise RefusedData(
            Problem(code="period_on_both_sides", count=len(split), facts={"periods": ", ".join(split[:SHOWN_SITES])})
        )
    return periods, index, after


def _arm_by_cell(cells: Cells, group: Ints, size: tuple[int, int], sites: tuple[str, ...], switching: bool) -> Ints:
    """(S, P) arm that the rows of a site and period stand in, -1 where there are none."""
    arm = np.full(size[0] * size[1], -1, dtype=np.int64)
    if "arm" not in cells.keys:
        arm[group] = 1
        return arm.reshape(size)
    codes_of = cells.keys["arm"].astype(np.int64)
    # With several arms in one place the one with the most rows counts, the last of equals.
    order = np.lexsort([codes_of, cells.rows])
    arm[group[order]] = codes_of[order]
    mixed = np.zeros(len(arm), dtype=bool)
    mixed[group[arm[group] != codes_of]] = True
    if mixed.any() and not switching:
        names = sorted({sites[i] for i in np.flatnonzero(mixed) // size[1]})
        raise RefusedData(
            Problem(code="site_in_both_groups", count=len(names), facts={"sites": ", ".join(names[:SHOWN_SITES])})
        )
    return arm.reshape(size)


def _from_arms(
    now: Ints, post: Bools | None, size: tuple[int, int], switching: bool
) -> tuple[Bools, Ints, Bools, Ints]:
    """(post, arm, treated, start) from the arm that each site stands in, period by period."""
    if switching:
        treated = np.maximum.accumulate(now > 0, axis=1)
        return _ever(treated) if post is None else post, now.max(axis=1).clip(0), treated, _first_true(treated)
    post = np.ones(size[1], dtype=bool) if post is None else post
    # A column that says "treated now" is 0 before the start for everyone: what a site stands in after it decides.
    after = np.where(post[None, :], now, -1).max(axis=1)
    arm = np.where(after >= 0, after, now.max(axis=1)).clip(0)
    treated = (arm > 0)[:, None] & post[None, :]
    return post, arm, treated, _first_true(treated)


def _ever(treated: Bools) -> Bools:
    """(P,) True where any site is treated."""
    return np.asarray(treated.any(axis=0), dtype=bool)


def _first_true(treated: Bools) -> Ints:
    """(S,) index of the first treated period, P where there is none."""
    return np.where(treated.any(axis=1), treated.argmax(axis=1), treated.shape[1]).astype(np.int64)


def _starts(cells: Cells, starts: StartsSpec | None, site_index: Ints, sites: int, periods: list[Any]) -> Ints | None:
    """(S,) index of the first treated period from the column of first treated periods, P = never."""
    if starts is None:
        return None
    first, last = cells.extras["starts"], cells.extras["starts__last"]
    found: dict[int, Any] = {}
    changing = set()
    for site, low, high in zip(site_index, first, last, strict=True):
        if low != high or (site in found and found[site] != low):
            changing.add(int(site))
        found[int(site)] = low
    if changing:
        raise RefusedData(Problem(code="start_changes", column=starts.column, count=len(changing)))
    comparable = [_moment(period) for period in periods]
    return np.array([_first_at(found.get(site), starts.never, comparable) for site in range(sites)], dtype=np.int64)


def _first_at(start: Any, never: Any, periods: list[Any]) -> int:
    if start is None or start != start or str(start) == str(never) or (never == 0 and start == 0):
        return len(periods)
    moment = _moment(start)
    try:
        return next((index for index, period in enumerate(periods) if period >= moment), len(periods))
    except TypeError as error:
        raise RefusedData(Problem(code="start_type", facts={"start": str(start), "period": str(periods[0])})) from error


def _moment(value: Any) -> Any:
    """Dates and times made comparable."""
    return datetime(value.year, value.month, value.day) if type(value) is date else value


def _labels(
    cells: Cells, columns: Mapping[str, str], site_index: Ints, sites: tuple[str, ...]
) -> NDArray[np.str_] | None:
    """(S,) label of each site from text attributes, several joined by a bar.

    columns: the data's own names by the attributes' names. Raises RefusedData where a site has two labels.
    """
    if not columns:
        return None
    every = [_one_label(cells, name, column, site_index, sites) for name, column in columns.items()]
    return np.array(["|".join(parts) for parts in zip(*every, strict=True)])


def _one_label(cells: Cells, name: str, column: str, site_index: Ints, sites: tuple[str, ...]) -> list[str]:
    found: list[set[str]] = [set() for _ in sites]
    for site, first, last in zip(site_index, cells.extras[name], cells.extras[f"{name}__last"], strict=True):
        found[site] |= {str(value) for value in (first, last) if value is not None}
    if several := [site for site, labels in zip(sites, found, strict=True) if len(labels) > 1]:
        facts = {"sites": ", ".join(several[:5])}
        raise RefusedData(Problem(code="label_changes_within_site", column=column, count=len(several), facts=facts))
    return [next(iter(labels), str(None)) for labels in found]


def _covariates(cells: Cells, layout: Layout, site_index: Ints, sites: tuple[str, ...]) -> Floats | None:
    """(S, K) site averages of number columns; text columns as one 0/1 column for each label but the first."""
    columns: list[Floats] = []
    for index, column in enumerate(layout.covariates):
        text = f"covariate{index}"
        if text in cells.extras:
            labels = np.asarray(_labels(cells, {text: column}, site_index, sites))
            columns += [(labels == label).astype(float) for label in np.unique(labels)[1:]]
        else:
            columns.append(cells.metrics[f"{COVARIATE}{index}"].merge(site_index, len(sites)).mean_y)
    return np.column_stack(columns) if columns else None


def _pre(moments: CellMoments, grid: Grid) -> Floats | None:
    """(S,) average of the baseline column over the site's rows, NaN where none has it; None without such a column."""
    if moments.n_x is None:
        return None
    sites, periods = grid.shape
    return moments.merge(grid.group // periods, sites).mean_x
