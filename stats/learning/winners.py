"""The winner's curse: pilots are approved by the very estimates that they are then remembered by.

Efron 2011, "Tweedie's formula and selection bias", J. Am. Stat. Assoc. 106:1602. A posterior given the data needs no
correction for having been picked by them (Dawid 1994, IMS Lecture Notes 24); the estimate as it is does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stats.learning.prior import LearnedPrior, PilotEffect, cautious, interval
from stats.money import p_below


@dataclass(frozen=True, kw_only=True)
class Winner:
    """One approved pilot, in MWE. raw with its lower, upper as estimated; cautious_*: shrunken; p_short: probability
    that the true effect is below 1 MWE; p_loss: below ``line``, from which on scaling pays, None where that is unknown.
    """

    pilot: str
    raw: float
    raw_lower: float
    raw_upper: float
    cautious: float
    cautious_lower: float
    cautious_upper: float
    p_short: float
    p_loss: float | None


@dataclass(frozen=True, kw_only=True)
class Winners:
    """All approved pilots. exaggeration: sum of raw over sum of cautious effects, None where the cautious sum is not
    above 0; short: expected number whose true effect is below 1 MWE."""

    winners: tuple[Winner, ...]
    exaggeration: float | None
    short: float


def winners(
    scaled: Sequence[PilotEffect], learned: LearnedPrior, *, lines: Sequence[float | None] | None = None
) -> Winners:
    """lines: break-even effects in MWE, in the order of ``scaled``."""
    known = lines if lines is not None else [None] * len(scaled)
    found = tuple(_winner(one, learned, line) for one, line in zip(scaled, known, strict=True))
    total = sum(one.cautious for one in found)
    return Winners(
        winners=found,
        exaggeration=sum(one.raw for one in found) / total if total > 0 else None,
        short=sum(one.p_short for one in found),
    )


def _winner(one: PilotEffect, learned: LearnedPrior, line: float | None) -> Winner:
    posterior = cautious(one, learned)
    low, high = interval(posterior)
    reach = one.error * 1.959963984540054
    return Winner(
        pilot=one.pilot,
        raw=one.effect,
        raw_lower=one.effect - reach,
        raw_upper=one.effect + reach,
        cautious=posterior.mean,
        cautious_lower=low,
        cautious_upper=high,
        p_short=p_below(posterior, 1.0),
        p_loss=None if line is None else p_below(posterior, line),
    )
