"""How precisely a roll-out of given rings and weeks will know the effect, and how noisy its sites are.

The standard error of each ring's measurement follows from the estimator itself: the weights that the imputation gives
every site-week (``Imputed.loadings``), and how a site's weeks move together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from stats.methods.imputation import Imputed, impute
from stats.methods.panel import Panel

Floats = NDArray[np.float64]
SETTLED_AFTER = 4
"""Weeks after its start in which a site is still learning, at most half of a ring: what pauses a roll-out is the effect
from then on. Averaged with the first weeks a fading effect would hide behind its own beginning."""
PERSISTENCE = 0.6
"""Correlation of what passes at a site from one week to the next: taken, for a pilot's few weeks tell it too badly."""
FEWEST_DF = 4.0
"""Below this a pilot says nothing of how well it knows its own standard error: it is taken to be 1.4 times as large."""
SMALLEST = 1e-12


@dataclass(frozen=True, kw_only=True)
class SiteNoise:
    """How a site's weekly number moves around its own level and the common week. week_sd: metric's unit; persistence:
    its correlation from one week to the next, 0-1."""

    week_sd: float
    persistence: float = PERSISTENCE


@dataclass(frozen=True, kw_only=True)
class RolloutSize:
    """Rings as sizes. sites: by ring, in the order of their start; held_back: kept as before; weeks: that a ring runs
    before it is measured; weeks_before: before the first start, at least 1; deciding: weeks from a ring's measurement
    to the next start, whose data count from the next measurement on."""

    sites: tuple[int, ...]
    held_back: int
    weeks: int
    weeks_before: int = 8
    deciding: int = 0

    @property
    def starts(self) -> tuple[int, ...]:
        """(K,) first week with the change of each ring."""
        return tuple(self.weeks_before + ring * (self.weeks + self.deciding) for ring in range(len(self.sites)))

    @property
    def ends(self) -> tuple[int, ...]:
        """(K,) weeks of data that each ring's measurement has, those before the first start among them."""
        return tuple(start + self.weeks for start in self.starts)

    @property
    def duration(self) -> int:
        """Weeks from the first start to the last measurement."""
        return self.ends[-1] - self.weeks_before


@dataclass(frozen=True, kw_only=True)
class Precision:
    """Of the measurements at the end of K rings. std_error: (K,) metric's unit, inf where there is none yet; df: (K,);
    correlation: (K, K) of the measurements with each other."""

    std_error: tuple[float, ...]
    df: tuple[float, ...]
    correlation: tuple[tuple[float, ...], ...]


def precision(size: RolloutSize, noise: SiteNoise) -> Precision:
    """How precisely each ring's measurement will know the effect, from the weights that the estimator gives cells."""
    stacked, df = _weights(size)
    periods = stacked.shape[2]
    lag = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
    together = noise.week_sd**2 * noise.persistence**lag
    _, sites = _groups(size)
    counted = stacked * sites[None, :, None]
    covariance = np.tensordot(stacked @ together, counted, axes=([1, 2], [1, 2]))
    known = np.array(df) >= 1
    spread = np.sqrt(np.maximum(np.diag(covariance), SMALLEST**2))
    return Precision(
        std_error=tuple(float(each) if ok else float("inf") for each, ok in zip(spread, known, strict=True)),
        df=df,
        correlation=tuple(tuple(float(each) for each in row) for row in covariance / np.outer(spread, spread)),
    )


