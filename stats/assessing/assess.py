"""Evidence of one look: evidence = f(plan, snapshot), the same byte for byte whenever it is computed again.

One scan gives the cells of all metrics, of delivery and of the checks (stats/assessing/cells.py). From there on
everything is small arrays. Nothing depends on the clock, on threads (see stats/cells/scan.py) or on unseeded chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from stats import ENGINE_VERSION, checks
from stats.assessing.cells import Reading, read_plan
from stats.assessing.check_inputs import check_inputs
from stats.assessing.delivered import SiteWeek, delivery_from_check_ins, delivery_share
from stats.assessing.fading import decline_p, last_third
from stats.assessing.layout import ADDITIVE, DELIVERY, as_assigned, estimate_spec
from stats.assessing.look_window import at_look
from stats.assessing.pictured import pictured
from stats.assessing.site_agreement import p_new_site
from stats.checks.inputs import CheckInputs
from stats.designs import choose
from stats.errors import Problem, RefusedData
from stats.evidence import Delivery, Evidence, GradeFinding, MetricEvidence, SiteValue
from stats.methods.site_means import site_values
from stats.outcomes.layout import treatments
from stats.plan import Plan, PlannedMetric
from stats.results import Check, Estimate, Limits, NotEstimable, Result
from stats.spec import EstimateSpec
from stats.studies.open_study import WINDOW_DESIGNS, read_records
from stats.study import Bools, Floats, SitePeriods, Study

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

RunChecks = Callable[[CheckInputs, Plan], Sequence[Check]]
QUICK_DRAWS = 99
# Designs in which every treated site starts at the same time, so that "the last third of the window" means something.
ONE_START = ("randomised_sites", "matched_sites", "before_after_control")


def assess(
    plan: Plan,
    table: ir.Table,
    *,
    look: int,
    snapshot_sha256: str,
    plan_sha256: str,
    arms: Mapping[str, int] | None = None,
    assignment: Mapping[str, Any] | None = None,
    history: Mapping[str, object] | None = None,
    check_ins: Sequence[SiteWeek] = (),
    run_checks: RunChecks = checks.run,
) -> dict[str, Evidence]:
    """Evidence by arm label, one for each treatment arm.

    table: the snapshot, opened; look: 1-based, one beyond the planned ones is the extension; arms: arm of each assigned
    site (0 control, 1.. treatments), where sites were assigned: they are compared as assigned, whatever the data say;
    assignment: the draw's own record (``Drawn.as_json``), replayed for the randomisation p; history: what the register
    knows and the data can't say (see CheckInputs); check_ins: the sites' weekly word, for what the data do not record
    of delivery; run_checks: the checks, by default those of stats.checks.
    Raises RefusedData and RefusedSpec.
    """
    return assess_reading(
        plan,
        read_plan(at_look(plan, look), table, arms),
        look=look,
        snapshot_sha256=snapshot_sha256,
        plan_sha256=plan_sha256,
        assignment=assignment,
        history=history,
        check_ins=check_ins,
        run_checks=run_checks,
    )


def assess_reading(
    plan: Plan,
    reading: Reading,
    *,
    look: int,
    snapshot_sha256: str,
    plan_sha256: str,
    assignment: Mapping[str, Any] | None = None,
    history: Mapping[str, object] | None = None,
    check_ins: Sequence[SiteWeek] = (),
    run_checks: RunChecks = checks.run,
) -> dict[str, Evidence]:
    """``assess`` from what was read of the data, or kept of it (stats/assessing/kept.py)."""
    run = _Run(
        plan=plan,
        reading=reading,
        assignment=assignment,
        history=dict(history or {}),
        check_ins=check_ins,
        window=(plan.start, at_look(plan, look).end),
        run_checks=run_checks,
    )
    frame = _frame(plan, look, snapshot_sha256, plan_sha256)
    labels = [str(label) for label in treatments(plan.columns.arm)] if plan.columns.arm is not None else ["treatment"]
    return {label: run.evidence(frame, arm, label, len(labels)) for arm, label in enumerate(labels, start=1)}


def _frame(plan: Plan, look: int, snapshot_sha256: str, plan_sha256: str) -> Evidence:
    """Evidence with what is known before the data are looked at."""
    planned = list(plan.looks.fractions)
    extension = look > len(planned)
    return Evidence(
        plan_sha256=plan_sha256,
        snapshot_sha256=snapshot_sha256,
        engine_version=ENGINE_VERSION,
        look=look,
        looks_planned=len(planned),
        information=(plan.looks.extension or planned[-1]) if extension else planned[look - 1],
        final=look >= len(planned),
        is_extension=extension,
        arm=1,
        arm_label="",
        n_control=0,
        n_treatment=0,
        records=0,
        metrics={},
        checks=(),
        delivery=(),
        grade=GradeFinding(grade="D", reasons=()),
    )


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One assessment: the reading is shared by all arms and metrics."""

    plan: Plan
    reading: Reading
    assignment: Mapping[str, Any] | None
    history: Mapping[str, object]
    check_ins: Sequence[SiteWeek]
    window: tuple[date | None, date | None]
    run_checks: RunChecks

    def evidence(self, frame: Evidence, arm: int, label: str, arms: int) -> Evidence:
        """Everything about treatment ``arm`` (of ``arms``) against control."""
        plan, reading = self.plan, self.reading
        levels = decision_levels(plan, frame)
        found = {metric.key: self._metric(metric, arm, levels, arms) for metric in plan.metrics}
        inputs = check_inputs(
            plan, reading, arm, label, {key: each.result for key, each in found.items()}, self.history
        )
        made = tuple(sorted(self.run_checks(inputs, plan), key=lambda check: (check.metric or "", check.key)))
        metrics = {
            key: replace(each, checks=tuple(check for check in made if check.metric == key))
            for key, each in found.items()
        }
        n_control, n_treatment = (int(count) for count in inputs.units)
        return replace(
            frame,
            arm=arm,
            arm_label=label,
            n_control=n_control,
            n_treatment=n_treatment,
            records=int(inputs.records.sum() + inputs.records_pre.sum()),
            metrics=metrics,
            checks=tuple(check for check in made if check.metric not in metrics),
            delivery=self._delivery(arm),
            grade=grade_of(plan, inputs, metrics, made),
            days_observed=_days(plan, inputs),
        )

    def _metric(self, metric: PlannedMetric, arm: int, levels: Sequence[float], arms: int) -> MetricEvidence:
        if metric.key in self.reading.without:
            return MetricEvidence(key=metric.key, result=self.reading.without[metric.key])
        study = self._study(metric, arm, [level / arms for level in levels])
        estimator = choose(self.plan.design, self.plan.estimator)
        result = shared_between_arms(estimator.run(study), levels, arms)
        evidence = MetricEvidence(
            key=metric.key,
            result=result,
            bracket=_bracket(result, levels, arms),
            details=pictured(self.reading, metric, arm, result),
        )
        if self.reading.fine is None:
            return evidence
        windows = self.reading.window_periods(metric)
        evidence = replace(evidence, sites=_site_values(windows, arm))
        if isinstance(result, NotEstimable) or self.plan.design not in ONE_START:
            return evidence
        sites = site_values(windows, arm=arm)
        agreement = p_new_site(sites.y, sites.treated, sites.pre, result, better=metric.better)
        third, decline = self._fading(metric, study)
        return replace(evidence, p_new_site=agreement, last_third=third, decline_p=decline)

    def _study(self, metric: PlannedMetric, arm: int, levels: Sequence[float]) -> Study:
        plan, reading = self.plan, self.reading
        spec = estimate_spec(plan, reading.rows, metric, levels, self.assignment)
        spec = spec.model_copy(update={"cluster": reading.cluster})
        by_window = plan.design in WINDOW_DESIGNS
        return Study(
            spec=spec,
            read_site_periods=lambda: (reading.window_periods if by_window else reading.fine_periods)(metric),
            read_records=lambda: self._records(spec),
            read_arm_moments=lambda: reading.arm_moments(metric),
            arm=arm,
        )

    def _records(self, spec: EstimateSpec) -> pd.DataFrame:
        if self.reading.rows.table is None:
            raise RefusedData(Problem(code="records_not_kept"))
        return read_records(*as_assigned(spec, self.reading.rows.table, self.reading.arms))

    def _fading(self, metric: PlannedMetric, study: Study) -> tuple[float | None, float | None]:
        """(effect in the last third, p of no decline), where the data know finer periods than before and after."""
        if metric.spec.kind not in ADDITIVE or metric.key not in self.reading.cells.metrics:
            return None, None
        fine = self.reading.fine_periods(metric)
        estimator = choose(self.plan.design, self.plan.estimator)
        quick = study.spec.model_copy(update={"draws": QUICK_DRAWS, "options": {"mbar": self.plan.mbar}})

        def estimate(data: SitePeriods) -> Result:
            return estimator.run(replace(study, spec=quick, read_site_periods=lambda: data))

        return last_third(fine, estimate), decline_p(fine, arm=study.arm, better=metric.better)

    def _delivery(self, arm: int) -> tuple[Delivery, ...]:
        """Delivered and used at the treated sites after the start: over contacts where the data record it, else over
        the weeks of the sites' check-ins."""
        found = []
        treated = [site for site, mine in (self.reading.arms or {}).items() if mine == arm]
        for component in DELIVERY:
            by_site = self.reading.treated_shares(f"__{component}", arm)
            share = None if by_site is None else delivery_share(component, *by_site)
            share = share or delivery_from_check_ins(component, self.check_ins, treated, self.window)
            if share is not None:
                found.append(share)
        return tuple(found)


