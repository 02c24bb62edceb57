"""One number per site, and the comparison of sites by analysis of covariance.

``site_ancova_many`` is the core: it fits R data sets of S sites at once by successive projection (Frisch-Waugh-
Lovell), so that one pilot (R = 1), thousands of simulated pilots and thousands of replayed assignments are the same
code. It needs numpy only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stats.study import SitePeriods

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Variance = Literal["pooled", "by_size", "hc0"]


@dataclass(frozen=True, kw_only=True)
class SiteValues:
    """One number per site. S sites that have a value after the start.

    y: (S,) metric's unit; treated: (S,) True where the site is in the treatment arm; pre: (S,) value before the
    start, or None where there is none; groups: (S,) index of stratum or pair, or None; paired: the groups are pairs;
    covariates: (S, K) or None; volume: (S,) records (or the given weight) after the start;
    dropped: sites of the two arms without a value, or without a partner in their pair; pre_filled: sites whose
    unknown pre value was set to the mean of the known ones.
    """

    sites: tuple[str, ...]
    y: Floats
    treated: Bools
    volume: Floats
    pre: Floats | None = None
    groups: Ints | None = None
    paired: bool = False
    covariates: Floats | None = None
    dropped: tuple[str, ...] = ()
    pre_filled: int = 0

    def take(self, keep: Bools) -> SiteValues:
        """The sites where ``keep``; the others are added to ``dropped``."""
        lost = tuple(site for site, kept in zip(self.sites, keep, strict=True) if not kept)
        return replace(
            self,
            sites=tuple(site for site, kept in zip(self.sites, keep, strict=True) if kept),
            y=self.y[keep],
            treated=self.treated[keep],
            volume=self.volume[keep],
            pre=None if self.pre is None else self.pre[keep],
            groups=None if self.groups is None else np.unique(self.groups[keep], return_inverse=True)[1],
            covariates=None if self.covariates is None else self.covariates[keep],
            dropped=(*self.dropped, *lost),
        )

    @property
    def adjusters(self) -> Floats | None:
        """(S, K) what the comparison is adjusted for besides strata or pairs: pre value and covariates, or None."""
        columns = ([] if self.pre is None else [self.pre[:, None]]) + (
            [] if self.covariates is None else [self.covariates]
        )
        return np.hstack(columns) if columns else None


def site_values(data: SitePeriods, *, arm: int = 1, by_volume: bool = False) -> SiteValues:
    """Each site of control and of treatment ``arm`` as one number: the average of its periods after the start.

    Within a site, periods count by their records (so that it is the site's mean over the window), by the given
    volume where ``by_volume`` and one is given. The pre value is the one given, else the average of the periods before
    the start. Unknown pre values are set to the mean of the known ones, whatever the arm: it was fixed before the
    start, so the comparison stays unbiased (Zhao & Ding 2024, J. Am. Stat. Assoc. 119); where fewer than half are
    known there is no pre.
    """
    within = data.weight if by_volume and data.weight is not None else data.n
    y, volume = _over_periods(data.value, within, data.post)
    pre = data.pre if data.pre is not None else _before_start(data, within)
    covariates = data.covariates if data.covariates is not None and data.covariates.shape[1] else None
    labels = data.pair if data.pair is not None else data.strata
    values = SiteValues(
        sites=tuple(data.sites),
        y=y,
        treated=data.arm == arm,
        volume=volume,
        pre=pre,
        groups=None if labels is None else np.unique(labels, return_inverse=True)[1],
        paired=data.pair is not None,
        covariates=covariates,
    )
    concerned = (data.arm == 0) | (data.arm == arm)
    values = replace(values.take(concerned), dropped=())
    values = values.take(np.isfinite(values.y))
    if values.paired and values.groups is not None:
        values = values.take(_in_both_arms(values.groups, values.treated))
    return _fill_unknown(values)


def _over_periods(value: Floats, weight: Floats, periods: Bools) -> tuple[Floats, Floats]:
    """Weighted average over the chosen periods, (S,), NaN where the site has none; and the weight behind it, (S,)."""
    value, weight = value[:, periods], weight[:, periods]
    weight = np.where(np.isfinite(value) & np.isfinite(weight), weight, 0.0)
    total = weight.sum(axis=1)
    known = np.where(weight > 0, value, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, (known * weight).sum(axis=1) / total, np.nan), total


def _before_start(data: SitePeriods, within: Floats) -> Floats | None:
    if data.post.all():
        return None
    return _over_periods(data.value, within, ~data.post)[0]


def _in_both_arms(groups: Ints, treated: Bools) -> Bools:
    """(S,) True where the site's group has a site in each arm."""
    size = np.bincount(groups)
    inside = np.bincount(groups, weights=treated)
    return ((inside > 0) & (inside < size))[groups]


def _fill_unknown(values: SiteValues) -> SiteValues:
    pre, covariates, filled = values.pre, values.covariates, 0
    if pre is not None:
        known = np.isfinite(pre)
        filled = int((~known).sum())
        pre = None if 2 * known.sum() < len(pre) or len(pre) == 0 else np.where(known, pre, pre[known].mean())
    if covariates is not None:
        covariates = covariates[:, np.isfinite(covariates).any(axis=0)]
        covariates = np.where(np.isfinite(covariates), covariates, np.nanmean(covariates, axis=0))
    return replace(values, pre=pre, covariates=covariates, pre_filled=filled if pre is not None else 0)


@dataclass(frozen=True, kw_only=True)
class SiteFits:
    """R comparisons of sites; every array (R,), NaN in ``effect`` and ``std_error`` where a fit has no answer.

    effect: treatment minus control, adjusted; std_error; df of its t reference; level: adjusted control level;
    var_level, cov: variance of the level, covariance of effect and level (for the relative effect).
    """

    effect: Floats
    std_error: Floats
    df: Floats
    level: Floats
    var_level: Floats
    cov: Floats

    @property
    def t(self) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.effect / self.std_error


def site_ancova_many(
    y: Floats,
    treated: NDArray[np.generic],
    adjusters: Floats | None = None,
    groups: Ints | None = None,
    weights: Floats | None = None,
    variance: Variance | None = None,
) -> SiteFits:
    """y = effect * treated + group means + adjusters, by (weighted) least squares, for R data sets at once.

    y: (R, S) or (1, S), finite; treated: (S,) or (R, S), 0/1; adjusters: (S, K) or (R, S, K); groups: (S,) index of
    stratum or pair, None for one common mean; weights: (S,) or (R, S) > 0.
    variance: 'pooled' (the default without weights): t with S - groups - adjusters - 1 df. 'by_size' (the default with
    weights): the variance of a site's value is a + b / weight, as between-site spread and sampling within sites make
    it; a, b >= 0 by moments of the residuals, df by Satterthwaite. 'hc0': for use as the statistic of a permutation
    test only, its df are those of 'pooled'.
    Columns without variation of their own are dropped. Within pairs this is the t test of the pairs' differences.
    """
    variance = variance or ("pooled" if weights is None else "by_size")
    y = np.atleast_2d(np.asarray(y, dtype=float))
    d = np.atleast_2d(np.asarray(treated, dtype=float))
    w = np.ones((1, y.shape[1])) if weights is None else np.atleast_2d(np.asarray(weights, dtype=float))
    w = w / w.mean(axis=1, keepdims=True)
    membership = _membership(groups, y.shape[1])
    y_level = _mean(y, w)
    y_own = _less_groups(y - y_level, w, membership)
    d_own = _less_groups(d, w, membership)
    basis, rank = _orthonormal(_columns(adjusters), w, membership)
    y_own, d_own = _less_basis(y_own, w, basis), _less_basis(d_own, w, basis)
    information = (w * d_own**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.where(information > 1e-10, (w * d_own * y_own).sum(axis=1) / information, np.nan)
        residual = y_own - effect[:, None] * d_own
        df = np.broadcast_to(y.shape[1] - membership.shape[1] - rank - 1.0, effect.shape).astype(float)
        influence = w * d_own / information[:, None]
        share = _mean(d, w)
        level_influence = w / w.sum(axis=1, keepdims=True) - share * influence
        if variance == "pooled":
            noise = (w * residual**2).sum(axis=1) / np.where(df > 0, df, np.nan)
            parts = (
                noise / information,
                noise * (1 / w.sum(axis=1) + share[:, 0] ** 2 / information),
                -noise * share[:, 0] / information,
            )
        else:
            spread = residual**2
            if variance == "by_size":
                columns = [*_group_basis(membership, w), *basis, d_own / np.sqrt(information)[:, None]]
                spread, df = _spread_by_size(residual, columns, w)
            parts = (
                (influence**2 * spread).sum(axis=1),
                (level_influence**2 * spread).sum(axis=1),
                (influence * level_influence * spread).sum(axis=1),
            )
    return SiteFits(
        effect=effect,
        std_error=np.where(_noise_seen(y, y_own - effect[:, None] * d_own), np.sqrt(parts[0]), np.nan),
        df=df,
        level=y_level[:, 0] - effect * share[:, 0],
        var_level=parts[1],
        cov=parts[2],
    )


def _noise_seen(y: Floats, residual: Floats) -> Bools:
    """(R,) False where what is left is rounding error: the sites of each arm don't vary, or everything is fitted."""
    rounding = 8 * np.finfo(float).eps * np.abs(y).max(axis=1)
    return np.abs(residual).max(axis=1) > rounding


def _membership(groups: Ints | None, sites: int) -> Floats:
    """(S, G) indicator of the groups."""
    if groups is None:
        return np.ones((sites, 1))
    return (groups[:, None] == np.unique(groups)[None, :]).astype(float)


def _mean(a: Floats, w: Floats) -> Floats:
    return (a * w).sum(axis=1, keepdims=True) / w.sum(axis=1, keepdims=True)


def _less_groups(a: Floats, w: Floats, membership: Floats) -> Floats:
    return a - ((a * w) @ membership / (w @ membership)) @ membership.T


def _columns(adjusters: Floats | None) -> list[Floats]:
    if adjusters is None:
        return []
    stacked = adjusters[None] if adjusters.ndim == 2 else adjusters
    return [stacked[:, :, k] for k in range(stacked.shape[2])]


def _orthonormal(columns: Iterable[Floats], w: Floats, membership: Floats) -> tuple[list[Floats], Floats]:
    """Weighted-orthonormal basis of the columns beyond the groups, each (R, S), and its rank (R,).

    A column that (numerically) adds nothing becomes zeros and does not count.
    """
    basis: list[Floats] = []
    rank = np.zeros(1)
    for column in columns:
        centred = column - _mean(column, w)
        size = np.sqrt((w * centred**2).sum(axis=1, keepdims=True))
        own = _less_basis(_less_groups(centred, w, membership), w, basis)
        norm = np.sqrt((w * own**2).sum(axis=1, keepdims=True))
        # A constant column leaves rounding errors of its level, a repeated one of its spread.
        real = norm > 1e-8 * size + 1e-12 * np.abs(column).max(axis=1, keepdims=True)
        basis.append(np.divide(own, norm, out=np.zeros_like(own), where=np.broadcast_to(real, own.shape)))
        rank = rank + real[:, 0]
    return basis, rank


def _less_basis(a: Floats, w: Floats, basis: Iterable[Floats]) -> Floats:
    for column in basis:
        a = a - column * (w * column * a).sum(axis=1, keepdims=True)
    return a


def _group_basis(membership: Floats, w: Floats) -> list[Floats]:
    return [column / np.sqrt(w @ column)[:, None] for column in membership.T]


def _spread_by_size(residual: Floats, columns: Iterable[Floats], w: Floats) -> tuple[Floats, Floats]:
    """Variance of each site's value (R, S) as a + b / weight, and Satterthwaite df (R,) of its overall size.

    columns: weighted-orthonormal columns whose span is that of the whole design. The shape b / a comes from the
    regression of squared residuals on their expectation, the size from their sum.
    """
    sites = residual.shape[1]
    hat = sum((c[:, :, None] * (c * w)[:, None, :] for c in columns), start=np.zeros((1, sites, sites)))
    left = np.eye(sites) - hat
    squares = left**2
    by_one, by_size = squares.sum(axis=2), (squares * (1 / w)[:, None, :]).sum(axis=2)
    a, b = _non_negative_line(residual**2, by_one, by_size)
    shape = a[:, None] + b[:, None] / w
    expected = (squares * shape[:, None, :]).sum(axis=(1, 2))
    products = (left * shape[:, None, :]) @ left.transpose(0, 2, 1)
    df = expected**2 / (products**2).sum(axis=(1, 2))
    return shape * ((residual**2).sum(axis=1) / expected)[:, None], df


def _non_negative_line(target: Floats, first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Least squares of target (R, S) on two columns with coefficients >= 0, scaled so that one of them may be 1."""
    ff, fs, ss = (first**2).sum(axis=1), (first * second).sum(axis=1), (second**2).sum(axis=1)
    ft, st = (first * target).sum(axis=1), (second * target).sum(axis=1)
    a, b = ss * ft - fs * st, ff * st - fs * ft
    # Equal weights: the columns are one and the same, and either will do.
    alone = (ff * ss - fs**2) <= 1e-10 * ff * ss
    only_first, only_second = alone | (b <= 0), ~alone & (a <= 0)
    return (
        np.where(only_second, 0.0, np.where(only_first, 1.0, a)),
        np.where(only_first, 0.0, np.where(only_second, 1.0, b)),
    )
