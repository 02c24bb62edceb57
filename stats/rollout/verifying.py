"""How large and long the rings must be to notice that half of the effect is gone; computed before the roll-out starts.

The standard error of each ring's measurement follows from the estimator itself: the weights that the imputation gives
every site-week (``Imputed.loadings``), and how site-weeks move together. The scale comes from the pilot: its standard
error divided by what the same calculation gives for its own sites and weeks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import numpy as np
from numpy.typing import NDArray

from stats.combining.sequential import nominal_levels
from stats.methods.imputation import Imputed, impute
from stats.methods.panel import Panel
from stats.results import quantile
from stats.rollout.judging import PAUSE_ALPHA, PAUSE_RHO
from stats.rollout.prediction import Prediction, posterior_nodes

Floats = NDArray[np.float64]
POWER_WANTED = 0.80
COURSES, COURSES_SEED = 20_000, 20260101
"""Simulated courses of a roll-out behind each chance: its error is at most .0035."""
PART_GONE = 0.5
PERSISTENCE = 0.6
"""Correlation of what passes at a site from one week to the next, unless its history says otherwise."""


@dataclass(frozen=True, kw_only=True)
class SiteNoise:
    """How a site's weekly number moves around its own level and the common week. week_sd: metric's unit; persistence:
    correlation from one week to the next (0-1); effect_sd: of the effect between sites, metric's unit."""

    week_sd: float
    persistence: float = PERSISTENCE
    effect_sd: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RolloutSize:
    """Rings as sizes. sites: by ring, in the order of their start; held_back: kept as before; weeks: from one start to
    the next; weeks_before: before the first start."""

    sites: tuple[int, ...]
    held_back: int
    weeks: int
    weeks_before: int = 8


@dataclass(frozen=True, kw_only=True)
class RingPower:
    """One ring's measurement. std_error (metric's unit, inf where none yet), df; information: (se_last / se)^2,
    which can pass 1 where few are kept as before; pause_if_gone:
    chance that a pause was proposed by then if half of the effect is gone; pause_if_kept: the same if nothing is."""

    ring: int
    std_error: float
    df: float
    information: float
    level: float
    pause_if_gone: float
    pause_if_kept: float


@dataclass(frozen=True, kw_only=True)
class VerifyingPower:
    """What the whole roll-out can see.

    by_ring; fractions: planned information, for ``judging.judge``; pause_if_gone: chance that pause is proposed in
    some ring if ``part_gone`` of the effect is gone, averaged over what the pilot leaves open; pause_if_kept: the same
    if nothing is gone, effects that never paid included; false_pause: of those, at effects that do pay;
    pause_at_forecast: pause_if_gone if the effect is exactly the forecast's; code: ``enough``, ``too_few_sites``
    (larger or longer rings would do) or ``half_still_pays`` (no size would: half of the effect lies above the line).
    """

    size: RolloutSize
    by_ring: tuple[RingPower, ...]
    fractions: tuple[float, ...]
    line: float
    pause_if_gone: float
    pause_at_forecast: float
    pause_if_kept: float
    false_pause: float
    wanted: float
    code: str

    @property
    def enough(self) -> bool:
        return self.pause_if_gone >= self.wanted


@dataclass(frozen=True, kw_only=True)
class SizeProposal:
    """The smallest roll-out that reaches the power wanted, None where none does within the sites and weeks there are;
    best: the most that can be had then; code as in VerifyingPower."""

    size: RolloutSize | None
    power: VerifyingPower
    code: str


def noise_from_pilot(
    std_error: float,
    *,
    n_treatment: int,
    n_control: int,
    weeks: int,
    weeks_before: int,
    persistence: float = PERSISTENCE,
) -> SiteNoise:
    """Site noise such that the pilot, measured like a roll-out with one start, has its own standard error."""
    size = RolloutSize(sites=(n_treatment,), held_back=n_control, weeks=weeks, weeks_before=max(1, weeks_before))
    unit = precision(size, SiteNoise(week_sd=1.0, persistence=persistence)).std_error[-1]
    return SiteNoise(week_sd=std_error / unit, persistence=persistence)


