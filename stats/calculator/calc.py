"""The analyst's pocket calculator: ``calc(kind, spec)``, plain dictionaries in and out.

====================  ==================================================================================================
power                 chance that a planned comparison shows its effect
sample_size           units (sites) needed for a power
mde                   smallest effect that a plan shows with a power
adjust                p values adjusted for their number
pool                  effects of several pilots taken together
sample_ratio          counts by arm against the split that was meant
confidence_sequence   intervals that hold at every look
boundaries            lines for planned looks (stats/combining/sequential.py)
effect_size           a difference in standard deviations, to compare pilots measured in different units
reliability           do the questions of a survey metric measure one thing
repeated_correlation  do two metrics move together within sites
====================  ==================================================================================================

Inputs are the models in stats/calculator/inputs.py, where each kind's docstring lists what comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from math import inf
from typing import Any

import numpy as np
from pydantic import ValidationError

from stats.calculator.inputs import (
    AdjustSpec,
    BoundariesSpec,
    ConfidenceSequenceSpec,
    EffectSizeSpec,
    PoolSpec,
    ReliabilitySpec,
    RepeatedCorrelationSpec,
    SampleRatioSpec,
)
from stats.calculator.size_inputs import MdeSpec, PowerSpec, SampleSizeSpec, Sizes
from stats.errors import Problem, RefusedSpec
from stats.results import NotEstimable
from stats.spec import Strict

LARGEST = 1e60


def calc(kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of calculation ``kind`` to ``spec``, JSON-ready; ``{"not_estimable": code, ...}`` where there is none.

    Raises RefusedSpec with every problem of the specification at once.

    >>> round(calc("power", {"n": 20, "effect": 1, "sd": 1})["power"], 7)
    0.8689528
    """
    from stats.calculator.spellings import in_our_words
    from stats.designs.spellings import plain

    kind = plain(kind)
    if kind not in KINDS:
        raise RefusedSpec(Problem(code="calc_unknown_kind", facts={"kind": kind, "offered": ", ".join(KINDS)}))
    model, run = KINDS[kind]
    if any(_beyond_range(number, kind) for number in _numbers(spec)):
        raise RefusedSpec(Problem(code="calc_too_large"))
    try:
        read = model.model_validate(in_our_words(kind, spec))
    except ValidationError as error:
        raise RefusedSpec(_problems(error)) from None
    try:
        return run(read)
    except OverflowError:
        raise RefusedSpec(Problem(code="calc_too_large")) from None


def _numbers(value: Any) -> Iterator[float]:
    """Every number in a specification, however deep."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _numbers(part)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield value


def _beyond_range(number: float, kind: str) -> bool:
    """Its square's square leaves the range of a double; p-values may be as small as they come."""
    size = abs(number)
    return LARGEST < size < inf or (0 < size < 1 / LARGEST and kind != "adjust")


def _problems(error: ValidationError) -> list[Problem]:
    """Rules of the inputs ("code:keys;code:keys") by their own codes, the rest as for any specification."""
    from stats.engine import spec_problems

    rules = [str(item["ctx"]["error"]) for item in error.errors() if item["type"] == "value_error"]
    pairs = (part.partition(":") for rule in rules for part in rule.split(";"))
    return [Problem(code=code, column=keys) for code, _, keys in pairs] if rules else spec_problems(error)


# -- power -------------------------------------------------------------------------------------------------------------


NO_FORMULA = {"not_estimable": "plan_needs_history"}
"""Designs whose precision depends on how well the past is followed are tried on history, never computed."""


def _power(spec: PowerSpec) -> dict[str, Any]:
    from stats.calculator.rollouts import power_of_rollout, with_sensitivity

    if spec.without_formula:
        return NO_FORMULA
    run = power_of_rollout if spec.rollout else _power_of_arms
    return with_sensitivity(run(spec), spec, run, "power")