def decision_levels(plan: Plan, frame: Evidence) -> tuple[float, ...]:
    """The nominal one-sided levels at which the rule will ask for limits at this look, and the shown interval's."""
    from stats.verdict.levels import levels_at

    found = levels_at(plan, frame)
    wanted = {found.win, found.gamma, found.guard, found.harm, 0.025}
    return tuple(sorted(level for level in wanted if level > 0))


def shared_between_arms(result: Result, levels: Sequence[float], arms: int) -> Result:
    """Limits at each level made at level / arms where several treatments are tried against one control (Bonferroni)."""
    if arms == 1 or isinstance(result, NotEstimable):
        return result
    limits = tuple(
        Limits(level=level, lower=found.lower, upper=found.upper)
        for level in levels
        for found in (result.at_level(level / arms),)
    )
    return replace(result, limits=limits, details={**result.details, "arms_compared": arms})


def _bracket(result: Result, levels: Sequence[float], arms: int) -> tuple[Estimate, ...]:
    """Further estimates that a state must survive: a design puts them under ``details["bracket"]``."""
    if isinstance(result, NotEstimable):
        return ()
    ends = [shared_between_arms(end, levels, arms) for end in result.details.get("bracket", ())]
    return tuple(end for end in ends if isinstance(end, Estimate))


