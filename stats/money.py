"""Money: net benefit of scaling, on effects shrunk towards the portfolio, and what another round of piloting is worth.

Net benefit = transport discount x effect x value per unit x volume x horizon - running cost - one-off cost, summed
over the success metrics that have a value. ``run_cost`` and ``one_off_cost`` are totals over the horizon. Effects are
oriented (+ is better) and normal: posterior of a normal prior in units of the smallest gain worth having (mean 0, sd 1
until the portfolio knows better) and the estimate. Effects of several metrics are taken as independent given the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, pi, sqrt

from scipy.special import ndtr

from stats.plan import Finance, Plan, PlannedMetric

DRIFT_BETWEEN_VERSIONS = 0.5
"""Standard deviation, in MWE, of the change of a treatment's effect from one version to the next."""
DISCOUNT_OF_CHOSEN_SITES = 0.75
LEARNED_MEAN, LEARNED_SD, LEARNED_TRANSPORT = "learned.prior_mean", "learned.prior_sd", "learned.transport"
"""Where a plan's assumptions carry what earlier pilots had taught when it was frozen; without: the defaults."""


@dataclass(frozen=True, kw_only=True)
class Prior:
    """Effects of earlier pilots, in units of each metric's MWE."""

    mean: float = 0.0
    sd: float = 1.0


def prior_of(plan: Plan) -> Prior:
    """The prior that was in force when the plan was frozen; mean 0, sd 1 where nothing had been learned by then."""
    mean, sd = plan.assumptions.get(LEARNED_MEAN), plan.assumptions.get(LEARNED_SD)
    return Prior() if mean is None or sd is None else Prior(mean=float(mean), sd=float(sd))


def chosen_sites_discount(plan: Plan) -> float:
    """How much of an effect was taken to travel from sites that were chosen, when the plan was frozen (0-1)."""
    return float(plan.assumptions.get(LEARNED_TRANSPORT, DISCOUNT_OF_CHOSEN_SITES))


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One success metric's oriented effect and standard error, metric's unit."""

    metric: PlannedMetric
    effect: float
    std_error: float


@dataclass(frozen=True, kw_only=True)
class Shrunken:
    """Posterior of one effect, metric's unit: ``mean``, ``sd``; ``weight`` of the data (0-1) beside the portfolio."""

    mean: float
    sd: float
    weight: float


@dataclass(frozen=True, kw_only=True)
class NetBenefit:
    """Net benefit over the horizon in the plan's currency.

    expected, sd, p_positive: on shrunken effects, the figures that people are shown; p_positive_losses_in_full: the
    same with losses not shrunk, held against the plan's line (so that a vaguer loss never looks better); gross: before
    costs and before the discount; tipping_discount: transport discount at which the expected net benefit is 0, None if
    there is no gain to discount; round_value: worth of another round, before its cost; round_net: after its cost and
    delay, None where the plan has no cost of a round; shrunken: by metric.
    """

    currency: str
    expected: float
    sd: float
    p_positive: float
    p_positive_losses_in_full: float
    gross: float
    costs: float
    discount: float
    tipping_discount: float | None
    round_value: float
    round_net: float | None
    shrunken: Mapping[str, Shrunken]


def shrink(effect: float, std_error: float, mwe: float | None, prior: Prior) -> Shrunken:
    """Normal posterior of an effect; without an MWE there is no scale to shrink on and the estimate stands.

    >>> shrink(2.0, 1.0, 1.0, Prior()).mean
    1.0
    """
    if mwe is None or std_error == 0:
        return Shrunken(mean=effect, sd=std_error, weight=1.0)
    centre, spread = prior.mean * mwe, prior.sd * mwe
    weight = spread**2 / (spread**2 + std_error**2)
    return Shrunken(mean=centre + weight * (effect - centre), sd=sqrt(weight) * std_error, weight=weight)


def p_below(posterior: Shrunken, line: float) -> float:
    """Probability that the effect is smaller than ``line`` (metric's unit, oriented like the effect).

    >>> round(p_below(Shrunken(mean=1.0, sd=0.5, weight=0.5), 1.0), 3)
    0.5
    """
    if posterior.sd == 0:
        return 1.0 if posterior.mean < line else 0.0
    return float(ndtr((line - posterior.mean) / posterior.sd))


