"""Group-sequential boundaries: how strong a result must be at each planned look so that looking costs nothing.

The exit probabilities are integrated look by look over the sum process S_k (variance t_k) inside the continuation
region: Armitage, McPherson and Rowe (1969), J R Stat Soc A 132:235; spending functions: Lan and DeMets (1983),
Biometrika 70:659, Kim and DeMets (1987) for the power family; classical constants: O'Brien and Fleming (1979), Pocock
(1977), tables 2.1-2.4 of Jennison and Turnbull (2000).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import ceil, e, inf, isfinite, log, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from stats.errors import Problem, RefusedSpec

Floats = NDArray[np.float64]
Spending = Literal["obrien_fleming", "pocock", "power", "classical", "classical_pocock"]
SPENDINGS: tuple[str, ...] = ("obrien_fleming", "pocock", "power", "classical", "classical_pocock")
REACH = 8.5
"""Standard deviations of the sum process that are integrated where a side has no boundary (mass beyond: 1e-17)."""


@dataclass(frozen=True, kw_only=True)
class Boundaries:
    """Boundaries of one monitored test, one entry a look.

    fractions: information at the look as a fraction of the last; z: upper boundary (the lower one is -z if sides = 2;
    inf where nothing is spent); nominal_p: p of that boundary with ``sides`` sides; cumulative_alpha: spent so far,
    all sides. constant: C of the classical tests, else None; inflation: maximum information beside a test without
    looks at the ``power`` asked for, else None; first_crossing: first look (from 1) at which a given z is beyond its
    boundary.
    """

    spending: str
    alpha: float
    sides: int
    fractions: tuple[float, ...]
    z: tuple[float, ...]
    nominal_p: tuple[float, ...]
    cumulative_alpha: tuple[float, ...]
    constant: float | None = None
    power: float | None = None
    inflation: float | None = None
    first_crossing: int | None = None


def spent(spending: str, alpha: float, fraction: float, rho: float = 2.0) -> float:
    """Share of a one-sided ``alpha`` that may be used up to this information fraction.

    >>> round(spent("obrien_fleming", 0.025, 0.5), 6)
    0.001525
    """
    t = min(max(fraction, 0.0), 1.0)
    if t == 0:
        return 0.0
    if spending == "obrien_fleming":
        return float(2 * ndtr(ndtri(alpha / 2) / sqrt(t)))
    if spending == "pocock":
        return alpha * log(1 + (e - 1) * t)
    return float(alpha * t**rho)


def boundaries(
    fractions: Sequence[float],
    *,
    alpha: float = 0.05,
    sides: int = 2,
    spending: str = "obrien_fleming",
    rho: float = 2.0,
    power: float | None = None,
    z: Sequence[float] | None = None,
) -> Boundaries:
    """Boundaries at these information fractions (increasing, the last at most 1) for a test at ``alpha`` in all.

    spending ``obrien_fleming`` and ``pocock`` are the Lan-DeMets functions, ``power`` is alpha t^rho; with two sides
    each side spends alpha / 2. ``classical`` (O'Brien-Fleming) and ``classical_pocock`` solve for the constant C at
    which z_k = C / sqrt(t_k), respectively z_k = C, uses exactly alpha. Raises RefusedSpec with every problem at once.
    """
    times = _checked(fractions, alpha=alpha, sides=sides, spending=spending, rho=rho, power=power)
    side_alpha = alpha / sides
    constant = None
    if spending.startswith("classical"):
        times = tuple(t / times[-1] for t in times)
        exponent = 0.5 if spending == "classical" else 0.0
        constant = _classical_constant(times, side_alpha, sides, exponent)
        bounds = tuple(constant / t**exponent for t in times)
    else:
        bounds = _spending_bounds(times, side_alpha, sides, spending, rho)
    exits = exit_probabilities(times, bounds, sides=sides)
    return Boundaries(
        spending=spending,
        alpha=alpha,
        sides=sides,
        fractions=times,
        z=bounds,
        nominal_p=tuple(float(sides * ndtr(-bound)) for bound in bounds),
        cumulative_alpha=tuple(float(total) for total in sides * np.cumsum(exits)),
        constant=constant,
        power=power,
        inflation=None if power is None else _inflation(times, bounds, side_alpha, sides, power),
        first_crossing=None if z is None else first_crossing(z, bounds, sides=sides),
    )


def first_crossing(z: Sequence[float], bounds: Sequence[float], *, sides: int = 2) -> int | None:
    """First look, counted from 1, whose z lies at or beyond its boundary; None if none does."""
    for look, (value, bound) in enumerate(zip(z, bounds, strict=False), start=1):
        if (abs(value) if sides == 2 else value) >= bound:
            return look
    return None


@lru_cache(maxsize=512)
def nominal_levels(fractions: tuple[float, ...], alpha: float, spending: str, rho: float = 2.0) -> tuple[float, ...]:
    """One-sided nominal level of each look: what the p-value of that look alone is held against."""
    return boundaries(fractions, alpha=alpha, sides=1, spending=spending, rho=rho).nominal_p


def exit_probabilities(
    fractions: Sequence[float], bounds: Sequence[float], *, sides: int, drift: float = 0.0
) -> tuple[float, ...]:
    """Probability to cross the *upper* boundary first at each look; z has mean ``drift`` x sqrt(t) there."""
    walk = _Walk(sides=sides, drift=drift)
    exits = []
    for index, (t, bound) in enumerate(zip(fractions, bounds, strict=True)):
        exits.append(walk.exit(t, bound))
        if index + 1 < len(bounds):
            walk.advance(t, bound, fractions[index + 1] - t)
    return tuple(exits)


class _Walk:
    """Density of the sum process inside the continuation region, carried from look to look."""

    def __init__(self, *, sides: int, drift: float = 0.0) -> None:
        self.sides = sides
        self.drift = drift
        self.t = 0.0
        self.nodes: Floats = np.zeros(1)
        self.mass: Floats = np.ones(1)

    def exit(self, t: float, bound: float) -> float:
        """P(S_t above bound x sqrt(t), not stopped before)."""
        if not isfinite(bound):
            return 0.0
        step = t - self.t
        reach = (bound * sqrt(t) - self.nodes - self.drift * step) / sqrt(step)
        return float(self.mass @ ndtr(-reach))

    def advance(self, t: float, bound: float, next_step: float) -> None:
        """Move the density to look t, restricted to its continuation region."""
        step = t - self.t
        free = REACH * sqrt(t)
        upper = min(bound * sqrt(t), self.drift * t + free)
        lower = max(-bound * sqrt(t), self.drift * t - free) if self.sides == 2 else self.drift * t - free
        # Enough nodes for the narrower of the two normal kernels that meet on this grid.
        count = min(4000, 64 + ceil(6 * (upper - lower) / sqrt(min(step, next_step))))
        nodes, weights = _gauss_legendre(count)
        half = (upper - lower) / 2
        grid = lower + half * (nodes + 1)
        distance = (grid[:, None] - self.nodes[None, :] - self.drift * step) / sqrt(step)
        density = np.exp(-0.5 * distance**2) @ self.mass / sqrt(2 * np.pi * step)
        self.nodes, self.mass, self.t = grid, density * weights * half, t


@lru_cache(maxsize=32)
def _gauss_legendre(count: int) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return nodes, weights


def _spending_bounds(
    times: tuple[float, ...], side_alpha: float, sides: int, spending: str, rho: float
) -> tuple[float, ...]:
    walk = _Walk(sides=sides)
    bounds: list[float] = []
    used = 0.0
    for index, t in enumerate(times):
        budget = spent(spending, side_alpha, t, rho) - used
        used += budget
        bound = _solve_bound(walk, t, budget)
        bounds.append(bound)
        if index + 1 < len(times):
            walk.advance(t, bound, times[index + 1] - t)
    return tuple(bounds)


def _solve_bound(walk: _Walk, t: float, budget: float) -> float:
    if budget <= 1e-300:
        return inf
    excess: Callable[[float], float] = lambda bound: walk.exit(t, bound) - budget  # noqa: E731
    return float(brentq(excess, -10.0, 37.0, xtol=1e-12)) if excess(-10.0) > 0 else -10.0


def _classical_constant(times: tuple[float, ...], side_alpha: float, sides: int, exponent: float) -> float:
    def excess(constant: float) -> float:
        return sum(exit_probabilities(times, [constant / t**exponent for t in times], sides=sides)) - side_alpha

    lowest = float(-ndtri(side_alpha))
    return lowest if len(times) == 1 else float(brentq(excess, lowest * 0.9, lowest + 4.0, xtol=1e-10))


def _inflation(
    times: tuple[float, ...], bounds: tuple[float, ...], side_alpha: float, sides: int, power: float
) -> float:
    """Maximum information relative to a test without looks, both with this power (Jennison-Turnbull's R)."""
    fixed = float(ndtri(power) - ndtri(side_alpha))

    def lack(drift: float) -> float:
        return sum(exit_probabilities(times, bounds, sides=sides, drift=drift)) - power

    drift = float(brentq(lack, fixed * 0.5, fixed * 3, xtol=1e-10))
    return (drift / fixed) ** 2 * times[-1]


def _checked(
    fractions: Sequence[float], *, alpha: float, sides: int, spending: str, rho: float, power: float | None
) -> tuple[float, ...]:
    times = tuple(float(t) for t in fractions)
    problems = []
    if not times or times[0] <= 0 or any(b <= a for a, b in pairwise(times)):
        problems.append(Problem(code="looks_not_increasing", facts={"looks": ", ".join(f"{t:g}" for t in times)}))
    if times and times[-1] > 1 + 1e-9:
        problems.append(Problem(code="looks_beyond_one", facts={"last": times[-1]}))
    if not 0 < alpha < 0.5 * sides:
        problems.append(Problem(code="alpha_out_of_range", facts={"alpha": alpha}))
    if sides not in (1, 2):
        problems.append(Problem(code="sides_not_one_or_two", facts={"sides": sides}))
    if spending not in SPENDINGS:
        problems.append(Problem(code="unknown_spending", facts={"name": spending, "offered": ", ".join(SPENDINGS)}))
    if rho <= 0:
        problems.append(Problem(code="rho_not_positive", facts={"rho": rho}))
    if power is not None and not alpha < power < 1:
        problems.append(Problem(code="power_out_of_range", facts={"power": power}))
    if problems:
        raise RefusedSpec(problems)
    return times
