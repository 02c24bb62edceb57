"""What a plan would decide if this or that were true: its own rule, run on simulated pilots.

A pilot is simulated at the level of sites, the unit of inference: correlated normal site means, whose precision grows
with the information of each look; estimates are pooled t. Every pilot then goes through the very rule of
``stats.verdict``, look by look, until it decides. Beside it stand what a naive reader and two published rules would do
on the same data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from stats.evidence import Delivery, Evidence, MetricEvidence
from stats.plan import Plan, PlannedMetric
from stats.results import Estimate
from stats.verdict.case import must_prove
from stats.verdict.decide import case_of
from stats.verdict.grades import grade
from stats.verdict.next_step import alpha_of_next_version
from stats.verdict.reasons import reasons_of
from stats.verdict.recommendation import Mode, Verdict
from stats.verdict.rules import deciding_row
from stats.verdict.scope import scope_of

Floats = NDArray[np.float64]
STRONG = 1.8
"""Times the MWE: an effect as large as people hope for when they size a pilot on the MWE."""
OUTCOMES = (Verdict.SCALE, Verdict.ITERATE, Verdict.STOP)
DELIVERED = (Delivery(component="delivered", share=0.95, ci_lower=0.93, ci_upper=0.97, n=500),)


@dataclass(frozen=True, kw_only=True)
class SiteModel:
    """How sites vary. sd: by metric, spread of a site's (adjusted) value at the planned end, metric's unit;
    correlation: between any two metrics of a site."""

    n_control: int
    n_treatment: int
    sd: Mapping[str, float]
    correlation: float = 0.3


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What is supposed to be true: oriented effects (+ is better) by metric, metric's unit; absent means 0."""

    key: str
    effects: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share of simulated pilots with its Monte Carlo standard error."""

    value: float
    error: float


@dataclass(frozen=True, kw_only=True)
class Operating:
    """What happened to the pilots under one truth. All shares are of pilots.

    verdicts: of the rule; rows: by the number of the row that decided; reasons: by the first reason, the one that is
    told; scopes: of SCALE; extended: went through the extension look; naive, growthbook, spotify: what those would do.
    """

    truth: str
    pilots: int
    verdicts: Mapping[str, Share]
    rows: Mapping[int, Share]
    reasons: Mapping[str, Share]
    scopes: Mapping[str, Share]
    extended: Share
    naive: Mapping[str, Share]
    growthbook: Mapping[str, Share]
    spotify: Mapping[str, Share]


@dataclass(frozen=True, kw_only=True)
class Looks:
    """Oriented estimates of many pilots. effect, std_error: (looks, pilots, metrics), metric's unit; the extension
    last."""

    effect: Floats
    std_error: Floats
    df: float


def share_of(count: float, pilots: int) -> Share:
    value = count / pilots
    return Share(value=value, error=sqrt(max(value * (1 - value), 1 / pilots) / pilots))


def standard_truths(plan: Plan) -> tuple[Truth, ...]:
    """Nothing, small, the MWE, strong, harm, and a win that is paid for by the first guardrail to prove."""
    first = plan.success[0]
    mwe = first.mwe or 0.0
    truths = [
        Truth(key="nothing", effects={}),
        Truth(key="harm", effects={metric.key: -(metric.mwe or 0.0) for metric in plan.success}),
        Truth(key="small", effects={first.key: 0.3 * mwe}),
        Truth(key="mwe", effects={first.key: mwe}),
        Truth(key="strong", effects={first.key: STRONG * mwe}),
    ]
    paid = paid_for_by(plan)
    if paid is not None:
        for key, times in (("guardrail_at_margin", 1.0), ("guardrail_beyond_margin", 1.5)):
            effects = {first.key: STRONG * mwe, paid.key: -times * (paid.margin or 0.0)}
            truths.append(Truth(key=key, effects=effects))
    return tuple(truths)


def paid_for_by(plan: Plan) -> PlannedMetric | None:
    """The guardrail at whose cost a win is supposed to come: the first to prove, else the first."""
    guardrails = [metric for metric in plan.guardrails if must_prove(metric)] or list(plan.guardrails)
    return guardrails[0] if guardrails else None


def operate(
    plan: Plan,
    model: SiteModel,
    truth: Truth,
    *,
    pilots: int = 2000,
    seed: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Operating:
    """Simulate ``pilots`` pilots of this plan under ``truth`` and let the rule decide each.

    progress: called with the number of pilots decided so far, every hundred.
    """
    looks = simulate_looks(plan, model, truth, pilots=pilots, rng=np.random.default_rng(seed))
    rule = _Rule(plan, model, looks.df)
    verdicts: Counter[str] = Counter()
    rows: Counter[int] = Counter()
    reasons: Counter[str] = Counter()
    scopes: Counter[str] = Counter()
    extended = 0
    for pilot in range(pilots):
        end = rule.run(looks.effect[:, pilot], looks.std_error[:, pilot])
        verdicts[end.verdict] += 1
        rows[end.row] += 1
        reasons[end.reason] += 1
        extended += end.extended
        if end.scope is not None:
            scopes[end.scope] += 1
        if progress is not None and (pilot + 1) % 100 == 0:
            progress(pilot + 1)
    return Operating(
        truth=truth.key,
        pilots=pilots,
        verdicts={verdict.value: share_of(verdicts[verdict], pilots) for verdict in OUTCOMES},
        rows={row: share_of(count, pilots) for row, count in sorted(rows.items())},
        reasons={reason: share_of(count, pilots) for reason, count in reasons.most_common()},
        scopes={scope: share_of(count, pilots) for scope, count in sorted(scopes.items())},
        extended=share_of(extended, pilots),
        naive=_shares(naive(plan, looks)),
        growthbook=_shares(growthbook(plan, looks)),
        spotify=_shares(spotify(plan, looks)),
    )


def lineages(plan: Plan, model: SiteModel, truth: Truth, *, pilots: int = 2000, seed: int = 1) -> Mapping[str, Share]:
    """How lineages end if the same idea is retried, version after version, as long as the rule says ITERATE.

    Later versions promise the alpha that the rule drafts for them (``alpha_of_next_version``).
    """
    rng = np.random.default_rng(seed)
    ends: Counter[str] = Counter()
    going_on = pilots
    while going_on and plan.version <= plan.max_versions:
        looks = simulate_looks(plan, model, truth, pilots=going_on, rng=rng)
        rule = _Rule(plan, model, looks.df)
        decided = Counter(rule.run(looks.effect[:, p], looks.std_error[:, p]).verdict for p in range(going_on))
        going_on = decided.pop(Verdict.ITERATE, 0)
        ends.update(decided)
        errors = plan.errors.model_copy(update={"alpha": alpha_of_next_version(plan)})
        plan = plan.model_copy(update={"version": plan.version + 1, "errors": errors})
    ends[Verdict.ITERATE] = going_on
    return {verdict.value: share_of(ends[verdict], pilots) for verdict in OUTCOMES}


def simulate_looks(plan: Plan, model: SiteModel, truth: Truth, *, pilots: int, rng: np.random.Generator) -> Looks:
    """Estimates at every look, the extension included: running means of independent increments per site."""
    metrics = plan.metrics
    count = len(metrics)
    correlation = np.full((count, count), model.correlation) + np.eye(count) * (1 - model.correlation)
    spread = np.linalg.cholesky(correlation) * np.array([model.sd[metric.key] for metric in metrics])[:, None]
    effects = np.array([truth.effects.get(metric.key, 0.0) for metric in metrics])
    sites = model.n_control + model.n_treatment
    df = sites - 2
    total = np.zeros((pilots, sites, count))
    found_effect, found_se = [], []
    before = 0.0
    for fraction in (*plan.looks.fractions, *([plan.looks.extension] if plan.looks.extension else [])):
        total += rng.normal(size=total.shape) @ spread.T * sqrt(fraction - before)
        before = fraction
        control, treated = np.split(total / fraction, [model.n_control], axis=1)
        squares = sum(((arm - arm.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) for arm in (control, treated))
        found_effect.append(treated.mean(axis=1) - control.mean(axis=1) + effects)
        found_se.append(np.sqrt(squares / df * (1 / model.n_control + 1 / model.n_treatment)))
    return Looks(effect=np.stack(found_effect), std_error=np.stack(found_se), df=float(df))


@dataclass(frozen=True, kw_only=True)
class _End:
    verdict: Verdict
    row: int
    reason: str
    scope: str | None
    extended: bool


class _Rule:
    """The plan's rule over the looks of one pilot."""

    def __init__(self, plan: Plan, model: SiteModel, df: float) -> None:
        self.plan = plan
        self.model = model
        self.df = df
        self.signs = [1.0 if metric.better == "higher" else -1.0 for metric in plan.metrics]
        looks = len(plan.looks.fractions) + (plan.looks.extension is not None)
        self.templates = [self._template(look) for look in range(looks)]

    def _template(self, look: int) -> Evidence:
        """Evidence of one look without its numbers. No hash of the plan: plan and evidence are made together here."""
        plan, fractions = self.plan, self.plan.looks.fractions
        extension = look == len(fractions)
        n_control, n_treatment = self.model.n_control, self.model.n_treatment
        return Evidence(
            plan_sha256="",
            snapshot_sha256="",
            engine_version="",
            look=look + 1,
            looks_planned=len(fractions),
            information=(plan.looks.extension or 0.0) if extension else fractions[look],
            final=look >= len(fractions) - 1,
            is_extension=extension,
            arm=1,
            arm_label="",
            n_control=n_control,
            n_treatment=n_treatment,
            records=0,
            metrics={},
            checks=(),
            delivery=DELIVERED,
            grade=grade(plan, n_control=n_control, n_treatment=n_treatment, survives_bias=True),
            days_observed=plan.looks.minimum_days,
        )

    def run(self, effect: Floats, std_error: Floats) -> _End:
        """effect, std_error: (looks, metrics), oriented. Decided at the last look at the latest."""
        for look, template in enumerate(self.templates):
            case = case_of(self.plan, replace(template, metrics=self._metrics(effect[look], std_error[look])))
            row = deciding_row(case)
            if row.verdict == Verdict.NOT_YET or row.mode == Mode.EXTEND:
                continue
            scope = scope_of(case)[0].value if row.verdict == Verdict.SCALE else None
            reason = row.reason or reasons_of(case)[0].code
            return _End(verdict=row.verdict, row=row.number, reason=reason, scope=scope, extended=template.is_extension)
        raise AssertionError("the rule did not decide at the last look")

    def _metrics(self, effect: Floats, std_error: Floats) -> dict[str, MetricEvidence]:
        found = {}
        for index, metric in enumerate(self.plan.metrics):
            result = Estimate(
                effect=self.signs[index] * float(effect[index]),
                std_error=float(std_error[index]),
                ci_lower=None,
                ci_upper=None,
                p_value=None,
                df=self.df,
                n_control=self.model.n_control,
                n_treatment=self.model.n_treatment,
                confidence=0.95,
                method="simulated",
            )
            found[metric.key] = MetricEvidence(key=metric.key, result=result)
        return found


