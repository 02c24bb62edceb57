"""The standard error that a planned comparison of sites will have, before there are data.

Every estimator here is linear in the averages of sites and periods, so that its variance follows from their covariance
(``Variation``): the comparison of sites after the start, as change or adjusted for before; the imputation estimate of
staggered starts; and generalised least squares with period effects, the published benchmark of stepped wedges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stats.planning.schedule import Schedule
from stats.planning.variation import Variation
from stats.results import NotEstimable

Floats = NDArray[np.float64]
Method = Literal["after", "ancova", "change", "imputation", "gls"]
DESIGN_METHOD: Mapping[str, Method] = {
    "randomised_sites": "ancova",
    "matched_sites": "ancova",
    "before_after_control": "change",
    "staggered": "imputation",
    "stepped_wedge": "imputation",
}
"""What each design's own default does; ``before_after_control`` needs both ends of its bracket, the change is wider."""
COMPARISONS = 2 - 1e-9
"""Untreated sites that a period needs, so that more than one site's chance stands behind it."""
NO_CLOSED_FORM = ("synthetic_control", "interrupted_time_series")
"""Designs whose precision depends on how well the past is followed: it is simulated from history, never computed."""


@dataclass(frozen=True, kw_only=True)
class Precision:
    """std_error: of the effect, metric's unit; df: of the t reference that the method will use; sites in each group
    (control: those that never get the change)."""

    std_error: float
    df: float
    method: Method
    n_control: float
    n_treatment: float


def planned_std_error(
    schedule: Schedule, variation: Variation, method: Method = "gls", *, groups: int = 1
) -> Precision | NotEstimable:
    """Standard error and degrees of freedom of ``method`` on this schedule; ``groups``: strata or pairs adjusted for.

    after: site averages after the start, t(G-2). ancova: adjusted for the average before (Borm, Fransen & Lemmens 2007,
    J. Clin. Epidemiol. 60:1234; Teerenstra et al. 2012, Stat. Med. 31:2169), t(G-3). change: difference in differences,
    t(G-2). imputation: effect on the treated (Borusyak, Jaravel & Spiess 2024, Rev. Econ. Stud. 91:3253), t(G-2), or
    fewer where few sites carry it. gls: period effects and random sites (Hussey & Hughes 2007, Contemp. Clin. Trials
    28:182), here with t(G-2).
    """
    if not (schedule.n > 0).any():
        return NotEstimable(code="plan_without_data")
    found = _VARIANCE[method](schedule, variation)
    if isinstance(found, NotEstimable):
        return found
    treated = schedule.ever_treated
    counts = {
        "n_control": float(schedule.sites[~treated].sum()),
        "n_treatment": float(schedule.sites[treated].sum()),
    }
    df = min(schedule.total - groups - 1 - found.adjusters, found.df_at_most)
    least = 0 if found.adjusters == 0 else 1
    if df <= least:
        return NotEstimable(code="plan_too_few_sites", facts={**counts, "needed": groups + 2 + found.adjusters + least})
    # A slope on the value before is estimated: for normal values the expected variance grows by 1 + 1 / (df - 1).
    slope = 1 + 1 / (df - 1) if found.adjusters else 1.0
    return Precision(std_error=sqrt(found.variance * slope), df=df, method=method, **counts)


@dataclass(frozen=True, kw_only=True)
class _Variance:
    """variance of the estimate; adjusters: slopes that the data must give; df_at_most: where few sites carry it."""

    variance: float
    adjusters: int = 0
    df_at_most: float = inf


Found = _Variance | NotEstimable


def _not_separable(schedule: Schedule) -> NotEstimable:
    """The effect can't be told from the passing of time, or from the sites."""
    return NotEstimable(code="plan_not_separable", facts={"rows": len(schedule.sites), "periods": schedule.n.shape[1]})


# -- two arms that start together --------------------------------------------------------------------------------------


def _after(schedule: Schedule, variation: Variation) -> Found:
    return _two_windows(schedule, variation, slope=0.0)


def _change(schedule: Schedule, variation: Variation) -> Found:
    return _two_windows(schedule, variation, slope=1.0)


def _ancova(schedule: Schedule, variation: Variation) -> Found:
    if not _periods_before(schedule).any():
        return _after(schedule, variation)
    return _two_windows(schedule, variation, slope=None)


def _periods_before(schedule: Schedule) -> NDArray[np.bool_]:
    """(P,) True before anyone has the change."""
    return np.asarray(np.cumsum(((schedule.exposure > 0) & (schedule.n > 0)).any(axis=0)) == 0)


