"""What stands against a draw, all of it at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from stats.errors import Problem
from stats.methods.balance import site_numbers
from stats.plan import AssignmentRule


class Assignable(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def size(self) -> float | None: ...
    @property
    def stratum(self) -> str | None: ...
    @property
    def pair(self) -> str | None: ...
    @property
    def forced_arm(self) -> int | None: ...
    @property
    def values(self) -> Mapping[str, float]: ...


def problems_of(sites: Sequence[Assignable], rule: AssignmentRule) -> tuple[Problem, ...]:
    """Everything that stands against drawing ``sites`` by ``rule``; empty where nothing does."""
    return (*_of_sites(sites), *_of_numbers(sites, rule), *_of_method(sites, rule))


def _of_sites(sites: Sequence[Assignable]) -> Iterator[Problem]:
    for key, count in Counter(site.key for site in sites).items():
        if count > 1:
            yield Problem(code="assign_site_twice", facts={"site": key})
    for site in sites:
        if site.forced_arm not in (None, 0, 1):
            yield Problem(code="assign_forced_arm", facts={"site": site.key})


def _of_numbers(sites: Sequence[Assignable], rule: AssignmentRule) -> Iterator[Problem]:
    if rule.method == "waves":
        if rule.waves is None or rule.waves > len(sites):
            yield Problem(code="assign_waves", facts={"waves": rule.waves or 0, "sites": len(sites)})
        return
    wanted = len(sites) // 2 if rule.n_treatment is None else rule.n_treatment
    facts = {"sites": len(sites), "n_treatment": wanted}
    given = Counter(site.forced_arm for site in sites if site.forced_arm is not None)
    if not 1 <= wanted <= len(sites) - 1:
        yield Problem(code="assign_too_few_sites", facts=facts)
    elif given[1] > wanted or given[0] > len(sites) - wanted:
        yield Problem(code="assign_too_many_forced", facts={**facts, "forced": given[0] + given[1]})
    if sites and given[0] + given[1] == len(sites):
        yield Problem(code="assign_nothing_to_draw", facts=facts)


def _of_method(sites: Sequence[Assignable], rule: AssignmentRule) -> Iterator[Problem]:
    if rule.method == "chosen":
        yield Problem(code="assign_nothing_to_draw", facts={"sites": len(sites), "n_treatment": rule.n_treatment or 0})
    if rule.method == "stratified":
        for site in sites:
            if not site.stratum:
                yield Problem(code="assign_no_stratum", facts={"site": site.key})
    if rule.method == "paired":
        yield from _of_pairs(sites, rule)
    if rule.method == "rerandomised" or (rule.method == "paired" and any(site.pair is None for site in sites)):
        yield from _of_values(sites, rule)
    if rule.keep_best is not None and not 0 < rule.keep_best <= 1:
        yield Problem(code="assign_keep_best", facts={"keep_best": rule.keep_best})


def _of_pairs(sites: Sequence[Assignable], rule: AssignmentRule) -> Iterator[Problem]:
    if rule.n_treatment is not None and 2 * rule.n_treatment != len(sites):
        yield Problem(code="assign_pairs_halve", facts={"sites": len(sites), "n_treatment": rule.n_treatment})
    if any(site.forced_arm is not None for site in sites):
        yield Problem(code="assign_forced_in_pairs")
    if all(site.pair is not None for site in sites):
        for pair, count in Counter(site.pair for site in sites).items():
            if count != 2:
                yield Problem(code="assign_pair_not_two", facts={"pair": pair, "sites": count})
    elif len(sites) % 2:
        yield Problem(code="assign_odd", facts={"sites": len(sites)})


def _of_values(sites: Sequence[Assignable], rule: AssignmentRule) -> Iterator[Problem]:
    if not rule.balance_on and not site_numbers(sites):
        yield Problem(code="assign_nothing_to_balance_on")
    for name in rule.balance_on:
        lacking = [s.key for s in sites if s.values.get(name, s.size if name == "size" else None) is None]
        if lacking:
            yield Problem(code="assign_no_value", facts={"value": name, "site": lacking[0]}, count=len(lacking))
