"""The calculator where sites start one after the other: power, sizes, smallest effects; and where ICC is assumed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from stats.planning.power import LARGEST, Question, chance_to_show, crossing
from stats.planning.precision import DESIGN_METHOD, Method, Precision
from stats.planning.schedule import Schedule, staggered
from stats.planning.sensitivity import sensitivity
from stats.planning.sizes import Comparison, sites_needed, whole_sites
from stats.planning.variation import Variation, sd_of_shares
from stats.results import NotEstimable

if TYPE_CHECKING:
    from stats.calculator.size_inputs import MdeSpec, PowerSpec, SampleSizeSpec, Sizes

CALCULATOR_METHOD: Mapping[str, Method] = {"stepped_wedge": "gls", "staggered": "imputation"}
"""What published calculators use for a wedge; the design's own default stands beside it in ``as_analysed``."""


def power_of_rollout(spec: PowerSpec) -> dict[str, Any]:
    question = spec.question(1, 1)
    return _answer(spec, question, _schedule(spec))


def sites_of_rollout(spec: SampleSizeSpec) -> dict[str, Any]:
    """Sites in all (``n``), or records per site and period, that reach the power."""
    question = spec.question(1, 1)
    if spec.solve_for == "cluster_size":
        return _records(spec, question)
    comparison = _comparison(spec, question, _schedule(spec))
    needed = sites_needed(comparison, lambda found: _chance(found, question) >= spec.power)
    if isinstance(needed, NotEstimable):
        return _refused(needed, spec.power)
    schedule = comparison.schedule.times(needed / comparison.schedule.total)
    whole = whole_sites(comparison.schedule, needed)
    return {**_answer(spec, question, schedule), "n": needed, "n_whole": sum(whole), "sites_by_row_whole": list(whole)}


def _records(spec: SampleSizeSpec, question: Question) -> dict[str, Any]:
    def with_records(size: float) -> Question:
        return replace(question, cluster_size=size)

    def lacking(size: float) -> float:
        found = _comparison(spec, with_records(size), _schedule(spec, size)).precision
        return (_chance(found, question) if isinstance(found, Precision) else 0.0) - spec.power

    size = crossing(lacking, 1.0, LARGEST)
    if size is None:
        return {"not_estimable": "power_out_of_reach", "power": spec.power}
    return {**_answer(spec, with_records(size), _schedule(spec, size)), "cluster_size": size}


def effect_of_rollout(spec: MdeSpec) -> dict[str, Any]:
    """The smallest improvement that reaches the power; a share stays within 0 and 1."""
    plain, schedule = spec.question(1, 1), _schedule(spec)
    sign = 1.0 if spec.better == "higher" else -1.0

    def lacking(gain: float) -> float:
        question = replace(plain, effect=sign * gain)
        found = _comparison(spec, question, schedule).precision
        return (_chance(found, question) if isinstance(found, Precision) else 0.0) - spec.power

    rate = plain.base_rate
    most = 1e6 * plain.sd if spec.metric == "mean" else ((1 - rate) if sign > 0 else rate) * (1 - 1e-12)
    gain = crossing(lacking, -plain.margin * (1 - 1e-9) if plain.margin else 0.0, most)
    if gain is None:
        found = _comparison(spec, plain, schedule).precision
        code = NotEstimable(code="power_out_of_reach") if isinstance(found, Precision) else found
        return _refused(code, spec.power)
    return _answer(spec, replace(plain, effect=sign * gain), schedule)


def with_sensitivity(
    answer: dict[str, Any], spec: Sizes, again: Callable[[Any], dict[str, Any]], value: str
) -> dict[str, Any]:
    """The answer with what was assumed, and the same ``value`` over usual ICCs and autocorrelations."""
    if not spec.assumes_icc:
        return answer
    icc, autocorrelation = spec.likeness

    def at(icc: float, autocorrelation: float) -> float | None:
        found = again(spec.model_copy(update={"icc": icc, "autocorrelation": autocorrelation})).get(value)
        return None if found is None else float(found)

    rows = [asdict(row) for row in sensitivity(at)]
    return {**answer, "assumed": {"icc": icc, "autocorrelation": autocorrelation}, "sensitivity": rows}