# What others would do on the same pilots: arrays of +1 ship, 0 neither, -1 roll back, one a pilot.


def naive(plan: Plan, looks: Looks) -> NDArray[np.int64]:
    """Ship as soon as any success metric is better at two-sided p < .05 at any planned look; nothing else counts."""
    success = _columns(plan, plan.success)
    planned = slice(0, len(plan.looks.fractions))
    better = _two_sided(looks)[planned][:, :, success] * (looks.effect[planned][:, :, success] > 0)
    return np.asarray(better.any(axis=(0, 2)), dtype=np.int64)


def growthbook(plan: Plan, looks: Looks) -> NDArray[np.int64]:
    """GrowthBook's "Clear Signals" at the planned end, two-sided p < .05 by metric.

    Roll back if any guardrail is a loser; ship if all goals are winners; roll back if any goal is a loser and none a
    winner (packages/shared/src/enterprise/decision-criteria/constants.ts).
    """
    end = len(plan.looks.fractions) - 1
    significant, effect = _two_sided(looks)[end], looks.effect[end]
    goals, guardrails = _columns(plan, plan.success), _columns(plan, plan.guardrails)
    winner, loser = significant & (effect > 0), significant & (effect < 0)
    harmed = loser[:, guardrails].any(axis=1)
    ship = winner[:, goals].all(axis=1) & ~harmed
    back = harmed | (loser[:, goals].any(axis=1) & ~winner[:, goals].any(axis=1))
    return np.asarray(np.where(ship, 1, np.where(back, -1, 0)), dtype=np.int64)


