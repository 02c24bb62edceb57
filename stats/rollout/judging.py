"""The roll-out's measurements against the pilot's promise, ring by ring.

State of a success metric (only those that carried SCALE are predicted), by the prediction interval of the roll-out's
estimate and by what is shown:

REPLICATED   inside or above the interval, and a gain above 0 is shown
ATTENUATED   below it while a gain is still shown or the estimate still pays; or shown not to pay, wherever it lies
FAILED       below it, no gain shown, and the estimate does not pay; or a loss is shown
WAITING      no estimate yet; or inside the interval, but so far no gain is shown either: agreeing with a wide forecast
             is no replication

Pause is proposed where the upper limit of the settled effect (``stats.rollout.settled``) lies below the break-even
line: of every predicted metric under the rule "any" (one that pays carries the others), of one under "all"; also where
a guardrail is in BREACH. Roll-back is proposed on FAILED (of the same metrics) and on a critical guardrail in BREACH.

The line. With money it is the effect that pays for itself, *as measured in the roll-out*: the transport discount in
``stats.money.break_even_effect`` is there to get from pilot to roll-out, and the measurement is behind that already.
Without money it is the smallest gain worth having x the transport discount: the sponsor named what must be gained at
the pilot's sites, the product itself expects only that share of it elsewhere, and would else propose a pause for every
pilot that travels exactly as foretold. Both are one rule: line at the pilot's sites x transport.

Looking at every ring costs nothing: each level is spent over the rings by their planned information
(``stats.combining.sequential``): power(2) for the pause, which should come early, O'Brien-Fleming for the interval and
for what is shown. That is exact for the pause, and on the safe side for the interval: all rings share the error of one
pilot, so that they err together more often than the spending assumes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from stats.combining.sequential import nominal_levels
from stats.evidence import Evidence
from stats.money import break_even_effect
from stats.plan import Plan, PlannedMetric
from stats.results import Estimate, Result
from stats.rollout.guardrails import GuardrailJudgement, judge_guardrails
from stats.rollout.prediction import Prediction, predicted_interval, predicted_quantile
from stats.rollout.settled import settled_estimate

PAUSE_ALPHA = 0.10
"""The rule's gamma: a roll-out pauses on what would have ended the pilot as not worth having. A pause is cheap and can
be taken back; an effect exactly at the line is paused wrongly one time in ten, one at the forecast hardly ever."""
INTERVAL_ALPHA = 0.05
"""Both sides of the prediction interval together, over all rings."""
SHOWN_ALPHA = 0.05
PAUSE_RHO = 2.0
NEGLIGIBLE = 1e-9
"""Levels at which nothing can be shown: a ring that has hardly any information yet."""


class ReplicationState(StrEnum):
    WAITING = "WAITING"
    REPLICATED = "REPLICATED"
    ATTENUATED = "ATTENUATED"
    FAILED = "FAILED"


@dataclass(frozen=True, kw_only=True)
class RingLook:
    """One measurement. ring: from 1, the last ring that had started; evidence: by the plan of ``measuring``."""

    ring: int
    evidence: Evidence


@dataclass(frozen=True, kw_only=True)
class RolloutReason:
    """One reason. code: key of the sentence (``rollout_reason.<code>``); metric: which it is about; facts for words."""

    code: str
    metric: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MetricJudgement:
    """One predicted metric at the latest ring; oriented (+ is better), metric's unit, None where there is no estimate.

    effect; lower: lower limit at ``shown_level`` (is a gain shown?); settled: effect without each site's first weeks;
    upper: its upper limit at ``pause_level``; line: the break-even; predicted_lower, predicted_upper: 95 % prediction
    interval of this estimate, as shown; judged_lower: the lower end at this ring's spent level, which decides; pays:
    False where upper lies below line.
    """

    key: str
    state: ReplicationState
    line: float
    predicted: float
    shown_level: float
    pause_level: float
    effect: float | None = None
    lower: float | None = None
    upper: float | None = None
    settled: float | None = None
    predicted_lower: float | None = None
    predicted_upper: float | None = None
    judged_lower: float | None = None
    pays: bool | None = None
    reasons: tuple[RolloutReason, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the roll-out's measurements say at one ring. reasons: why pause or roll-back are proposed, or are not."""

    ring: int
    rings: int
    state: ReplicationState
    pause_proposed: bool
    roll_back_proposed: bool
    metrics: Mapping[str, MetricJudgement]
    guardrails: Mapping[str, GuardrailJudgement]
    reasons: tuple[RolloutReason, ...]


