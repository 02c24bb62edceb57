"""Keep pilots that were run before: those that are over as closed ones with their takeaway, running ones as drafts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from experiments.afterwards.sheet import PastPilot, read_sheet
from experiments.charters.charter import Person
from experiments.charters.from_catalogue import metric_from
from experiments.desk import Desk, may
from experiments.errors import Refused
from experiments.forms.register_steps import metric_key
from experiments.keep_metrics import in_use
from experiments.metrics import MetricEntry
from experiments.people import person_of
from experiments.words import say
from experiments.words.numbers import Unit, day, effect, effect_between
from registry import find
from registry.access import Act
from registry.errors import NotFound
from registry.kinds import Role, Stage
from registry.learning import Takeaway
from registry.pilots import Pilot
from registry.unit_of_work import Work
from stats.errors import Problem

ACT = "pilot.recorded_afterwards"
STEP = "recorded"
"""``draft_step`` of a pilot that is over and was never registered here."""
PART = "afterwards"
"""Part of the draft that holds what the sheet said."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """keys: of all; closed: how many were over; drafts: how many run still and wait to be registered."""

    keys: tuple[str, ...]
    closed: int
    drafts: int


def look(desk: Desk, path: Path, name: str = "") -> tuple[PastPilot, ...]:
    """Every row as it would be kept; nothing is kept. Raises Refused or RefusedData with every problem."""
    _may(desk)
    found = read_sheet(path, name or path.name, desk.registry.clock().date())
    problems = _known_here(desk, found)
    if problems:
        raise Refused(problems)
    return found


def keep(desk: Desk, pilots: Sequence[PastPilot]) -> Kept:
    """All of them in one transaction, or none. Refused where one of that name came in meanwhile."""
    _may(desk)
    problems = _known_here(desk, pilots)
    if problems:
        raise Refused(problems)
    entries = in_use(desk)
    with desk.work() as work:
        for pilot in pilots:
            _keep(work, pilot, entries, give_roles=not desk.login)
    drafts = sum(pilot.running for pilot in pilots)
    return Kept(keys=tuple(pilot.key for pilot in pilots), closed=len(pilots) - drafts, drafts=drafts)


def is_recorded(pilot: Pilot) -> bool:
    """Whether it was over before anybody registered it here."""
    return pilot.draft_step == STEP


def facts_of(pilot: Pilot) -> Mapping[str, Any]:
    """What the sheet said of it; empty for every other pilot."""
    return pilot.draft.get(PART) or {}


def ended_on(pilot: Pilot) -> date | None:
    """The last day of a recorded pilot; None for every other one."""
    end = facts_of(pilot).get("end") if is_recorded(pilot) else None
    return date.fromisoformat(end) if end else None


def past_lines(draft: Mapping[str, Any]) -> tuple[str, ...]:
    """A recorded pilot in sentences; what was not measured is said."""
    facts, piece = draft[PART], draft["hypothesis"]
    end = facts["end"]
    said = [
        say("afterwards.recorded"),
        say("afterwards.tried", change=piece["change"], for_whom=piece["for_whom"]),
        say("afterwards.ran", start=_day(facts["start"]), end=_day(end))
        if end
        else say("afterwards.runs", start=_day(facts["start"])),
        effect_line(facts),
        say("afterwards.sites", count=facts["sites"]) if facts["sites"] else say("afterwards.sites_not_said"),
        say(f"afterwards.outcome.{facts['outcome']}"),
    ]
    said += [say("afterwards.takeaway", text=facts["takeaway"])] if facts["takeaway"] else []
    return (*said, say("afterwards.source", text=facts["source"]) if facts["source"] else say("afterwards.no_source"))


def effect_line(facts: Mapping[str, Any]) -> str:
    """'Waiting time: −18 s (between −31 s and −5 s), as reported; not checked here.'"""
    if facts["effect"] is None:
        metric = facts["metric"]
        return say("afterwards.not_measured_of", metric=metric) if metric else say("afterwards.not_measured")
    unit = Unit.of(facts["unit"])
    between = (facts["lower"], facts["upper"])
    size = effect(facts["effect"], unit, beside=between)
    if None in between:
        return say("afterwards.effect_alone", metric=facts["metric"], effect=size)
    return say("afterwards.effect", metric=facts["metric"], effect=size, between=effect_between(*between, unit))


def preview(pilots: Sequence[PastPilot]) -> dict[str, list[str]]:
    """A table of what would be kept, by column key."""
    facts = [_facts(pilot) for pilot in pilots]
    return {
        "row": [str(pilot.row) for pilot in pilots],
        "pilot": [pilot.title for pilot in pilots],
        "owner": [f"{pilot.owner}, {pilot.department}" for pilot in pilots],
        "ran": [_when(pilot) for pilot in pilots],
        "reported": [effect_line(one) for one in facts],
        "becomes": [
            say("afterwards.becomes.draft" if pilot.running else "afterwards.becomes.closed") for pilot in pilots
        ],
    }


def _when(pilot: PastPilot) -> str:
    if pilot.end is None:
        return say("afterwards.since", start=day(pilot.start))
    return f"{day(pilot.start)} – {day(pilot.end)}"


def _may(desk: Desk) -> None:
    """Without login and with nobody at the desk, the sheet names the people, as the first charter does."""
    if desk.person is not None or desk.login:
        may(desk, Act.REGISTER)


def _known_here(desk: Desk, pilots: Sequence[PastPilot]) -> list[Problem]:
    problems = []
    with desk.read() as session:
        for pilot in pilots:
            try:
                find.pilot(session, pilot.key)
            except NotFound:
                continue
            facts = {"row": pilot.row, "title": pilot.title, "pilot": pilot.key}
            problems.append(Problem(code="sheet_known", column="title", rows=(pilot.row,), facts=facts))
    return problems


def _keep(work: Work, past: PastPilot, entries: Mapping[str, MetricEntry], *, give_roles: bool) -> None:
    named = Person(name=past.owner, department=past.department)
    owner = person_of(work, named, Role.INNOVATOR if give_roles else None)
    work.actor_id = work.actor_id or owner.id
    row = work.add(
        Pilot(
            key=past.key,
            title=past.title,
            team=past.department,
            owner_id=owner.id,
            department_id=owner.department_id,
            recorded_afterwards=True,
            stage=Stage.DRAFT if past.running else Stage.CLOSED,
            stage_since=work.now,
            draft=_running_draft(past, entries) if past.running else _draft(past),
            draft_step="template" if past.running else STEP,
        )
    )
    if past.takeaway and not past.running:
        work.add(Takeaway(pilot_id=row.id, lesson=past.takeaway, written_by_id=work.actor_id, written_at=work.now))
    work.record(ACT, row, after={"key": row.key, "row": past.row, **_facts(past)})


def _facts(past: PastPilot) -> dict[str, Any]:
    return {
        "start": past.start.isoformat(),
        "end": past.end.isoformat() if past.end else None,
        "metric": past.metric,
        "effect": past.effect,
        "lower": past.lower,
        "upper": past.upper,
        "unit": past.unit,
        "sites": past.sites,
        "outcome": past.outcome,
        "takeaway": past.takeaway,
        "source": past.source,
    }


def _draft(past: PastPilot) -> dict[str, Any]:
    return {
        "title": past.title,
        "team": past.department,
        "owner": {"name": past.owner, "department": past.department},
        "hypothesis": {"change": past.changed, "for_whom": past.for_whom},
        PART: _facts(past),
    }


def _running_draft(past: PastPilot, entries: Mapping[str, MetricEntry]) -> dict[str, Any]:
    """A charter with the fields that the sheet has; a metric of the catalogue brings what the catalogue knows."""
    draft = {name: value for name, value in _draft(past).items() if name != PART}
    where = {"start": past.start.isoformat(), **({"end": past.end.isoformat()} if past.end else {})}
    if past.metric:
        draft["metrics"] = {"success": [_metric(past, entries)]}
    return {**draft, "where": where}


def _metric(past: PastPilot, entries: Mapping[str, MetricEntry]) -> dict[str, Any]:
    wanted = past.metric.lower()
    names = {entry.name.lower(): key for key, entry in entries.items()}
    key = past.metric if past.metric in entries else names.get(wanted)
    if key is None:
        near = get_close_matches(wanted, list(names), n=1, cutoff=0.9)
        key = names[near[0]] if near else None
    if key is not None:
        return metric_from(entries[key], entries, "success")
    return {"key": metric_key(past.metric, ()), "name": past.metric, "measure": {"kind": "mean"}, "unit": past.unit}


def _day(value: str) -> str:
    return day(date.fromisoformat(value))
