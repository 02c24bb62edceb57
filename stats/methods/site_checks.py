"""What a comparison of sites can check of itself: balance, A/A on the time before, each site left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np

from stats.methods.balance import standardised_difference
from stats.methods.hypotheses import two_sided
from stats.methods.site_ancova import affordable, site_ancova
from stats.methods.site_means import SiteValues, site_ancova_many
from stats.results import Check, Estimate, Severity, Status, quantile

SMD_LINE = 0.25
"""Rubin (2001): beyond a quarter of a standard deviation adjustment starts to lean on the model."""


def balance(values: SiteValues, metric: str | None = None, *, randomised: bool = True) -> Check:
    """Standardised difference of the sites' values before the start.

    Few sites differ by chance alone, so where they were drawn the line is what chance gives in 19 draws of 20.
    """
    if values.pre is None:
        return Check(key="balance", status=Status.NOT_RUN, metric=metric)
    control, treatment = values.pre[~values.treated], values.pre[values.treated]
    smd = standardised_difference(control, treatment)
    if smd is None:
        return Check(key="balance", status=Status.NOT_RUN, metric=metric)
    line = SMD_LINE
    if randomised:
        by_chance = quantile(0.975, len(values.pre) - 2) * sqrt(1 / len(control) + 1 / len(treatment))
        line = max(line, by_chance)
    return Check(
        key="balance",
        status=Status.FAIL if abs(smd) > line else Status.PASS,
        value=smd,
        threshold=line,
        metric=metric,
        facts={"control": float(control.mean()), "treatment": float(treatment.mean()), "smd": smd},
    )


def aa_on_history(values: SiteValues, line: float, metric: str | None = None) -> Check:
    """The same comparison on the time before the start, when nothing had changed: it should find nothing."""
    if values.pre is None or len(values.pre) < 4:
        return Check(key="aa_on_history", status=Status.NOT_RUN, metric=metric)
    fits = site_ancova_many(values.pre[None], values.treated, None, values.groups)
    t, df = float(fits.t[0]), float(fits.df[0])
    if not np.isfinite(t) or df < 1:
        return Check(key="aa_on_history", status=Status.NOT_RUN, metric=metric)
    p = two_sided(t, df)
    return Check(
        key="aa_on_history",
        status=Status.FAIL if p < line else Status.PASS,
        value=p,
        threshold=line,
        metric=metric,
        facts={"effect": float(fits.effect[0]), "p_value": p},
    )


def leave_one_site_out(
    values: SiteValues, result: Estimate, *, by_volume: bool = False, metric: str | None = None
) -> Check:
    """Does the finding rest on one site: direction, and whether the interval excludes no effect, without each in turn.

    value: the smallest |t| without one site. A finding of no clear effect fails only if its direction is beside the
    point, so it passes.
    """
    if min(result.n_control, result.n_treatment) < 3:
        return Check(key="leave_one_site_out", status=Status.NOT_RUN, metric=metric)
    usable = list(_each_left_out(values, result.confidence, by_volume))
    if not usable:
        return Check(key="leave_one_site_out", status=Status.NOT_RUN, metric=metric)
    direction = np.sign(result.effect)
    weakest = min(usable, key=lambda found: float(direction * found.t))
    line = quantile(0.5 + result.confidence / 2, weakest.df)
    clear = excludes_zero(result)
    lost = clear and direction * weakest.t <= line
    return Check(
        key="leave_one_site_out",
        status=Status.FAIL if lost else Status.PASS,
        severity=Severity.WARNING,
        value=float(direction * weakest.t),
        threshold=line,
        metric=metric,
        facts={"site": weakest.site, "effect": result.effect, "effect_without": weakest.effect, "clear": clear},
    )


def excludes_zero(result: Estimate) -> bool:
    """The interval lies on one side of no effect."""
    return (result.ci_lower is not None and result.ci_lower > 0) or (
        result.ci_upper is not None and result.ci_upper < 0
    )


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """The comparison without one site: its effect, t and df."""

    site: str
    effect: float
    t: float
    df: float


def _each_left_out(values: SiteValues, confidence: float, by_volume: bool) -> Iterator[LeftOut]:
    """Without each site in turn; sites whose absence leaves nothing to compare are passed over."""
    if values.groups is None:
        yield from _left_out_at_once(values, by_volume)
        return
    # Strata and pairs change when a site goes: one comparison at a time.
    for index, site in enumerate(values.sites):
        keep = np.arange(len(values.y)) != index
        if values.paired:
            keep = values.groups != values.groups[index]
        found = site_ancova(affordable(values.take(keep)), confidence=confidence, by_volume=by_volume)
        if isinstance(found, Estimate) and found.std_error and found.df:
            yield LeftOut(site=site, effect=found.effect, t=found.effect / found.std_error, df=found.df)


def _left_out_at_once(values: SiteValues, by_volume: bool) -> Iterator[LeftOut]:
    sites = len(values.y)
    others = np.broadcast_to(np.arange(sites), (sites, sites))[~np.eye(sites, dtype=bool)].reshape(sites, sites - 1)
    adjusters = affordable(values.take(np.arange(sites) > 0)).adjusters
    fits = site_ancova_many(
        values.y[others],
        values.treated[others],
        None if adjusters is None or values.adjusters is None else values.adjusters[others],
        weights=values.volume[others] if by_volume else None,
    )
    for site, effect, t, df in zip(values.sites, fits.effect, fits.t, fits.df, strict=True):
        if np.isfinite(t) and df > 0:
            yield LeftOut(site=site, effect=float(effect), t=float(t), df=float(df))
