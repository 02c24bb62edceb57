"""Iterate: the next version is drafted from the one before: why, what to change, how large, how sure, until when.

It is a pilot of its own with a window of its own; its charter is that of the version before with what must change
marked. It is registered like any other, on the terms it was drafted with (``version_terms``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from experiments.charters.charter import Charter
from experiments.deciding.evidence_in_force import InForce, in_force
from experiments.desk import Desk, charter_of, may, mine, move
from experiments.errors import Refused
from experiments.planning.looks import extended_until
from experiments.planning.plan import locked_plan
from experiments.words import say
from experiments.words.numbers import day
from registry import find
from registry.access import Act
from registry.kinds import Mode, Stage, Verdict
from registry.pilots import Pilot
from stats.errors import Problem
from stats.plan import Plan
from stats.verdict.next_step import EXPIRES_DAYS, alpha_of_next_version

TIME_TO_PREPARE = timedelta(days=28)
WITHOUT_DATES = timedelta(weeks=8, days=-1)
MORE_WEEKS_AT_MOST = 2.0
"""The window is lengthened to at most this times its length; what is still lacking only more sites can give."""


@dataclass(frozen=True, kw_only=True)
class NextVersion:
    """What the next version needs. cause, lever: codes (``reason.<cause>``, ``version.lever.<lever>``); version: of
    what is tried; sites, weeks: either to add, None where the data do not tell; chance: that it settles the question
    at that size; must_change: codes of what the team has to change in the charter (``version.must.<code>``)."""

    parent: str
    key: str
    version: int
    max_versions: int
    consumes_version: bool
    cause: str
    lever: str
    alpha: float
    sites: int | None
    weeks: int | None
    chance: float | None
    start: date
    end: date
    expires: date
    must_change: tuple[str, ...]
    charter: Mapping[str, Any]


def next_version(desk: Desk, key: str, changed: str = "") -> NextVersion:
    """The draft of the next version, without keeping it. Refused where there is nothing to iterate on.

    changed: what is different this time, in the team's words.
    """
    pilot = desk.pilot(key)
    _, plan = locked_plan(desk, pilot)
    shown = in_force(desk, pilot)
    said = shown.said
    with desk.read() as session:
        begun_at = _allowed(session, pilot, plan, shown, said)
        last_day = extended_until(session, pilot, plan)
    step = _step(plan, said)
    today = desk.registry.clock().date()
    window = _window(plan, step, today, last_day)
    origin_key = _origin(desk, pilot)
    drafted = {
        "parent": pilot.key,
        "version": step["next_version"],
        "cause": said["reasons"][0]["code"],
        "lever": step["lever"],
        "consumes_version": step["consumes_version"],
        "alpha": step["alpha"],
        "expires": (begun_at.date() + timedelta(days=EXPIRES_DAYS)).isoformat(),
        "not_before": last_day.isoformat() if last_day else None,
        "changed": changed.strip(),
        "must_change": list(_must_change(charter_of(pilot), step)),
    }
    name = f"{origin_key[:52]}-v{pilot.version + 1}"
    return NextVersion(
        parent=pilot.key,
        key=name,
        version=step["next_version"],
        max_versions=plan.max_versions,
        consumes_version=step["consumes_version"],
        cause=drafted["cause"],
        lever=step["lever"],
        alpha=step["alpha"],
        sites=step.get("sites"),
        weeks=step.get("weeks"),
        chance=_chance(step),
        start=window.start,
        end=window.end,
        expires=date.fromisoformat(drafted["expires"]),
        must_change=tuple(drafted["must_change"]),
        charter=_document(pilot, name, drafted, window),
    )


def iterate(desk: Desk, key: str, changed: str = "") -> NextVersion:
    """Make the child pilot as a draft with its lineage. One for each version: lineages do not branch."""
    pilot = desk.pilot(key)
    may(desk, Act.ITERATE, pilot)
    drafted = next_version(desk, key, changed)
    with desk.work() as work:
        row = mine(work, pilot)
        child = work.add(
            Pilot(
                key=drafted.key,
                title=row.title,
                problem=row.problem,
                team=row.team,
                version=row.version + 1,
                parent_id=row.id,
                department_id=row.department_id,
                owner_id=row.owner_id,
                sponsor_id=row.sponsor_id,
                simulated=row.simulated,
                draft=dict(drafted.charter),
            )
        )
        if row.stage != Stage.DECIDED:
            move(work, row, Stage.CLOSED)  # what is tried was altered: this version can't be judged any more
        after = {"key": child.key, "parent": row.key, "version": drafted.version, "alpha": drafted.alpha}
        work.record("version.drafted", child, after=after)
        work.record("version.followed", row, after={"next": child.key})
    return drafted


def sentences(made: NextVersion) -> tuple[str, ...]:
    """What the next version needs, in words: why, what for, how large, how sure, until when, what to change."""
    said = [say("version.why", cause=say(f"reason.{made.cause}"), lever=say(f"version.lever.{made.lever}"))]
    counted = "version.counts" if made.consumes_version else "version.counts_not"
    said.append(say(counted, version=made.version, max_versions=made.max_versions))
    if made.sites:
        chance = "" if made.chance is None else say("version.chance", chance=made.chance)
        said.append(say("version.size", sites=made.sites, weeks=made.weeks or 0, chance=chance).strip())
    said.append(say("version.window", start=day(made.start), end=day(made.end), expires=day(made.expires)))
    said.append(say("version.alpha", alpha=made.alpha))
    return (*said, *(say(f"version.must.{code}") for code in made.must_change))


def child_of(desk: Desk, pilot: Pilot) -> Pilot | None:
    """The version that follows; None before there is one."""
    with desk.read() as session:
        return next((row for row in find.lineage(session, pilot) if row.parent_id == pilot.id), None)


def may_iterate(desk: Desk, pilot: Pilot) -> bool:
    """Whether a next version can be drafted now."""
    try:
        next_version(desk, pilot.key)
    except Refused:
        return False
    return True


def _allowed(session: Any, pilot: Pilot, plan: Plan, shown: InForce, said: Mapping[str, Any]) -> datetime:
    """Since when there is leave for a next version; refused where there is none."""
    children = [row for row in find.lineage(session, pilot) if row.parent_id == pilot.id]
    if children:
        raise Refused(Problem(code="already_iterated", facts={"pilot": pilot.key, "child": children[0].key}))
    begun = _leave(session, pilot, shown, said)
    if begun is None:
        raise Refused(Problem(code="not_to_iterate", facts={"pilot": pilot.key}))
    if _step(plan, said)["next_version"] > plan.max_versions:
        facts = {"pilot": pilot.key, "max_versions": plan.max_versions}
        raise Refused(Problem(code="no_version_left", facts=facts))
    return begun


def _leave(session: Any, pilot: Pilot, shown: InForce, said: Mapping[str, Any]) -> datetime | None:
    """An executive decided to iterate; or the treatment was altered, which closes the version by itself."""
    decision = find.latest_decision(session, pilot.id)
    if decision is not None and decision.verdict is not None:
        redesign = decision.verdict == Verdict.ITERATE and decision.mode != Mode.EXTEND
        return decision.decided_at if redesign else None
    altered = "new_version" in (said["next_step"].get("repairs") or {}).values()
    return shown.evidence.made_at if altered else None


def _step(plan: Plan, said: Mapping[str, Any]) -> dict[str, Any]:
    """The rule's own next step; where it named none (altered on the way, overruled), a new version of what is tried."""
    step = dict(said["next_step"])
    if step.get("kind") == "redesign":
        return {**step, **_size(step)}
    return {
        "lever": "new_version",
        "consumes_version": True,
        "next_version": plan.version + 1,
        "alpha": alpha_of_next_version(plan),
        **_size(step),
    }