def pause_line(plan: Plan, metric: PlannedMetric, *, transport: float) -> float:
    """The effect in the roll-out below which it should pause; oriented, metric's unit; 0 without money and MWE."""
    if plan.finance is not None:
        at_pilot = break_even_effect(plan.finance.model_copy(update={"transport_discount": 1.0}), metric.key)
        if at_pilot is not None:
            return at_pilot
    return (metric.mwe or 0.0) * transport


def judge(
    plan: Plan,
    predictions: Mapping[str, Prediction],
    looks: Sequence[RingLook],
    *,
    fractions: Sequence[float],
    unproven: Sequence[str] = (),
) -> Judgement:
    """The state of a roll-out at its latest look.

    plan: the pilot's; predictions: by the keys of the success metrics that carried SCALE; looks: in the order of their
    rings, the last decides; fractions: planned information at each ring's measurement, the last 1
    (``stats.rollout.verifying``); unproven: guardrails that were UNPROVEN at the verdict.
    """
    rings = len(fractions)
    last = looks[-1] if looks else None
    ring = last.ring if last else 0
    metrics = {}
    for key, prediction in predictions.items():
        found = None if last is None or key not in last.evidence.metrics else last.evidence.metrics[key].result
        settled = None if last is None else settled_estimate(last.evidence, key)
        line = pause_line(plan, plan.metric(key), transport=prediction.transport)
        metrics[key] = judge_metric(
            prediction, found, ring=ring, fractions=fractions, line=line, settled=settled, alpha=plan.errors.gamma
        )
    evidence = None if last is None else last.evidence
    guardrails = judge_guardrails(plan, evidence, ring=ring, fractions=fractions, unproven=unproven)
    return _together(plan, ring, rings, metrics, guardrails)


def judge_metric(
    prediction: Prediction,
    result: Result | None,
    *,
    ring: int,
    fractions: Sequence[float],
    line: float,
    settled: Estimate | None = None,
    alpha: float = PAUSE_ALPHA,
) -> MetricJudgement:
    """One metric's state from its estimate up to ``ring`` (from 1; beyond the last counts as the last).

    settled: the effect without each site's first weeks, which decides on the pause (None: the whole one does);
    alpha: one-sided, of the pause over all rings; the plan's gamma.
    """
    place = max(0, min(ring, len(fractions)) - 1)
    spread = tuple(fractions)
    pause = nominal_levels(spread, alpha, "power", PAUSE_RHO)[place]
    shown = nominal_levels(spread, SHOWN_ALPHA, "obrien_fleming")[place]
    below = nominal_levels(spread, INTERVAL_ALPHA / 2, "obrien_fleming")[place]
    nothing = MetricJudgement(
        key=prediction.key,
        state=ReplicationState.WAITING,
        line=line,
        predicted=prediction.mean,
        shown_level=shown,
        pause_level=pause,
        reasons=(RolloutReason(code="no_estimate_yet", metric=prediction.key),),
    )
    if ring < 1 or not isinstance(result, Estimate) or result.std_error is None or result.std_error <= 0:
        return nothing
    effect = result.effect if prediction.better == "higher" else -result.effect
    lower = _reach(result, shown, prediction.better)[0]
    now = result if settled is None else settled
    upper = _reach(now, pause, prediction.better)[1]
    harmed = _reach(now, shown, prediction.better)[1]
    std_error, df = result.std_error, result.df
    ends = predicted_interval(prediction, std_error=std_error, df=df)
    judged = predicted_quantile(prediction, std_error=std_error, df=df, level=below) if below > NEGLIGIBLE else None
    pays = not (upper is not None and upper < line)
    state, code = _state(effect, lower, harmed, line, judged, pays)
    if code == "as_forecast" and effect > ends[1]:
        code = "better_than_forecast"
    settled_effect = now.effect if prediction.better == "higher" else -now.effect
    facts = {"effect": effect, "settled": settled_effect, "line": line, "predicted": prediction.mean}
    codes = [code] if pays or code == "does_not_pay" else [code, "does_not_pay"]
    return replace(
        nothing,
        state=state,
        effect=effect,
        lower=lower,
        upper=upper,
        settled=settled_effect,
        predicted_lower=ends[0],
        predicted_upper=ends[1],
        judged_lower=judged,
        pays=pays,
        reasons=tuple(RolloutReason(code=each, metric=prediction.key, facts=facts) for each in codes),
    )


