"""Service pilots with a known truth: seeded records of sites, weeks and contacts, or of customers one by one.

A ``World`` says what is true (levels, spread between sites, steadiness, effects, delivery, missingness, sites lost);
``simulate`` draws the records that such a world would have left behind, as an Arrow table, beside that truth.
Draws do not depend on the arms: the same seed with another assignment gives the same sites, weeks and contacts.

Model, for metric value y of contact i at site s in week w (Donner & Klar 2000, ch. 2; repeated cross-sections):
    level[s, w] = level + steady[s] + passing[s, w] + drift * w + effect * exposed[s, w]
    steady ~ N(0, icc * steadiness * var), passing ~ N(0, icc * (1 - steadiness) * var) per window, y around the level.
``icc`` is the share of the variance of y that lies between sites; ``steadiness`` the part of it that persists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Family = Literal["duration", "share", "amount"]


@dataclass(frozen=True, kw_only=True)
class SimulatedMetric:
    """Truth about one column of the records.

    level: mean at an untreated site; effect: treatment minus control, in the column's unit (shares 0-1);
    spread: standard deviation of single records (durations are lognormal, amounts normal; unused for shares);
    icc, steadiness: see the module; drift: change a week, in both arms; fade: share of the effect gone at the end;
    missing: share of records without a value (control, treatment); response: share of contacts who answer a survey
    (control, treatment), so that most records of such a column are empty; decimals: as a system would store it.
    """

    column: str
    family: Family = "amount"
    level: float
    effect: float = 0.0
    spread: float = 1.0
    icc: float = 0.05
    steadiness: float = 0.6
    drift: float = 0.0
    fade: float = 0.0
    missing: tuple[float, float] = (0.0, 0.0)
    response: tuple[float, float] = (1.0, 1.0)
    decimals: int = 3

    @property
    def variance(self) -> float:
        return self.level * (1 - self.level) if self.family == "share" else self.spread**2


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything that is true of one simulated pilot.

    sites: arm of each site (0 control, 1 treatment); weeks_before, weeks_after: length of the windows;
    contacts: mean records per site and week; unequal: coefficient of variation of site sizes;
    delivered, used: share of contacts of treated sites that got, and used, the change (None: not recorded);
    lost: sites that stop reporting, with the first week (counted from the start) that they miss.
    """

    sites: Mapping[str, int]
    metrics: tuple[SimulatedMetric, ...]
    start: date
    seed: int
    weeks_before: int = 8
    weeks_after: int = 10
    contacts: float = 40.0
    unequal: float = 0.3
    delivered: float | None = None
    used: float | None = None
    lost: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """Records as a table, and the truth: effect per column (as it would be measured over the window)."""

    table: pa.Table
    truth: Mapping[str, float]


def simulate(world: World) -> Simulated:
    """Records of one row per contact: site, week (its Monday), arm, delivered, used, and each metric's column."""
    import pyarrow as pa

    rng = np.random.default_rng(world.seed)
    weeks = world.weeks_before + world.weeks_after
    site, week = _contacts(world, rng, weeks)
    arm = np.array(list(world.sites.values()), dtype=np.int64)[site]
    exposed = (arm > 0) & (week >= world.weeks_before)
    got, delivery = _delivery(world, rng, exposed, len(site))
    columns: dict[str, object] = {
        "site": pa.array(np.array(list(world.sites), dtype=object)[site]),
        "week": pa.array(_mondays(world, weeks)[week]),
        "arm": pa.array(np.where(arm > 0, "treatment", "control")),
        **delivery,
    }
    for number, metric in enumerate(world.metrics):
        own = np.random.default_rng([world.seed, number + 1])
        values = _values(metric, world, own, site, week, got)
        absent = _absent(metric, own, exposed)
        columns[metric.column] = pa.array(values, mask=absent)
    kept = _kept(world, site, week)
    table = pa.table(columns).filter(pa.array(kept))
    return Simulated(table=table, truth={metric.column: _truth(metric, world) for metric in world.metrics})


