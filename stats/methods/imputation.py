"""Effects of a staggered roll-out by imputation: what treated sites would have shown, from untreated cells alone.

Y(0) = site + period is fitted on untreated cells; each treated cell's effect is its value less the imputed one; effects
are averaged. Source: Borusyak, Jaravel & Spiess (2024), Rev. Econ. Stud. 91, 3253-3285 (section 4). Standard errors by
leaving out one site at a time (the jackknife of Tukey 1958; for few clusters: MacKinnon, Nielsen & Webb 2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from stats.methods.panel import Panel
from stats.methods.two_way import site_patterns
from stats.results import NotEstimable

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
MANY_SITES = 100
"""Treated sites from which on it makes no difference how many degrees of freedom there are exactly."""
FEWEST_UNTREATED = 2
"""Untreated sites that a period needs: with one alone, leaving it out would leave nothing to compare with."""


@dataclass(frozen=True, kw_only=True)
class Average:
    """A weighted average of cell effects. effect: metric's unit; left_out: (G,) the same without each site.

    level: the imputed average without treatment; level_left_out: (G,).
    """

    effect: float
    left_out: Floats
    level: float
    level_left_out: Floats

    @property
    def std_error(self) -> float | None:
        """Jackknife; None where some site can't be left out."""
        variance = jackknife(self.left_out, self.left_out)
        return None if variance is None else sqrt(variance)

    @property
    def level_variance(self) -> float | None:
        return jackknife(self.level_left_out, self.level_left_out)

    @property
    def covariance(self) -> float | None:
        return jackknife(self.left_out, self.level_left_out)


def jackknife(first: Floats, second: Floats) -> float | None:
    if len(first) < 2 or not (np.isfinite(first).all() and np.isfinite(second).all()):
        return None
    return float((len(first) - 1) / len(first) * ((first - first.mean()) * (second - second.mean())).sum())


@dataclass(frozen=True, kw_only=True)
class Imputed:
    """The untreated model of G sites by P periods, ready to average effects over any treated cells.

    untreated, treated: (G, P) cells of the model, and cells with an effect; share: (G, P) weight of an untreated cell
    within its site; level: (G,) untreated mean of a site; inverse: (P, P) of the period system; period: (P,) period
    effects; period_left_out: (G, P) the same without each site; dropped: (G,) no cell used.
    """

    panel: Panel
    untreated: Bools
    treated: Bools
    share: Floats
    level: Floats
    inverse: Floats
    period: Floats
    period_left_out: Floats | None

    def average(self, cells: Bools) -> Average | None:
        """Over ``cells`` (G, P), of those with an effect, by the panel's weights; None where there are none."""
        q = np.where(cells & self.treated, self.panel.weight, 0.0)
        of_site = q.sum(axis=1)
        total = float(of_site.sum())
        if total <= 0:
            return None
        shown = (q * self.panel.y).sum(axis=1)
        own = shown - of_site * self.level
        loading = q - of_site[:, None] * self.share
        all_loading = loading.sum(axis=0)
        effect = (float(own.sum()) - float(all_loading @ self.period)) / total
        if self.period_left_out is None:
            nothing = np.empty(0)
            return Average(
                effect=effect, left_out=nothing, level=float(shown.sum()) / total - effect, level_left_out=nothing
            )
        left = total - of_site
        with np.errstate(divide="ignore", invalid="ignore"):
            numerator = own.sum() - own - ((all_loading - loading) * self.period_left_out).sum(axis=1)
            left_out = np.where(left > 0, numerator / left, np.nan)
            level_left_out = np.where(left > 0, (shown.sum() - shown) / left, np.nan) - left_out
        return Average(
            effect=effect, left_out=left_out, level=float(shown.sum()) / total - effect, level_left_out=level_left_out
        )

    def loadings(self, cells: Bools) -> Floats:
        """(G, P) the weight of every cell's value in the average effect over ``cells``."""
        q = np.where(cells & self.treated, self.panel.weight, 0.0)
        of_site = q.sum(axis=1, keepdims=True)
        g = self.inverse @ (q - of_site * self.share).sum(axis=0)
        w = np.where(self.untreated, self.panel.weight, 0.0)
        return (q - of_site * self.share - w * g + (w @ g)[:, None] * self.share) / q.sum()

    def df(self, cells: Bools) -> float:
        """G - 2, or fewer where few sites carry the average: Satterthwaite's for independent sites of equal spread."""
        most = len(self.panel.sites) - 2.0
        if int((cells & self.treated).any(axis=1).sum()) >= MANY_SITES:
            return most
        carried = (self.loadings(cells) ** 2).sum(axis=1)
        return min(most, float(carried.sum() ** 2 / (carried**2).sum()))

    def effects(self) -> Floats:
        """(G, P) value less imputed value, NaN where there is no treated cell."""
        imputed = (self.level - self.share @ self.period)[:, None] + self.period[None, :]
        return np.where(self.treated, self.panel.y - imputed, np.nan)


