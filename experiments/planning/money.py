"""Money before the start: from what gain on a pilot pays for itself, to suggest the smallest gain worth having."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, isclose, log10
from typing import Any

from pydantic import ValidationError

from experiments.charters.charter import Charter
from experiments.charters.to_plan import to_plan
from experiments.forms.power_preview import plan_so_far
from experiments.words import say
from experiments.words.numbers import Unit, money, size
from stats.money import break_even_effect, chosen_sites_discount, discount_of
from stats.plan import Finance, Plan


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """One success metric with a value in money, alone. All effects are sizes in the metric's unit (shares 0-1).

    effect: gain at which scaling just pays for itself; suggested: the same, rounded up to two digits, as smallest gain
    worth having; mwe: what the charter says; pays: whether a gain of that size would pay.
    """

    metric: str
    effect: float
    suggested: float
    mwe: float | None

    @property
    def pays(self) -> bool:
        return self.mwe is not None and self.mwe >= self.effect * (1 - 1e-9)


def break_even(charter: Charter | Plan) -> tuple[BreakEven, ...]:
    """For every success metric with a value; empty without values, where money has no say."""
    plan = charter if isinstance(charter, Plan) else to_plan(charter)
    if plan.finance is None:
        return ()
    found = []
    for metric in plan.success:
        effect = break_even_effect(
            plan.finance,
            metric.key,
            sites_drawn_at_random=plan.assumptions.get("sites_drawn_at_random") is True,
            chosen=chosen_sites_discount(plan),
        )
        if effect is not None:
            found.append(
                BreakEven(metric=metric.key, effect=effect, suggested=_rounded_up(effect), mwe=metric.mwe),
            )
    return tuple(found)


def break_even_sentences(charter: Charter | Plan) -> tuple[str, ...]:
    """In words, with currency and period; where no values are given, that money has no say."""
    plan = charter if isinstance(charter, Plan) else to_plan(charter)
    found = break_even(plan)
    if plan.finance is None or not found:
        return (say("money.off"),)
    return tuple(_sentence(plan, plan.finance, each) for each in found)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A smallest gain worth having that would pay, for a charter that is being written. key, name: of the metric;
    mwe: in its unit (shares 0-1); words: the same for people."""

    key: str
    name: str
    mwe: float
    words: str


def break_even_so_far(draft: Mapping[str, Any]) -> tuple[str, ...]:
    """The same for a charter that is being written; empty while numbers are missing."""
    plan = _plan_with_money(draft)
    return () if plan is None else break_even_sentences(plan)


def offers(draft: Mapping[str, Any]) -> tuple[Offer, ...]:
    """For each success metric whose smallest gain worth having is another than the one from which on it pays."""
    plan = _plan_with_money(draft)
    if plan is None:
        return ()
    found = []
    for each in break_even(plan):
        if each.suggested <= 0 or (each.mwe is not None and isclose(each.mwe, each.suggested)):
            continue
        metric = plan.metric(each.metric)
        words = size(each.suggested, Unit.of(metric.unit, metric.spec.kind))
        found.append(Offer(key=metric.key, name=metric.name, mwe=each.suggested, words=words))
    return tuple(found)


def with_gains(draft: Mapping[str, Any], gains: Mapping[str, float]) -> dict[str, Any]:
    """The draft with these smallest gains worth having, by key of the success metric."""
    metrics = draft.get("metrics") or {}
    success = [
        {**metric, "mwe": gains[metric["key"]]} if metric.get("key") in gains else metric
        for metric in metrics.get("success") or []
    ]
    return {**draft, "metrics": {**metrics, "success": success}} if success else dict(draft)


def _plan_with_money(draft: Mapping[str, Any]) -> Plan | None:
    plan = plan_so_far(draft)
    if plan is None or not draft.get("finance"):
        return None
    try:
        finance = Finance.model_validate(draft["finance"])
    except ValidationError:
        return None
    return plan.model_copy(update={"finance": finance})


def horizon_words(finance: Finance) -> str:
    """The time that the money is counted over: "3 years"."""
    several = "" if finance.horizon != 1 else ".one"
    return say(f"memo.money.horizon{several}", count=finance.horizon, period=finance.volume_period)


def _sentence(plan: Plan, finance: Finance, found: BreakEven) -> str:
    metric = plan.metric(found.metric)
    unit = Unit.of(metric.unit, metric.spec.kind)
    if found.effect == 0:
        return say("money.no_costs", metric=metric.name)
    facts = {
        "metric": metric.name,
        "effect": size(found.effect, unit),
        "suggested": size(found.suggested, unit),
        "mwe": size(found.mwe or 0.0, unit),
        "costs": money(finance.run_cost + finance.one_off_cost, finance.currency),
        "horizon": horizon_words(finance),
        "discount": discount_of(plan),
    }
    return say("money.break_even.pays" if found.pays else "money.break_even.too_low", **facts)


def _rounded_up(value: float) -> float:
    """Up to two significant digits, so that what is suggested does pay.

    >>> _rounded_up(8.71), _rounded_up(0.0), _rounded_up(9.0)
    (8.8, 0.0, 9.0)
    """
    if value <= 0:
        return 0.0
    step = 10.0 ** (floor(log10(value)) - 1)
    return round(ceil(value / step - 1e-9) * step, 12)