def _two_windows(schedule: Schedule, variation: Variation, *, slope: float | None) -> Found:
    """Variance of the difference of (after - slope x before) between arms; each site counts once, records in it too.

    slope None: the one that least squares finds, pooled covariance over pooled variance before.
    """
    needs_before = slope != 0
    early = _periods_before(schedule)
    treated = schedule.ever_treated
    on = schedule.exposure[:, ~early] > 0
    if not treated.any() or treated.all() or (on != treated[:, None]).any():
        return _not_separable(schedule)
    if needs_before and not early.any():
        return NotEstimable(code="plan_needs_before")
    n_before, n_after = schedule.n[:, early], schedule.n[:, ~early]
    counted = (n_after.sum(axis=1) > 0) & ((n_before.sum(axis=1) > 0) | (not needs_before))
    weights = np.where(counted, schedule.sites, 0.0)
    arms = [weights * side for side in (~treated, treated)]
    if min(arm.sum() for arm in arms) <= 0:
        return _not_separable(schedule)
    cells = variation.covariance(np.maximum(schedule.n, 1e-300))
    share_before, share_after = (_shares(np.where(side, schedule.n, 0.0)) for side in (early, ~early))
    after, before, both = (
        np.einsum("qi,qij,qj->q", left, cells, right)
        for left, right in ((share_after, share_after), (share_before, share_before), (share_before, share_after))
    )
    b = float(weights @ both) / float(weights @ before) if slope is None else slope
    residual = after - 2 * b * both + b**2 * before
    variance = sum(float(arm @ residual) / float(arm.sum()) ** 2 for arm in arms)
    return _Variance(variance=variance, adjusters=int(slope is None))


def _shares(n: Floats) -> Floats:
    """Each period's share of a site's records in the window."""
    total = n.sum(axis=1, keepdims=True)
    return np.divide(n, total, out=np.zeros_like(n), where=total > 0)


# -- starts one after the other ----------------------------------------------------------------------------------------


def _imputation(schedule: Schedule, variation: Variation) -> Found:
    """Average effect over the treated cells that have a comparison: what they show less site and period effects that
    least squares finds in the untreated cells, every cell counting once."""
    seen, on = schedule.n > 0, schedule.exposure > 0
    calm, hot = seen & ~on, seen & on
    # As the estimator itself: a period says how it would have been where two sites show it that have another one.
    showing = np.where(calm & (calm.sum(axis=1) > 1)[:, None], schedule.sites[:, None], 0.0).sum(axis=0)
    hot &= np.outer(calm.any(axis=1), showing >= COMPARISONS)
    if not hot.any():
        return _not_separable(schedule)
    rows, periods = schedule.n.shape
    design = np.concatenate([np.repeat(np.eye(rows), periods, axis=0), np.tile(np.eye(periods), (rows, 1))], axis=1)
    weight = np.repeat(schedule.sites, periods)
    untreated, treated = calm.ravel(), hot.ravel()
    share = np.where(treated, weight, 0.0) / weight[treated].sum()
    wanted = share @ design
    information = (design * np.where(untreated, weight, 0.0)[:, None]).T @ design
    solution = np.linalg.pinv(information, hermitian=True) @ wanted
    if np.abs(information @ solution - wanted).max() > 1e-8:
        return _not_separable(schedule)
    contrast = share - np.where(untreated, weight, 0.0) * (design @ solution)
    return _variance_of(contrast.reshape(rows, periods), schedule, variation)


def _variance_of(contrast: Floats, schedule: Schedule, variation: Variation) -> _Variance:
    """Of a weighted sum of the averages of rows of sites: (Q, P) weights, each shared by the row's sites.

    df_at_most: Satterthwaite's for independent sites of equal spread.
    """
    cells = variation.covariance(np.where(schedule.n > 0, schedule.n, np.inf))
    present = schedule.sites > 0
    sites = schedule.sites[present]
    each = np.einsum("qi,qij,qj->q", contrast, cells, contrast)[present]
    carried = (contrast[present] ** 2).sum(axis=1) / sites**2
    df = float((sites * carried).sum() ** 2 / (sites * carried**2).sum())
    return _Variance(variance=float((each / sites).sum()), df_at_most=df)


def _gls(schedule: Schedule, variation: Variation) -> Found:
    """Inverse information of the effect beside one level for each period."""
    periods = schedule.n.shape[1]
    information = np.zeros((periods + 1, periods + 1))
    for row, count in enumerate(schedule.sites):
        seen = schedule.n[row] > 0
        if not seen.any():
            continue
        # Distances between periods matter where correlation decays, so that the covariance is made of all periods.
        cells = variation.covariance(np.where(seen, schedule.n[row], 1.0))[np.ix_(seen, seen)]
        design = np.column_stack([np.eye(periods)[seen], schedule.exposure[row, seen]])
        information += count * design.T @ np.linalg.solve(cells, design)
    level, cross, own = information[:-1, :-1], information[:-1, -1], information[-1, -1]
    left = own - cross @ np.linalg.pinv(level, hermitian=True) @ cross
    if left <= 1e-9 * own or own <= 0:
        return _not_separable(schedule)
    return _Variance(variance=float(1 / left))


_VARIANCE: Mapping[Method, Callable[[Schedule, Variation], Found]] = {
    "after": _after,
    "ancova": _ancova,
    "change": _change,
    "imputation": _imputation,
    "gls": _gls,
}