def _power_of_arms(spec: PowerSpec) -> dict[str, Any]:
    from stats.planning import power

    tail = spec.alpha / 2 if spec.alternative == "two_sided" else spec.alpha
    if spec.design == "several_arms":
        found = power.power_anova(spec.groups or 0, spec.n or 0.0, spec.effect_size or 0.0, spec.alpha)
        return {"power": found, "n": spec.n, "groups": spec.groups, "effect_size": spec.effect_size, "method": "f"}
    n_control, n_treatment = spec.sizes()
    if spec.method == "arcsine" and spec.effect_size is not None:
        found = power.power_of_h(spec.effect_size, n_control, n_treatment, tail)
        sizes = {"n_control": n_control, "n_treatment": n_treatment}
        return {"power": found, **sizes, "effect_size": spec.effect_size, "method": "arcsine"}
    return _answer(power.power(spec.question(n_control, n_treatment)), spec)


def _sample_size(spec: SampleSizeSpec) -> dict[str, Any]:
    from stats.calculator.rollouts import sites_of_rollout, with_sensitivity

    if spec.without_formula:
        return NO_FORMULA
    run = sites_of_rollout if spec.rollout else _size_of_arms
    return with_sensitivity(run(spec), spec, run, "cluster_size" if spec.solves_cluster_size else "n")


def _size_of_arms(spec: SampleSizeSpec) -> dict[str, Any]:
    from stats.planning import power

    if spec.solve_for == "cluster_size":
        n_control, n_treatment = spec.sizes()
        found = power.needed_cluster_size(spec.question(n_control, n_treatment), spec.power)
    else:
        found = power.needed_size(spec.question(1, 1), spec.power, allocation=spec.allocation)
    if found is None:
        return {"not_estimable": "power_out_of_reach", "power": spec.power}
    answer = _answer(found, spec)
    if spec.solve_for == "cluster_size":
        return {**answer, "cluster_size": found.question.cluster_size}
    control, treatment = found.question.n_control, found.question.n_treatment
    whole = {"n_control_whole": power.whole(control), "n_treatment_whole": power.whole(treatment)}
    return {**answer, "n": control, "n_whole": whole["n_control_whole"], **whole}


def _mde(spec: MdeSpec) -> dict[str, Any]:
    from stats.calculator.rollouts import effect_of_rollout, with_sensitivity

    if spec.without_formula:
        return NO_FORMULA
    run = effect_of_rollout if spec.rollout else _effect_of_arms
    return with_sensitivity(run(spec), spec, run, "effect")


def _effect_of_arms(spec: MdeSpec) -> dict[str, Any]:
    from stats.planning import power

    found = power.detectable(spec.question(*spec.sizes()), spec.power)
    return {"not_estimable": "power_out_of_reach", "power": spec.power} if found is None else _answer(found, spec)


def _answer(found: Any, spec: Sizes) -> dict[str, Any]:
    from stats.planning import power

    question = found.question
    if question.metric == "share":
        size = power.cohen_h(question.base_rate + question.effect, question.base_rate)
    else:
        size = question.effect / question.sd
    return {
        "power": found.power,
        "effect": question.effect,
        "effect_size": size,
        "std_error": found.std_error,
        "df": found.df,
        "n_control": question.n_control,
        "n_treatment": None if question.design == "paired" else question.n_treatment,
        "alpha": question.alpha,
        "alternative": question.alternative,
        "design": spec.design,
        "method": question.method,
    }


# -- the rest ----------------------------------------------------------------------------------------------------------


def _adjust(spec: AdjustSpec) -> dict[str, Any]:
    from stats.combining.multiplicity import METHODS, adjust

    every = {name: adjust(spec.p, name, spec.alpha) for name in METHODS}
    chosen = every[spec.method]
    return {
        "method": spec.method,
        "alpha": spec.alpha,
        "adjusted": list(chosen.p),
        "rejected": list(chosen.rejected),
        "n_rejected": sum(1 for rejected in chosen.rejected if rejected),
        "tested": chosen.tested,
        "by_method": {name: list(found.p) for name, found in every.items()},
    }


