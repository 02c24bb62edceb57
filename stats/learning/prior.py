"""Empirical Bayes: the spread of earlier pilots' true effects, in units of each one's smallest gain worth having (MWE).

Estimates y_i ~ N(theta_i, v_i), true effects theta_i ~ N(m, t2). The spread t2 maximises the restricted likelihood
(m integrated out), held by a weak prior that counts like ``weight`` pilots whose true effects had mean 0 and standard
deviation 1: m ~ N(0, 1 / weight), and -weight/2 (log t2 + 1/t2), whose maximum is at 1, is added to the log likelihood.
Without pilots that is the default N(0, 1); as weight goes to 0 it is REML (``stats.combining.pooling``). The mean is
its posterior mean given t2. A cautious estimate of one of these pilots does not take the likeliest spread for the true
one: it is averaged over all spreads by how likely each is, for few pilots hardly know theirs.

Morris 1983, "Parametric empirical Bayes inference", J. Am. Stat. Assoc. 78:47 (also for the variance of shrunken
estimates that owns up to a learned mean); Chung et al. 2013, Psychometrika 78:685 (a weak prior on t keeps it off 0).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from stats.combining.pooling import reml
from stats.contributions import widened
from stats.money import Prior, Shrunken, shrink
from stats.results import quantile

Floats = NDArray[np.float64]
WEIGHT = 4.0
"""The default N(0, 1) counts like so many pilots."""
SMALLEST, LARGEST = 0.05, 20.0
"""Standard deviations between which the spread is sought, in MWE."""
GRID = 61
UNLIKELY = 1e-6


@dataclass(frozen=True, kw_only=True)
class PilotEffect:
    """One pilot's estimate in MWE, oriented so that + is better; df of its t reference, None where normal."""

    pilot: str
    effect: float
    std_error: float
    df: float | None = None

    @property
    def error(self) -> float:
        """Standard error, widened where few sites do not know it well."""
        return widened(self.std_error, self.df, 0.95)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """One spread that true effects may have, MWE: with the mean given it, the mean's uncertainty, and its chance."""

    sd: float
    mean: float
    mean_se: float
    chance: float


@dataclass(frozen=True, kw_only=True)
class LearnedPrior:
    """What earlier pilots say of the next one, in MWE.

    mean, sd: of true effects; mean_se: how uncertain the mean is; pilots: how many were learned from; weight: pilots
    that the default counts like; alone_mean, alone_sd: by these pilots alone (REML), None below two; spreads: all that
    are likely at all, their chances sum to 1; empty where mean and sd are taken for true.
    """

    mean: float
    sd: float
    mean_se: float
    pilots: int
    weight: float
    alone_mean: float | None = None
    alone_sd: float | None = None
    spreads: tuple[Spread, ...] = ()

    @property
    def prior(self) -> Prior:
        return Prior(mean=self.mean, sd=self.sd)


def learn_prior(effects: Sequence[PilotEffect], *, weight: float = WEIGHT) -> LearnedPrior:
    """The prior of the next pilot. weight > 0, so that few pilots move the default little.

    >>> learn_prior([]).prior
    Prior(mean=0.0, sd=1.0)
    """
    y = np.array([each.effect for each in effects], dtype=np.float64)
    v = np.array([each.error**2 for each in effects], dtype=np.float64)
    line = np.linspace(2 * log(SMALLEST), 2 * log(LARGEST), GRID)
    heights = np.array([penalised(y, v, float(np.exp(place)), weight) for place in line])
    t2 = likeliest(y, v, weight) if len(y) else 1.0
    mean, mean_se = mean_given(y, v, t2, weight)
    alone_mean = alone_sd = None
    if len(y) > 1:
        tau2 = reml(y, v)
        alone_mean, alone_sd = mean_given(y, v, tau2, 0.0)[0], sqrt(tau2)
    return LearnedPrior(
        mean=mean,
        sd=sqrt(t2),
        mean_se=mean_se,
        pilots=len(y),
        weight=weight,
        alone_mean=alone_mean,
        alone_sd=alone_sd,
        spreads=_spreads(y, v, weight, line, heights),
    )


def mean_given(y: Floats, v: Floats, t2: float, weight: float) -> tuple[float, float]:
    """(mean of true effects, its standard error) where their variance is ``t2``."""
    w = 1 / (v + t2)
    precision = float(w.sum()) + weight
    return float(w @ y) / precision, sqrt(1 / precision)


def _spreads(y: Floats, v: Floats, weight: float, line: Floats, heights: Floats) -> tuple[Spread, ...]:
    """By chance, on a grid that is even in log t."""
    chances = np.exp(heights - heights.max())
    kept = chances > UNLIKELY
    chances = chances[kept] / chances[kept].sum()
    found = []
    for place, chance in zip(line[kept], chances, strict=True):
        mean, error = mean_given(y, v, float(np.exp(place)), weight)
        found.append(Spread(sd=float(np.exp(place / 2)), mean=mean, mean_se=error, chance=float(chance)))
    return tuple(found)


def likeliest(y: Floats, v: Floats, weight: float) -> float:
    """The variance of true effects (MWE squared) that is likeliest, held by the weak prior."""
    line = np.linspace(2 * log(SMALLEST), 2 * log(LARGEST), GRID)
    heights = [penalised(y, v, float(np.exp(place)), weight) for place in line]
    top = int(np.argmax(heights))
    around = (line[max(0, top - 1)], line[min(GRID - 1, top + 1)])
    found = minimize_scalar(
        lambda place: -penalised(y, v, float(np.exp(place)), weight),
        bounds=around,
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(np.exp(found.x))


def penalised(y: Floats, v: Floats, t2: float, weight: float) -> float:
    """Log restricted likelihood of the variance ``t2``, plus the weak prior; up to a constant. -inf where t2 <= 0."""
    if t2 <= 0:
        return -inf
    w = 1 / (v + t2)
    precision = float(w.sum()) + weight
    mean = float(w @ y) / precision
    misfit = float(w @ (y - mean) ** 2) + weight * mean**2
    held = weight * (log(t2) + 1 / t2)
    return 0.5 * (float(np.log(w).sum()) - log(precision) - misfit - held)


def cautious(effect: PilotEffect, learned: LearnedPrior) -> Shrunken:
    """The effect shrunk towards the other pilots, in MWE; its sd also owns up to mean and spread being learned."""
    known = learned.spreads or (Spread(sd=learned.sd, mean=learned.mean, mean_se=learned.mean_se, chance=1.0),)
    mean = square = weight = 0.0
    for spread in known:
        made = shrink(effect.effect, effect.error, 1.0, Prior(mean=spread.mean, sd=spread.sd))
        variance = made.sd**2 + ((1 - made.weight) * spread.mean_se) ** 2
        mean += spread.chance * made.mean
        square += spread.chance * (variance + made.mean**2)
        weight += spread.chance * made.weight
    return Shrunken(mean=mean, sd=sqrt(max(0.0, square - mean**2)), weight=weight)


def interval(posterior: Shrunken, *, confidence: float = 0.95) -> tuple[float, float]:
    """Central interval of a cautious estimate."""
    reach = quantile(0.5 + confidence / 2, None) * posterior.sd
    return posterior.mean - reach, posterior.mean + reach