def _size(step: Mapping[str, Any]) -> dict[str, Any]:
    return {"sites": step.get("sites"), "weeks": step.get("weeks"), "metrics": step.get("metrics") or {}}


def _chance(step: Mapping[str, Any]) -> float | None:
    """The smallest chance, over the open metrics, that the size named settles them."""
    return min((need["chance_as_needed"] for need in step["metrics"].values()), default=None)


@dataclass(frozen=True, kw_only=True)
class _Window:
    """First and last day of the version, and the first of its baseline."""

    start: date
    end: date
    baseline: date | None


def _window(plan: Plan, step: Mapping[str, Any], today: date, last_day: date | None) -> _Window:
    """After the version before and some time to prepare, from a Monday on, longer where weeks are what was lacking."""
    earliest = max(today + TIME_TO_PREPARE, (last_day or today) + timedelta(days=1))
    start = earliest + timedelta(days=-earliest.weekday() % 7)
    if plan.start is None or plan.end is None:
        return _Window(start=start, end=start + WITHOUT_DATES, baseline=None)
    days = (plan.end - plan.start).days + 1
    more = 7 * (step["weeks"] or 0) if step["lever"] == "more_sites_or_weeks" else 0
    length = min(days + more, int(days * MORE_WEEKS_AT_MOST))
    baseline = None if plan.pre_start is None else start - (plan.start - plan.pre_start)
    return _Window(start=start, end=start + timedelta(days=length - 1), baseline=baseline)


def _must_change(charter: Charter, step: Mapping[str, Any]) -> tuple[str, ...]:
    must = ["change"] if step["consumes_version"] else []
    if step["sites"]:
        must.append("size")
    if charter.where.columns.post is not None and charter.where.columns.post.from_ is None:
        must.append("periods")
    return (*must, "window", *(["forecast"] if charter.forecast else []))


def _document(pilot: Pilot, key: str, drafted: Mapping[str, Any], window: _Window) -> dict[str, Any]:
    """The charter before, with the new window, seed, alpha and lineage; the bet on it is to be made anew."""
    document = dict(charter_of(pilot).model_dump(mode="json", by_alias=True))
    start = window.start.isoformat()
    where = dict(document["where"])
    where |= {
        "start": start,
        "end": window.end.isoformat(),
        "baseline_from": window.baseline.isoformat() if window.baseline else None,
        "assignment": {**where["assignment"], "seed": where["assignment"]["seed"] + pilot.version},
    }
    post = where["columns"].get("post") or {}
    if post.get("from") is not None:
        where["columns"] = {**where["columns"], "post": {**post, "from": start}}
    return {
        **document,
        "pilot": key,
        "where": where,
        "errors": {**document["errors"], "alpha": drafted["alpha"]},
        "forecast": None,
        "lineage": dict(drafted),
    }


def _origin(desk: Desk, pilot: Pilot) -> str:
    """Key of the first version: every later one is named after it."""
    with desk.read() as session:
        return find.lineage(session, pilot)[0].key