def spotify(plan: Plan, looks: Looks) -> NDArray[np.int64]:
    """Spotify's rule at the planned end: one success metric superior at alpha / S, every guardrail non-inferior at its
    alpha, no metric deteriorated (Schultzberg, Ankargren and Franberg 2024, arXiv:2402.11609). Ship or not."""
    end = len(plan.looks.fractions) - 1
    effect, std_error = looks.effect[end], looks.std_error[end]
    success, guardrails = _columns(plan, plan.success), _columns(plan, plan.guardrails)
    errors = plan.errors
    reach = [float(stdtrit(looks.df, 1 - level)) for level in (errors.alpha / max(1, len(success)), errors.alpha_guard)]
    superior = (effect - reach[0] * std_error)[:, success] > 0
    margins = np.array([metric.margin or 0.0 for metric in plan.guardrails])
    safe = (effect - reach[1] * std_error)[:, guardrails] > -margins
    worse = effect + float(stdtrit(looks.df, 1 - errors.alpha_harm / len(plan.metrics))) * std_error < 0
    return np.asarray(superior.any(axis=1) & safe.all(axis=1) & ~worse.any(axis=1), dtype=np.int64)


def _two_sided(looks: Looks) -> NDArray[np.bool_]:
    return np.asarray(2 * stdtr(looks.df, -np.abs(looks.effect / looks.std_error)) < 0.05)


def _columns(plan: Plan, metrics: Sequence[PlannedMetric]) -> list[int]:
    keys = [metric.key for metric in plan.metrics]
    return [keys.index(metric.key) for metric in metrics]


def _shares(acts: NDArray[np.int64]) -> dict[str, Share]:
    pilots = len(acts)
    names = {"SCALE": 1, "ITERATE": 0, "STOP": -1}
    return {name: share_of(int((acts == act).sum()), pilots) for name, act in names.items()}
