"""Who gets the change: drawn by a stated rule and seed, so that anyone can draw it again.

``draw(sites, rule)`` gives the assignment with everything that made it; ``redraw`` makes it anew from its own record;
``replay`` gives the assignments that the same rule could have drawn, for the randomisation p.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stats.assignment.problems import problems_of
from stats.errors import RefusedSpec
from stats.methods.balance import Balance, balance_table, imbalance, nearest_pairs, site_numbers
from stats.methods.permutation import Replays, random_within, replay_within
from stats.plan import AssignmentRule, PlannedSite, canonical_json

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

CANDIDATES = 10_000
KEEP_BEST = 0.1
KEEP_AT_LEAST = 200
"""Unless the plan says which share to keep: a rule that leaves a handful of draws can't reach a small p."""


@dataclass(frozen=True, kw_only=True)
class SiteToAssign:
    """A site before the draw. size: expected records; values: what it may be balanced or paired on, by name.

    forced_arm: 0 or 1 where the site's arm is not drawn but given (on record, and it costs grade).
    """

    key: str
    size: float | None = None
    stratum: str | None = None
    pair: str | None = None
    forced_arm: int | None = None
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """An assignment and what made it.

    arms: by site key, 0 control and 1 treatment (wave 1, 2, ... for ``waves``); groups: stratum or pair of each site
    within which it was drawn, empty where drawn over all sites; considered: candidate assignments looked at (1 where
    not re-randomised); acceptable: how many the rule kept, one of which was drawn; forced: sites whose arm was given;
    balance: means by arm of every site value, for the eye.
    """

    rule: AssignmentRule
    sites: tuple[SiteToAssign, ...]
    arms: Mapping[str, int]
    groups: tuple[str, ...]
    considered: int
    acceptable: int
    forced: tuple[str, ...]
    balance: tuple[Balance, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values; ``from_json`` reads them back."""
        return {
            "rule": self.rule.model_dump(mode="json"),
            "sites": [asdict(site) for site in self.sites],
            "arms": dict(self.arms),
            "groups": list(self.groups),
            "considered": self.considered,
            "acceptable": self.acceptable,
            "forced": list(self.forced),
            "balance": [asdict(line) for line in self.balance],
        }

    @property
    def canonical(self) -> str:
        """The one spelling that is hashed."""
        return canonical_json(self.as_json())

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Drawn:
        return cls(
            rule=AssignmentRule.model_validate(value["rule"]),
            sites=tuple(SiteToAssign(**site) for site in value["sites"]),
            arms=dict(value["arms"]),
            groups=tuple(value["groups"]),
            considered=value["considered"],
            acceptable=value["acceptable"],
            forced=tuple(value["forced"]),
            balance=tuple(Balance(**line) for line in value["balance"]),
        )


def sites_to_assign(
    planned: Sequence[PlannedSite], values: Mapping[str, Mapping[str, float]] | None = None
) -> tuple[SiteToAssign, ...]:
    """The plan's sites with their values; a site that the plan marks as forced is given the treatment."""
    return tuple(
        SiteToAssign(
            key=site.key,
            size=site.size,
            stratum=site.stratum,
            pair=site.pair,
            forced_arm=1 if site.forced else None,
            values=dict((values or {}).get(site.key, {})),
        )
        for site in planned
    )


def draw(sites: Sequence[SiteToAssign], rule: AssignmentRule) -> Drawn:
    """Arms by ``rule`` and its seed. The order of the sites does not matter: they are drawn in the order of their keys.

    Raises RefusedSpec with everything that stands against the draw.
    """
    ordered = tuple(sorted(sites, key=lambda site: site.key))
    if problems := problems_of(ordered, rule):
        raise RefusedSpec(problems)
    groups = _groups(ordered, rule)
    if rule.method == "waves":
        chosen, considered, acceptable = _waves(len(ordered), rule), 1, 1
    else:
        candidates, considered = _candidates(ordered, rule, groups)
        acceptable = len(candidates)
        pick = np.random.default_rng([rule.seed, 1]).integers(acceptable)
        chosen = candidates[pick].astype(np.int64)
    return Drawn(
        rule=rule,
        sites=ordered,
        arms={site.key: int(arm) for site, arm in zip(ordered, chosen, strict=True)},
        groups=groups,
        considered=considered,
        acceptable=acceptable,
        forced=tuple(site.key for site in ordered if site.forced_arm is not None),
        balance=() if rule.method == "waves" else balance_table(site_numbers(ordered), chosen == 1),
    )


def redraw(drawn: Drawn) -> Drawn:
    """The same draw made anew from its rule and sites; equal to ``drawn`` unless something was changed."""
    return draw(drawn.sites, drawn.rule)


def replay(drawn: Drawn, *, draws: int = 9999, seed: int | None = None) -> Replays:
    """The assignments that the rule could have drawn, (D, S) in the order of ``drawn.sites``.

    Forced sites keep their arm. Re-randomised: the acceptable candidates and no others (Morgan & Rubin 2012), each
    of which had the same chance.
    """
    treated = np.array([drawn.arms[site.key] == 1 for site in drawn.sites])
    seed = drawn.rule.seed if seed is None else seed
    groups = np.unique(drawn.groups, return_inverse=True)[1] if drawn.groups else None
    if drawn.rule.method == "rerandomised":
        arms = _candidates(drawn.sites, drawn.rule, drawn.groups)[0]
        return Replays(arms=arms, exact=True, total=len(arms), mirrored=_closed_under_mirror(arms))
    free = np.array([site.forced_arm is None for site in drawn.sites])
    inner = replay_within(treated[free], None if groups is None else groups[free], draws=draws, seed=seed)
    arms = np.broadcast_to(treated, (len(inner.arms), len(treated))).copy()
    arms[:, free] = inner.arms
    return Replays(arms=arms, exact=inner.exact, total=inner.total, mirrored=inner.mirrored and bool(free.all()))


def replay_waves(drawn: Drawn, *, draws: int = 9999, seed: int | None = None) -> Ints:
    """(draws, S) random re-orderings of the waves over the sites, in the order of ``drawn.sites``."""
    waves = np.array([drawn.arms[site.key] for site in drawn.sites])
    rng = np.random.default_rng(drawn.rule.seed if seed is None else seed)
    return rng.permuted(np.broadcast_to(waves, (draws, len(waves))), axis=1)


def _groups(sites: Sequence[SiteToAssign], rule: AssignmentRule) -> tuple[str, ...]:
    if rule.method == "paired":
        if all(site.pair is not None for site in sites):
            return tuple(str(site.pair) for site in sites)
        return nearest_pairs(site_numbers(sites, rule.balance_on))
    if rule.method == "stratified" or (rule.method == "rerandomised" and all(site.stratum for site in sites)):
        return tuple(str(site.stratum) for site in sites)
    return ()


def _waves(count: int, rule: AssignmentRule) -> Ints:
    """Sites in random order, dealt to the waves as evenly as can be; the larger waves are the early ones."""
    waves = np.sort(np.arange(count) % int(rule.waves or 2)) + 1
    return np.random.default_rng([rule.seed, 1]).permutation(waves)


def _candidates(sites: Sequence[SiteToAssign], rule: AssignmentRule, groups: Sequence[str]) -> tuple[Bools, int]:
    """(assignments that the rule accepts, how many were looked at). One, already random, unless re-randomised."""
    codes = np.unique(groups, return_inverse=True)[1] if groups else np.zeros(len(sites), dtype=np.int64)
    forced = np.array([-1 if site.forced_arm is None else site.forced_arm for site in sites])
    free = np.flatnonzero(forced < 0)
    blocks = [np.flatnonzero(codes[free] == code) for code in np.unique(codes[free])]
    wanted = len(sites) // 2 if rule.n_treatment is None else rule.n_treatment
    counts = _quotas([len(block) for block in blocks], wanted - int((forced == 1).sum()), rule)
    if rule.method != "rerandomised":
        return _whole(random_within(blocks, counts, 1, rule.seed), forced), 1
    limit = rule.candidates or CANDIDATES
    example = np.zeros(len(free), dtype=bool)
    for block, count in zip(blocks, counts, strict=True):
        example[block[:count]] = True
    looked_at = replay_within(example, codes[free], draws=limit, seed=rule.seed, enumerate_up_to=limit)
    arms = np.unique(_whole(looked_at.arms, forced), axis=0)
    distance = imbalance(site_numbers(sites, rule.balance_on), arms)
    least = KEEP_AT_LEAST if rule.keep_best is None else 2
    keep = max(least, int(np.ceil((rule.keep_best or KEEP_BEST) * len(arms))))
    # Everything as well balanced as the last one kept is kept: a draw and its mirror image stay together.
    line = np.sort(distance)[min(keep, len(arms)) - 1]
    return arms[distance <= line * (1 + 1e-9) + 1e-12], len(arms)


def _quotas(sizes: Sequence[int], wanted: int, rule: AssignmentRule) -> list[int]:
    """How many to treat in each block: in proportion, what is left over by the largest remainders, ties at random."""
    if rule.method == "paired":
        return [size // 2 for size in sizes]
    exact = np.array(sizes) * wanted / max(1, sum(sizes))
    counts = np.floor(exact + 1e-9).astype(int)
    ties = np.random.default_rng([rule.seed, 2]).random(len(sizes))
    order = np.lexsort((ties, -np.round(exact - counts, 9)))
    counts[order[: wanted - counts.sum()]] += 1
    return [int(count) for count in counts]


def _whole(arms: Bools, forced: Ints) -> Bools:
    """Assignments of the free sites with the forced ones put in their places."""
    whole = np.broadcast_to(forced == 1, (len(arms), len(forced))).copy()
    whole[:, forced < 0] = arms
    return whole


def _closed_under_mirror(arms: Bools) -> bool:
    seen = {row.tobytes() for row in arms}
    return all((~row).tobytes() in seen for row in arms)
