"""Simulated pilots over time with a known truth: what the defaults are measured on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stats.spec import ArmSpec, EstimateSpec, MetricSpec
from stats.study import SitePeriods, Study

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class World:
    """How sites move. steady: sd of lasting differences between sites; rho: autocorrelation of what passes, its sd 1;
    common: sd of what moves all sites in a period; noise: sd of sampling within a cell."""

    sites: int
    periods: int
    steady: float = 1.0
    rho: float = 0.8
    common: float = 0.5
    noise: float = 0.5

    def values(self, rng: np.random.Generator) -> Floats:
        """(S, P) values without any change."""
        passing = np.empty((self.sites, self.periods))
        passing[:, 0] = rng.normal(size=self.sites)
        for period in range(1, self.periods):
            fresh = rng.normal(size=self.sites) * np.sqrt(1 - self.rho**2)
            passing[:, period] = self.rho * passing[:, period - 1] + fresh
        steady = rng.normal(0, self.steady, (self.sites, 1))
        common = rng.normal(0, self.common, (1, self.periods))
        return 10 + steady + common + passing + rng.normal(0, self.noise, passing.shape)


def study_of(
    design: str,
    value: Floats,
    start: Ints,
    *,
    first_after: int | None = None,
    levels: tuple[float, ...] = (),
    **options: Any,
) -> Study:
    """A study of these values. start: (S,) first treated period, P = never; first_after: by default the first start."""
    sites, periods = value.shape
    first = int(start.min()) if first_after is None else first_after
    place = np.arange(periods)
    data = SitePeriods(
        sites=tuple(f"site {index:03d}" for index in range(sites)),
        periods=tuple(range(periods)),
        value=value,
        n=np.full(value.shape, 100.0),
        missing=np.zeros(value.shape),
        arm=(start < periods).astype(np.int64),
        treated=place[None, :] >= start[:, None],
        post=place >= first,
        start=start,
    )
    spec = EstimateSpec(
        data="simulated",
        design=design,
        site="site",
        period="period",
        arm=ArmSpec(column="arm", treatment=1, control=0),
        metric=MetricSpec(kind="mean", column="y"),
        options=options,
        levels=list(levels),
        draws=99,
    )
    return Study(spec=spec, read_site_periods=lambda: data, read_records=_no_records)


def _no_records() -> Any:
    raise LookupError("simulated pilots have no records")


def one_start(sites: int, treated: int, first: int, periods: int) -> Ints:
    """(S,) the first ``treated`` sites start together."""
    return np.where(np.arange(sites) < treated, first, periods).astype(np.int64)


def in_steps(sites: int, first: int, periods: int, *, steps: int, never: int) -> Ints:
    """(S,) starts in ``steps`` equal steps from ``first`` on, two periods apart; the last ``never`` sites never."""
    treated = sites - never
    step = np.arange(treated) * steps // treated
    return np.concatenate([first + 2 * step, np.full(never, periods)]).astype(np.int64)


def growing(start: Ints, periods: int, slope: float) -> Floats:
    """(S, P) an effect of ``slope`` in the first treated period that grows by ``slope`` in each further one."""
    since = np.arange(periods)[None, :] - start[:, None] + 1
    return np.where(since > 0, slope * since, 0.0)


def share(pilots: int, claims: Callable[[np.random.Generator], bool], seed: int) -> float:
    """How often ``claims`` holds in ``pilots`` simulated pilots."""
    rng = np.random.default_rng(seed)
    return sum(claims(rng) for _ in range(pilots)) / pilots
