"""What earlier outcomes say about the size a pilot needs: how far sites lie apart, how well their past predicts them.

Two readings of the same cells. ``windows`` asks no model: it lays the plan's two windows over the history wherever they
fit, and takes the spread between sites and the correlation of before with after as they are; the registration gate is
held against these. ``variance_components`` splits the variance for planning with other numbers of records or weeks.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, sqrt, tanh
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, ndtri

from stats.planning.components import CONFIDENCE, CellTable, Components, Range, variance_components
from stats.results import NotEstimable

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from stats.spec import MetricSpec

Floats = NDArray[np.float64]
SITES_AT_LEAST = 4
METRIC = "metric"


@dataclass(frozen=True, kw_only=True)
class Windows:
    """spread: standard deviation between sites of their average over the window after, metric's unit; steadiness: its
    correlation with the average over the window before, None where history is too short for both.

    placements: how many times the windows fitted; sites: with data in them (mean number).
    """

    spread: Range
    steadiness: Range | None
    placements: int
    sites: int


@dataclass(frozen=True, kw_only=True)
class History:
    """Both readings of one metric; ``components`` may be impossible where the data are averages."""

    windows: Windows | NotEstimable
    components: Components | NotEstimable
    cells: CellTable

    def assumptions(self, key: str) -> dict[str, float]:
        """As facts of a plan, ``<key>.spread`` and so on; what history does not give is left out."""
        found: dict[str, float] = {}
        if isinstance(self.windows, Windows):
            steady = 0.0 if self.windows.steadiness is None else max(0.0, self.windows.steadiness.value)
            found |= {"spread": self.windows.spread.value, "steadiness": min(steady, 0.999)}
        if isinstance(self.components, Components):
            parts = self.components
            found |= {
                "sd": parts.sd,
                "icc": parts.icc.value,
                "autocorrelation": parts.autocorrelation.value,
                "persistence": parts.persistence,
                "records": parts.records,
            }
        return {f"{key}.{name}": value for name, value in found.items()}


def read_history(
    table: ir.Table, metric: MetricSpec, *, site: str, period: str, before: int, after: int, weight: str | None = None
) -> History:
    """From earlier outcomes, one scan by site and period; ``before`` and ``after`` are the plan's windows in periods.

    Raises RefusedSpec and RefusedData where the columns do not fit.
    """
    cells = history_cells(table, metric, site=site, period=period, weight=weight)
    return History(windows=windows(cells, before, after), components=variance_components(cells), cells=cells)


def history_cells(
    table: ir.Table, metric: MetricSpec, *, site: str, period: str, weight: str | None = None
) -> CellTable:
    """Averages by site and period. Where rows are counts (a share as numerator and denominator) records are counted."""
    from stats.cells import MetricRequest, read_cells
    from stats.cells.moments import codes
    from stats.expressions import resolve

    keys = {"site": resolve(site, table), "period": resolve(period, table)}
    cells = read_cells(table, keys=keys, metrics=[MetricRequest(key=METRIC, spec=metric, weight=weight)])
    found = cells.metrics[METRIC]
    labels, row = codes(cells.keys["site"])
    periods, column = codes(cells.keys["period"])
    size = (len(labels), len(periods))

    def spread(values: Floats, empty: float) -> Floats:
        grid = np.full(size, empty)
        grid[row, column] = values
        return grid

    n = found.counted
    mean = np.where(n >= max(1, metric.minimum_n), found.level, np.nan)
    return CellTable(
        sites=tuple(str(label) for label in labels),
        mean=spread(mean, np.nan),
        n=np.where(np.isfinite(spread(mean, np.nan)), spread(n, 0.0), 0.0),
        within=_within(found, metric.kind),
    )


def _within(found: Any, kind: str) -> float | None:
    """Variance of single records within cells: of shares from the shares themselves, of means from their squares."""
    if found.mean_d is not None and kind == "share":
        n, level = found.counted, np.clip(found.level, 0, 1)
        kept = (n > 1) & np.isfinite(level)
        return float((n * level * (1 - level))[kept].sum() / (n - 1)[kept].sum()) if kept.any() else None
    if found.value is not None or found.mean_d is not None:
        return None
    kept = found.n > 1
    return float(found.m2_y[kept].sum() / (found.n[kept] - 1).sum()) if kept.any() else None


def windows(cells: CellTable, before: int, after: int) -> Windows | NotEstimable:
    """The plan's windows laid over the history, at every place where they fit.

    Intervals take one placement's worth of sites (placements overlap and sites are the same): chi-square for the
    spread, Fisher's z for the steadiness.
    """
    periods = cells.mean.shape[1]
    facts = {"sites": len(cells.sites), "periods": periods, "needed": after, "sites_needed": SITES_AT_LEAST}
    with_before = before > 0 and periods >= before + after
    length = (before if with_before else 0) + after
    moments = [_moments(cells, start, before if with_before else 0, after) for start in range(periods - length + 1)]
    usable = [each for each in moments if each is not None]
    if not usable:
        return NotEstimable(code="history_too_short", facts=facts)
    counts, later, earlier, both = np.array(usable).T
    sites = int(counts.mean())
    variance = float(later.mean())
    if variance <= 0:
        return NotEstimable(code="history_without_variation", facts=facts)
    df = sites - 1
    ends = [sqrt(variance * df / chdtri(df, tail)) for tail in ((1 - CONFIDENCE) / 2, 1 - (1 - CONFIDENCE) / 2)]
    steadiness = None
    if with_before and earlier.mean() > 0:
        r = float(np.clip(both.mean() / sqrt(variance * float(earlier.mean())), -0.9999, 0.9999))
        reach = float(ndtri(0.5 + CONFIDENCE / 2)) / sqrt(max(1, sites - 3))
        steadiness = Range(value=r, lower=tanh(atanh(r) - reach), upper=tanh(atanh(r) + reach))
    return Windows(
        spread=Range(value=sqrt(variance), lower=ends[0], upper=ends[1]),
        steadiness=steadiness,
        placements=len(usable),
        sites=sites,
    )


def _moments(cells: CellTable, start: int, before: int, after: int) -> tuple[float, float, float, float] | None:
    """(sites, variance after, variance before, covariance) at one placement, None with too few sites."""
    late = _average(cells, slice(start + before, start + before + after))
    early = _average(cells, slice(start, start + before)) if before else np.zeros_like(late)
    known = np.isfinite(late) & np.isfinite(early)
    if known.sum() < SITES_AT_LEAST:
        return None
    table = np.cov(np.stack([late[known], early[known]]))
    return float(known.sum()), float(table[0, 0]), float(table[1, 1]), float(table[0, 1])


def _average(cells: CellTable, window: slice) -> Floats:
    """(S,) average over the window, records counting once; NaN where a site has none."""
    n = np.where(np.isfinite(cells.mean[:, window]), cells.n[:, window], 0.0)
    total = n.sum(axis=1)
    known = (n * np.nan_to_num(cells.mean[:, window])).sum(axis=1)
    return np.divide(known, total, out=np.full(len(total), np.nan), where=total > 0)
