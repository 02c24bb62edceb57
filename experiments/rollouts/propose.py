"""The proposal: waves in random order, sites kept as before, a calendar, and what each wave will be able to show.

Looks only; ``rollouts.keep`` keeps it. What people leave open is filled from the pilot: waves so many and so long as
it takes to notice that half of the effect is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil

from experiments.desk import Desk
from experiments.errors import Refused
from experiments.rollouts.basis import Basis, basis_of
from experiments.rollouts.calendar import Calendar, calendar_of, first_start
from experiments.rollouts.wanted import MOST_DECIDING, Wanted
from registry import find
from registry.people import Person
from stats.errors import Problem
from stats.rollout.judging import pause_line
from stats.rollout.precision import RolloutSize, SiteNoise, noise_from_pilot
from stats.rollout.prediction import Prediction
from stats.rollout.rings import (
    DEFAULT_RINGS,
    RingRule,
    Rings,
    RolloutSite,
    draw_rings,
    held_back_count,
    ring_problems,
)
from stats.rollout.verifying import VerifyingPower, propose_size, verifying_power

DEFAULT_WEEKS = 6
MOST_RINGS = 6
WEEKS_OFFERED = (4, 6, 8, 12)
WEEKS_A_YEAR = 52
SIZED_UP_TO = 150
"""Sites up to which waves are sized by calculation; with more, any wave of a few weeks sees enough."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What would be kept. predictions, power: by metric, without those that nothing can be foretold for; lines: effect
    below which the roll-out should pause, by metric; owner: who answers for it."""

    basis: Basis
    wanted: Wanted
    rings: Rings
    calendar: Calendar
    owner: Person
    predictions: Mapping[str, Prediction]
    lines: Mapping[str, float]
    power: Mapping[str, VerifyingPower]

    @property
    def fractions(self) -> tuple[float, ...]:
        """Planned information at each wave's measurement: of the first promised metric, else even steps."""
        for power in self.power.values():
            return power.fractions
        count = len(self.rings.rings)
        return tuple((place + 1) / count for place in range(count))


def propose(desk: Desk, key: str, wanted: Wanted | None = None) -> Proposal:
    """The roll-out of a pilot that was approved to scale, as it would be. Raises Refused with everything against it."""
    pilot = desk.pilot(key)
    wanted = wanted or Wanted()
    basis = basis_of(desk, pilot)
    sites = all_sites(basis, wanted)
    today = desk.registry.clock().date()
    weekday = basis.plan.start.weekday() if basis.plan.start else 0
    start = wanted.start or first_start(today, weekday)
    owner = owner_of(desk, basis, wanted)
    problems = [*ring_problems(sites, _rule(wanted))]
    problems += [Problem(code="rollout_owner_unknown", facts={"name": wanted.owner})] if owner is None else []
    if start <= today:
        problems.append(Problem(code="rollout_start_past", facts={"start": start}))
    if basis.plan.columns.timestamp is None and start.weekday() != weekday:
        facts = {"start": start, "nearest": start + timedelta(days=(weekday - start.weekday()) % 7)}
        problems.append(Problem(code="rollout_start_weekday", facts=facts))
    if not 0 <= wanted.deciding <= MOST_DECIDING:
        problems.append(Problem(code="rollout_deciding", facts={"weeks": wanted.deciding, "most": MOST_DECIDING}))
    if problems or owner is None:
        raise Refused(problems)
    predictions = basis.predictions()
    lines = {one: pause_line(basis.plan, basis.plan.metric(one), transport=basis.transport) for one in predictions}
    noise = {one: _noise(basis, found) for one, found in predictions.items()}
    rule = _sized(sites, _rule(wanted), wanted, predictions, lines, noise, alpha=basis.plan.errors.gamma)
    rings = draw_rings(sites, rule)
    size = _size(rings, wanted.deciding)
    return Proposal(
        basis=basis,
        wanted=wanted,
        rings=rings,
        calendar=calendar_of(
            start, len(rings.rings), rule.weeks_per_ring, rule.holdback_months, deciding=wanted.deciding
        ),
        owner=owner,
        predictions=predictions,
        lines=lines,
        power={
            one: verifying_power(found, line=lines[one], noise=noise[one], size=size, alpha=basis.plan.errors.gamma)
            for one, found in (predictions.items() if sum(size.sites) <= SIZED_UP_TO else ())
        },
    )


