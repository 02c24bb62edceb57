"""What was learned, in sentences and tables: for the page and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from experiments.learned.departments import Share
from experiments.learned.prior import NUMBER, Held, Proposed
from experiments.learned.survey import Learned
from experiments.planning.forecasts import Forecasts, standing_sentences
from experiments.words import say
from experiments.words.digits import fixed, with_sign
from experiments.words.numbers import chance, day, effect, effect_between
from stats.forecasts import ENOUGH
from stats.learning.kinds import Kind
from stats.learning.prior import WEIGHT
from stats.learning.reality import Reality
from stats.money import prior_of
from stats.plan import Plan
from stats.results import NotEstimable


def gains(value: float) -> str:
    """In smallest gains worth having: "+1.7"."""
    return with_sign(fixed(round(value, 1) or 0.0, 1))  # -0.04 is no loss of 0.0


def heads(found: Learned) -> tuple[str, ...]:
    """Learning rate, scale rate and what may disappoint, in sentences."""
    made_up = (say("learned.made_up"),) if found.made_up else ()
    return (*made_up, *rate_sentences(found))


def rate_sentences(found: Learned) -> tuple[str, ...]:
    rates = found.rates
    if rates.learning_rate is None or rates.scale_rate is None:
        return (say("rates.none_ended"),)
    told = say(
        "rates.learning",
        ended=rates.ended,
        learned=rates.learned,
        learning=rates.learning_rate,
        scaled=rates.scaled,
        scale=rates.scale_rate,
        scaled_word=say("rates.was" if rates.scaled == 1 else "rates.were"),
    )
    return (told, *disappointing(found))


def disappointing(found: Learned) -> tuple[str, ...]:
    """How many approvals are likely to disappoint, and for how many that can't be told."""
    said = []
    count = len(found.approved)
    if count:
        number = round(found.winners.short)
        verb = say("rates.is" if number == 1 else "rates.are")
        key = "learned.short" if number else "learned.short.none"
        said.append(say(key, count=count, number=number, verb=verb))
    if found.untold:
        said.append(say("learned.untold", count=found.untold))
    return tuple(said)


def exaggeration(found: Learned) -> str:
    """The winner's curse in one sentence."""
    if not found.approved:
        return say("learned.no_approvals")
    if found.winners.exaggeration is None:
        return say("learned.exaggeration.none")
    return say("learned.exaggeration", count=len(found.approved), times=fixed(found.winners.exaggeration, 1))


def approvals(found: Learned) -> dict[str, list[str]]:
    """A row each approved pilot, the newest first."""
    pairs = sorted(
        zip(found.approved, found.winners.winners, strict=True), key=lambda pair: pair[0].decided_on, reverse=True
    )
    return {
        "pilot": [one.title for one, _ in pairs],
        "metric": [one.metric for one, _ in pairs],
        "approved_on": [day(date.fromisoformat(one.decided_on)) for one, _ in pairs],
        "raw": [gains(winner.raw) for _, winner in pairs],
        "cautious": [gains(winner.cautious) for _, winner in pairs],
        "p_short": [chance(winner.p_short) for _, winner in pairs],
        "p_loss": [
            say("learned.loss.unknown") if winner.p_loss is None else chance(winner.p_loss) for _, winner in pairs
        ],
    }


def kinds(found: Sequence[Kind]) -> dict[str, list[str]]:
    return {
        "kind": [kind.kind for kind in found],
        "count": [str(len(kind.effects)) for kind in found],
        "typical": [_typical(kind) for kind in found],
        "next_one": [_next(kind) for kind in found],
    }


def _typical(kind: Kind) -> str:
    summary = kind.summary
    if isinstance(summary, NotEstimable):
        return say("learned.kinds.too_few", **summary.facts)
    return say(
        "learned.kinds.typical",
        gains=gains(summary.effect),
        low=gains(summary.ci_lower),
        high=gains(summary.ci_upper),
    )


def _next(kind: Kind) -> str:
    summary = kind.summary
    if isinstance(summary, NotEstimable) or summary.prediction_lower is None or summary.prediction_upper is None:
        return ""
    return say("learned.kinds.next", low=gains(summary.prediction_lower), high=gains(summary.prediction_upper))


def shares(found: Sequence[Share]) -> dict[str, list[str]]:
    """A row each number of each department."""
    return {
        "department": [one.department for one in found],
        "own_number": [one.metric for one in found],
        "what": [say("learned.shares.own" if one.own else "learned.shares.borne") for one in found],
        "together": [together(one) for one in found],
        "how_many": [say("learned.shares.count", count=len(one.pilots), pilots=list(one.pilots)) for one in found],
    }


