"""Inference for synthetic control: the same done to every donor, and limits made of the effects that are not rejected.

The treated site stays in the donors' own pools (adjusted for the effect under test), so that all sites are treated
alike; excluding it lets the test reject too often (Ferman & Pinto 2017, "Placebo tests for synthetic controls"; Firpo &
Possebom 2018, J. Causal Inference 6, for the inversion). The weights rest on the time before the start alone, so that
every statistic is a straight line in the effect under test, and limits come without search.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

from stats.methods.synthetic import Scheme, SyntheticFit, synthetic
from stats.results import Limits

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Placebos:
    """The treated site and its J donors, each as if treated. effect, scale, ratio, pull: (J + 1,), treated first.
    gap: (J + 1, P) value less synthetic value.

    scale: what an effect is measured in, the root mean square gap before the start, but never less than the median of
    all sites: a fit that is perfect by having more donors than periods says nothing of the noise to come.
    ratio: mean square gap after over before the start; pull: weight of the treated site in the donor's own pool.
    """

    effect: Floats
    scale: Floats
    ratio: Floats
    pull: Floats
    gap: Floats

    @property
    def n(self) -> int:
        return len(self.effect)

    @property
    def floor(self) -> float:
        return 1 / self.n

    def _t(self, tau: float) -> Floats:
        """(J + 1,) studentised effects if the true one were ``tau``."""
        moved = self.effect + self.pull * tau
        moved[0] = self.effect[0] - tau
        return np.asarray(moved / self.scale)

    def p_two_sided(self, tau: float = 0.0) -> float:
        t = np.abs(self._t(tau))
        return float((t >= t[0] * (1 - 1e-9)).mean())

    def p_greater(self, tau: float = 0.0) -> float:
        """p of an effect of ``tau`` or less."""
        t = self._t(tau)
        return float((t >= t[0] - 1e-9 * abs(t[0])).mean())

    def p_less(self, tau: float = 0.0) -> float:
        t = self._t(tau)
        return float((t <= t[0] + 1e-9 * abs(t[0])).mean())

    @property
    def p_ratio(self) -> float:
        """Rank of the treated site by its ratio of mean square gaps (Abadie, Diamond & Hainmueller 2010)."""
        return float((self.ratio >= self.ratio[0] * (1 - 1e-12)).mean())

    def limits(self, level: float) -> Limits:
        """One-sided limits: all effects whose one-sided p is above ``level``. None: the few donors can't bound it."""
        needed = floor(level * self.n + 1e-9)
        if needed < 1 or needed > self.n - 1:
            return Limits(level=level, lower=None, upper=None)
        own = self.effect[0] / self.scale[0]
        others = self.effect[1:] / self.scale[1:]
        # Where a donor's line crosses that of the treated site.
        cross = np.sort((own - others) / (1 / self.scale[0] + self.pull[1:] / self.scale[1:]))
        return Limits(level=level, lower=float(cross[needed - 1]), upper=float(cross[-needed]))

    def interval(self, confidence: float) -> tuple[float | None, float | None]:
        """The effects that the two-sided placebo test does not reject, as far as they are bounded."""
        level = 1 - confidence
        if floor(level * self.n + 1e-9) < 1:
            return None, None
        own, others = 1 / self.scale[0], self.pull[1:] / self.scale[1:]
        at, base = self.effect[0] / self.scale[0], self.effect[1:] / self.scale[1:]
        with np.errstate(divide="ignore", invalid="ignore"):
            roots = np.concatenate([(at - base) / (own + others), (at + base) / (own - others)])
        roots = np.sort(roots[np.isfinite(roots)])
        accepted = [root for root in roots if self.p_two_sided(root) > level]
        far = 10 * (np.abs(roots).max(initial=1.0) + abs(self.effect[0]))
        if not accepted:
            return None, None
        lower = None if self.p_two_sided(-far) > level else float(accepted[0])
        upper = None if self.p_two_sided(far) > level else float(accepted[-1])
        return lower, upper


def placebos(
    y: Floats, donors: Floats, before: Bools, fitted: SyntheticFit, scheme: Scheme, *, treated_in_pools: bool = True
) -> Placebos:
    """The estimator with each donor in the place of the treated site. y: (P,); donors: (P, J)."""
    everyone = np.column_stack([y, donors])
    fits, pull = [fitted], [0.0]
    for place in range(1, everyone.shape[1]):
        pool = np.delete(everyone, place if treated_in_pools else [0, place], axis=1)
        found = synthetic(everyone[:, place], pool, before, scheme)
        fits.append(found)
        pull.append(float(found.weights[0]) if treated_in_pools else 0.0)
    smallest = 1e-6 * float(everyone[before].std()) or 1e-300
    rmse = np.maximum([found.pre_rmse for found in fits], smallest)
    return Placebos(
        effect=np.array([found.effect for found in fits]),
        scale=np.maximum(rmse, np.median(rmse)),
        ratio=np.array([found.post_rmse**2 for found in fits]) / rmse**2,
        pull=np.array(pull),
        gap=np.array([found.gap for found in fits]),
    )
