"""Everything that the page "What we learned" shows of all decided pilots, as values; ``telling`` puts it into words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from experiments.desk import Desk
from experiments.learned.departments import Share, shares
from experiments.learned.effects import Decided, counted, decided_pilots
from experiments.learned.prior import Proposed, propose, teaches
from experiments.learned.rolled_out import Realised, rolled_out
from experiments.portfolio.rates import Rates, rates
from experiments.portfolio.rates import counted as counted_rows
from experiments.portfolio.survey import portfolio
from registry import find
from stats.learning.kinds import Kind, by_kind
from stats.learning.prior import PilotEffect, learn_prior
from stats.learning.reality import Reality, reality
from stats.learning.winners import Winners, winners

KINDS = ("metric", "journey_step")


@dataclass(frozen=True, kw_only=True)
class Approved:
    """One approved pilot that has an estimate: its place in ``Winners``, what it is called, and its metric."""

    key: str
    title: str
    metric: str
    decided_on: str


@dataclass(frozen=True, kw_only=True)
class Learned:
    """What all pilots together taught. rates: of all; made_up: only made-up pilots are counted; prior: in force, and
    what would be learned today; approved, winners: in the same order; untold: approvals without an estimate; kinds: by
    what they are gathered (``KINDS``); realised: roll-outs; reality: of them together, and by metric and team.
    """

    made_up: bool
    rates: Rates
    prior: Proposed
    approved: tuple[Approved, ...]
    winners: Winners
    untold: int
    kinds: dict[str, tuple[Kind, ...]]
    shares: tuple[Share, ...]
    realised: tuple[Realised, ...]
    reality: Reality
    reality_of: dict[str, dict[str, Reality]]


def learned(desk: Desk) -> Learned:
    """Of all decided pilots of the record that count."""
    pilots = counted(decided_pilots(desk))
    telling = [one for one in pilots if teaches(one)]
    prior = propose(desk)
    scaled = [one for one in telling if one.scaled]
    keys = {one.key for one in pilots}
    realised = tuple(one for one in rolled_out(desk) if one.pilot in keys)
    return Learned(
        made_up=bool(pilots) and all(one.simulated for one in pilots),
        rates=rates(counted_rows([row for row in portfolio(desk) if not row.imported])),
        prior=prior,
        approved=tuple(_approved(one) for one in scaled),
        winners=winners(
            [_gain(one) for one in scaled],
            learn_prior([_gain(one) for one in telling]),
            lines=[_line(one) for one in scaled],
        ),
        untold=sum(one.scaled for one in pilots) - len(scaled),
        kinds=_kinds(desk, telling),
        shares=shares(pilots),
        realised=realised,
        reality=reality([one.compared for one in realised]),
        reality_of={
            "metric": _grouped([(one.metric_name, one) for one in realised]),
            "team": _grouped([(one.team, one) for one in realised if one.team]),
        },
    )


def _approved(one: Decided) -> Approved:
    metric = one.first.name if one.first else ""
    return Approved(key=one.key, title=one.title, metric=metric, decided_on=one.decided_on.isoformat())


def _gain(one: Decided) -> PilotEffect:
    """Of the first success metric, which every pilot that teaches has."""
    if one.first is None:
        raise ValueError(one.key)
    return one.first.in_gains(one.key)


def _line(one: Decided) -> float | None:
    return one.first.line if one.first else None


def _kinds(desk: Desk, pilots: Sequence[Decided]) -> dict[str, tuple[Kind, ...]]:
    with desk.read() as session:
        steps = {metric.key: version.journey_step or "" for metric, version in find.catalogue(session)}
    return {
        "metric": by_kind((one.first.name, _gain(one)) for one in pilots if one.first),
        "journey_step": by_kind(_stepped(pilots, steps)),
    }


def _stepped(pilots: Sequence[Decided], steps: dict[str, str]) -> Iterator[tuple[str, PilotEffect]]:
    for one in pilots:
        if one.first and steps.get(one.first.key):
            yield steps[one.first.key], _gain(one)


def _grouped(pairs: Sequence[tuple[str, Realised]]) -> dict[str, Reality]:
    names = sorted({name for name, _ in pairs})
    return {name: reality([one.compared for own, one in pairs if own == name]) for name in names}