def _site_values(windows: SitePeriods, arm: int) -> tuple[SiteValue, ...]:
    """Each site's own numbers, control and this arm, sorted by site."""
    after, n_after = _average(windows.value, windows.n, windows.post)
    before, _ = _average(windows.value, windows.n, ~windows.post)
    if windows.pre is not None:
        before = windows.pre
    return tuple(
        SiteValue(
            site=site,
            arm=int(windows.arm[index]),
            value=_number(after[index]),
            pre=_number(before[index]),
            n=float(n_after[index]),
        )
        for index, site in enumerate(windows.sites)
        if windows.arm[index] in (0, arm)
    )


def _average(value: Floats, n: Floats, periods: Bools) -> tuple[Floats, Floats]:
    """(S,) mean over the chosen periods weighted by n, NaN where there is none; and the n behind it."""
    weight = np.where(np.isfinite(value), n, 0.0)[:, periods]
    total = weight.sum(axis=1)
    summed = (np.where(np.isfinite(value), value, 0.0)[:, periods] * weight).sum(axis=1)
    return np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0), n[:, periods].sum(axis=1)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _days(plan: Plan, inputs: CheckInputs) -> int | None:
    """Days from the start to the last record, both counted."""
    first = plan.start or inputs.first_day
    return None if inputs.last_day is None or first is None else (inputs.last_day - first).days + 1


def grade_of(
    plan: Plan, inputs: CheckInputs, metrics: Mapping[str, MetricEvidence], checks: Sequence[Check]
) -> GradeFinding:
    """The grade, from the counts and what the success metrics' estimates say of bias and attainable p."""
    from stats.verdict.grades import grade

    clusters = inputs.clusters
    details = [
        each.result.details
        for key, each in metrics.items()
        if isinstance(each.result, Estimate) and key in {metric.key for metric in plan.success}
    ]
    survives = [detail["survives_bias"] for detail in details if "survives_bias" in detail]
    floors = [detail["randomisation"]["p_floor_one_sided"] for detail in details if "randomisation" in detail]
    return grade(
        plan,
        n_control=int(inputs.units[0]),
        n_treatment=int(inputs.units[1]),
        clusters_control=None if clusters is None else int(clusters[0]),
        clusters_treatment=None if clusters is None else int(clusters[1]),
        survives_bias=all(survives) if survives else None,
        attainable_p=max(floors) if floors else None,
        checks=checks,
    )