def _state(
    effect: float, lower: float | None, harmed: float | None, line: float, judged: float | None, pays: bool
) -> tuple[ReplicationState, str]:
    gain_shown = lower is not None and lower > 0
    less = judged is not None and effect < judged
    if harmed is not None and harmed < 0:
        return ReplicationState.FAILED, "loss_shown"
    if less and not gain_shown and effect < line:
        return ReplicationState.FAILED, "below_forecast_and_no_gain_shown"
    if less:
        return ReplicationState.ATTENUATED, "below_forecast"
    if not pays:
        return ReplicationState.ATTENUATED, "does_not_pay"
    if gain_shown:
        return ReplicationState.REPLICATED, "as_forecast"
    return ReplicationState.WAITING, "gain_not_shown_yet"


def _reach(result: Estimate, level: float, better: str) -> tuple[float | None, float | None]:
    """Oriented one-sided limits; None where the level is 0 (nothing can be shown at this ring)."""
    if level <= NEGLIGIBLE:
        return None, None
    limits = result.at_level(level)
    if better == "higher":
        return limits.lower, limits.upper
    return (None if limits.upper is None else -limits.upper, None if limits.lower is None else -limits.lower)


def _together(
    plan: Plan,
    ring: int,
    rings: int,
    metrics: Mapping[str, MetricJudgement],
    guardrails: Mapping[str, GuardrailJudgement],
) -> Judgement:
    needed = any if plan.primary_rule == "all" else all
    judged = list(metrics.values())
    failed = bool(judged) and needed(each.state is ReplicationState.FAILED for each in judged)
    not_paying = bool(judged) and needed(each.pays is False for each in judged)
    breaches = [each for each in guardrails.values() if each.label == "BREACH"]
    critical = [each for each in breaches if each.critical]
    reasons = [reason for each in judged for reason in each.reasons]
    reasons += [
        RolloutReason(code="critical_guardrail_breach" if each.critical else "guardrail_breach", metric=each.key)
        for each in breaches
    ]
    reasons += [
        RolloutReason(code=f"watched_{each.label.lower()}", metric=each.key)
        for each in guardrails.values()
        if each.watched and each.label != "BREACH"
    ]
    return Judgement(
        ring=ring,
        rings=rings,
        state=_overall([each.state for each in judged], carried_by_one=plan.primary_rule == "any"),
        pause_proposed=not_paying or bool(breaches) or failed,
        roll_back_proposed=failed or bool(critical),
        metrics=dict(metrics),
        guardrails=dict(guardrails),
        reasons=tuple(reasons),
    )


def _overall(states: Sequence[ReplicationState], *, carried_by_one: bool) -> ReplicationState:
    """The best state under the rule "any", the worst under "all"."""
    order = [
        ReplicationState.REPLICATED,
        ReplicationState.WAITING,
        ReplicationState.ATTENUATED,
        ReplicationState.FAILED,
    ]
    if not states:
        return ReplicationState.WAITING
    return (min if carried_by_one else max)(states, key=order.index)
