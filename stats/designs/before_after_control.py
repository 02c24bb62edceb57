"""Chosen sites before and after the change, beside comparison sites: the change in site means and its bracket.

The change in site means is right where the groups would have moved alike; adjusting for the level before is right where
they differ by chance, as when the worst were chosen. Neither is known, so both are made, and a finding must hold at
both: their estimates bracket the truth in the cases between (Angrist & Pischke 2009, section 5.3; Ding & Li 2019,
"A bracketing relationship between difference-in-differences and lagged-dependent-variable adjustment").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from stats.checks.before_start import bias_robustness, placebo_date, placebo_outcome, pre_trend, survives
from stats.designs import Estimator
from stats.designs.site_alternatives import confidence_of, tested
from stats.designs.sites import POOLED_KINDS, with_randomisation
from stats.methods.before_start import compare, event_path, placebo_dates, window_means
from stats.methods.panel import needs_sites, take_sites
from stats.methods.relative import fieller
from stats.methods.site_ancova import site_ancova
from stats.methods.site_means import SiteValues, site_values
from stats.results import Check, Estimate, Limits, NotEstimable, Relative, Result, Status
from stats.study import Study

UNLIKE_LINE = 0.05
SELECTION_LINE = 1.0
"""The bracket's ends differ by more than one standard error: what the sites were chosen on matters."""


def default(study: Study) -> Result:
    """Change in site means, t with G - 2 df, beside site ANCOVA, t with G - 3 df.

    effect, std_error and df are those of the change; the interval spans both, and p is that of the claim that both
    support. Options: ``mbar`` (1): the bias to survive, in largest placebo deviations; ``selection_periods``: on how
    many periods before the start the sites were chosen; ``placebo_outcome``: a column that can't have moved.
    """
    found = both_ends(study)
    if isinstance(found, NotEstimable):
        return found
    values, change, ancova = found
    result = _bracketed(study, change, ancova)
    data = study.site_periods
    dates = placebo_dates(data, study.arm)
    robust = bias_robustness(result, None if dates is None else dates.largest, float(study.spec.options.get("mbar", 1)))
    checks = [pre_trend(data, study.arm), placebo_date(dates), robust, selection(study, change, ancova)]
    checks += [*baseline_length(study), *_placebo_outcomes(study)]
    details = {
        **result.details,
        **survives(robust),
        "event_study": event_path(data, study.arm, result.confidence),
        "placebo_dates": None if dates is None else dict(zip(map(str, dates.periods), dates.effects, strict=True)),
    }
    result = replace(result, details=details).with_checks(checks)
    return with_randomisation(result, _changes(values), study)


def both_ends(study: Study) -> tuple[SiteValues, Estimate, Estimate | None] | NotEstimable:
    """(sites with a value before and after, change estimate, ANCOVA estimate or None where it can't be afforded)."""
    values = before_and_after(study)
    if isinstance(values, NotEstimable):
        return values
    by_volume, confidence = study.spec.weights == "volume", confidence_of(study)
    change = site_ancova(_changes(values), confidence=confidence, by_volume=by_volume, method="change_in_site_means")
    if isinstance(change, NotEstimable):
        return change
    ancova = site_ancova(values, confidence=confidence, by_volume=by_volume)
    change = replace(
        change,
        relative=_relative(values, change),
        mean_control=float(values.y[~values.treated].mean()),
        mean_treatment=float(values.y[values.treated].mean()),
    )
    adjusted = isinstance(ancova, Estimate) and ancova.details["adjusted_for_pre"]
    return values, tested_estimate(study, change), tested_estimate(study, ancova) if adjusted else None  # type: ignore[arg-type]


def tested_estimate(study: Study, result: Estimate) -> Estimate:
    found = tested(study, result)
    return found if isinstance(found, Estimate) else result


def before_and_after(study: Study) -> SiteValues | NotEstimable:
    """Sites of both groups whose level is known before and after the start."""
    needs_sites(study)
    spec, data = study.spec, study.site_periods
    before = data.pre if data.pre is not None else window_means(data, ~data.post)
    concerned = (data.arm == 0) | (data.arm == study.arm)
    known = np.isfinite(before) & np.isfinite(data.value[:, data.post]).any(axis=1)
    if not (known & concerned).any():
        return NotEstimable(code="no_before", facts={"sites": int(concerned.sum())})
    by_volume = spec.weights == "volume" or spec.metric.kind in POOLED_KINDS
    values = site_values(take_sites(data, known), arm=study.arm, by_volume=by_volume)
    lost = tuple(site for site, keep in zip(data.sites, known | ~concerned, strict=True) if not keep)
    return replace(values, dropped=(*values.dropped, *lost))


