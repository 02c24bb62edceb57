"""Pilots and their roll-outs as one chain, with a known truth; what benchmarks/rollout.py counts.

A true effect is drawn; the pilot's site-weeks are simulated and measured by the product's comparison of sites (analysis
of covariance on the weeks before); what the rule would scale goes on: estimate at least the smallest gain worth having,
gain shown at one-sided .05, and, with money, a chance of at least .8 that it pays. The promise, the sizes and the noise
come from the pilot's data alone. The roll-out's site-weeks are measured ring by ring by the product's estimator for
stepped wedges (imputation, site jackknife) and judged by the product's rule. The unit is the smallest gain worth
having.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from stats.methods.hypotheses import t_estimate
from stats.methods.imputation import Imputed, impute
from stats.methods.panel import Panel
from stats.methods.site_means import site_ancova_many
from stats.money import Prior, p_below, shrink
from stats.plan import PlannedMetric
from stats.results import Estimate, quantile
from stats.rollout.judging import MetricJudgement, judge_metric
from stats.rollout.precision import RolloutSize, SiteNoise, noise_from_pilot, settled_after
from stats.rollout.prediction import Prediction, predict
from stats.rollout.rings import held_back_count
from stats.rollout.verifying import VerifyingPower, propose_size
from stats.spec import MetricSpec

Floats = NDArray[np.float64]
METRIC = PlannedMetric(key="m", name="m", role="SUCCESS", spec=MetricSpec(column="y"), mwe=1.0)
PILOT_SITES, WEEKS_BEFORE, PILOT_WEEKS = 20, 8, 12
BETWEEN_SITES = 0.2
"""Spread of the effect between sites, in smallest gains worth having."""
PERSISTENCE = 0.6
HOLDBACK = 0.15
RINGS, WEEKS = (2, 3, 4), (6, 8, 12)
"""Sizes that the plan may choose from."""
DECIDING = 1
"""Weeks from a wave's measurement to the next start, as the product leaves where nobody says otherwise."""
FADES_OVER = 8
"""Weeks over which a fading effect falls to half."""


@dataclass(frozen=True, kw_only=True)
class World:
    """Where pilots come from. mean, sd: of true effects at the pilot's sites; transport, transport_sd, drift: what is
    left in the roll-out; break_even: in the roll-out, None without money; week_sd: of a site's week; pilot_sites."""

    name: str
    mean: float
    sd: float
    transport: float
    transport_sd: float
    drift: float
    break_even: float | None
    week_sd: float
    pilot_sites: int = PILOT_SITES

    @property
    def line(self) -> float:
        return self.transport if self.break_even is None else self.break_even


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """A pilot that was scaled: its truth, estimate, site noise as the product takes it from there, and promise."""

    effect: float
    estimate: Estimate
    noise: SiteNoise
    prediction: Prediction


@dataclass(frozen=True, kw_only=True)
class Course:
    """One roll-out if nothing is gone, half is gone from the start, or half fades away.

    truth: effect if nothing is gone; paused: by scenario, in some ring; last: judgement of the last ring by scenario;
    covered, covered_raw: whether the last estimate, nothing gone, lies in the product's 95 % prediction interval, and
    in that of the pilot's raw estimate (Patil, Peng & Leek 2016).
    """

    power: VerifyingPower
    truth: float
    line: float
    paused: dict[str, bool]
    last: dict[str, MetricJudgement]
    covered: bool
    covered_raw: bool


def site_weeks(rng: np.random.Generator, shape: tuple[int, ...], week_sd: float) -> Floats:
    """(..., sites, weeks) without any change: level, common week, and what passes at a site."""
    fresh = rng.normal(size=shape)
    passing = np.empty(shape)
    passing[..., 0] = fresh[..., 0]
    for week in range(1, shape[-1]):
        passing[..., week] = PERSISTENCE * passing[..., week - 1] + sqrt(1 - PERSISTENCE**2) * fresh[..., week]
    level = rng.normal(0, 2.0, (*shape[:-1], 1))
    common = rng.normal(0, 0.5, (*shape[:-2], 1, shape[-1]))
    return level + common + week_sd * passing


def scaled_pilots(world: World, wanted: int, rng: np.random.Generator) -> Iterator[Scaled]:
    """Pilots of this world that are scaled, until there are ``wanted``."""
    found = 0
    while found < wanted:
        count, sites = 200, world.pilot_sites
        effects = rng.normal(world.mean, world.sd, count)
        treated = np.arange(sites) < sites // 2
        own = effects[:, None] + rng.normal(0, BETWEEN_SITES, (count, sites))
        values = site_weeks(rng, (count, sites, WEEKS_BEFORE + PILOT_WEEKS), world.week_sd)
        values[:, :, WEEKS_BEFORE:] += np.where(treated, own, 0.0)[:, :, None]
        before, after = values[:, :, :WEEKS_BEFORE].mean(axis=2), values[:, :, WEEKS_BEFORE:].mean(axis=2)
        fits = site_ancova_many(after, treated, before[:, :, None])
        for pilot in range(count):
            estimate = t_estimate(
                float(fits.effect[pilot]),
                float(fits.std_error[pilot]),
                float(fits.df[pilot]),
                confidence=0.95,
                method="site_ancova",
                n_control=sites - sites // 2,
                n_treatment=sites // 2,
            )
            if found < wanted and _is_scaled(world, estimate):
                found += 1
                yield _scaled(world, float(effects[pilot]), estimate)


def _is_scaled(world: World, estimate: Estimate) -> bool:
    lower = estimate.at_level(0.05).lower
    if lower is None or lower <= 0 or estimate.effect < 1.0 or estimate.std_error is None:
        return False
    if world.break_even is None:
        return True
    posterior = shrink(estimate.effect, estimate.std_error, 1.0, Prior(mean=world.mean, sd=world.sd))
    return 1 - p_below(posterior, world.break_even / world.transport) >= 0.8


