"""Foretold against measured, wave by wave, as the picture shows it: texts and plain numbers in the unit shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.rollouts.keep import Promise
from experiments.rollouts.lines import pays_in_money, unit_of
from experiments.views import Better
from experiments.words import say
from experiments.words.numbers import Unit, effect, effect_between
from stats.plan import Plan, PlannedMetric
from stats.results import quantile
from stats.rollout.prediction import predicted_interval


@dataclass(frozen=True, kw_only=True)
class ForecastRow:
    """One row of the picture, in the unit shown, treatment minus before. band: where a measurement should lie; effect,
    lower, upper: what was measured, None before; text: the same in words."""

    label: str
    band: tuple[float, float] | None
    effect: float | None
    lower: float | None
    upper: float | None
    text: str


@dataclass(frozen=True, kw_only=True)
class ForecastPicture:
    """Foretold and measured for one metric. line: below it a pause is worth it; caption: what is drawn."""

    metric: str
    unit: str
    better: Better
    line: float
    caption: str
    rows: tuple[ForecastRow, ...]


def raw(metric: PlannedMetric, oriented: float) -> float:
    """+ is better turned back into treatment minus before."""
    return oriented if metric.better == "higher" else -oriented


def forecast_picture(
    plan: Plan, metric: PlannedMetric, promise: Promise, found: Sequence[Mapping[str, Any]], waves: int
) -> ForecastPicture:
    """The pilot, then each wave: measured where it was, else where its measurement should lie."""
    unit, prediction = unit_of(metric), promise.predictions[metric.key]
    newest = {each["ring"]: each for each in found}
    rows = [_pilot_row(metric, promise, unit)]
    for ring in range(1, waves + 1):
        if ring in newest:
            rows.append(_measured_row(metric, newest[ring], unit))
        else:
            rows.append(_open_row(metric, promise, ring, unit))
    line = raw(metric, promise.lines[metric.key])
    return ForecastPicture(
        metric=metric.name,
        unit=unit.of_effect,
        better="higher" if prediction.better == "higher" else "lower",
        line=line * unit.factor,
        caption=say(
            "rollout.forecast.caption" if pays_in_money(plan, metric) else "rollout.forecast.caption_gain",
            metric=metric.name,
            line=effect(line, unit),
        ),
        rows=tuple(rows),
    )


def _pilot_row(metric: PlannedMetric, promise: Promise, unit: Unit) -> ForecastRow:
    made = promise.predictions[metric.key]
    middle = raw(metric, made.pilot_effect)
    reach = quantile(0.975, made.pilot_df) * made.pilot_std_error
    return _row(say("rollout.forecast.row_pilot"), unit, None, middle, middle - reach, middle + reach)


def _measured_row(metric: PlannedMetric, measure: Mapping[str, Any], unit: Unit) -> ForecastRow:
    label = say("rollout.forecast.row_measured", wave=measure["ring"])
    judged = measure["judgement"]["metrics"][metric.key]
    result = measure["evidence"]["metrics"][metric.key]["result"]
    band = _band(metric, judged["predicted_lower"], judged["predicted_upper"])
    if "effect" not in result:
        return _row(label, unit, band, None, None, None)
    return _row(label, unit, band, result["effect"], result["ci_lower"], result["ci_upper"])


def _open_row(metric: PlannedMetric, promise: Promise, ring: int, unit: Unit) -> ForecastRow:
    label, made = say("rollout.forecast.row_next", wave=ring), promise.predictions[metric.key]
    known = promise.power.get(metric.key)
    own: Mapping[str, Any] = known["by_ring"][ring - 1] if known else {"std_error": None}
    if own["std_error"] is None or own["df"] < 1:
        return _row(label, unit, _band(metric, made.lower, made.upper), None, None, None)
    ends = predicted_interval(made, std_error=own["std_error"], df=own["df"])
    return _row(label, unit, _band(metric, *ends), None, None, None)


def _band(metric: PlannedMetric, low: float | None, high: float | None) -> tuple[float, float] | None:
    if low is None or high is None:
        return None
    first, second = sorted((raw(metric, low), raw(metric, high)))
    return first, second


def _row(
    label: str,
    unit: Unit,
    band: tuple[float, float] | None,
    middle: float | None,
    low: float | None,
    high: float | None,
) -> ForecastRow:
    said = []
    if band is not None:
        said.append(say("rollout.row.foretold", between=effect_between(*band, unit)))
    if middle is not None:
        said.append(say("rollout.row.measured", effect=effect(middle, unit), between=effect_between(low, high, unit)))
    times = unit.factor
    return ForecastRow(
        label=label,
        band=None if band is None else (band[0] * times, band[1] * times),
        effect=None if middle is None else middle * times,
        lower=None if low is None else low * times,
        upper=None if high is None else high * times,
        text="; ".join(said),
    )