@dataclass(frozen=True, kw_only=True)
class Precision:
    """Of the measurements at the end of K rings. std_error: (K,) metric's unit, inf where there is none yet; df: (K,);
    correlation: (K, K) of the measurements with each other."""

    std_error: tuple[float, ...]
    df: tuple[float, ...]
    correlation: tuple[tuple[float, ...], ...]


@lru_cache(maxsize=512)
def precision(size: RolloutSize, noise: SiteNoise) -> Precision:
    """How precisely each ring's measurement will know the effect, from the weights that the estimator gives cells."""
    periods = size.weeks_before + len(size.sites) * size.weeks
    lag = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
    together = noise.week_sd**2 * noise.persistence**lag
    weights, df = [], []
    for ring in range(1, len(size.sites) + 1):
        loadings, own = _loadings(size, ring)
        weights.append(np.pad(loadings, ((0, 0), (0, periods - loadings.shape[1]))))
        df.append(own)
    stacked = np.stack(weights)
    covariance = np.einsum("kgs,st,lgt->kl", stacked, together, stacked, optimize=True)
    treated = np.clip(stacked, 0, None) * _treated(size, periods)
    shares = treated.sum(axis=2)
    covariance = covariance + noise.effect_sd**2 * shares @ shares.T
    known = np.array(df) >= 1
    spread = np.sqrt(np.diag(covariance))
    scale = np.where(spread > 0, spread, 1.0)
    return Precision(
        std_error=tuple(float(each) if ok else float("inf") for each, ok in zip(spread, known, strict=True)),
        df=tuple(df),
        correlation=tuple(tuple(float(each) for each in row) for row in covariance / np.outer(scale, scale)),
    )


def _starts(size: RolloutSize, periods: int) -> NDArray[np.int64]:
    """(G,) first week with the change by site, ``periods`` where there is none by then."""
    starts = [size.weeks_before + ring * size.weeks for ring, count in enumerate(size.sites) for _ in range(count)]
    return np.minimum(np.array([*starts, *[periods] * size.held_back], dtype=np.int64), periods)


def _treated(size: RolloutSize, periods: int) -> Floats:
    return (np.arange(periods)[None, :] >= _starts(size, periods)[:, None]).astype(float)


def _loadings(size: RolloutSize, ring: int) -> tuple[Floats, float]:
    """((G, P) weight of each site-week in the estimate at the end of this ring, its df); zeros and 0 where none."""
    periods = size.weeks_before + ring * size.weeks
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
    everything = np.ones(shape, dtype=bool)
    return imputed.loadings(everything), float(imputed.df(everything))


def verifying_power(
    prediction: Prediction,
    *,
    line: float,
    noise: SiteNoise,
    size: RolloutSize,
    part_gone: float = PART_GONE,
    wanted: float = POWER_WANTED,
) -> VerifyingPower:
    """The chances of a pause proposal in a roll-out of this size. line: ``judging.pause_line``."""
    found = precision(size, noise)
    information = [(found.std_error[-1] / spread) ** 2 for spread in found.std_error]
    fractions = spending_clock(information)
    levels = nominal_levels(fractions, PAUSE_ALPHA, "power", PAUSE_RHO)
    paused = _Paused(found, levels, line)
    effects, weights = rollout_nodes(prediction)
    gone, kept = paused.by_ring(effects * (1 - part_gone)), paused.by_ring(effects)
    pause_if_gone = float(weights @ gone[-1])
    most = float(weights @ (effects * (1 - part_gone) < line))
    code = "enough" if pause_if_gone >= wanted else ("half_still_pays" if most < wanted else "too_few_sites")
    return VerifyingPower(
        size=size,
        by_ring=tuple(
            RingPower(
                ring=ring + 1,
                std_error=found.std_error[ring],
                df=found.df[ring],
                information=information[ring],
                level=levels[ring],
                pause_if_gone=float(weights @ gone[ring]),
                pause_if_kept=float(weights @ kept[ring]),
            )
            for ring in range(len(levels))
        ),
        fractions=fractions,
        line=line,
        pause_if_gone=pause_if_gone,
        pause_at_forecast=float(paused.by_ring(np.array([prediction.mean * (1 - part_gone)]))[-1][0]),
        pause_if_kept=float(weights @ kept[-1]),
        false_pause=float(weights @ (kept[-1] * (effects >= line))),
        wanted=wanted,
        code=code,
    )


