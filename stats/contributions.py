"""What pilots would bring to one key result if they were scaled, and what the scaled ones have brought by now.

A pilot's contribution is share x transport x effect: the share of everything that the key result counts which gets
the change; how much of an effect is kept outside the pilot's sites; and the effect itself, shrunk as for money
(``stats.money.shrink``), because pilots are chosen for scaling by the very estimates that are added up: a sum of
estimates picked for being large is too large (the winner's curse: Efron 2011, "Tweedie's formula and selection bias",
JASA 106; Andrews, Kitagawa and McCloskey 2024, "Inference on winners", QJE 139). A posterior given the data needs no
correction for having been picked by them (Dawid 1994, IMS Lecture Notes 24).

Overlaps. Where several pilots reach the same people only one change counts: the one with the larger cautious effect.
Pilots are taken in the order of their cautious effect (times transport), the larger first. Two pilots that name a
group or a site in common reach the same people, the smaller share inside the larger: each next one loses what is
counted already of those before it with a name in common; together they never count more than everybody. Where groups
cross, that takes off too much rather than too little. Expected losses are no gains to be counted once: they count in
full.

Interval. Effects are independent given the data; how well effects travel is one unknown, common to all pilots of the
sum, uncertain by half its distance from 1. With a = counted share, t = transport, s its sd, m and v = mean and
variance of the posterior: Var = sum a^2 v (t^2 + s^2) + (sum a m s)^2, for a sum is at its most uncertain where all
travel badly at once (Goodman 1960 for the variance of a product). Estimates from few sites do not know their own
standard error, and those with a small one are picked too: standard errors are widened before effects are shrunk, and
the interval is Student's with the fewest degrees of freedom in the sum. In simulation that covers more than promised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from stats.money import Prior, Shrunken, shrink
from stats.results import quantile

UNSURE_OF_TRANSPORT = 0.5
"""Standard deviation of the transport discount, as a share of its distance from 1."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One pilot's effect on what a key result counts.

    effect, std_error: key result's unit, oriented so that + goes towards the target; df of the estimate, None where
    normal. mwe: smallest gain worth having, same unit. exposed_share: 0-1 of everything that the key result counts.
    transport: 0-1. reaches: groups and sites that get the change, by name.
    """

    pilot: str
    effect: float
    std_error: float
    df: float | None
    mwe: float | None
    exposed_share: float
    transport: float = 1.0
    reaches: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Part:
    """One pilot in the sum. mean, sd, lower, upper: of what it would bring alone, key result's unit, + towards the
    target; counted_share: 0-1, its exposed share without what others reach already; counted: mean of what it adds."""

    pilot: str
    mean: float
    sd: float
    lower: float
    upper: float
    exposed_share: float
    counted_share: float
    counted: float


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """The sum over the pilots of one key result, key result's unit, + towards the target.

    naive: estimates added up as they are, overlaps counted twice; told apart, never added to anything.
    """

    mean: float
    sd: float
    lower: float
    upper: float
    confidence: float
    naive: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class _Posterior:
    measured: Measured
    effect: Shrunken
    transport_sd: float

    @property
    def names(self) -> frozenset[str]:
        """Of whom it reaches; a pilot reaches its own people wherever else it is attached."""
        return self.measured.reaches | {f"pilot {self.measured.pilot}"}

    @property
    def expected(self) -> float:
        """Per unit of share: cautious effect where it is scaled to."""
        return self.measured.transport * self.effect.mean


def contribution(
    measured: Sequence[Measured], *, prior: Prior | None = None, confidence: float = 0.95
) -> Contribution | None:
    """What these pilots bring together, each counted at its share; None without a pilot.

    >>> one = Measured(pilot="a", effect=20, std_error=10, df=None, mwe=10, exposed_share=0.5)
    >>> contribution([one]).mean
    5.0
    """
    if not measured:
        return None
    posteriors = [_posterior(item, prior or Prior()) for item in measured]
    shares = counted_shares(posteriors)
    mean, sd = _sum(posteriors, shares)
    reach = quantile(0.5 + confidence / 2, min((i.df for i in measured if i.df is not None), default=None))
    parts = tuple(_part(each, share, confidence) for each, share in zip(posteriors, shares, strict=True))
    return Contribution(
        mean=mean,
        sd=sd,
        lower=mean - reach * sd,
        upper=mean + reach * sd,
        confidence=confidence,
        naive=sum(item.exposed_share * item.effect for item in measured),
        parts=parts,
    )


def counted_shares(posteriors: Sequence[_Posterior]) -> list[float]:
    """The share at which each is counted, in the order given; see the rule at the top."""
    order = sorted(range(len(posteriors)), key=lambda place: -posteriors[place].expected)
    counted = [0.0] * len(posteriors)
    for rank, place in enumerate(order):
        mine = posteriors[place]
        whole = mine.measured.exposed_share
        if mine.expected < 0:
            counted[place] = whole
            continue
        taken = sum(counted[b] for b in order[:rank] if mine.names & posteriors[b].names)
        counted[place] = max(0.0, min(whole - taken, 1 - sum(counted)))
    return counted


def widened(std_error: float, df: float | None, confidence: float) -> float:
    """Standard error whose normal interval is as wide as Student's with ``df``: few sites know less than they say."""
    return std_error * quantile(0.5 + confidence / 2, df) / quantile(0.5 + confidence / 2, None)


def _posterior(item: Measured, prior: Prior) -> _Posterior:
    effect = shrink(item.effect, widened(item.std_error, item.df, 0.95), item.mwe, prior)
    return _Posterior(measured=item, effect=effect, transport_sd=UNSURE_OF_TRANSPORT * (1 - item.transport))


def _sum(posteriors: Sequence[_Posterior], shares: Sequence[float]) -> tuple[float, float]:
    mean = alone = together = 0.0
    for each, share in zip(posteriors, shares, strict=True):
        mean += share * each.expected
        alone += share**2 * each.effect.sd**2 * (each.measured.transport**2 + each.transport_sd**2)
        together += share * abs(each.effect.mean) * each.transport_sd
    return mean, sqrt(alone + together**2)


def _part(each: _Posterior, counted: float, confidence: float) -> Part:
    share = each.measured.exposed_share
    mean, sd = _sum([each], [share])
    reach = quantile(0.5 + confidence / 2, each.measured.df)
    return Part(
        pilot=each.measured.pilot,
        mean=mean,
        sd=sd,
        lower=mean - reach * sd,
        upper=mean + reach * sd,
        exposed_share=share,
        counted_share=counted,
        counted=counted * each.expected,
    )


def share_done(value: float, baseline: float | None, target: float | None) -> float | None:
    """How much of the way from baseline to target is gone; below 0 backwards, None where there is no way to measure.

    >>> share_done(180, 200, 150)
    0.4
    """
    if baseline is None or target is None or baseline == target:
        return None
    return (value - baseline) / (target - baseline)
