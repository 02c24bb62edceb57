"""Who has signed a plan, who has not, and what the person at the desk can sign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from experiments.desk import Desk
from experiments.signing.sign import Terms
from experiments.words.numbers import Unit, size
from registry import find, standing
from registry.kinds import GuardrailClass
from registry.pilots import Pilot


@dataclass(frozen=True, kw_only=True)
class Signatory:
    """One signature that a plan has or wants. metrics: what a partner signs, with the loss it accepts, in words.

    capacity: owner or sponsor (one of them locks the plan) or partner; mine: of the person at the desk.
    """

    capacity: Literal["owner", "sponsor", "partner"]
    name: str
    department: str
    metrics: tuple[str, ...] = ()
    signed_at: datetime | None = None
    mine: bool = False


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """One metric as its partner signs it: name, largest loss in words, and whether it must be shown safe."""

    name: str
    loss: str
    must_prove: bool


def signatories(desk: Desk, pilot: Pilot) -> tuple[Signatory, ...]:
    """Partners first, by name, then owner and sponsor."""
    me = desk.person.id if desk.person else None
    found = []
    with desk.read() as session:
        spoken = _spoken_for(desk, session, pilot)
        metrics = find.pilot_metrics(session, pilot.id)
        for partner, department in find.partners(session, pilot.id):
            own = [(row, version) for row, version, _ in metrics if row.partner_id == partner.id]
            if not own:
                continue
            contact = find.person(session, partner.contact_id).name if partner.contact_id else ""
            signed = [row.signed_at for row, _ in own]
            found.append(
                Signatory(
                    capacity="partner",
                    name=contact,
                    department=department.name,
                    metrics=tuple(version.name for _, version in own),
                    signed_at=min(filter(None, signed)) if all(signed) else None,
                    mine=partner.id in spoken,
                )
            )
        plan = find.locked_plan(session, pilot.id)
        for capacity, person_id in (("owner", pilot.owner_id), ("sponsor", pilot.sponsor_id)):
            if person_id is not None:
                locked = plan is not None and plan.locked_by_id == person_id
                found.append(
                    Signatory(
                        capacity="owner" if capacity == "owner" else "sponsor",
                        name=find.person(session, person_id).name,
                        department="",
                        signed_at=plan.locked_at if plan is not None and locked else None,
                        mine=me == person_id,
                    )
                )
    return tuple(found)


def stated(desk: Desk, pilot: Pilot) -> Terms:
    """What is on record of what the partner of the person at the desk expects and was promised."""
    with desk.read() as session:
        mine = _spoken_for(desk, session, pilot)
        rows = [row for row, _ in find.partners(session, pilot.id) if row.id in mine]
    if not rows:
        return Terms()
    return Terms(benefit=rows[0].benefit, pulls_against=rows[0].pulls_against, relief=rows[0].relief)


def accepted_by(desk: Desk, pilot: Pilot) -> tuple[Accepted, ...]:
    """What the person at the desk would sign as a partner: its metrics with the largest loss that it accepts."""
    with desk.read() as session:
        mine = _spoken_for(desk, session, pilot)
        return tuple(
            Accepted(
                name=version.name,
                loss=size(row.margin, Unit.of(version.unit, version.kind.value)) if row.margin else "",
                must_prove=row.critical or row.guardrail_class == GuardrailClass.PROVE,
            )
            for row, version, _ in find.pilot_metrics(session, pilot.id)
            if row.partner_id in mine
        )


def _spoken_for(desk: Desk, session: Any, pilot: Pilot) -> set[UUID]:
    """Partners for which the person at the desk may sign."""
    if desk.person is None or desk.person.id == pilot.owner_id:
        return set()
    return {partner.id for partner, _ in standing.speaks_for(session, desk.person, pilot)}