def impute(panel: Panel, *, anticipation: int = 0, jackknifed: bool = True) -> Imputed | NotEstimable:
    """Fit the untreated model. anticipation: periods before the start that already count as touched.

    Sites without an untreated period are left out, and so are treated cells of periods with fewer than two untreated
    sites that have another untreated period: nothing says how such a period would have been.
    """
    place = np.arange(len(panel.periods))[None, :]
    untreated = panel.known & (place < panel.start[:, None] - anticipation)
    keep = np.asarray(untreated.any(axis=1))
    panel, untreated = panel.take(keep), untreated[keep]
    linking = untreated & (untreated.sum(axis=1) >= 2)[:, None]
    compared = linking.sum(axis=0) >= FEWEST_UNTREATED
    treated = panel.known & (place >= panel.start[:, None]) & compared[None, :]
    facts = {"n_control": int((~panel.ever).sum()), "n_treatment": int(treated.any(axis=1).sum())}
    if not treated.any():
        return NotEstimable(code="no_comparison_periods", facts=facts)
    if facts["n_treatment"] < 2 or len(panel.sites) < 4:
        return NotEstimable(code="too_few_sites", facts=facts)
    w = np.where(untreated, panel.weight, 0.0)
    total = w.sum(axis=1)
    share = w / total[:, None]
    level = (share * panel.y).sum(axis=1)
    gram = np.diag(w.sum(axis=0)) - w.T @ share
    moment_of_site = w * (panel.y - level[:, None])
    moment = moment_of_site.sum(axis=0)
    inverse = _inverse(gram)
    if not _linked(gram):
        return NotEstimable(code="periods_not_linked", facts=facts)
    return Imputed(
        panel=panel,
        untreated=untreated,
        treated=treated,
        share=share,
        level=level,
        inverse=inverse,
        period=inverse @ moment,
        period_left_out=_left_out(gram, w, share, moment, moment_of_site) if jackknifed else None,
    )


def _inverse(gram: Floats) -> Floats:
    """A generalised inverse of the period system: the common level is open, and so are periods nobody was untreated in.

    Both sides that it stands between add up to zero over the periods, so that any choice of the level will do.
    """
    size = np.diag(gram)
    empty = size <= 1e-12 * max(float(size.max(initial=0.0)), 1e-300)
    closed = gram + np.where(empty[:, None] | empty[None, :], 0.0, float(size.mean()) / len(gram))
    closed[empty, empty] = 1.0
    try:
        return np.asarray(np.linalg.inv(closed), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.pinv(gram, rcond=1e-10, hermitian=True), dtype=np.float64)


def _linked(gram: Floats) -> bool:
    """Do untreated sites tie all periods in which there are any together (then only a common level is open)."""
    used = np.diag(gram) > 0
    values = np.linalg.eigvalsh(gram[np.ix_(used, used)])
    return int((values > 1e-10 * max(float(values.max(initial=0.0)), 1e-300)).sum()) == int(used.sum()) - 1


def _left_out(gram: Floats, w: Floats, share: Floats, moment: Floats, moment_of_site: Floats) -> Floats:
    """(G, P) period effects without each site; sites with the same untreated cells and weights share one inverse."""
    first, pattern = site_patterns(w)
    found = np.empty_like(w)
    order = np.argsort(pattern, kind="stable")
    bounds = np.searchsorted(pattern[order], np.arange(len(first) + 1))
    for index, site in enumerate(first):
        members = order[bounds[index] : bounds[index + 1]]
        without = gram - np.diag(w[site]) + np.outer(w[site], share[site])
        found[members] = (moment - moment_of_site[members]) @ _inverse(without)
    return found
