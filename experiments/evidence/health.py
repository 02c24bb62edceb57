"""How the data are, between planned checks: up to when, from where, how full, how far the change arrived.

Nothing here says a word about effects.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

from experiments.desk import Desk
from experiments.evidence.assess import snapshot_table
from experiments.planning.looks import extended_until
from experiments.planning.plan import locked_plan
from experiments.running.assign import assigned
from experiments.running.check_ins import given_until, treated_sites
from experiments.views import Tone
from registry import find
from registry.outcomes import Snapshot
from registry.pilots import Pilot
from stats.errors import RefusedData
from stats.plan import Plan

if TYPE_CHECKING:
    from stats.assessing.delivered import SiteWeek
    from stats.outcomes import Accepted

STALE = timedelta(days=14)
"""Data and words of sites older than this are old while a pilot runs."""
FEW_EMPTY = 0.02
"""Share of rows without a value up to which nobody need look."""
TONES: Mapping[str, Tone] = {"RED": "bad", "AMBER": "open", "GREEN": "good"}


@dataclass(frozen=True, kw_only=True)
class Light:
    """One thing that is known: good, open (look at it) or bad. The sentence is ``health.<code>`` of the facts."""

    code: str
    tone: Tone
    facts: Mapping[str, Any] = field(default_factory=dict)


def newest_data(desk: Desk, pilot: Pilot) -> Snapshot | None:
    """The newest accepted file whose data are still there."""
    with desk.read() as session:
        gone = {row.sha256 for row in find.forgotten(session, pilot.id)}
        newest = find.latest_snapshot(session, pilot.id)
    return None if newest is None or newest.sha256 in gone else newest


def looked_over(desk: Desk, pilot: Pilot, snapshot: Snapshot) -> Accepted | None:
    """What the kept file holds, counted again; None where it does not fit the plan as it stands now. One scan."""
    from stats.outcomes import check

    _, plan = locked_plan(desk, pilot)
    drawn = assigned(desk, pilot)
    with desk.read() as session:
        end = extended_until(session, pilot, plan)
    try:
        return check(
            snapshot_table(desk, snapshot),
            plan.columns,
            plan.metrics,
            (dict(drawn.arms) if drawn else {}) or plan.sites,
            (plan.pre_start, end),
            today=desk.registry.clock().date(),
            assigned=None if plan.columns.starts is not None else plan.unit_of_assignment,
            accept_crossovers=True,
        )
    except RefusedData:
        return None


def lights(desk: Desk, pilot: Pilot, found: Accepted | None) -> tuple[Light, ...]:
    """Of the newest data and of what the sites say. found: as ``looked_over``."""
    if found is None:
        return (Light(code="does_not_fit", tone="bad"),)
    _, plan = locked_plan(desk, pilot)
    now = desk.registry.clock()
    with desk.read() as session:
        said = given_until(session, pilot.id, now)
    arrived = _arrived(plan, said, treated_sites(desk, pilot), now.date())
    return (*_reach(plan, found, now.date()), *_sites(plan, found), *_full(plan, found), *arrived)


def _reach(plan: Plan, found: Accepted, today: date) -> Iterator[Light]:
    last = _covered(plan, found)
    if last is None:
        return
    facts = {"last": last}
    if plan.end is not None and last >= plan.end:
        yield Light(code="to_the_end", tone="good", facts=facts)
    elif today - last <= STALE:
        yield Light(code="fresh", tone="good", facts=facts)
    else:
        yield Light(code="old", tone="open", facts=facts)


def _covered(plan: Plan, found: Accepted) -> date | None:
    """The last day that the data speak of: weeks and months are named by their first day."""
    if found.first is None or found.last is None or plan.columns.timestamp:
        return found.last
    if found.first.day == found.last.day == 1:
        return found.last + timedelta(days=monthrange(found.last.year, found.last.month)[1] - 1)
    weeks, rest = divmod((found.last - found.first).days, 7)
    weekly = weeks > 0 and rest == 0 and found.days <= weeks + 1
    return found.last + timedelta(days=6) if weekly else found.last


def _sites(plan: Plan, found: Accepted) -> Iterator[Light]:
    wanted = [site.key for site in plan.sites]
    if not wanted or not found.sites:
        return
    silent = sorted(set(wanted) - set(found.sites))
    facts = {"count": len(wanted), "silent": silent, "missing": len(silent), "unit": plan.unit_word}
    yield Light(code="sites_silent" if silent else "sites_there", tone="bad" if silent else "good", facts=facts)


def _full(plan: Plan, found: Accepted) -> Iterator[Light]:
    """The emptiest column of what must get better. Surveys apart, where most never answer and nothing is wrong; and
    where only some rows are eligible, the checks of the evidence know better.
    """
    from stats.outcomes.parts import value_texts

    shares = {
        metric.name: found.missing.get(column, 0) / found.rows
        for metric in plan.success
        if not metric.survey
        for column in value_texts(metric.spec)
    }
    if not shares or plan.columns.eligible:
        return
    name, share = max(shares.items(), key=lambda item: item[1])
    tone: Tone = "bad" if share > plan.gates.missing_share else "open" if share > FEW_EMPTY else "good"
    facts = {"metric": name, "share": share, "line": plan.gates.missing_share}
    yield Light(code="empty" if share else "full", tone=tone, facts=facts)


def _arrived(plan: Plan, said: tuple[SiteWeek, ...], sites: Collection[str], today: date) -> Iterator[Light]:
    """Whether the change was delivered and used, by the words of the sites; the data's own record is read at checks."""
    from stats.assessing.delivered import delivery_from_check_ins
    from stats.verdict.delivery import component_light

    if plan.columns.delivered or plan.columns.used:
        yield Light(code="arrival_in_data", tone="good")
        return
    if not said:
        yield Light(code="arrival_not_said", tone="open")
        return
    components: tuple[Literal["delivered", "used"], ...] = ("delivered", "used")
    for component in components:
        found = delivery_from_check_ins(component, said, sites, (plan.start, plan.end))
        if found is not None:
            tone = TONES[component_light(found, plan.gates)]
            yield Light(code=component, tone=tone, facts={"share": found.share, "count": round(found.n)})
    last = max(item.week for item in said)
    if (plan.end is None or today <= plan.end) and today - last > STALE:
        yield Light(code="words_old", tone="open", facts={"last": last})
