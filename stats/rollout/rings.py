"""Rings of a roll-out: which sites start in which wave, and which are kept as before, drawn by a stated rule and seed.

Sites are put in random order within their stratum (and, within a stratum, in bands of similar size); the sites kept as
before and the rings are then dealt along that order, so that each is a small picture of the whole. Kept as before: by
default 15 % of the sites, never outside 10-20 % from 20 sites on and at least 4; with fewer sites as many as 20 % are,
at least 1, and ``scaled_down`` says so. Sites that had the change in the pilot stand apart: they have nothing to start.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil, floor
from typing import Any

import numpy as np

from stats.errors import Problem, RefusedSpec

LOWEST_SHARE, HIGHEST_SHARE = 0.10, 0.20
HELD_BACK_AT_LEAST = 4
SITES_FOR_THE_FULL_HOLDBACK = 20
SITES_AT_LEAST = 4
"""Fewer new sites can't be measured: two that start and two that do not are the least that has an estimate."""
DEFAULT_RINGS = 3


@dataclass(frozen=True, kw_only=True)
class RolloutSite:
    """A site of the roll-out. size: any measure of volume (records a week, customers); had_change: in the pilot."""

    key: str
    stratum: str | None = None
    size: float | None = None
    had_change: bool = False


@dataclass(frozen=True, kw_only=True)
class RingRule:
    """How rings are drawn. rings: how many (None: from the capacity, else 3); capacity: sites that can start together
    (None: no limit); holdback_share: 0-1 of the new sites; weeks_per_ring: that a ring runs before it is
    measured; holdback_months: how long the sites kept as before stay so."""

    rings: int | None = None
    capacity: int | None = None
    holdback_share: float = 0.15
    seed: int = 20260101
    weeks_per_ring: int = 6
    holdback_months: int = 12


