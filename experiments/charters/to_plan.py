"""From a charter to the plan that partners sign: its metrics, the worst experience behind each, planned checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from experiments.charters.charter import Charter, CharterMetric, Guardrail, SuccessMetric, Where, slug
from stats.plan import (
    Looks,
    Plan,
    PlannedMetric,
)
from stats.spec import MetricSpec, Value


def to_plan(charter: Charter, version: int = 1) -> Plan:
    """The promise of one version, with the worst-experience twins that were not declined."""
    where = charter.where
    return Plan(
        pilot=charter.key,
        title=charter.title,
        version=charter.lineage.version if charter.lineage else version,
        max_versions=charter.max_versions,
        design=where.design,
        estimator=where.estimator,
        unit_of_assignment="unit" if where.design == "randomised_units" else "site",
        unit_word=where.unit_word,
        change=charter.hypothesis.change,
        metrics=[*_planned(charter), *twins(charter)],
        columns=where.columns,
        sites=where.sites,
        assignment=where.assignment,
        how_chosen=where.how_chosen,
        favourable_sites=where.chosen_favourably,
        showcase=where.showcase,
        start=where.start,
        end=where.end,
        pre_start=where.baseline_from,
        weights=where.weights,
        primary_rule=charter.primary_rule,
        errors=charter.errors,
        looks=charter.looks or default_looks(where),
        finance=charter.finance,
        simulated=charter.simulated,
        draws=charter.draws,
        assumptions=_assumptions(charter),
    )


def _planned(charter: Charter) -> Iterator[PlannedMetric]:
    departments = {slug(partner.department): partner.department for partner in charter.partners}
    named = {partner.metric: slug(partner.department) for partner in charter.partners if partner.metric}
    for metric in charter.all_metrics():
        partner = slug(metric.partner) if isinstance(metric, Guardrail) and metric.partner else named.get(metric.key)
        yield PlannedMetric(
            key=metric.key,
            name=metric.name,
            version=metric.version,
            role=_role(metric),
            spec=metric.measure.model_copy(update={"better": metric.better, "key": metric.key}),
            unit=metric.unit,
            better=metric.better,
            mwe=metric.mwe if isinstance(metric, SuccessMetric) else None,
            margin=metric.margin if isinstance(metric, Guardrail) else None,
            guardrail_class=metric.guardrail_class if isinstance(metric, Guardrail) else None,
            critical=isinstance(metric, Guardrail) and metric.critical,
            partner=partner,
            partner_name=departments.get(partner) if partner else None,
            survey=metric.survey,
            perspective=metric.perspective,
            journey_step=metric.journey_step,
            waste=metric.waste,
            pre=metric.pre,
        )


def _role(metric: CharterMetric) -> Literal["SUCCESS", "SECONDARY", "GUARDRAIL"]:
    if isinstance(metric, SuccessMetric):
        return "SUCCESS"
    return "GUARDRAIL" if isinstance(metric, Guardrail) else "SECONDARY"


COUNTED_IN_TIME = frozenset({"randomised_units", "randomised_sites", "matched_sites", "before_after_control"})
"""Designs whose sites all start at once, so that half of the time holds half of what can be known."""


def default_looks(where: Where) -> Looks:
    """The rule's checks (half-way, the end, an extension in reserve) where half of the window is half of the data.

    Without dates, or where data come in one lump (two waves, a roll-out in steps), there is one check at the end.
    """
    dated = where.start is not None and where.end is not None
    over_time = where.columns.timestamp is not None or where.columns.period is not None
    lumps = where.columns.post is not None and where.columns.post.values is not None
    if dated and over_time and not lumps and where.design in COUNTED_IN_TIME:
        return Looks()
    return Looks(fractions=[1.0], extension=None)


def twins(charter: Charter) -> list[PlannedMetric]:
    """The worst experience behind each duration and score that is a success metric: a WATCH guardrail each.

    Only records show the worst experience: a panel of site means does not hold it.
    """
    if charter.where.data == "panel":
        return []
    return [_twin(metric) for metric in charter.metrics.success if _wants_twin(metric)]


def _wants_twin(metric: SuccessMetric) -> bool:
    averaged = metric.measure.kind in {"mean", "quantile"} and metric.measure.column is not None
    return averaged and metric.nature != "other" and metric.worst.without_because is None


def _twin(metric: SuccessMetric) -> PlannedMetric:
    """Margin where none is given: 5 points for a share beyond; twice the smallest gain for the worst cases' mean,
    because the worst cases are further out and vary more than the average."""
    from experiments.words import say

    worst = metric.worst
    common: dict[str, Any] = {
        "role": "GUARDRAIL",
        "guardrail_class": "WATCH",
        "twin_of": metric.key,
        "survey": metric.survey,
        "perspective": metric.perspective,
        "journey_step": metric.journey_step,
        "waste": metric.waste,
        "version": metric.version,
    }
    if worst.beyond is None:
        key = f"{metric.key}_worst"
        spec = MetricSpec(
            kind="tail_mean", column=metric.measure.column, tail=worst.share, better=metric.better, key=key
        )
        name = say("twin.worst_mean", name=metric.name, share=f"{100 * worst.share:g}")
        margin = worst.margin or 2 * metric.mwe
        return PlannedMetric(
            key=key, name=name, spec=spec, unit=metric.unit, better=metric.better, margin=margin, **common
        )
    key = f"{metric.key}_beyond"
    side: Literal["above", "below"] = "above" if metric.better == "lower" else "below"
    spec = MetricSpec(
        kind="share_beyond",
        column=metric.measure.column,
        threshold=worst.beyond,
        beyond=side,
        better="lower",
        key=key,
    )
    name = say(f"twin.share_{side}", name=metric.name, beyond=f"{worst.beyond:g}", unit=metric.unit)
    return PlannedMetric(
        key=key, name=name, spec=spec, unit="share", better="lower", margin=worst.margin or 0.05, **common
    )


def _assumptions(charter: Charter) -> dict[str, Value]:
    """History as flat facts of the plan, so that the locked plan says what it was sized on."""
    facts: dict[str, Value] = {}
    for key, known in sorted(charter.history.items()):
        facts[f"{key}.spread"] = known.spread
        facts[f"{key}.steadiness"] = known.steadiness
        if known.weeks is not None:
            facts[f"{key}.weeks"] = known.weeks
        if known.drift is not None:
            facts |= {f"{key}.{name}": value for name, value in known.drift.model_dump().items()}
    if charter.where.units is not None:
        facts["units"] = charter.where.units
    return facts
