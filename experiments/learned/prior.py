"""The learned prior: what earlier pilots say of the next one, in versions. A new one changes nothing that stands.

A plan takes the version in force into its own text when it is frozen, so that its verdict can be made again for ever;
sums over the portfolio use the version in force today.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from experiments.desk import Desk, may
from experiments.errors import Refused
from experiments.learned.effects import Decided, counted, decided_pilots
from experiments.learned.rolled_out import rolled_out
from registry import find
from registry.access import Act
from registry.canonical import canonical_json, sha256_text
from registry.learning import LearnedPrior
from stats.errors import Problem
from stats.learning.prior import learn_prior
from stats.learning.transport import learn_transport
from stats.money import DISCOUNT_OF_CHOSEN_SITES, LEARNED_MEAN, LEARNED_SD, LEARNED_TRANSPORT, Prior
from stats.plan import Plan

NUMBER, HASH = "learned.prior_number", "learned.prior_sha256"
GRADES = frozenset({"A", "B", "C"})
"""Evidence without any comparison teaches nothing about effects."""
DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Held:
    """One version. number 0: the default, before anything was learned.

    mean, sd, mean_se: of true effects, in MWE; transport, transport_sd: share (0-1) of an effect that is kept; pilots,
    rollouts: keys of those that it was learned from; simulated: they are made up.
    """

    number: int = 0
    mean: float = 0.0
    sd: float = 1.0
    mean_se: float = 0.0
    transport: float = DISCOUNT_OF_CHOSEN_SITES
    transport_sd: float = 0.0
    pilots: tuple[str, ...] = ()
    rollouts: tuple[str, ...] = ()
    simulated: bool = False
    sha256: str = ""
    made_at: str = ""

    @property
    def prior(self) -> Prior:
        return Prior(mean=self.mean, sd=self.sd)


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """The version in force beside the one that today's record would give. new: None where nothing can be learned."""

    old: Held
    new: Held | None
    changed: bool


def in_force(desk: Desk) -> Held:
    """The newest version; the default while there is none."""
    with desk.read() as session:
        return held(find.prior_in_force(session))


def versions(desk: Desk) -> tuple[Held, ...]:
    """All versions, the first one first."""
    with desk.read() as session:
        return tuple(held(row) for row in find.priors(session))


def propose(desk: Desk) -> Proposed:
    """What would be learned today. Nothing is kept."""
    old = in_force(desk)
    found = _facts(desk)
    if found is None:
        return Proposed(old=old, new=None, changed=False)
    text = canonical_json(found)
    new = _held(found, number=old.number + 1, sha256=sha256_text(text))
    return Proposed(old=old, new=new, changed=new.sha256 != old.sha256)


def learn(desk: Desk) -> Held:
    """Keep what the record teaches today as the next version; for plans that are frozen from now on."""
    may(desk, Act.LEARN_PRIOR)
    found = _facts(desk)
    if found is None:
        raise Refused(Problem(code="nothing_to_learn"))
    text = canonical_json(found)
    with desk.work() as work:
        old = find.prior_in_force(work.session)
        if old is not None and old.sha256 == sha256_text(text):
            raise Refused(Problem(code="prior_unchanged", facts={"number": old.number}))
        number = 1 if old is None else old.number + 1
        row = work.add(
            LearnedPrior(
                number=number, canonical=text, sha256=sha256_text(text), made_by_id=work.actor_id, made_at=work.now
            )
        )
        after = {"number": number, "sha256": row.sha256, "mean": found["mean"], "sd": found["sd"]}
        work.record("prior.learned", row, after={**after, "transport": found["transport"]["share"]})
        return held(row)


def with_learned(session: Any, plan: Plan) -> Plan:
    """The plan with the version in force written into it; unchanged while there is none, or only made-up pilots taught.

    Called when a plan is frozen, and never again for it.
    """
    found = held(find.prior_in_force(session))
    if found.number == 0 or (found.simulated and not plan.simulated):
        return plan
    taught = {
        NUMBER: found.number,
        HASH: found.sha256,
        LEARNED_MEAN: found.mean,
        LEARNED_SD: found.sd,
        LEARNED_TRANSPORT: found.transport,
    }
    return plan.model_copy(update={"assumptions": {**plan.assumptions, **taught}})


def held(row: LearnedPrior | None) -> Held:
    if row is None:
        return Held()
    made = row.made_at.date().isoformat()
    return _held(json.loads(row.canonical), number=row.number, sha256=row.sha256, made_at=made)


def teaches(one: Decided) -> bool:
    """Whether a decided pilot says something of effects: valid evidence with a comparison, promised before its data."""
    return not one.hidden and one.grade in GRADES and not one.recorded_afterwards and one.first is not None


def _held(found: dict[str, Any], *, number: int, sha256: str, made_at: str = "") -> Held:
    return Held(
        number=number,
        mean=found["mean"],
        sd=found["sd"],
        mean_se=found["mean_se"],
        transport=found["transport"]["share"],
        transport_sd=found["transport"]["sd"],
        pilots=tuple(one["pilot"] for one in found["from"]),
        rollouts=tuple(one["pilot"] for one in found["rollouts"]),
        simulated=found["simulated"],
        sha256=sha256,
        made_at=made_at,
    )


def _facts(desk: Desk) -> dict[str, Any] | None:
    """What is kept: the prior with the numbers and hashes that it was made from, so that it can be made again."""
    pilots = [one for one in counted(decided_pilots(desk)) if teaches(one)]
    if not pilots:
        return None
    effects = [one.first.in_gains(one.key) for one in pilots if one.first is not None]
    known = {one.key for one in pilots}
    rolls = [roll for roll in rolled_out(desk) if roll.learns is not None and roll.pilot in known]
    prior = learn_prior(effects)
    transport = learn_transport([roll.learns for roll in rolls if roll.learns is not None])
    return {
        "mean": round(prior.mean, DIGITS),
        "sd": round(prior.sd, DIGITS),
        "mean_se": round(prior.mean_se, DIGITS),
        "weight": prior.weight,
        "alone": None
        if prior.alone_mean is None or prior.alone_sd is None
        else {"mean": round(prior.alone_mean, DIGITS), "sd": round(prior.alone_sd, DIGITS)},
        "transport": {
            "share": round(transport.share, DIGITS),
            "sd": round(transport.sd, DIGITS),
            "weight": transport.weight,
        },
        "simulated": all(one.simulated for one in pilots),
        "from": [
            {
                "pilot": one.key,
                "plan": one.plan_sha256,
                "evidence": one.evidence_sha256,
                "metric": one.first.key,
                "effect": round(effect.effect, DIGITS),
                "std_error": round(effect.std_error, DIGITS),
                "df": None if effect.df is None else round(effect.df, DIGITS),
            }
            for one, effect in zip(pilots, effects, strict=True)
            if one.first is not None
        ],
        "rollouts": [
            {
                "pilot": roll.pilot,
                "measure": roll.measure_sha256,
                "cautious": round(roll.learns.cautious, DIGITS),
                "cautious_sd": round(roll.learns.cautious_sd, DIGITS),
                "realised": round(roll.learns.realised, DIGITS),
                "std_error": round(roll.learns.std_error, DIGITS),
            }
            for roll in rolls
            if roll.learns is not None
        ],
    }