def _scaled(world: World, effect: float, estimate: Estimate) -> Scaled:
    prediction = predict(
        METRIC,
        estimate,
        prior=Prior(mean=world.mean, sd=world.sd),
        transport=world.transport,
        transport_sd=world.transport_sd,
        drift=world.drift,
    )
    assert prediction is not None
    assert estimate.std_error is not None
    noise = noise_from_pilot(
        estimate.std_error,
        df=prediction.pilot_df,
        n_treatment=estimate.n_treatment,
        n_control=estimate.n_control,
        weeks=PILOT_WEEKS,
        weeks_before=WEEKS_BEFORE,
    )
    return Scaled(effect=effect, estimate=estimate, noise=noise, prediction=prediction)


def course(world: World, pilot: Scaled, sites: int, rng: np.random.Generator) -> Course:
    """The roll-out of one pilot to ``sites`` new sites, sized by the product, in three versions of what comes."""
    held = held_back_count(sites, HOLDBACK)
    proposal = propose_size(
        pilot.prediction,
        line=world.line,
        noise=pilot.noise,
        sites=sites - held,
        held_back=held,
        rings=RINGS,
        weeks=WEEKS,
        deciding=DECIDING,
    )
    power = proposal.power
    truth = rng.normal(world.transport, world.transport_sd) * pilot.effect + rng.normal(0, world.drift)
    values, start = _rollout_weeks(power.size, world.week_sd, rng)
    rings = range(1, len(power.size.sites) + 1)
    without = [measured(values, start, power.size, ring) for ring in rings]
    since = np.arange(values.shape[1])[None, :] - start[:, None]
    fading = np.where(since >= 0, truth * (1 - 0.5 * np.clip(since / FADES_OVER, 0, 1)), 0.0)
    # An effect that is the same in every changed week adds exactly itself to the estimate, and nothing to its error.
    estimates = {
        "kept": [(_moved(whole, truth), _moved(settled, truth)) for whole, settled in without],
        "half": [(_moved(whole, truth / 2), _moved(settled, truth / 2)) for whole, settled in without],
        "fading": [measured(values + fading, start, power.size, ring) for ring in rings],
    }
    paused, last = {}, {}
    for scenario, by_ring in estimates.items():
        judged = [
            judge_metric(
                pilot.prediction, whole, ring=ring, fractions=power.fractions, line=world.line, settled=settled
            )
            for ring, (whole, settled) in zip(rings, by_ring, strict=True)
        ]
        paused[scenario] = any(each.pays is False or each.state == "FAILED" for each in judged)
        last[scenario] = judged[-1]
    final = last["kept"]
    assert final.effect is not None
    assert final.predicted_lower is not None
    assert final.predicted_upper is not None
    return Course(
        power=power,
        truth=truth,
        line=world.line,
        paused=paused,
        last=last,
        covered=final.predicted_lower <= final.effect <= final.predicted_upper,
        covered_raw=_raw_covers(pilot, final, without[-1][0]),
    )


def _rollout_weeks(size: RolloutSize, week_sd: float, rng: np.random.Generator) -> tuple[Floats, NDArray[np.int64]]:
    """((G, P) values with each site's own share of the effect's spread, (G,) first week with the change)."""
    periods = size.ends[-1]
    start = np.array([*np.repeat(size.starts, size.sites), *[periods] * size.held_back], dtype=np.int64)
    values = site_weeks(rng, (len(start), periods), week_sd)
    own = rng.normal(0, BETWEEN_SITES, (len(start), 1))
    return values + np.where(np.arange(periods)[None, :] >= start[:, None], own, 0.0), start


def _moved(estimate: Estimate, effect: float) -> Estimate:
    return replace(estimate, effect=estimate.effect + effect)


def measured(values: Floats, start: NDArray[np.int64], size: RolloutSize, ring: int) -> tuple[Estimate, Estimate]:
    """The product's stepped-wedge estimate at the end of a ring, without its checks and permutations: (of all weeks
    with the change, of the settled ones)."""
    periods = size.ends[ring - 1]
    y = values[:, :periods]
    panel = Panel(
        sites=tuple(str(site) for site in range(len(y))),
        periods=tuple(range(periods)),
        y=y,
        weight=np.ones_like(y),
        n=np.ones_like(y),
        dose=np.zeros_like(y),
        start=np.minimum(start, periods),
        covariates=np.empty((0, *y.shape)),
    )
    imputed = impute(panel)
    assert isinstance(imputed, Imputed)
    since = np.arange(periods)[None, :] - panel.start[:, None]
    return _averaged(imputed, since >= 0), _averaged(imputed, since >= settled_after(size.weeks))


def _averaged(imputed: Imputed, cells: NDArray[np.bool_]) -> Estimate:
    average = imputed.average(cells)
    assert average is not None
    assert average.std_error is not None
    return t_estimate(
        average.effect,
        average.std_error,
        imputed.df(cells),
        confidence=0.95,
        method="imputation_jackknife",
        n_control=int((~imputed.panel.ever).sum()),
        n_treatment=int(imputed.panel.ever.sum()),
    )


def _raw_covers(pilot: Scaled, final: MetricJudgement, own: Estimate) -> bool:
    assert pilot.estimate.std_error is not None
    assert own.std_error is not None
    assert final.effect is not None
    reach = quantile(0.975, pilot.estimate.df) * sqrt(pilot.estimate.std_error**2 + own.std_error**2)
    return abs(final.effect - pilot.estimate.effect) <= reach