def _changes(values: SiteValues) -> SiteValues:
    assert values.pre is not None
    return replace(values, y=values.y - values.pre, pre=None)


def _relative(values: SiteValues, change: Estimate) -> Relative | None:
    """The change as a fraction of where the treated sites would have been: their level before plus control's change."""
    assert values.pre is not None
    treated = values.treated
    if values.groups is not None or min(treated.sum(), (~treated).sum()) < 2:
        return None
    after, before = values.y[treated], values.pre[treated]
    drift = (values.y - values.pre)[~treated]
    cov = np.cov(after, before) / len(after)
    level = float(after.mean()) - change.effect
    return fieller(
        (float(after.mean()), float(cov[0, 0])),
        (level, float(cov[1, 1] + drift.var(ddof=1) / len(drift))),
        confidence=change.confidence,
        df=change.df,
        covariance=float(cov[0, 1]),
    )


def _bracketed(study: Study, change: Estimate, ancova: Estimate | None) -> Estimate:
    ends = [change] if ancova is None else [change, ancova]
    levels = sorted({*study.spec.levels, (1 - change.confidence) / 2})
    details: dict[str, Any] = {**change.details, "change": _summary(change), "bracket": tuple(ends[1:])}
    return replace(
        change,
        method="before_after_bracket",
        ci_lower=min(float(end.ci_lower or 0.0) for end in ends),
        ci_upper=max(float(end.ci_upper or 0.0) for end in ends),
        p_value=_joint_p(study, ends),
        limits=tuple(_widest(ends, level) for level in levels),
        details=details,
    )


def _summary(result: Estimate) -> dict[str, Any]:
    names = ("effect", "std_error", "ci_lower", "ci_upper", "p_value", "df", "method")
    return {name: getattr(result, name) for name in names}


def _widest(ends: list[Estimate], level: float) -> Limits:
    found = [end.at_level(level) for end in ends]
    lower, upper = [each.lower for each in found], [each.upper for each in found]
    return Limits(
        level=level,
        lower=None if None in lower else min(lower),  # type: ignore[type-var]
        upper=None if None in upper else max(upper),  # type: ignore[type-var]
    )


def _joint_p(study: Study, ends: list[Estimate]) -> float:
    """p of what both ends claim: the larger one; for superiority in the direction that suits them better."""
    p_values = [float(end.p_value or 0.0) for end in ends]
    if study.spec.test_spec.kind != "superiority":
        return max(p_values)
    upwards = [p / 2 if end.effect > 0 else 1 - p / 2 for p, end in zip(p_values, ends, strict=True)]
    return min(1.0, 2 * min(max(upwards), max(1 - p for p in upwards)))


def selection(study: Study, change: Estimate, ancova: Estimate | None) -> Check:
    """Were the sites unlike before the start, perhaps because they were chosen for it: then chance evens out.

    It fails where the bracket's ends differ by more than one standard error of the change, or where the groups' levels
    differ clearly over the last quarter of the time before the start (or the periods named in ``selection_periods``).
    value: distance of the ends in standard errors.
    """
    if ancova is None or not change.std_error:
        return Check(key="selection", status=Status.NOT_RUN)
    apart = abs(change.effect - ancova.effect) / change.std_error
    p = _unlike_lately(study)
    return Check(
        key="selection",
        status=Status.FAIL if apart > SELECTION_LINE or (p is not None and p < UNLIKE_LINE) else Status.PASS,
        value=apart,
        threshold=SELECTION_LINE,
        facts={"change": change.effect, "adjusted": ancova.effect, "p_value": p},
    )


