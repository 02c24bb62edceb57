"""A rehearsal in words: sentences for people, a row for each truth, and the bars of the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from experiments.words import say
from experiments.words.catalogue import listed
from experiments.words.digits import plain
from experiments.words.numbers import Unit, in_hundred, size
from stats.plan import Plan, PlannedMetric
from stats.rehearsing.operating import STRONG, Operating, Share, paid_for_by
from stats.rehearsing.rehearsal import SITES_SUPPOSED, Change, Rehearsal
from stats.verdict.case import must_prove

VERDICTS = ("SCALE", "ITERATE", "STOP")
REASONS_TOLD = 3
REASON_FROM = 0.02


@dataclass(frozen=True, kw_only=True)
class TruthRow:
    """One truth: shares of the rule (0-1) and what is said of them; usual, growthbook, spotify: would scale."""

    truth: str
    words: str
    shares: dict[str, float]
    said: dict[str, str]
    reasons: str
    usual: str
    growthbook: str
    spotify: str


def headline(plan: Plan, rehearsal: Rehearsal) -> tuple[str, ...]:
    """What everybody should know: nothing works, it works as hoped, it harms, somebody pays for it."""
    return tuple(_headline(plan, rehearsal))


def _headline(plan: Plan, rehearsal: Rehearsal) -> Iterator[str]:
    for truth, verdict in (("nothing", "SCALE"), ("strong", "SCALE"), ("harm", "STOP")):
        found = rehearsal.under(truth)
        if found is not None:
            yield say(f"rehearse.{truth}", count=in_100(found.verdicts[verdict]))
    paid, found = paid_for_by(plan), rehearsal.under("guardrail_at_margin")
    if paid is not None and found is not None:
        key = "rehearse.guardrail_prove" if must_prove(paid) else "rehearse.guardrail_watch"
        yield say(key, metric=paid.name, count=in_100(found.verdicts["SCALE"]))


def usual_reading(plan: Plan, rehearsal: Rehearsal) -> tuple[str, ...]:
    """What the usual reading of the same data would do."""
    nothing, paid = rehearsal.under("nothing"), rehearsal.under("guardrail_at_margin")
    said = [say("rehearse.usual.nothing", count=in_100(nothing.naive["SCALE"]))] if nothing else []
    metric = paid_for_by(plan)
    if paid is not None and metric is not None:
        said.append(say("rehearse.usual.guardrail", metric=metric.name, count=in_100(paid.naive["SCALE"])))
    return tuple(said)


def change_sentences(plan: Plan, rehearsal: Rehearsal) -> tuple[str, ...]:
    """The smallest changes that would make a learning pilot able to decide, each an alternative."""
    history = [
        say("rehearse.change.history", metric=plan.metric(change.metric).name)
        for change in rehearsal.changes
        if change.kind == "history"
    ]
    ways = [_way(plan, change) for change in rehearsal.changes if change.kind in ("sites", "weeks")]
    lines = [_way(plan, change) for change in rehearsal.changes if change.kind in ("mwe", "margin")]
    ways += [listed(lines)] if lines else []
    return (*history, *(say("rehearse.change.way", way=way) for way in ways))


def _way(plan: Plan, change: Change) -> str:
    if change.kind in ("sites", "weeks"):
        facts = {"now": int(change.now or 0), "needed": int(change.needed or 0)}
        return say(f"rehearse.change.{change.kind}", **facts, unit=plan.unit_word)
    metric = plan.metric(change.metric)
    unit = unit_of(metric)
    now, needed = size(change.now or 0.0, unit), size(change.needed or 0.0, unit)
    return say(f"rehearse.change.{change.kind}", metric=metric.name, now=now, needed=needed)


def premise_sentences(plan: Plan, rehearsal: Rehearsal) -> tuple[str, ...]:
    """What the figures rest on, and what is not in them."""
    return tuple(_premises(plan, rehearsal))


def _premises(plan: Plan, rehearsal: Rehearsal) -> Iterator[str]:
    first = plan.success[0]
    hoped, enough = (size(times * (first.mwe or 0.0), unit_of(first)) for times in (STRONG, 1.0))
    yield say("rehearse.premise.hope", metric=first.name, hoped=hoped, enough=enough)
    errors = [share.error for found in rehearsal.operating for share in found.verdicts.values()]
    yield say(
        "rehearse.premise.count",
        pilots=rehearsal.pilots,
        treatment=rehearsal.n_treatment,
        control=rehearsal.n_control,
        unit=plan.unit_word,
        error=plain(200 * max(errors), significant=2),
    )
    if rehearsal.supposed:
        names = [plan.metric(key).name for key in rehearsal.supposed]
        drawn_one_by_one = plan.design == "randomised_units"
        key = "rehearse.premise.supposed_units" if drawn_one_by_one else "rehearse.premise.supposed"
        yield say(key, metrics=names, sites=SITES_SUPPOSED, unit=plan.unit_word)
    if not rehearsal.together:
        yield say("rehearse.premise.together", unit=plan.unit_word)
    if not rehearsal.drawn:
        yield say("rehearse.premise.chosen", unit=plan.unit_word)
    yield say("rehearse.premise.conduct")


def truth_rows(plan: Plan, rehearsal: Rehearsal) -> tuple[TruthRow, ...]:
    return tuple(_row(plan, found) for found in rehearsal.operating)


def _row(plan: Plan, found: Operating) -> TruthRow:
    return TruthRow(
        truth=found.truth,
        words=truth_words(plan, found.truth),
        shares={verdict: found.verdicts[verdict].value for verdict in VERDICTS},
        said={verdict: with_error(found.verdicts[verdict]) for verdict in VERDICTS},
        reasons=_reasons(found),
        usual=in_100(found.naive["SCALE"]),
        growthbook=in_100(found.growthbook["SCALE"]),
        spotify=in_100(found.spotify["SCALE"]),
    )


def truth_words(plan: Plan, truth: str) -> str:
    paid = paid_for_by(plan)
    return say(f"rehearse.truth.{truth}", metric=paid.name if paid else "")


def _reasons(found: Operating) -> str:
    told = [(code, share) for code, share in found.reasons.items() if share.value >= REASON_FROM][:REASONS_TOLD]
    return "; ".join(say("rehearse.reason", reason=say(f"reason.{code}"), count=in_100(share)) for code, share in told)


def unit_of(metric: PlannedMetric) -> Unit:
    return Unit.of(metric.unit, metric.spec.kind)


def in_100(share: Share) -> str:
    return in_hundred(share.value)


def with_error(share: Share) -> str:
    """With its simulation error: "1.3 ± 0.3"; where none or all were counted, what so many can rule out."""
    if round(100 * share.value, 1) in {0.0, 100.0}:
        # Of n pilots without a single one, 3/n is the 95 % limit (Hanley and Lippman-Hand 1983); 1/n is the error here.
        limit = ceil(1000 * (3 * share.error) - 1e-9) / 10
        if share.value < 0.5:
            return say("rehearse.below", count=f"{limit:.1f}")
        return say("rehearse.above", count=f"{100 - limit:.1f}")
    return say("rehearse.with_error", count=f"{100 * share.value:.1f}", error=f"{100 * share.error:.1f}")