def value_of_another_round(*, mean: float, sd: float, drift_sd: float, next_se: float, break_even: float) -> float:
    """Expected gain of deciding after another round instead of giving up now.

    The next version's effect is today's plus a drift: v = sd^2 + drift_sd^2. Its result will move our mean with
    standard deviation s = v / sqrt(v + next_se^2); we scale if the mean then lies above ``break_even``. With u = (mean
    - break_even) / s the expectation of max(0, mean - break_even) is s [phi(u) + u Phi(u)] (the unit normal loss
    integral: Raiffa and Schlaifer 1961, section 5.4). All in one unit; times value per unit gives money.
    """
    variance = sd**2 + drift_sd**2
    gain = mean - break_even
    spread = variance / sqrt(variance + next_se**2) if variance > 0 else 0.0
    if spread == 0:
        return max(0.0, gain)
    u = gain / spread
    if u > 40:
        return gain
    return float(max(0.0, spread * (exp(-0.5 * u * u) / sqrt(2 * pi) + u * ndtr(u))))


def transport_discount(
    finance: Finance | None, *, sites_drawn_at_random: bool, chosen: float = DISCOUNT_OF_CHOSEN_SITES
) -> float:
    """Share (0-1) of an effect that travels: the plan's own word, else all where sites were drawn at random, else
    ``chosen``."""
    if finance is not None and finance.transport_discount is not None:
        return finance.transport_discount
    return 1.0 if sites_drawn_at_random else chosen


def discount_of(plan: Plan) -> float:
    """The transport discount of a plan, with what had been learned when it was frozen."""
    drawn = plan.assumptions.get("sites_drawn_at_random") is True
    return transport_discount(plan.finance, sites_drawn_at_random=drawn, chosen=chosen_sites_discount(plan))


def net_benefit(
    finance: Finance,
    measured: list[Measured],
    *,
    prior: Prior | None = None,
    sites_drawn_at_random: bool = False,
    chosen: float = DISCOUNT_OF_CHOSEN_SITES,
) -> NetBenefit | None:
    """Net benefit of scaling what was measured, or None if no measured metric has a value. chosen: see
    ``transport_discount``."""
    valued = [item for item in measured if finance.value_per_unit.get(item.metric.key)]
    if not valued:
        return None
    prior = prior or Prior()
    discount = transport_discount(finance, sites_drawn_at_random=sites_drawn_at_random, chosen=chosen)
    gross = losses_in_full = variance = drift = next_variance = 0.0
    shrunken = {}
    for item in valued:
        money = finance.value_per_unit[item.metric.key] * finance.volume * finance.horizon
        posterior = shrink(item.effect, item.std_error, item.metric.mwe, prior)
        shrunken[item.metric.key] = posterior
        gross += money * posterior.mean
        losses_in_full += money * min(posterior.mean, item.effect)
        variance += (money * posterior.sd) ** 2
        drift += (money * DRIFT_BETWEEN_VERSIONS * (item.metric.mwe or 0.0)) ** 2
        next_variance += (money * item.std_error) ** 2
    costs = finance.run_cost + finance.one_off_cost
    sd = discount * sqrt(variance)
    round_value = value_of_another_round(
        mean=discount * gross,
        sd=sd,
        drift_sd=discount * sqrt(drift),
        next_se=discount * sqrt(next_variance),
        break_even=costs,
    )
    return NetBenefit(
        currency=finance.currency,
        expected=discount * gross - costs,
        sd=sd,
        p_positive=_p_positive(discount * gross - costs, sd),
        p_positive_losses_in_full=_p_positive(discount * losses_in_full - costs, sd),
        gross=gross,
        costs=costs,
        discount=discount,
        tipping_discount=costs / gross if gross > 0 else None,
        round_value=round_value,
        round_net=None if finance.round_cost is None else round_value - finance.round_cost - finance.round_delay_cost,
        shrunken=shrunken,
    )


def break_even_effect(
    finance: Finance, key: str, *, sites_drawn_at_random: bool = False, chosen: float = DISCOUNT_OF_CHOSEN_SITES
) -> float | None:
    """Effect on this metric alone, in its unit, at which scaling pays for itself; None without a value for it."""
    value = finance.value_per_unit.get(key)
    if not value:
        return None
    discount = transport_discount(finance, sites_drawn_at_random=sites_drawn_at_random, chosen=chosen)
    earned = discount * value * finance.volume * finance.horizon
    return (finance.run_cost + finance.one_off_cost) / earned if earned > 0 else None


def _p_positive(mean: float, sd: float) -> float:
    if sd == 0:
        return 1.0 if mean > 0 else 0.0
    return float(ndtr(mean / sd))
