"""What a pilot promises for its roll-out: the effect to expect there, and where its measurement should lie.

Roll-out effect = transport x effect at the pilot's sites + drift. The effect at the pilot's sites has the posterior of
a normal prior in units of the smallest gain worth having (as for money, ``stats.money.shrink``) and the pilot's own
estimate with its Student's t; how well effects travel is uncertain by half its distance from 1 (as for contributions);
drift is what changes between pilot and roll-out: later weeks, other seasons, another rush. The roll-out's own estimate
adds its standard error, with Student's t again. The distribution of that estimate is a mixture, summed on a grid: no
normal approximation where sites are few. Scaling is chosen by the very estimate that is used here; a posterior needs no
correction for that (Dawid 1994), a raw estimate would.

Prediction interval of a replication: Patil, Peng & Leek (2016), Perspect. Psychol. Sci. 11, 539-544; with the original
estimate taken as it is theirs is the case of a flat prior, transport 1 and no drift.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chdtri, ndtr

from stats.contributions import UNSURE_OF_TRANSPORT
from stats.money import Prior, shrink
from stats.plan import PlannedMetric
from stats.results import Estimate

Floats = NDArray[np.float64]
DRIFT_TO_ROLLOUT = 0.2
"""Standard deviation, in MWE, of what changes between a pilot and its roll-out; less than from version to version (.5),
for the treatment stays the same."""
EFFECTS, SCALES, SCALES_OF_MANY = 121, 24, 8
"""Nodes of the grids over the pilot's effect and over the scale of a Student's t (of one with many df)."""
MANY = 30
FARTHEST = 4.0
"""Ends of the grid: sinh(4) = 27 standard errors."""


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What the roll-out should show for one metric; metric's unit, oriented so that + is better.

    pilot_effect, pilot_std_error, pilot_df: the pilot's estimate (df None: normal); mwe: None where the metric has
    none, then nothing is shrunk; transport, transport_sd: 0-1 of the effect that is kept; drift_sd: metric's unit;
    cautious: shrunken effect at the pilot's sites; mean, sd: of the effect in the roll-out; lower, upper: its interval
    at ``confidence``, before the roll-out's own uncertainty (``predicted_interval`` adds that).
    """

    key: str
    better: str
    pilot_effect: float
    pilot_std_error: float
    pilot_df: float | None
    mwe: float | None
    prior_mean: float
    prior_sd: float
    transport: float
    transport_sd: float
    drift_sd: float
    cautious: float
    mean: float
    sd: float
    lower: float
    upper: float
    confidence: float = 0.95

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Prediction:
        return cls(**value)


def predict(
    metric: PlannedMetric,
    result: Estimate,
    *,
    prior: Prior | None = None,
    transport: float = 0.75,
    transport_sd: float | None = None,
    drift: float = DRIFT_TO_ROLLOUT,
    confidence: float = 0.95,
) -> Prediction | None:
    """The promise of one metric's pilot estimate; None where it has no standard error.

    transport: see ``stats.money.transport_discount``; transport_sd: by default half the distance from 1; drift: in MWE
    (in standard errors of the pilot where there is no MWE: then nothing else gives a scale).
    """
    if result.std_error is None or result.std_error <= 0:
        return None
    prior = prior or Prior()
    effect = result.effect if metric.better == "higher" else -result.effect
    spread = UNSURE_OF_TRANSPORT * (1 - transport) if transport_sd is None else transport_sd
    drift_sd = drift * (result.std_error if metric.mwe is None else metric.mwe)
    effects, weights = _posterior(effect, result.std_error, result.df, metric.mwe, prior.mean, prior.sd)
    at_pilot = float(weights @ effects)
    variance = float(weights @ effects**2) - at_pilot**2
    lower, upper = (
        _quantile(effects, weights, transport, spread, drift_sd, None, None, level)
        for level in (0.5 - confidence / 2, 0.5 + confidence / 2)
    )
    return Prediction(
        key=metric.key,
        better=metric.better,
        pilot_effect=effect,
        pilot_std_error=result.std_error,
        pilot_df=result.df,
        mwe=metric.mwe,
        prior_mean=prior.mean,
        prior_sd=prior.sd,
        transport=transport,
        transport_sd=spread,
        drift_sd=drift_sd,
        cautious=shrink(effect, result.std_error, metric.mwe, prior).mean,
        mean=transport * at_pilot,
        sd=sqrt(variance * (transport**2 + spread**2) + (at_pilot * spread) ** 2 + drift_sd**2),
        lower=lower,
        upper=upper,
        confidence=confidence,
    )


