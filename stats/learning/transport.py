"""How much of an effect is kept when it is rolled out, learned from roll-outs that were measured.

Realised roll-out effect r_i = rho_i theta_i + drift: theta_i the effect at the pilot's own sites, known as a posterior
N(c_i, p_i^2); rho_i scatters about rho from pilot to pilot. Given rho, r_i ~ N(rho c_i, s_i^2 + (rho p_i)^2 +
(scatter c_i)^2 + drift^2), so that regressing on c_i, which is an expectation given the pilot's data, is not weakened
by its error (Berkson 1950, J. Am. Stat. Assoc. 45:164). Because of the scatter no roll-out, however large and well
measured, tells more of rho than 1 / scatter^2. The prior of rho, mean .75, counts like ``weight`` roll-outs that tell
as much as that. All in MWE, oriented so that + is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from stats.money import DISCOUNT_OF_CHOSEN_SITES

WEIGHT = 4.0
SCATTER = 0.5
"""Standard deviation of the share that is kept from one pilot to the next."""
DRIFT = 0.2
"""As in ``stats.rollout.prediction``: standard deviation, in MWE, of what changes between pilot and roll-out."""
ROUNDS = 20


@dataclass(frozen=True, kw_only=True)
class RolledOut:
    """One pilot's roll-out, in MWE. cautious, cautious_sd: posterior of the effect at the pilot's sites; realised,
    std_error: as measured in the roll-out."""

    pilot: str
    cautious: float
    cautious_sd: float
    realised: float
    std_error: float


@dataclass(frozen=True, kw_only=True)
class LearnedTransport:
    """share: 0-1 of an effect that is kept; sd: its uncertainty; pilots: roll-outs that it was learned from."""

    share: float
    sd: float
    pilots: int
    weight: float


def learn_transport(rolled: Sequence[RolledOut], *, weight: float = WEIGHT) -> LearnedTransport:
    """The share that is kept; cut to 0-1, for nobody plans on a roll-out that beats its pilot.

    >>> learn_transport([]).share
    0.75
    """
    rho = DISCOUNT_OF_CHOSEN_SITES
    own = weight / SCATTER**2
    precision = own
    for _ in range(ROUNDS):  # the scatter depends on rho a little: a few rounds settle it
        precision, moment = own, own * DISCOUNT_OF_CHOSEN_SITES
        for one in rolled:
            noise = one.std_error**2 + (rho * one.cautious_sd) ** 2 + (SCATTER * one.cautious) ** 2 + DRIFT**2
            precision += one.cautious**2 / noise
            moment += one.cautious * one.realised / noise
        rho = min(1.0, max(0.0, moment / precision))
    return LearnedTransport(share=rho, sd=sqrt(1 / precision), pilots=len(rolled), weight=weight)