def _unlike_lately(study: Study) -> float | None:
    """p of the groups' levels shortly before the start, None where it can't be made."""
    data = study.site_periods
    concerned = take_sites(data, (data.arm == 0) | (data.arm == study.arm))
    treated = concerned.arm == study.arm
    before = np.flatnonzero(~data.post)
    if not len(before):
        found = None if concerned.pre is None else compare(concerned.pre, treated)
        return None if found is None else found.p_value
    last = int(study.spec.options.get("selection_periods", max(1, len(before) // 4)))
    found = compare(window_means(concerned, np.isin(np.arange(len(data.post)), before[-last:])), treated)
    return None if found is None else found.p_value


def baseline_length(study: Study) -> list[Check]:
    """Is the time before the start at least twice the window on which the sites were chosen."""
    chosen_on = study.spec.options.get("selection_periods")
    if chosen_on is None:
        return []
    periods = int((~study.site_periods.post).sum())
    return [
        Check(
            key="baseline_length",
            status=Status.PASS if periods >= 2 * float(chosen_on) else Status.FAIL,
            value=periods,
            threshold=2 * float(chosen_on),
            facts={"periods": periods, "selection": chosen_on, "needed": 2 * float(chosen_on)},
        )
    ]


def _placebo_outcomes(study: Study) -> list[Check]:
    """The change estimate of each column named in option ``placebo_outcome``."""
    named = study.spec.options.get("placebo_outcome", [])
    return [
        placebo_outcome(found)
        for column in (named if isinstance(named, list) else [named])
        for found in (_of_other_figure(study, str(column)),)
        if isinstance(found, Estimate)
    ]


def _of_other_figure(study: Study, column: str) -> Result:
    from stats.methods.panel import by_site_and_period

    [values] = by_site_and_period(study, [column])[column]
    data = replace(study.site_periods, value=values, pre=None)
    found = both_ends(replace(study, read_site_periods=lambda: data))
    return found if isinstance(found, NotEstimable) else found[1]


def ancova(study: Study) -> Result:
    """Site averages adjusted for the level before, t with G - 3 df: the other end of the bracket alone."""
    found = both_ends(study)
    if isinstance(found, NotEstimable):
        return found
    return NotEstimable(code="no_degrees_of_freedom", facts=_counts(found[1])) if found[2] is None else found[2]


def change(study: Study) -> Result:
    """The change in site means alone, t with G - 2 df."""
    found = both_ends(study)
    return found if isinstance(found, NotEstimable) else with_randomisation(found[1], _changes(found[0]), study)


def _counts(result: Estimate) -> dict[str, int]:
    return {"n_control": result.n_control, "n_treatment": result.n_treatment}


def records(name: str) -> Callable[[Study], Result]:
    """``did_2x2`` or ``change_regression`` of stats/methods/did.py; option ``se``: see there."""

    def run(study: Study) -> Result:
        from stats.methods import did

        return tested(study, getattr(did, name)(study, confidence=confidence_of(study)))

    return run


def two_way_fixed_effects(study: Study) -> Result:
    """Site and period effects. Options: ``se``: classical, cr0, cr1, cr1s, cr2 (default), cr3 by site; ``treatment``:
    a column with the amount of treatment; ``factors``: covariates to be taken as labels."""
    from stats.methods.panel import panel_of
    from stats.methods.twfe import checked_error, twfe

    asked = study.spec.options.get("se")
    error = None if asked is None else checked_error(asked)
    return tested(study, twfe(panel_of(study), confidence=confidence_of(study), error=error))


def event_study(study: Study) -> Result:
    """Treated less control by period, against the last period before the start (stats/methods/event_study.py)."""
    from stats.methods.event_study import event_study as run
    from stats.methods.panel import panel_of

    return tested(study, run(panel_of(study), confidence=confidence_of(study), options=study.spec.options))


DEFAULT = "bracket"
ESTIMATORS: dict[str, Estimator] = {
    estimator.key: estimator
    for estimator in (
        Estimator(
            key=DEFAULT,
            run=default,
            label="Change in site averages, with the adjusted comparison beside it",
            source="Angrist & Pischke (2009), section 5.3; Ding & Li (2019)",
            aliases=("before_after_bracket",),
        ),
        Estimator(
            key="change",
            run=change,
            label="Change in site averages, pooled t",
            source="Bertrand, Duflo & Mullainathan (2004), section IV.C",
            aliases=("change_in_site_means", "did_sites"),
        ),
        Estimator(
            key="site_ancova",
            run=ancova,
            label="Site averages, adjusted for before, pooled t",
            source="Angrist & Pischke (2009), section 5.3",
            aliases=("ancova",),
        ),
        Estimator(
            key="did_2x2",
            run=records("did_2x2"),
            label="Difference in differences of records",
            source="Card & Krueger (1994)",
            safe=False,
            aliases=("did",),
        ),
        Estimator(
            key="change_regression",
            run=records("change_regression"),
            label="Each unit's change, regressed",
            source="Card & Krueger (1994), table 4",
            safe=False,
        ),
        Estimator(
            key="twfe",
            run=two_way_fixed_effects,
            label="Site and period effects (CR2 by site)",
            source="Bertrand, Duflo & Mullainathan (2004); Pustejovsky & Tipton (2018)",
            aliases=("two_way_fixed_effects",),
        ),
        Estimator(
            key="event_study",
            run=event_study,
            label="Period by period",
            source="Jacobson, LaLonde & Sullivan (1993)",
        ),
    )
}
