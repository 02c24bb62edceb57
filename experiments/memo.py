"""Memo: the one page that executives decide on, made from stored things only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from experiments.deciding.evidence_in_force import in_force
from experiments.deciding.review import reviews
from experiments.deciding.rounds import round_of
from experiments.desk import Desk
from experiments.errors import Refused
from experiments.peers import peers
from experiments.planning.plan import stored_plan
from experiments.planning.rehearse import kept
from experiments.safety.concerns import concerns, sentence
from registry import find
from registry.decisions import Decision
from registry.kinds import Via
from registry.pilots import Pilot
from stats.errors import Problem

if TYPE_CHECKING:
    from experiments.views import Memo

FORMATS = ("html", "pdf", "docx")


def memo(desk: Desk, key: str, arm: int = 1) -> Memo:
    """The memo's view of the evidence in force; refused before there is a recommendation."""
    from experiments.documents.model import build_memo

    pilot = desk.pilot(key)
    shown = in_force(desk, pilot, arm)
    said = shown.said
    with desk.read() as session:
        plan_record = next(row for row in find.plans(session, pilot.id) if row.id == shown.evidence.plan_id)
        decision = find.latest_decision(session, pilot.id)
        amendments = [{"kind": row.kind.value, "reason": row.reason} for row in find.amendments(session, pilot.id)]
        checked = all(event.via not in (Via.APP, Via.CLI) for event in find.events(session, pilot_id=pilot.id))
        decided = _decision(session, decision) if decision and decision.evidence_id == shown.evidence.id else None
    plan = stored_plan(plan_record)
    words = [{"partner": w.partner or w.person, "stance": w.stance, "reason": w.reason} for w in reviews(desk, pilot)]
    return build_memo(
        plan,
        json.loads(shown.evidence.canonical),
        said,
        charter=pilot.draft,
        reviews=words,
        decision=decided,
        amendments=amendments,
        rehearsal=kept(desk, pilot, plan),
        concerns=[sentence(raised) for raised in concerns(desk, pilot)],
        silent=round_of(desk, pilot, shown.evidence).silent,
        log_head=desk.registry.head_hash(),
        made_at=shown.evidence.made_at,
        names_checked=checked,
        peers=peers(desk),
    )


def render(view: Memo, form: str) -> bytes:
    """The memo as bytes of an HTML page, a PDF or a Word document."""
    if form not in FORMATS:
        raise Refused(Problem(code="memo_format", facts={"given": form, "offered": list(FORMATS)}))
    if form == "html":
        from experiments.documents.html import memo_html

        return memo_html(view).encode()
    if form == "pdf":
        from experiments.documents.pdf import memo_pdf

        return memo_pdf(view)
    from experiments.documents.docx import memo_docx

    return memo_docx(view)


def missing_fonts(form: str = "pdf") -> tuple[str, ...]:
    """What this machine lacks for the memo to look as meant, in sentences."""
    if form != "pdf":
        return ()
    from experiments.documents.pdf import font_warnings

    return font_warnings()


def _decision(session: Any, row: Decision) -> Mapping[str, Any]:
    second = find.person(session, row.second_approver_id).name if row.second_approver_id else None
    return {
        "kind": row.kind.value,
        "verdict": row.verdict.value if row.verdict else None,
        "scope": row.scope.value if row.scope else None,
        "overrules": row.overrules,
        "recommended": row.recommended.value,
        "reason": row.reason,
        "decided_by": find.person(session, row.decided_by_id).name,
        "decided_at": row.decided_at,
        "second_approver": second,
        "conditions": list(row.conditions),
        "commitments": dict(row.commitments),
    }


def memo_name(pilot: Pilot, form: str) -> str:
    """A file name that says what it is."""
    return f"{pilot.key}-memo.{form}"