def _contacts(world: World, rng: np.random.Generator, weeks: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Site and week index of every contact, in the order of time."""
    sizes = np.exp(_unit_mean_log(rng.standard_normal(len(world.sites)), world.unequal))
    counts = rng.poisson(world.contacts * sizes[:, None], size=(len(sizes), weeks)).astype(np.int64)
    sites, periods = np.indices(counts.shape)
    site = np.repeat(sites.T.ravel(), counts.T.ravel())
    week = np.repeat(periods.T.ravel(), counts.T.ravel())
    return site.astype(np.int64), week.astype(np.int64)


def _unit_mean_log(z: Floats, variation: float) -> Floats:
    """Logarithms of lognormal values with mean 1 and coefficient of variation ``variation``."""
    sigma2 = np.log1p(variation**2)
    return np.asarray(np.sqrt(sigma2) * z - sigma2 / 2)


def _mondays(world: World, weeks: int) -> NDArray[np.object_]:
    first = world.start - timedelta(weeks=world.weeks_before)
    return np.array([first + timedelta(weeks=number) for number in range(weeks)], dtype=object)


def _delivery(
    world: World, rng: np.random.Generator, exposed: NDArray[np.bool_], n: int
) -> tuple[NDArray[np.bool_], dict[str, object]]:
    """Who got the change; and the delivery columns (empty where nothing was to be delivered)."""
    import pyarrow as pa

    draws = rng.random((2, n))
    got = exposed & (draws[0] < (1.0 if world.delivered is None else world.delivered))
    used = got & (draws[1] < (1.0 if world.used is None else world.used))
    columns: dict[str, object] = {}
    if world.delivered is not None:
        columns["delivered"] = pa.array(got.astype(np.int64), mask=~exposed)
    if world.used is not None:
        columns["used"] = pa.array(used.astype(np.int64), mask=~got)
    return (used if world.used is not None else got), columns


def _values(
    metric: SimulatedMetric,
    world: World,
    rng: np.random.Generator,
    site: NDArray[np.int64],
    week: NDArray[np.int64],
    got: NDArray[np.bool_],
) -> Floats | NDArray[np.int64]:
    """One value per contact. Effects are additive on the mean of whoever got the change."""
    n_sites = len(world.sites)
    between = np.sqrt(metric.icc * metric.variance)
    steady = between * np.sqrt(metric.steadiness) * rng.standard_normal(n_sites)
    passing = between * np.sqrt(1 - metric.steadiness) * rng.standard_normal((n_sites, 2))
    after = (week >= world.weeks_before).astype(np.int64)
    level = metric.level + steady[site] + passing[site, after] + metric.drift * (week - world.weeks_before)
    level = level + metric.effect * _strength(metric, world)[week] * got
    z = rng.standard_normal(len(site))
    if metric.family == "share":
        return (rng.random(len(site)) < np.clip(level, 0, 1)).astype(np.int64)
    if metric.family == "duration":
        floor = np.maximum(level, 0.05 * metric.level)
        return np.round(floor * np.exp(_unit_mean_log(z, metric.spread / metric.level)), metric.decimals)
    return np.round(level + np.sqrt(1 - metric.icc) * metric.spread * z, metric.decimals)


def _strength(metric: SimulatedMetric, world: World) -> Floats:
    """How much of the effect is there in each week: all of it, fading in a straight line where it fades."""
    before, after = world.weeks_before, world.weeks_after
    along = np.linspace(0.0, 1.0, after) if after > 1 else np.zeros(after)
    return np.concatenate([np.zeros(before), 1.0 - metric.fade * along])


def _truth(metric: SimulatedMetric, world: World) -> float:
    """Mean effect over the window, thinned by delivery and use."""
    reach = (1.0 if world.delivered is None else world.delivered) * (1.0 if world.used is None else world.used)
    return float(metric.effect * _strength(metric, world)[world.weeks_before :].mean() * reach)


def _absent(metric: SimulatedMetric, rng: np.random.Generator, exposed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    draws = rng.random((2, len(exposed)))
    missing = np.where(exposed, metric.missing[1], metric.missing[0])
    answered = np.where(exposed, metric.response[1], metric.response[0])
    return (draws[0] < missing) | (draws[1] >= answered)


def _kept(world: World, site: NDArray[np.int64], week: NDArray[np.int64]) -> NDArray[np.bool_]:
    names = list(world.sites)
    last = np.full(len(names), np.iinfo(np.int64).max)
    for name, first_missed in world.lost.items():
        last[names.index(name)] = world.weeks_before + first_missed
    return np.asarray(week < last[site])


@dataclass(frozen=True, kw_only=True)
class UnitWorld:
    """A pilot whose customers were drawn one by one: units, share treated, and the truth of each column.

    Each amount or duration also gets ``<column>_before`` with correlation ``steadiness`` to the value after.
    """

    units: int
    metrics: tuple[SimulatedMetric, ...]
    seed: int
    treated: float = 0.5
    delivered: float | None = None


def simulate_units(world: UnitWorld) -> Simulated:
    """One row per customer: customer, arm, delivered, each metric and its value before."""
    import pyarrow as pa

    rng = np.random.default_rng(world.seed)
    arm = rng.permutation((np.arange(world.units) < round(world.treated * world.units)).astype(np.int64))
    exposed = arm > 0
    got = exposed & (rng.random(world.units) < (1.0 if world.delivered is None else world.delivered))
    columns: dict[str, object] = {
        "customer": pa.array([f"C{number:06d}" for number in range(world.units)]),
        "arm": pa.array(np.where(exposed, "treatment", "control")),
    }
    if world.delivered is not None:
        columns["delivered"] = pa.array(got.astype(np.int64), mask=~exposed)
    for number, metric in enumerate(world.metrics):
        own = np.random.default_rng([world.seed, number + 1])
        before, after = _pair(metric, own, got)
        if metric.family != "share":
            columns[f"{metric.column}_before"] = pa.array(before)
        columns[metric.column] = pa.array(after, mask=_absent(metric, own, exposed))
    reach = 1.0 if world.delivered is None else world.delivered
    return Simulated(table=pa.table(columns), truth={m.column: m.effect * reach for m in world.metrics})


def _pair(
    metric: SimulatedMetric, rng: np.random.Generator, got: NDArray[np.bool_]
) -> tuple[Floats, Floats | NDArray[np.int64]]:
    """A unit's value before and after; ``steadiness`` is their correlation (of the logarithms, for durations)."""
    first = rng.standard_normal(len(got))
    second = metric.steadiness * first + np.sqrt(1 - metric.steadiness**2) * rng.standard_normal(len(got))
    level = np.asarray(metric.level + metric.effect * got, dtype=np.float64)
    if metric.family == "share":
        return level, (rng.random(len(got)) < np.clip(level, 0, 1)).astype(np.int64)
    if metric.family == "duration":
        variation = metric.spread / metric.level
        before = metric.level * np.exp(_unit_mean_log(first, variation))
        return np.round(before, metric.decimals), np.round(
            level * np.exp(_unit_mean_log(second, variation)), metric.decimals
        )
    return (
        np.round(metric.level + metric.spread * first, metric.decimals),
        np.round(level + metric.spread * second, metric.decimals),
    )