def _pool(spec: PoolSpec) -> dict[str, Any]:
    from stats.combining.pooling import pool, ratio_effects

    if spec.tables is not None:
        effects, variances = ratio_effects(np.asarray(spec.tables, dtype=float), spec.measure)
    else:
        effects = np.asarray(spec.effects, dtype=float)
        errors = spec.std_errors
        variances = np.asarray(spec.variances, dtype=float) if errors is None else np.asarray(errors, dtype=float) ** 2
    found = pool(
        effects,
        variances,
        method=spec.method,
        hartung_knapp=spec.hartung_knapp,
        prediction=spec.prediction,
        confidence=spec.confidence,
    )
    answer = asdict(found)
    return {**answer, "weights": list(found.weights), "effects": effects.tolist(), "variances": variances.tolist()}


def _sample_ratio(spec: SampleRatioSpec) -> dict[str, Any]:
    from stats.methods.sample_ratio import sample_ratio

    found = sample_ratio(spec.observed, spec.expected or [1.0] * len(spec.observed))
    return {
        "chi2": found.chi2,
        "df": found.df,
        "p_value": found.p_value,
        "observed": list(found.observed),
        "expected": list(found.expected),
        "threshold": spec.threshold,
        "passes": found.p_value >= spec.threshold,
    }


def _confidence_sequence(spec: ConfidenceSequenceSpec) -> dict[str, Any]:
    from stats.combining.always_valid import confidence_sequence

    def pair(name: str) -> tuple[Any, Any]:
        control, treatment = (np.asarray(getattr(arm, name), dtype=float) for arm in (spec.control, spec.treatment))
        return control, treatment

    found = confidence_sequence(pair("n"), pair("mean"), pair("variance"), alpha=spec.alpha, n_star=spec.n_star)
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(found).items()}


def _boundaries(spec: BoundariesSpec) -> dict[str, Any]:
    from stats.combining.sequential import boundaries

    found = boundaries(
        spec.fractions(),
        alpha=spec.alpha,
        sides=spec.sides,
        spending=spec.spending,
        rho=spec.rho,
        power=spec.power,
        z=spec.z,
    )
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(found).items()}


def _effect_size(spec: EffectSizeSpec) -> dict[str, Any]:
    from stats._pingouin import hedges_g

    return _association(hedges_g(spec.control, spec.treatment, paired=spec.paired, confidence=spec.confidence))


def _reliability(spec: ReliabilitySpec) -> dict[str, Any]:
    from stats._pingouin import cronbach_alpha

    return _association(cronbach_alpha(spec.answers, confidence=spec.confidence))


def _repeated_correlation(spec: RepeatedCorrelationSpec) -> dict[str, Any]:
    from stats._pingouin import repeated_correlation

    return _association(repeated_correlation(spec.subject, spec.x, spec.y, confidence=spec.confidence))


def _association(found: Any) -> dict[str, Any]:
    if isinstance(found, NotEstimable):
        return {"not_estimable": found.code, **found.facts}
    return asdict(found)


KINDS: Mapping[str, tuple[type[Strict], Callable[[Any], dict[str, Any]]]] = {
    "power": (PowerSpec, _power),
    "sample_size": (SampleSizeSpec, _sample_size),
    "mde": (MdeSpec, _mde),
    "boundaries": (BoundariesSpec, _boundaries),
    "adjust": (AdjustSpec, _adjust),
    "pool": (PoolSpec, _pool),
    "sample_ratio": (SampleRatioSpec, _sample_ratio),
    "confidence_sequence": (ConfidenceSequenceSpec, _confidence_sequence),
    "effect_size": (EffectSizeSpec, _effect_size),
    "reliability": (ReliabilitySpec, _reliability),
    "repeated_correlation": (RepeatedCorrelationSpec, _repeated_correlation),
}
