"""Draft: a charter is written step by step or read from a file, and becomes rows that others can refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.charters.catalogue import metric_version_of
from experiments.charters.charter import Charter, slug
from experiments.charters.check import as_mapping, read_charter, warnings
from experiments.charters.from_catalogue import with_catalogue
from experiments.charters.to_plan import to_plan, twins
from experiments.desk import Desk, may, mine, reached
from experiments.errors import Refused
from experiments.keep_metrics import in_use
from experiments.people import department_of, person_of
from experiments.versions.version_terms import on_its_terms
from registry import find
from registry.access import Act
from registry.errors import NotFound
from registry.kinds import Direction, GuardrailClass, MetricRole, Role, Stage
from registry.people import Department
from registry.pilots import Hypothesis, Pilot, PilotMetric, PilotPartner
from registry.unit_of_work import Work
from stats.errors import Problem
from stats.plan import PlannedMetric


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A registered pilot with what a colleague would say over coffee."""

    key: str
    title: str
    warnings: tuple[Problem, ...]


def save_draft(desk: Desk, draft: Mapping[str, Any], step: str, *, pilot: Pilot | None = None) -> Pilot:
    """Keep an unfinished charter. ``pilot``: the draft that the form was showing (None: begin a new one)."""
    title = str(draft.get("title") or "").strip()
    if not title:
        raise Refused(Problem(code="draft_without_title"))
    _may_write(desk, pilot)
    with desk.work() as work:
        if pilot is None:
            row = Pilot(key=_free_key(work, slug(title)), title=title, draft=dict(draft), draft_step=step)
            row.owner_id = desk.person.id if desk.person else None
            work.add(row)
            work.record("pilot.drafted", row, after={"key": row.key, "step": step})
            return row
        row = mine(work, pilot)
        _still_open(row)
        work.change(row, "pilot.draft_saved", title=title, draft=dict(draft), draft_step=step)
        return row


def resume(desk: Desk, key: str) -> tuple[dict[str, Any], str]:
    """The charter as far as it is written, and the step at which it was left."""
    pilot = desk.pilot(key)
    return dict(pilot.draft), pilot.draft_step


def register(desk: Desk, document: Any, *, key: str | None = None) -> Registered:
    """Register a complete charter: a new pilot, or the draft called ``key``. Refused with all problems at once."""
    charter = read_charter(with_catalogue(as_mapping(document), in_use(desk)))
    _may_write(desk, desk.pilot(key) if key else None)
    with desk.work() as work:
        pilot = _pilot_row(work, charter, key)
        write_charter(work, pilot, charter, give_roles=not desk.login)
        work.actor_id = work.actor_id or pilot.owner_id
        work.record("pilot.registered", pilot, after={"key": pilot.key, "version": pilot.version})
    return Registered(key=pilot.key, title=pilot.title, warnings=tuple(warnings(charter)))


def _may_write(desk: Desk, pilot: Pilot | None) -> None:
    """Without login the first charter is written by nobody yet: it names the people."""
    if desk.person is None and not desk.login:
        return
    may(desk, Act.REGISTER if pilot is None else Act.REVISE, pilot)


def write_charter(work: Work, pilot: Pilot, charter: Charter, *, give_roles: bool = True) -> None:
    """Make the rows of a charter that others refer to. A later version keeps to what it was drafted for.

    give_roles: whether people get the roles in which the charter names them; where a login checks who is who, roles
    are given by administrators alone.
    """
    charter = on_its_terms(work, pilot, charter)
    pilot.title, pilot.problem, pilot.team = charter.title, charter.problem, charter.team
    pilot.simulated, pilot.showcase = charter.simulated, charter.where.showcase
    owner = person_of(work, charter.owner, Role.INNOVATOR if give_roles else None)
    pilot.owner_id, pilot.department_id = owner.id, owner.department_id
    pilot.sponsor_id = person_of(work, charter.sponsor, Role.EXECUTIVE if give_roles else None).id
    pilot.draft, pilot.draft_step = charter.model_dump(mode="json", by_alias=True), "complete"
    _add_metrics(work, pilot, charter, _add_partners(work, pilot, charter, give_roles))