# -- from the keys to a comparison -------------------------------------------------------------------------------------


def _schedule(spec: Sizes, records: float | None = None) -> Schedule:
    """Rows of sites; without a number of sites, one a row."""
    size = (spec.cluster_size or 1.0) if records is None else records
    # Sites of unequal size: the mean of 1 / size is (1 + cv^2) / mean for lognormal sizes.
    size = size / (1 + spec.cluster_size_cv**2)
    if spec.exposure is not None:
        rows = np.array([[np.nan if cell is None else cell for cell in row] for row in spec.exposure], dtype=float)
        return Schedule.of(rows, records=size, sites=_by_row(spec, len(rows)))
    before, step = spec.before_first, spec.step
    waves = spec.waves or max(1, -(-((spec.periods or 0) - before) // step))
    starts: list[int | None] = [before + wave * step for wave in range(waves)]
    periods = spec.periods or before + waves * step
    never = spec.sites_control or 0.0
    groups = [(start, (spec.sites or waves) / waves) for start in starts] + ([(None, never)] if never else [])
    return staggered(
        [start for start, _ in groups], periods=periods, records=size, sites=[count for _, count in groups]
    )


def _by_row(spec: Sizes, rows: int) -> list[float]:
    if spec.sites_by_row is not None:
        return list(spec.sites_by_row)
    return [(spec.sites or rows) / rows] * rows


def _comparison(spec: Sizes, question: Question, schedule: Schedule) -> Comparison:
    sd = question.sd if question.metric == "mean" else sd_of_shares(question.base_rate, question.effect)
    variation = Variation(
        sd=sd,
        icc=question.icc,
        autocorrelation=question.autocorrelation,
        persistence=spec.persistence,
        individual=question.individual,
    )
    method = CALCULATOR_METHOD[spec.design] if spec.estimator == "default" else spec.estimator
    return Comparison(schedule=schedule, variation=variation, method=method, tail=question.tail)


def _chance(found: Precision, question: Question) -> float:
    df = None if question.method == "normal" else found.df
    return chance_to_show(question.distance, found.std_error, df, question.tail)


def _refused(reason: NotEstimable, power: float) -> dict[str, Any]:
    return {"not_estimable": reason.code, "power": power, **reason.facts}


def _answer(spec: Sizes, question: Question, schedule: Schedule) -> dict[str, Any]:
    comparison = _comparison(spec, question, schedule)
    found = comparison.precision
    if isinstance(found, NotEstimable):
        return {"not_estimable": found.code, **found.facts}
    share = question.metric == "share"
    sd = comparison.variation.sd
    return {
        "power": _chance(found, question),
        "power_normal": chance_to_show(question.distance, found.std_error, None, question.tail),
        "effect": question.effect,
        "effect_size": None if share else question.effect / sd,
        "std_error": found.std_error,
        "df": None if question.method == "normal" else found.df,
        "sites": schedule.total,
        "sites_by_row": schedule.sites.tolist(),
        "exposure": np.where(schedule.n > 0, schedule.exposure, -1).astype(int).tolist(),
        "alpha": question.alpha,
        "alternative": question.alternative,
        "design": spec.design,
        "method": question.method,
        "estimator": found.method,
        "as_analysed": _as_analysed(spec, question, comparison),
    }


def _as_analysed(spec: Sizes, question: Question, comparison: Comparison) -> dict[str, Any]:
    """What the design's own default estimator, which lets effects differ between waves, would have."""
    found = replace(comparison, method=DESIGN_METHOD[spec.design]).precision
    if isinstance(found, NotEstimable):
        return {"not_estimable": found.code}
    chance = chance_to_show(question.distance, found.std_error, found.df, question.tail)
    return {"estimator": found.method, "power": chance, "std_error": found.std_error, "df": found.df}
