"""Check-ins: each site's weekly word in two minutes: was it delivered, was it used, what went wrong.

They say how far the change arrived where the data do not record it. What was said by a moment is read from the log, so
that evidence can be made again after a site has corrected itself.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from experiments.desk import Desk, may, mine
from experiments.errors import Refused
from experiments.files import require_file
from experiments.planning.plan import locked_plan
from experiments.running.assign import assigned
from registry import find
from registry.access import Act
from registry.outcomes import CheckIn
from registry.pilots import Pilot
from registry.unit_of_work import Work
from stats.assessing.delivered import SiteWeek
from stats.errors import Problem

ACTS = ("check_in.given", "check_in.corrected")
COLUMNS = ("site", "week", "delivered", "used", "trouble")
YES, NO = frozenset({"yes", "y", "true"}), frozenset({"no", "n", "false"})


@dataclass(frozen=True, kw_only=True)
class Said:
    """One site's word on one week. Shares 0-1, None where it said nothing; week: its Monday."""

    site: str
    week: date
    delivered: float | None = None
    used: float | None = None
    trouble: str = ""


def check_in(desk: Desk, key: str, said: Sequence[Said]) -> int:
    """Keep the word of one or more site-weeks; how many were new or changed. A week said again is corrected.

    Refused as a whole, with every problem, where a site is unknown, a week lies outside or a share is none.
    """
    pilot = desk.pilot(key)
    may(desk, Act.CHECK_IN, pilot)
    _, plan = locked_plan(desk, pilot)
    sites = {site.key for site in plan.sites}
    monday = [_on_monday(item) for item in said]
    problems = list(_problems(monday, sites, plan.start, desk.registry.clock().date()))
    if problems:
        raise Refused(problems)
    with desk.work() as work:
        row = mine(work, pilot)
        known = {(each.site, each.week): each for each in find.check_ins(work.session, row.id)}
        return sum(_keep(work, row, item, known.get((item.site, item.week))) for item in monday)


def check_in_file(desk: Desk, key: str, path: Path) -> int:
    """As ``check_in``, from a CSV file with the columns site, week, delivered, used, trouble."""
    require_file(path)
    return check_in(desk, key, read_check_ins(path))