def forget_charter(work: Work, pilot: Pilot) -> None:
    """Take away the rows of the charter before; the log keeps what they were."""
    hypothesis = find.hypothesis(work.session, pilot.id)
    if hypothesis is not None:
        work.delete(hypothesis)
    metrics = [metric for metric, _, _ in find.pilot_metrics(work.session, pilot.id)]
    for metric in sorted(metrics, key=lambda row: row.twin_of_id is None):
        work.delete(metric)
    for partner, _ in find.partners(work.session, pilot.id):
        work.delete(partner)


def _free_key(work: Work, wanted: str) -> str:
    """The key, or the key with the first free number."""
    key, number = wanted, 1
    while _known(work, key):
        number += 1
        key = f"{wanted[:56]}-{number}"
    return key


def _known(work: Work, key: str) -> Pilot | None:
    try:
        return find.pilot(work.session, key)
    except NotFound:
        return None


def _pilot_row(work: Work, charter: Charter, key: str | None) -> Pilot:
    """A new row, or the row of the draft that is being completed. A registered pilot is not registered twice."""
    row = find.pilot(work.session, key) if key else _known(work, charter.key)
    if row is None:
        return work.add(Pilot(key=charter.key, title=charter.title, draft={"title": charter.title}))
    _still_open(row)
    if find.hypothesis(work.session, row.id) is not None:
        raise Refused(Problem(code="already_registered", facts={"pilot": row.key}))
    return row


def _still_open(pilot: Pilot) -> None:
    if reached(pilot, Stage.PLAN) or pilot.stage != Stage.DRAFT:
        raise Refused(Problem(code="already_registered", facts={"pilot": pilot.key}))


def _add_partners(work: Work, pilot: Pilot, charter: Charter, give_roles: bool) -> dict[str, PilotPartner]:
    """Partner rows by department key."""
    rows = {}
    for partner in charter.partners:
        department: Department = department_of(work, partner.department)
        role = Role.REVIEWER if give_roles else None
        contact = person_of(work, (partner.contact, department), role) if partner.contact else None
        rows[department.key] = work.add(
            PilotPartner(
                pilot_id=pilot.id,
                department_id=department.id,
                contact_id=contact.id if contact else None,
                benefit=partner.benefit or "",
                pulls_against=partner.pulls_against or "",
                relief=partner.relief or "",
            )
        )
    return rows


def _add_metrics(work: Work, pilot: Pilot, charter: Charter, partners: Mapping[str, PilotPartner]) -> None:
    planned = to_plan(charter).metrics
    twin_keys = {twin.twin_of: twin.key for twin in twins(charter)}
    rows: dict[str, PilotMetric] = {}
    for position, metric in enumerate(planned):
        version = metric_version_of(work, metric, twin_keys.get(metric.key))
        rows[metric.key] = work.add(_metric_row(pilot, metric, version.id, position, partners, rows))
    promised = next(m for m in charter.metrics.success if m.key == charter.hypothesis.metric)
    work.add(
        Hypothesis(
            pilot_id=pilot.id,
            change=charter.hypothesis.change,
            for_whom=charter.hypothesis.for_whom,
            metric_version_id=rows[promised.key].metric_version_id,
            direction=Direction(promised.better),
            mwe=promised.mwe,
            because=charter.hypothesis.because,
        )
    )


def _metric_row(
    pilot: Pilot,
    metric: PlannedMetric,
    version_id: Any,
    position: int,
    partners: Mapping[str, PilotPartner],
    earlier: Mapping[str, PilotMetric],
) -> PilotMetric:
    return PilotMetric(
        pilot_id=pilot.id,
        metric_version_id=version_id,
        position=position,
        role=MetricRole(metric.role),
        mwe=metric.mwe,
        margin=metric.margin,
        guardrail_class=GuardrailClass(metric.guardrail_class) if metric.guardrail_class else None,
        critical=metric.critical,
        partner_id=partners[metric.partner].id if metric.partner else None,
        twin_of_id=earlier[metric.twin_of].id if metric.twin_of else None,
        pre_column=metric.pre,
    )