def predicted_interval(
    prediction: Prediction, *, std_error: float, df: float | None, confidence: float = 0.95
) -> tuple[float, float]:
    """Where an estimate of the roll-out with this standard error and df should lie; oriented, metric's unit."""
    return (
        predicted_quantile(prediction, std_error=std_error, df=df, level=0.5 - confidence / 2),
        predicted_quantile(prediction, std_error=std_error, df=df, level=0.5 + confidence / 2),
    )


def predicted_quantile(prediction: Prediction, *, std_error: float, df: float | None, level: float) -> float:
    """The value below which the roll-out's estimate lies with probability ``level``; oriented, metric's unit."""
    effects, weights = posterior_nodes(prediction)
    return _quantile(
        effects, weights, prediction.transport, prediction.transport_sd, prediction.drift_sd, std_error, df, level
    )


def posterior_nodes(prediction: Prediction) -> tuple[Floats, Floats]:
    """(effects at the pilot's sites, their probabilities): the posterior on a grid."""
    return _posterior(
        prediction.pilot_effect,
        prediction.pilot_std_error,
        prediction.pilot_df,
        prediction.mwe,
        prediction.prior_mean,
        prediction.prior_sd,
    )


@lru_cache(maxsize=256)
def _posterior(
    effect: float, std_error: float, df: float | None, mwe: float | None, prior_mean: float, prior_sd: float
) -> tuple[Floats, Floats]:
    """Normal prior times Student's likelihood, on nodes that lie closer together where the estimate is."""
    step = np.linspace(-FARTHEST, FARTHEST, EFFECTS)
    distance = np.sinh(step)
    log_density = -0.5 * distance**2 if df is None else -0.5 * (df + 1) * np.log1p(distance**2 / df)
    nodes = effect + std_error * distance
    if mwe is not None and prior_sd > 0:
        log_density = log_density - 0.5 * ((nodes - prior_mean * mwe) / (prior_sd * mwe)) ** 2
    weights = np.exp(log_density - log_density.max()) * np.cosh(step)
    return nodes, weights / weights.sum()


@lru_cache(maxsize=64)
def _scales(df: float | None) -> Floats:
    """(K,) equally likely values of the squared scale of a Student's t: df / chi-square(df)."""
    if df is None:
        return np.ones(1)
    count = SCALES if df < MANY else SCALES_OF_MANY
    steps = (np.arange(count) + 0.5) / count
    return np.asarray(df / chdtri(df, steps), dtype=np.float64)


def _quantile(
    effects: Floats,
    weights: Floats,
    transport: float,
    transport_sd: float,
    drift_sd: float,
    std_error: float | None,
    df: float | None,
    level: float,
) -> float:
    centre = transport * effects
    own = (transport_sd * effects) ** 2 + drift_sd**2
    noise = np.zeros(1) if std_error is None else std_error**2 * _scales(df)
    sd = np.sqrt(own[:, None] + noise[None, :])
    share = np.repeat(weights[:, None] / len(noise), len(noise), axis=1)
    reach = 12 * (float(sd.max()) + float(np.ptp(centre)))

    def excess(x: float) -> float:
        return float((share * ndtr((x - centre[:, None]) / np.maximum(sd, 1e-300))).sum()) - level

    return float(brentq(excess, float(centre.min()) - reach, float(centre.max()) + reach, xtol=1e-7 * reach))
