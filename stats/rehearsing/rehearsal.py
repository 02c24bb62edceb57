"""The rehearsal of a plan: its own rule on simulated pilots, under each thing that might be true.

Everything that is simulated comes from the plan: sites in each arm, spread and steadiness, checks and their levels,
lines, money. What history does not say is supposed, and listed as ``supposed``. Data arrive as planned, the change is
delivered, and no quality check fails: a rehearsal tells what the rule makes of chance, not of mishaps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Literal

from stats.errors import Problem, RefusedSpec
from stats.plan import Plan, PlannedMetric, canonical_json, sha256
from stats.planning.of_plan import planned_arms, planned_weeks
from stats.planning.plan_sizing import Sizing, plan_sizing, planned_errors
from stats.rehearsing.operating import Operating, SiteModel, operate, standard_truths
from stats.rehearsing.plan_variant import weeks_matter, with_total, with_weeks
from stats.verdict.grades import is_randomised
from stats.verdict.registration import MARGIN_PER_SE, MWE_PER_SE, RegistrationFinding, registration_gate

PILOTS = 2000
SEED = 20260101
CORRELATION = 0.3
"""Between any two metrics of a site, as in the published operating characteristics."""
SITES_SUPPOSED = 20
UNITS_SIMULATED = 200
"""Units an arm beyond which fewer, more precise ones are simulated: at 398 degrees of freedom t is all but normal."""
WEEKS_AT_MOST = 104
TOTAL_AT_MOST = 100_000
PARALLEL = frozenset({"randomised_sites", "randomised_units", "matched_sites", "before_after_control"})
"""Designs whose two arms start together; others are rehearsed as if they did."""


@dataclass(frozen=True, kw_only=True)
class Premises:
    """What a plan's pilots are simulated from. supposed: keys of metrics without history, whose spread is such that a
    pilot of 20 sites (or of the planned number of units) could just decide."""

    model: SiteModel
    supposed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One way to make the plan able to decide, all else as planned. kind "history": give the metric's history.

    metric: key, where it is about one; now, needed: sites or units, weeks, or a line in the metric's unit.
    """

    kind: Literal["sites", "weeks", "mwe", "margin", "history"]
    metric: str = ""
    now: float | None = None
    needed: float | None = None


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What happened to ``pilots`` simulated pilots under each truth.

    fingerprint: of everything in the plan that a rehearsal depends on; together: False where the design staggers its
    starts, which is simulated as one start; drawn: False where people choose the sites, whose bias is not simulated.
    """

    fingerprint: str
    pilots: int
    seed: int
    n_control: int
    n_treatment: int
    sizing: Sizing
    supposed: tuple[str, ...]
    together: bool
    drawn: bool
    operating: tuple[Operating, ...]
    changes: tuple[Change, ...]

    def under(self, truth: str) -> Operating | None:
        """What happened under one truth ("nothing", "small", "mwe", "strong", "harm", "guardrail_at_margin", ...)."""
        return next((found for found in self.operating if found.truth == truth), None)


def rehearse(
    plan: Plan, *, pilots: int = PILOTS, seed: int = SEED, progress: Callable[[float], None] | None = None
) -> Rehearsal:
    """Run the plan's own rule on simulated pilots. progress: told the share done, 0-1.

    Raises RefusedSpec where there is nothing to simulate: no comparison, or fewer than three sites.
    """
    premises = premises_of(plan)
    truths = standard_truths(plan)
    found = []
    for done, truth in enumerate(truths):
        told = None if progress is None else _part(progress, done, len(truths), pilots)
        found.append(operate(plan, premises.model, truth, pilots=pilots, seed=seed, progress=told))
    if progress is not None:
        progress(1.0)
    treated, control = planned_arms(plan)
    return Rehearsal(
        fingerprint=fingerprint(plan),
        pilots=pilots,
        seed=seed,
        n_control=control,
        n_treatment=treated,
        sizing=plan_sizing(plan).sizing,
        supposed=premises.supposed,
        together=plan.design in PARALLEL,
        drawn=is_randomised(plan),
        operating=tuple(found),
        changes=changes_to_decide(plan),
    )


def _part(progress: Callable[[float], None], done: int, of: int, pilots: int) -> Callable[[int], None]:
    return lambda decided: progress((done + decided / pilots) / of)


def fingerprint(plan: Plan) -> str:
    """Hash of what a rehearsal depends on: signatures and the draw's seed change nothing in it."""
    metrics = [metric.model_copy(update={"signed": True}) for metric in plan.metrics]
    rule = plan.assignment.model_copy(update={"seed": 0})
    same = plan.model_copy(update={"metrics": metrics, "assignment": rule})
    return sha256(canonical_json(same.model_dump(mode="json", by_alias=True)))