def all_sites(basis: Basis, wanted: Wanted) -> tuple[RolloutSite, ...]:
    """The pilot's sites and the further ones; what is said anew of a pilot's site counts."""
    known = {site.key: site for site in basis.pilot_sites}
    for site in wanted.sites:
        before = known.get(site.key)
        known[site.key] = replace(site, had_change=before is not None and before.had_change)
    # Names that were given twice were refused where they were read.
    return tuple(known.values())


def owner_of(desk: Desk, basis: Basis, wanted: Wanted) -> Person | None:
    """Who was named, else who the decision names, else the pilot's owner. None: nobody has that name."""
    with desk.read() as session:
        people = find.people(session)
        asked = wanted.owner.strip().lower()
        promised = str(basis.decision.commitments.get("owner") or "").strip().lower()
        for name in filter(None, (asked, promised)):
            meant = [person for person in people if name in {person.name.lower(), (person.email or "").lower()}]
            if len(meant) == 1:
                return meant[0]
            if name == asked:
                return None
        owner_id = basis.pilot.owner_id
        return find.person(session, owner_id) if owner_id else None


def _rule(wanted: Wanted) -> RingRule:
    return RingRule(
        rings=wanted.rings,
        capacity=wanted.capacity,
        holdback_share=wanted.holdback_share,
        seed=wanted.seed,
        weeks_per_ring=DEFAULT_WEEKS if wanted.weeks is None else wanted.weeks,
        holdback_months=wanted.holdback_months,
    )


def _sized(
    sites: tuple[RolloutSite, ...],
    rule: RingRule,
    wanted: Wanted,
    predictions: Mapping[str, Prediction],
    lines: Mapping[str, float],
    noise: Mapping[str, SiteNoise],
    *,
    alpha: float,
) -> RingRule:
    """The rule with as many and as long waves as it takes, where people left that open."""
    new = sum(not site.had_change for site in sites)
    held = held_back_count(new, rule.holdback_share)
    starting = new - held
    if (wanted.rings and wanted.weeks) or not predictions or starting > SIZED_UP_TO:
        return rule
    counts = tuple(_counts(starting, wanted))
    weeks = (wanted.weeks,) if wanted.weeks else WEEKS_OFFERED
    key = next(iter(predictions))
    found = propose_size(
        predictions[key],
        line=lines[key],
        noise=noise[key],
        sites=starting,
        held_back=held,
        rings=counts,
        weeks=weeks,
        deciding=wanted.deciding,
        capacity=wanted.capacity,
        # Waves are compared with sites kept as before: they should be over while those still are.
        weeks_at_most=max(
            rule.holdback_months * WEEKS_A_YEAR // 12,
            RolloutSize(sites=(1,) * min(counts), held_back=held, weeks=min(weeks), deciding=wanted.deciding).duration,
        ),
        alpha=alpha,
    )
    size = found.size or (found.power.size if found.code == "too_few_sites" else None)
    if size is None:
        return rule
    return replace(rule, rings=len(size.sites), weeks_per_ring=size.weeks)


def _counts(starting: int, wanted: Wanted) -> Iterator[int]:
    """Numbers of waves to try: not fewer than three, so that there is time to stop, of two sites at least."""
    if wanted.rings:
        yield wanted.rings
        return
    least = 1 if wanted.capacity is None else ceil(starting / wanted.capacity)
    first = max(least, min(DEFAULT_RINGS, max(1, starting // 2)))
    yield from range(first, max(first, min(starting // 2, MOST_RINGS)) + 1)


def _noise(basis: Basis, prediction: Prediction) -> SiteNoise:
    before, after = basis.weeks()
    treated, control = basis.evidence.n_treatment, basis.evidence.n_control
    if basis.plan.unit_of_assignment == "unit":
        # Customers were drawn one by one at all sites: the sites' weeks are what the roll-out compares.
        treated = control = len(basis.plan.sites) or 4
    return noise_from_pilot(
        prediction.pilot_std_error,
        df=prediction.pilot_df,
        n_treatment=max(1, min(treated, SIZED_UP_TO)),
        n_control=max(2, min(control, SIZED_UP_TO)),
        weeks=after,
        weeks_before=before,
    )


def _size(rings: Rings, deciding: int) -> RolloutSize:
    return RolloutSize(
        sites=tuple(len(ring) for ring in rings.rings),
        held_back=len(rings.held_back),
        weeks=rings.rule.weeks_per_ring,
        deciding=deciding,
    )
