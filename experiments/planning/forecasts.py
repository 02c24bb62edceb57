"""Forecasts: the owner's own bet, frozen with the plan before data, scored once the pilot is decided."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.desk import Desk
from experiments.planning.plan import stored_plan
from experiments.words import say
from experiments.words.numbers import Unit, chance, effect, effect_between
from registry import find
from registry.decisions import Decision
from registry.kinds import Mode, Verdict
from registry.pilots import Pilot
from stats.forecasts import ENOUGH, Standing, brier, interval_score, standing
from stats.plan import PlannedMetric

ACT = "forecast.frozen"


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """One bet and what came of it. low, high, effect: treatment minus control in the metric's unit (shares 0-1).

    late: frozen after the start, so that it does not count; decided: verdict of the final decision, None before it;
    effect: as estimated in the evidence that was decided on, None where there is none or it stays closed;
    brier, inside, interval_score (in units of the smallest gain worth having): None where not scored.
    """

    pilot: str
    title: str
    owner: str
    p_scale: float
    metric: str
    metric_name: str
    unit: str
    kind: str
    low: float
    high: float
    late: bool
    decided: str | None = None
    effect: float | None = None
    brier: float | None = None
    inside: bool | None = None
    interval_score: float | None = None


@dataclass(frozen=True, kw_only=True)
class Forecasts:
    """Every bet, the standing of all together, and of each owner; no scores below ten, and no order among owners."""

    forecasts: tuple[Forecast, ...]
    together: Standing
    owners: Mapping[str, Standing]


def forecasts(desk: Desk) -> Forecasts:
    """Of all pilots, in the order in which they were frozen."""
    with desk.read() as session:
        rows = {row.id: row for row in find.pilots(session, drafts=False)}
        bets = [
            _forecast(session, rows[event.pilot_id], event.after or {})
            for event in find.events(session, act=ACT)
            if event.pilot_id in rows
        ]
    owners: dict[str, list[Forecast]] = defaultdict(list)
    for bet in bets:
        owners[bet.owner].append(bet)
    return Forecasts(
        forecasts=tuple(bets),
        together=_standing(bets),
        owners={owner: _standing(theirs) for owner, theirs in sorted(owners.items())},
    )


def forecast(desk: Desk, pilot: Pilot) -> Forecast | None:
    """The bet on one pilot; None where nobody made one."""
    with desk.read() as session:
        frozen = find.events(session, pilot_id=pilot.id, act=ACT)
        return _forecast(session, pilot, frozen[-1].after or {}) if frozen else None


def forecast_lines(desk: Desk, pilot: Pilot) -> tuple[str, ...]:
    """What was bet, and what came of it, in sentences."""
    bet = forecast(desk, pilot)
    return () if bet is None else sentences(bet)


def sentences(bet: Forecast) -> tuple[str, ...]:
    unit = Unit.of(bet.unit, bet.kind)
    said = [
        say(
            "forecast.bet",
            owner=bet.owner,
            chance=chance(bet.p_scale),
            metric=bet.metric_name,
            between=effect_between(bet.low, bet.high, unit),
        )
    ]
    if bet.late:
        said.append(say("forecast.late"))
    if bet.decided is not None:
        said.append(say("forecast.decided", verdict=say(f"verdict.{bet.decided}")))
    if bet.effect is not None:
        inside = bet.low <= bet.effect <= bet.high
        found = effect(bet.effect, unit, beside=(bet.low, bet.high))
        said.append(say("forecast.inside" if inside else "forecast.outside", effect=found))
    if bet.brier is not None:
        said.append(say("forecast.score", brier=round(bet.brier, 2)))
    return tuple(said)


def standing_sentences(found: Standing) -> tuple[str, ...]:
    """How good the bets were together, or how many are still missing to say."""
    if found.brier is None:
        return (say("forecast.too_few", count=found.forecasts, enough=ENOUGH),)
    said = [say("forecast.together", count=found.forecasts, brier=round(found.brier, 2))]
    if found.inside is not None:
        said.append(say("forecast.together_inside", count=found.intervals, inside=found.inside))
    return tuple(said)


def frozen_facts(bet: Any, *, late: bool) -> dict[str, Any]:
    """A bet as it stands in the log. late: the plan was frozen after its start."""
    return {**bet.model_dump(mode="json"), "late": late}


def _forecast(session: Any, pilot: Pilot, bet: Mapping[str, Any]) -> Forecast:
    record = find.locked_plan(session, pilot.id) or find.latest_plan(session, pilot.id)
    plan = None if record is None else stored_plan(record)
    metric = next((m for m in plan.metrics if m.key == bet["metric"]), None) if plan is not None else None
    decision = _final(find.decisions(session, pilot.id))
    found = None if decision is None or metric is None else _effect(session, pilot, decision, metric)
    happened = None if decision is None else decision.verdict == Verdict.SCALE
    counts = happened is not None and not bet["late"]
    low, high = float(bet["low"]), float(bet["high"])
    scored = found is not None and counts
    return Forecast(
        pilot=pilot.key,
        title=pilot.title,
        owner=find.person(session, pilot.owner_id).name if pilot.owner_id else "",
        p_scale=float(bet["p_scale"]),
        metric=str(bet["metric"]),
        metric_name=metric.name if metric else str(bet["metric"]),
        unit=metric.unit if metric else "",
        kind=metric.spec.kind if metric else "mean",
        low=low,
        high=high,
        late=bool(bet["late"]),
        decided=decision.verdict.value if decision and decision.verdict else None,
        effect=found,
        brier=brier(float(bet["p_scale"]), bool(happened)) if counts else None,
        inside=low <= found <= high if scored and found is not None else None,
        interval_score=_in_gains(low, high, found, metric) if scored else None,
    )


def _in_gains(low: float, high: float, found: float | None, metric: PlannedMetric | None) -> float | None:
    if found is None or metric is None or not metric.mwe:
        return None
    return interval_score(low, high, found) / metric.mwe


def _final(decisions: Sequence[Decision]) -> Decision | None:
    """The last decision that ends a version: neither sent back nor an extension of the same."""
    ends = [row for row in decisions if row.verdict is not None and row.mode != Mode.EXTEND]
    return ends[-1] if ends else None


def _effect(session: Any, pilot: Pilot, decision: Decision, metric: PlannedMetric) -> float | None:
    """As estimated in the evidence decided on; None where it has no number or its results stay closed."""
    asked = find.recommendation(session, decision.evidence_id)
    if asked is None or json.loads(asked.canonical)["hidden"]:
        return None
    made = next(row for row in find.evidence(session, pilot.id) if row.id == decision.evidence_id)
    result = (json.loads(made.canonical)["metrics"].get(metric.key) or {}).get("result") or {}
    return float(result["effect"]) if "effect" in result else None


def _standing(bets: Sequence[Forecast]) -> Standing:
    return standing(
        [bet.brier for bet in bets if bet.brier is not None],
        [bet.inside for bet in bets if bet.inside is not None],
        [bet.interval_score for bet in bets if bet.interval_score is not None],
    )