def premises_of(plan: Plan) -> Premises:
    """Sites and spreads to simulate from; raises RefusedSpec where there is no comparison."""
    treated, control = planned_arms(plan)
    facts = {"treatment": treated, "control": control, "word": plan.unit_word}
    if plan.design == "randomised_units" and not treated + control:
        raise RefusedSpec(Problem(code="rehearse_units_unknown", facts=facts))
    if plan.design == "interrupted_time_series" or min(treated, control) < 1:
        raise RefusedSpec(Problem(code="rehearse_no_comparison", facts=facts))
    if treated + control < 3:
        raise RefusedSpec(Problem(code="rehearse_too_few_sites", facts=facts))
    known = planned_errors(plan)
    unknown = tuple(metric.key for metric in plan.metrics if metric.key not in known)
    several = _simulated(treated), _simulated(control)
    scale = sqrt(1 / several[0] + 1 / several[1])
    errors = {metric.key: known.get(metric.key) or _supposed_error(plan, metric) for metric in plan.metrics}
    model = SiteModel(
        n_treatment=several[0],
        n_control=several[1],
        sd={key: error / scale for key, error in errors.items()},
        correlation=CORRELATION,
    )
    return Premises(model=model, supposed=unknown)


def _simulated(count: int) -> int:
    return min(count, UNITS_SIMULATED)


def _supposed_error(plan: Plan, metric: PlannedMetric) -> float:
    """The standard error that a pilot of 20 sites has if it can just decide, carried over to the planned numbers.

    Where units are drawn, the planned number is supposed to be just enough. Without a line the scale is arbitrary.
    """
    guarded = metric.role == "GUARDRAIL"
    just_enough = (metric.margin or 1.0) / MARGIN_PER_SE if guarded else (metric.mwe or 1.0) / MWE_PER_SE
    if plan.design == "randomised_units":
        return just_enough
    treated, control = planned_arms(plan)
    half = SITES_SUPPOSED / 2
    return just_enough * sqrt((1 / treated + 1 / control) / (2 / half))


def gate_of(plan: Plan) -> RegistrationFinding:
    """The registration gate on the planned standard errors."""
    return registration_gate(plan, planned_errors(plan))


def changes_to_decide(plan: Plan) -> tuple[Change, ...]:
    """Each smallest change that makes a learning pilot able to decide; empty where it can.

    Sites and weeks are alternatives, each enough by itself; lines are enough together.
    """
    gate = gate_of(plan)
    found = [Change(kind="history", metric=key) for key in gate.unknown]
    if gate.unmet:
        ways = (_sites_needed(plan, gate), _weeks_needed(plan), *_lines_needed(plan, gate))
        found += [way for way in ways if way is not None]
    return tuple(found)


def _sites_needed(plan: Plan, gate: RegistrationFinding) -> Change | None:
    """From the information that is lacking, then up to the first number that whole arms can meet.

    Few sites also pay for learning how much their past tells, which more sites need not: that much is taken off first.
    """
    now = sum(planned_arms(plan))
    lacking = now * (gate.information_ratio or 1.0)
    first = max(now + 1, ceil(lacking / (1 + 1 / max(1, now - 4)) - 1e-9))
    for total in range(first, ceil(lacking) + 50):
        if total > TOTAL_AT_MOST:
            return None
        if not gate_of(with_total(plan, total)).unmet:
            return Change(kind="sites", now=now, needed=total)
    return None


def _weeks_needed(plan: Plan) -> Change | None:
    now = planned_weeks(plan)
    if now is None or not weeks_matter(plan):
        return None
    enough = (weeks for weeks in range(now + 1, WEEKS_AT_MOST + 1) if not gate_of(with_weeks(plan, weeks)).unmet)
    needed = next(enough, None)
    return None if needed is None else Change(kind="weeks", now=now, needed=needed)


def _lines_needed(plan: Plan, gate: RegistrationFinding) -> list[Change]:
    """The line that each metric's planned precision can bear."""
    lines = []
    for need in gate.needs:
        if need.met:
            continue
        metric = plan.metric(need.key)
        success = metric.role == "SUCCESS"
        now = (metric.mwe if success else metric.margin) or 0.0
        needed = now * need.planned_se / need.needed_se
        lines.append(Change(kind="mwe" if success else "margin", metric=need.key, now=now, needed=needed))
    return lines