def settled_after(weeks_per_ring: int) -> int:
    """Weeks since the start from which on an effect counts as settled.

    >>> settled_after(12), settled_after(6)
    (4, 3)
    """
    return min(SETTLED_AFTER, weeks_per_ring // 2)


def seen_share(size: RolloutSize, part_gone: float, fades_over: float) -> Floats:
    """(K,) what each ring's measurement sees of an effect of which ``part_gone`` (0-1) fades over so many weeks since
    each site's start; 0 weeks: it never was there."""
    stacked, _ = _weights(size)
    periods = stacked.shape[2]
    first, sites = _groups(size)
    since = np.arange(periods)[None, :] - first[:, None]
    faded = np.clip(since / fades_over, 0, 1) if fades_over > 0 else np.ones_like(since, dtype=float)
    left = np.where(since >= 0, 1 - part_gone * faded, 0.0) * sites[:, None]
    return np.asarray((stacked * left[None, :, :]).sum(axis=(1, 2)))


@lru_cache(maxsize=256)
def _weights(size: RolloutSize) -> tuple[Floats, tuple[float, ...]]:
    """((K, R, P) weight of a site-week in the settled estimate at the end of each ring, by group of sites, (K,) df)."""
    periods = size.ends[-1]
    weights, df = [], []
    for ring in range(1, len(size.sites) + 1):
        loadings, own = _loadings(size, ring)
        weights.append(np.pad(loadings[_one_of_each(size)], ((0, 0), (0, periods - loadings.shape[1]))))
        df.append(own)
    return np.stack(weights), tuple(df)


def _starts(size: RolloutSize, periods: int) -> NDArray[np.int64]:
    """(G,) first week with the change by site, ``periods`` where there is none by then."""
    starts = np.repeat(size.starts, size.sites)
    return np.minimum(np.array([*starts, *[periods] * size.held_back], dtype=np.int64), periods)


def _one_of_each(size: RolloutSize) -> NDArray[np.int64]:
    """(R,) place of one site of each ring, and of those kept as before: sites that start together weigh the same."""
    return np.unique(_starts(size, size.ends[-1]), return_index=True)[1]


def _groups(size: RolloutSize) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """((R,) first week with the change of each group, past the end for those kept as before, (R,) its sites)."""
    return np.unique(_starts(size, size.ends[-1]), return_counts=True)


def _loadings(size: RolloutSize, ring: int) -> tuple[Floats, float]:
    """((G, P) weight of each site-week in the estimate at the end of this ring, its df); zeros and 0 where none."""
    periods = size.ends[ring - 1]
    start = _starts(size, periods)
    shape = (len(start), periods)
    panel = Panel(
        sites=tuple(str(site) for site in range(shape[0])),
        periods=tuple(range(periods)),
        y=np.zeros(shape),
        weight=np.ones(shape),
        n=np.ones(shape),
        dose=np.zeros(shape),
        start=start,
        covariates=np.empty((0, *shape)),
    )
    imputed = impute(panel, jackknifed=False)
    if not isinstance(imputed, Imputed):
        return np.zeros(shape), 0.0
    settled = np.arange(periods)[None, :] - start[:, None] >= settled_after(size.weeks)
    if not (settled & imputed.treated).any():
        return np.zeros(shape), 0.0
    return imputed.loadings(settled), float(imputed.df(settled))


def noise_from_pilot(
    std_error: float, *, df: float | None, n_treatment: int, n_control: int, weeks: int, weeks_before: int
) -> SiteNoise:
    """Site noise from the pilot's standard error: such that the pilot, measured like a roll-out with one start, has it.

    df: of the standard error, None where it is known. One that is estimated from few sites leaves its own truth open:
    the noise is that of the mean of the variance's posterior, df / (df - 2) of the estimate. It needs no data, so that
    a plan can be made when they are forgotten, and leans little on ``PERSISTENCE``: pilot and waves last about as long,
    and sites move alike in both. A pilot that was adjusted for the time before (rather than compared by its change)
    knows a little more than that, and is scaled sooner where its standard error is small by luck: how far that goes,
    docs/methods/rollout.md tells ("planned / found").
    """
    size = RolloutSize(sites=(n_treatment,), held_back=n_control, weeks=weeks, weeks_before=max(1, weeks_before))
    expected = std_error * sqrt(1 if df is None else 1 / (1 - 2 / max(df, FEWEST_DF)))
    return SiteNoise(week_sd=expected / precision(size, SiteNoise(week_sd=1.0)).std_error[-1])