def together(one: Share) -> str:
    """The sum as the metric itself moves (seconds go down), and whether that is shown to be better or worse."""
    sign = 1.0 if one.higher else -1.0
    lower, upper = sorted((sign * one.lower, sign * one.upper))
    facts = {
        "effect": effect(sign * one.total, one.unit, beside=(lower, upper)),
        "between": effect_between(lower, upper, one.unit, beside=(sign * one.total,)),
    }
    key = "gained" if one.lower > 0 else "bore" if one.upper < 0 else "open"
    return say(f"learned.shares.{key}", **facts)


def realised(found: Learned) -> dict[str, list[str]]:
    rows = found.realised
    return {
        "pilot": [one.title for one in rows],
        "metric": [one.metric_name for one in rows],
        "team_of_pilot": [one.team for one in rows],
        "foretold": [
            say(
                "learned.kinds.typical",
                gains=gains(one.compared.predicted),
                low=gains(one.compared.lower),
                high=gains(one.compared.upper),
            )
            for one in rows
        ],
        "realised": [gains(one.compared.realised) for one in rows],
        "in_range": [say("fact.true" if one.compared.inside else "fact.false") for one in rows],
        "state_of_rollout": [say(f"replication.{one.state}") for one in rows],
    }


def reality_sentences(found: Learned) -> tuple[str, ...]:
    """Together, and by metric and team where there are enough."""
    if not found.realised:
        return (say("learned.reality.none"),)
    said = list(_reality(found.reality))
    for group in found.reality_of.values():
        for name, of in group.items():
            if of.inside is not None and of.count < found.reality.count:
                said += [say("learned.reality.of", name=name, sentence=line) for line in _reality(of)]
    return tuple(said)


def _reality(of: Reality) -> tuple[str, ...]:
    if of.inside is None or of.score is None:
        return (say("learned.reality.too_few", count=of.count, enough=ENOUGH),)
    if of.kept is None:
        first = say("learned.reality.together.nothing", count=of.count, inside=of.inside)
    else:
        first = say("learned.reality.together", count=of.count, inside=of.inside, kept=chance(max(0.0, of.kept)))
    return first, say("learned.reality.score", score=fixed(of.score, 1))


def bets(found: Forecasts) -> tuple[str, ...]:
    """How good the owners' bets were together, and each owner's from ten on, in no order of merit."""
    if not found.forecasts:
        return (say("forecast.none"),)
    owners = [
        say("learned.forecasts.owner", owner=owner, sentence=line)
        for owner, of in found.owners.items()
        if of.brier is not None
        for line in standing_sentences(of)
    ]
    return (*standing_sentences(found.together), *owners)


def prior_sentences(found: Proposed) -> tuple[str, ...]:
    """What is in force, what would be learned today, and how much either says."""
    said = [_in_force(found.old)]
    if found.old.number:
        said.append(transport(found.old))
    if found.new is None:
        return (*said, say("learned.prior.nothing"))
    if not found.changed:
        return (*said, say("learned.prior.same"))
    said.append(
        say(
            "learned.prior.would",
            count=len(found.new.pilots),
            mean=with_sign(fixed(found.new.mean, 2)),
            sd=fixed(found.new.sd, 2),
        )
    )
    said += [transport(found.new), say("learned.prior.weight", weight=fixed(WEIGHT, 0))]
    return (*said, say("learned.prior.made_up")) if found.new.simulated else tuple(said)


def frozen_with(plan: Plan) -> tuple[str, ...]:
    """What earlier pilots had taught when the plan was frozen; empty where that was nothing."""
    if NUMBER not in plan.assumptions:
        return ()
    prior = prior_of(plan)
    facts = {"number": plan.assumptions[NUMBER], "mean": with_sign(fixed(prior.mean, 2)), "sd": fixed(prior.sd, 2)}
    return (say("learned.prior.in_plan", **facts),)


def transport(held: Held) -> str:
    key = "learned.prior.transport" if held.rollouts else "learned.prior.transport.default"
    return say(key, share=held.transport, count=len(held.rollouts))


def _in_force(old: Held) -> str:
    if old.number == 0:
        return say("learned.prior.default")
    return say(
        "learned.prior.in_force",
        number=old.number,
        day=day(date.fromisoformat(old.made_at)),
        count=len(old.pilots),
        mean=with_sign(fixed(old.mean, 2)),
        sd=fixed(old.sd, 2),
    )


def lines(found: Learned, bet: Forecasts, score: str) -> tuple[str, ...]:
    """Everything in sentences, for the command line."""
    departments = [
        say("learned.shares.line", department=one.department, number=one.metric, together=together(one))
        for one in found.shares
    ]
    told = (*heads(found), exaggeration(found), *departments)
    return (*told, *reality_sentences(found), *bets(bet), score, *prior_sentences(found.prior))