def read_check_ins(path: Path) -> tuple[Said, ...]:
    """The rows of a check-in file. Shares as 0.9, 90 % or yes/no. Refused with every problem by row."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            sample = file.read(4096)
            file.seek(0)
            reader = csv.DictReader(file, delimiter=";" if sample.count(";") > sample.count(",") else ",")
            names = {str(name).strip().lower(): name for name in reader.fieldnames or ()}
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error):
        raise Refused(Problem(code="check_in_not_read", facts={"file": path.name})) from None
    missing = [name for name in COLUMNS[:2] if name not in names]
    if missing or not {"delivered", "used"} & names.keys():
        raise Refused(Problem(code="check_in_columns", facts={"columns": missing or ["delivered"]}))
    problems: list[Problem] = []
    found: list[Said] = []
    for number, row in enumerate(rows, start=2):
        cell = {name: str(row.get(original) or "").strip() for name, original in names.items()}
        try:
            found.append(_read(cell))
        except ValueError as wrong:
            facts = {"row": number, "given": str(wrong)}
            problems.append(Problem(code="check_in_value", facts=facts))
    if problems:
        raise Refused(problems)
    return tuple(found)


def check_ins(desk: Desk, key: str) -> tuple[Said, ...]:
    """As they stand now, by week and site."""
    pilot = desk.pilot(key)
    with desk.read() as session:
        rows = find.check_ins(session, pilot.id)
    return tuple(
        Said(site=row.site, week=row.week, delivered=row.delivered, used=row.used, trouble=row.trouble) for row in rows
    )


def treated_sites(desk: Desk, pilot: Pilot) -> tuple[str, ...]:
    """The sites that have something to report: those that got the change."""
    drawn = assigned(desk, pilot)
    return () if drawn is None else tuple(sorted(site for site, arm in drawn.arms.items() if arm))


def given_until(session: Any, pilot_id: UUID, at: datetime) -> tuple[SiteWeek, ...]:
    """What the sites had said by that moment, from the log: a later correction does not change it."""
    events = [event for act in ACTS for event in find.events(session, pilot_id=pilot_id, act=act) if event.at <= at]
    found: dict[tuple[str, str], SiteWeek] = {}
    for event in sorted(events, key=lambda event: event.seq):
        said: Mapping[str, Any] = event.after or {}
        found[said["site"], said["week"]] = SiteWeek(
            site=said["site"],
            week=date.fromisoformat(said["week"]),
            delivered=said["delivered"],
            used=said["used"],
        )
    return tuple(found[key] for key in sorted(found))


def _keep(work: Work, pilot: Pilot, item: Said, row: CheckIn | None) -> bool:
    """Whether anything was new."""
    values: dict[str, Any] = {"delivered": item.delivered, "used": item.used, "trouble": item.trouble.strip()}
    if row is not None and all(getattr(row, name) == value for name, value in values.items()):
        return False
    act = ACTS[0] if row is None else ACTS[1]
    if row is None:
        row = CheckIn(pilot_id=pilot.id, site=item.site, week=item.week, given_by_id=work.actor_id, **values)
        work.add(row)
    else:
        for name, value in values.items():
            setattr(row, name, value)
        row.given_by_id = work.actor_id
    work.record(
        act,
        row,
        after={
            "site": item.site,
            "week": item.week.isoformat(),
            "delivered": item.delivered,
            "used": item.used,
            "trouble": bool(values["trouble"]),
        },
    )
    return True


def _on_monday(item: Said) -> Said:
    return replace(item, site=item.site.strip(), week=item.week - timedelta(days=item.week.weekday()))


def _problems(said: Sequence[Said], sites: set[str], start: date | None, today: date) -> Iterator[Problem]:
    if not all(item.site for item in said):
        yield Problem(code="check_in_no_site", facts={"offered": sorted(sites)})
    said = [item for item in said if item.site]
    unknown = sorted({item.site for item in said} - sites)
    if unknown:
        yield Problem(code="check_in_site", facts={"sites": unknown, "offered": sorted(sites)})
    for item in said:
        facts = {"site": item.site, "week": item.week}
        if item.week > today or (start is not None and item.week + timedelta(days=6) < start):
            yield Problem(code="check_in_week", facts=facts)
        if item.delivered is None and item.used is None and not item.trouble.strip():
            yield Problem(code="check_in_empty", facts=facts)
        for share in (item.delivered, item.used):
            if share is not None and not 0 <= share <= 1:
                yield Problem(code="check_in_share", facts={**facts, "given": share})
    pairs = [(item.site, item.week) for item in said]
    for site, week in sorted({pair for pair in pairs if pairs.count(pair) > 1}):
        yield Problem(code="check_in_twice", facts={"site": site, "week": week})


def _read(cell: Mapping[str, str]) -> Said:
    """One row; ValueError carries what could not be read."""
    day = cell["week"]
    try:
        week = date.fromisoformat(day[:10])
    except ValueError:
        raise ValueError(day) from None
    shares = {name: _share(cell.get(name, "")) for name in ("delivered", "used")}
    return Said(site=cell["site"], week=week, trouble=cell.get("trouble", ""), **shares)


def _share(text: str) -> float | None:
    """0.9, 0,9, 90 % or yes/no as a share."""
    plain = text.strip().lower()
    if not plain:
        return None
    if plain in YES | NO:
        return 1.0 if plain in YES else 0.0
    try:
        number = float(plain.rstrip("% ").replace(",", "."))
    except ValueError:
        raise ValueError(text) from None
    return number / 100 if plain.endswith("%") else number