@dataclass(frozen=True, kw_only=True)
class Rings:
    """A draw and what made it.

    rings: site keys by ring, in the order of their start; held_back: kept as before; had_change: apart, from the
    pilot; scaled_down: fewer than four sites could be held back; holdback_share: 0-1 of the new sites, as drawn;
    sites: as given, in the order of their keys.
    """

    rule: RingRule
    sites: tuple[RolloutSite, ...]
    rings: tuple[tuple[str, ...], ...]
    held_back: tuple[str, ...]
    had_change: tuple[str, ...]
    scaled_down: bool
    holdback_share: float

    @property
    def ring_of(self) -> dict[str, int]:
        """Ring (from 1) by site key, of the sites that start."""
        return {key: number for number, ring in enumerate(self.rings, start=1) for key in ring}

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values; ``from_json`` reads them back."""
        return {
            "rule": asdict(self.rule),
            "sites": [asdict(site) for site in self.sites],
            "rings": [list(ring) for ring in self.rings],
            "held_back": list(self.held_back),
            "had_change": list(self.had_change),
            "scaled_down": self.scaled_down,
            "holdback_share": self.holdback_share,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Rings:
        return cls(
            rule=RingRule(**value["rule"]),
            sites=tuple(RolloutSite(**site) for site in value["sites"]),
            rings=tuple(tuple(ring) for ring in value["rings"]),
            held_back=tuple(value["held_back"]),
            had_change=tuple(value["had_change"]),
            scaled_down=value["scaled_down"],
            holdback_share=value["holdback_share"],
        )


def ring_problems(sites: Sequence[RolloutSite], rule: RingRule) -> tuple[Problem, ...]:
    """Everything that stands against drawing rings of ``sites`` by ``rule``; empty where nothing does."""
    return (*_of_sites(sites), *_of_rule(sites, rule))


def draw_rings(sites: Sequence[RolloutSite], rule: RingRule) -> Rings:
    """Rings by ``rule`` and its seed; the order in which the sites are given does not matter.

    Raises RefusedSpec with everything that stands against the draw.
    """
    if problems := ring_problems(sites, rule):
        raise RefusedSpec(problems)
    ordered = tuple(sorted(sites, key=lambda site: site.key))
    new = [site for site in ordered if not site.had_change]
    held = held_back_count(len(new), rule.holdback_share)
    line = _shuffled(new, np.random.default_rng([rule.seed, 1]))
    kept = _spread(len(line), held, np.random.default_rng([rule.seed, 2]))
    starting = [key for place, key in enumerate(line) if place not in kept]
    count = ring_count(len(starting), rule)
    order = np.random.default_rng([rule.seed, 3]).permutation(count)
    rings: list[list[str]] = [[] for _ in range(count)]
    for place, key in enumerate(starting):
        rings[int(order[place % count])].append(key)
    return Rings(
        rule=rule,
        sites=ordered,
        rings=tuple(tuple(sorted(ring)) for ring in rings),
        held_back=tuple(sorted(key for place, key in enumerate(line) if place in kept)),
        had_change=tuple(site.key for site in ordered if site.had_change),
        scaled_down=held < HELD_BACK_AT_LEAST,
        holdback_share=held / len(new),
    )


def redraw(rings: Rings) -> Rings:
    """The same draw made anew from its rule and sites; equal to ``rings`` unless something was changed."""
    return draw_rings(rings.sites, rings.rule)


def held_back_count(new_sites: int, share: float) -> int:
    """How many of the new sites are kept as before.

    >>> held_back_count(40, 0.15), held_back_count(20, 0.15), held_back_count(12, 0.15), held_back_count(4, 0.15)
    (6, 4, 2, 1)
    """
    if new_sites < SITES_FOR_THE_FULL_HOLDBACK:
        return max(1, floor(HIGHEST_SHARE * new_sites))
    wanted = round(share * new_sites)
    return max(HELD_BACK_AT_LEAST, min(wanted, floor(HIGHEST_SHARE * new_sites)))


def ring_count(starting: int, rule: RingRule) -> int:
    """How many rings: as asked for, else as many as the capacity needs, else three."""
    if rule.rings is not None:
        return rule.rings
    least = 1 if rule.capacity is None else ceil(starting / rule.capacity)
    return min(starting, max(least, DEFAULT_RINGS))


def _shuffled(sites: Sequence[RolloutSite], rng: np.random.Generator) -> list[str]:
    """Keys in random order, such that neighbours are alike: by stratum, then from large to small in bands of four.

    Strata come in random order, and every second one from small to large, so that no end is always the large one.
    """
    strata: dict[str, list[RolloutSite]] = {}
    for site in sites:
        strata.setdefault(site.stratum or "", []).append(site)
    names = sorted(strata)
    line: list[str] = []
    for turn, index in enumerate(rng.permutation(len(names))):
        members = sorted(strata[names[index]], key=lambda site: (site.size is None, -(site.size or 0.0), site.key))
        keys: list[str] = []
        for start in range(0, len(members), 4):
            band = [site.key for site in members[start : start + 4]]
            keys += [band[place] for place in rng.permutation(len(band))]
        line += keys if turn % 2 == 0 else keys[::-1]
    return line


def _spread(count: int, wanted: int, rng: np.random.Generator) -> set[int]:
    """``wanted`` of ``count`` places, evenly spread from a random place on (systematic sampling)."""
    step = count / wanted
    first = rng.uniform(0, step)
    return {min(count - 1, floor(first + index * step)) for index in range(wanted)}


def _of_sites(sites: Sequence[RolloutSite]) -> Iterator[Problem]:
    for key, count in Counter(site.key for site in sites).items():
        if count > 1:
            yield Problem(code="rollout_site_twice", facts={"site": key})
    new = sum(not site.had_change for site in sites)
    if new < SITES_AT_LEAST:
        yield Problem(code="rollout_too_few_sites", facts={"sites": new, "least": SITES_AT_LEAST})


def _of_rule(sites: Sequence[RolloutSite], rule: RingRule) -> Iterator[Problem]:
    new = sum(not site.had_change for site in sites)
    if not LOWEST_SHARE <= rule.holdback_share <= HIGHEST_SHARE:
        facts = {"share": rule.holdback_share, "lowest": LOWEST_SHARE, "highest": HIGHEST_SHARE}
        yield Problem(code="rollout_holdback_share", facts=facts)
    for name in ("weeks_per_ring", "holdback_months"):
        if getattr(rule, name) < 1:
            yield Problem(code="rollout_at_least_one", facts={"what": name, "value": getattr(rule, name)})
    if rule.capacity is not None and rule.capacity < 1:
        yield Problem(code="rollout_at_least_one", facts={"what": "capacity", "value": rule.capacity})
    if new < SITES_AT_LEAST:
        return
    starting = new - held_back_count(new, min(max(rule.holdback_share, LOWEST_SHARE), HIGHEST_SHARE))
    if rule.rings is not None and not 1 <= rule.rings <= starting:
        yield Problem(code="rollout_rings", facts={"rings": rule.rings, "sites": starting})
    elif rule.rings is not None and rule.capacity is not None and rule.rings * rule.capacity < starting:
        facts = {"rings": rule.rings, "capacity": rule.capacity, "sites": starting}
        yield Problem(code="rollout_capacity", facts=facts)
