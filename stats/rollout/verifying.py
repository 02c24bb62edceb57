"""How large and long the rings must be to notice that half of the effect is gone; computed before the roll-out starts.

Chances are averaged over what the pilot leaves open about the effect (assurance: O'Hagan, Stevens & Campbell 2005,
Pharm. Stat. 4, 187-201), not computed at one hoped-for value: a plan that promises 80 % keeps it on average over the
roll-outs that it was promised to. Where no size reaches it, the plan says so and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from stats.combining.sequential import nominal_levels
from stats.errors import Problem, RefusedSpec
from stats.results import quantile
from stats.rollout.judging import PAUSE_ALPHA, PAUSE_RHO
from stats.rollout.precision import Precision, RolloutSize, SiteNoise, precision, seen_share
from stats.rollout.prediction import Prediction, posterior_nodes

Floats = NDArray[np.float64]
POWER_WANTED = 0.80
PART_GONE = 0.5
FADES_OVER = 8
"""Weeks since each site's start over which that part fades away: plans are made for this slower loss."""
COURSES, COURSES_SEED = 4_000, 20260101
"""Simulated courses of a roll-out behind each chance: its error is at most .008, far less averaged over effects."""


@dataclass(frozen=True, kw_only=True)
class RingPower:
    """One ring's measurement. std_error (metric's unit, inf where none yet), df; information: (se_last / se)^2, which
    can pass 1 where few are kept as before; level: one-sided, of its upper limit; pause_if_gone: chance that a pause
    was proposed by then if half of the effect is gone; pause_if_kept: the same if nothing is."""

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
    some ring if ``part_gone`` of the effect fades away, averaged over what the pilot leaves open; pause_if_kept: the
    same if nothing is gone, effects that never paid included; false_pause: of those, at effects that do pay;
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


def verifying_power(
    prediction: Prediction,
    *,
    line: float,
    noise: SiteNoise,
    size: RolloutSize,
    part_gone: float = PART_GONE,
    fades_over: float = FADES_OVER,
    wanted: float = POWER_WANTED,
    alpha: float = PAUSE_ALPHA,
) -> VerifyingPower:
    """The chances of a pause proposal in a roll-out of this size.

    line: ``judging.pause_line``; part_gone: of the effect, fading over ``fades_over`` weeks since each site's start;
    alpha: one-sided, of the pause over all rings (the plan's gamma).
    """
    found = precision(size, noise)
    information = _information(found.std_error)
    fractions = spending_clock(information)
    levels = nominal_levels(fractions, alpha, "power", PAUSE_RHO)
    paused = _Paused(found, levels, line)
    effects, weights = rollout_nodes(prediction)
    fading, everything = seen_share(size, part_gone, fades_over), np.ones(len(levels))
    fading = np.where(fading > 0, fading, 1.0)
    gone = paused.by_ring(np.append(effects, prediction.mean), fading)
    at_forecast, gone = float(gone[-1, -1]), gone[:, :-1]
    kept = paused.by_ring(effects, everything)
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
        pause_at_forecast=at_forecast,
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
    deciding: int = 0,
    capacity: int | None = None,
    weeks_at_most: int = 52,
    part_gone: float = PART_GONE,
    fades_over: float = FADES_OVER,
    wanted: float = POWER_WANTED,
    alpha: float = PAUSE_ALPHA,
) -> SizeProposal:
    """The shortest roll-out of ``sites`` that start (and ``held_back`` that do not) which reaches the power wanted.

    rings, weeks: how many rings, and weeks a ring, are looked at, as far as capacity (sites a ring) and weeks_at_most
    (the whole roll-out with the weeks to decide between rings (``deciding``), while the held back stay as before)
    allow. Raises RefusedSpec where they allow nothing.
    """
    sizes = [
        RolloutSize(
            sites=tuple(sites // count + (number < sites % count) for number in range(count)),
            held_back=held_back,
            weeks=length,
            deciding=deciding,
        )
        for count in rings
        for length in weeks
        if count <= sites and (capacity is None or ceil(sites / count) <= capacity)
    ]
    options = sorted(
        (size for size in sizes if size.duration <= weeks_at_most),
        key=lambda size: (size.duration, len(size.sites), size.weeks),
    )
    if not options:
        facts = {"sites": sites, "capacity": capacity or 0, "weeks": weeks_at_most}
        raise RefusedSpec(Problem(code="rollout_no_size", facts=facts))
    best: VerifyingPower | None = None
    for size in options:
        power = verifying_power(
            prediction,
            line=line,
            noise=noise,
            size=size,
            part_gone=part_gone,
            fades_over=fades_over,
            wanted=wanted,
            alpha=alpha,
        )
        if power.enough:
            return SizeProposal(size=size, power=power, code="enough")
        if best is None or power.pause_if_gone > best.pause_if_gone:
            best = power
    assert best is not None
    return SizeProposal(size=None, power=best, code=best.code)


def _information(std_error: Sequence[float]) -> list[float]:
    """(K,) of each ring's measurement, as a share of the last one that there is."""
    known = [spread for spread in std_error if np.isfinite(spread)]
    return [(known[-1] / spread) ** 2 if known else 0.0 for spread in std_error]


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

    The upper limit falls below the line at ring k where line - seen_k x effect >= se_k (t_k c - z): z the measurement's
    own error, normal and correlated over the rings, c the error of the standard error. So each simulated course has one
    largest effect at which it pauses, and the chance at an effect is the share of courses with a larger one.
    """

    def __init__(self, found: Precision, levels: Sequence[float], line: float) -> None:
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
            reach = np.array(found.std_error)[None, :] * (bound[None, :] * c - z)
        self.largest = np.where(np.isfinite(reach), line - reach, -np.inf)

    def by_ring(self, effects: Floats, seen: Floats) -> Floats:
        """(K, E) at each effect, of which each ring's measurement sees the share ``seen`` (K,) > 0."""
        largest = np.maximum.accumulate(self.largest / seen[None, :], axis=1)
        return np.stack([1 - np.searchsorted(np.sort(column), effects) / len(column) for column in largest.T])