def propose_size(
    prediction: Prediction,
    *,
    line: float,
    noise: SiteNoise,
    sites: int,
    held_back: int,
    rings: Sequence[int] = (1, 2, 3, 4, 5, 6),
    weeks: Sequence[int] = (4, 6, 8, 12),
    capacity: int | None = None,
    part_gone: float = PART_GONE,
    wanted: float = POWER_WANTED,
) -> SizeProposal:
    """The shortest roll-out of ``sites`` that start (and ``held_back`` that do not) which reaches the power wanted."""
    options = sorted(
        (count * length, count, length)
        for count in rings
        for length in weeks
        if count <= sites and (capacity is None or ceil(sites / count) <= capacity)
    )
    best: VerifyingPower | None = None
    for _, count, length in options:
        dealt = tuple(sites // count + (number < sites % count) for number in range(count))
        size = RolloutSize(sites=dealt, held_back=held_back, weeks=length)
        power = verifying_power(prediction, line=line, noise=noise, size=size, part_gone=part_gone, wanted=wanted)
        if power.enough:
            return SizeProposal(size=size, power=power, code="enough")
        if best is None or power.pause_if_gone > best.pause_if_gone:
            best = power
    assert best is not None
    return SizeProposal(size=None, power=best, code=best.code)


def rollout_nodes(prediction: Prediction) -> tuple[Floats, Floats]:
    """(effects in the roll-out, their probabilities) on a grid: pilot's posterior, transport and drift together."""
    effects, weights = posterior_nodes(prediction)
    steps = np.array([-1.6449, -0.6745, 0.0, 0.6745, 1.6449])
    shares = np.array([0.15, 0.225, 0.25, 0.225, 0.15])
    own = np.sqrt((prediction.transport_sd * effects) ** 2 + prediction.drift_sd**2)
    nodes = prediction.transport * effects[:, None] + own[:, None] * steps[None, :]
    return nodes.reshape(-1), (weights[:, None] * shares[None, :]).reshape(-1)


def spending_clock(information: Sequence[float]) -> tuple[float, ...]:
    """Fractions at which levels are spent: the planned information, but never ahead of the calendar.

    In a wedge most information comes early; spent by information alone hardly anything would be left for what fades
    late. To spend later than information comes is safe: the measurements are then more alike than is assumed.

    >>> spending_clock([0.6, 0.99, 1.0])
    (0.333333, 0.666667, 1.0)
    """
    count = len(information)
    found: list[float] = []
    for place, share in enumerate(information):
        least = (found[-1] if found else 0.0) + 1e-3
        found.append(max(least, min(share, (place + 1) / count)))
    return tuple(round(each / found[-1], 6) for each in found)


class _Paused:
    """Chance that a pause was proposed by each ring, at any true effect.

    The upper limit falls below the line at ring k where (line - effect) / se_k reaches t_k c - z_k: z the measurement's
    own error, normal and correlated over the rings, c the error of the standard error. So each simulated course has one
    lowest distance at which it pauses, and the chance at a distance is the share of courses with a lower one.
    """

    def __init__(self, found: Precision, levels: Sequence[float], line: float) -> None:
        self.line = line
        rng = np.random.default_rng(COURSES_SEED)
        half = rng.multivariate_normal(
            np.zeros(len(levels)), np.array(found.correlation), size=COURSES // 2, method="eigh", check_valid="ignore"
        )
        z = np.concatenate([half, -half])
        df = max(1.0, found.df[-1])
        c = np.sqrt(rng.chisquare(df, size=(len(z), 1)) / df)
        bound = np.array(
            [
                quantile(1 - level, own) if level > 0 and own >= 1 else np.inf
                for level, own in zip(levels, found.df, strict=True)
            ]
        )
        with np.errstate(invalid="ignore"):
            distance = np.array(found.std_error)[None, :] * (bound[None, :] * c - z)
        distance = np.where(np.isfinite(distance), distance, np.inf)
        self.lowest = np.sort(np.minimum.accumulate(distance, axis=1), axis=0)

    def by_ring(self, effects: Floats) -> Floats:
        """(K, E)"""
        return np.stack(
            [np.searchsorted(column, self.line - effects, side="right") / len(column) for column in self.lowest.T]
        )
