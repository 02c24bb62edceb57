"""How each act of the table of access is asked for: one call of its stage function, and of the others of that act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from experiments.desk import Desk
from registry.access import Act
from registry.people import Person

TODAY = date(2026, 5, 12)
KEY = "call-back-at-peak"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What an act is asked with, beside the desk."""

    data: Path
    rehearsal: Any
    charter: dict[str, Any]


def stage_function(module: str, name: str) -> Any:
    return getattr(import_module(f"experiments.{module}"), name)


def _another(charter: dict[str, Any]) -> dict[str, Any]:
    return {**charter, "title": "Another pilot"}


def _check_in(desk: Desk) -> object:
    said = stage_function("running.check_ins", "Said")(site="B01", week=date(2026, 3, 9), delivered=1.0, used=1.0)
    return stage_function("running.check_ins", "check_in")(desk, KEY, [said])


def _decide(desk: Desk) -> object:
    choice = stage_function("deciding.decide", "Choice")(verdict="ITERATE", reason="More weeks are needed.")
    return stage_function("deciding.decide", "decide")(desk, KEY, choice)


def _somebody(desk: Desk) -> Person:
    return stage_function("people.keeping", "person_called")(desk, "Tom Berg")


def _stand_in(desk: Desk) -> object:
    return stage_function("people.standing_in", "delegate")(desk, _somebody(desk), starts=TODAY, ends=TODAY)


def _objective() -> Any:
    return stage_function("objectives.keep", "NewObjective")(title="Nobody waits", period="2026")


def _lesson(text: str) -> Any:
    return stage_function("library.takeaways", "Lesson")(lesson=text)


def _fresh(asked: Asked) -> Path:
    """A file that is not there yet."""
    return asked.data.with_name(f"{uuid4()}.zip")


CALLS: dict[Act, Callable[[Desk, Asked], object]] = {
    Act.REGISTER: lambda desk, asked: stage_function("register", "register")(desk, _another(asked.charter)),
    Act.REVISE: lambda desk, _: stage_function("register", "save_draft")(
        desk, {"title": "New"}, "problem", pilot=desk.pilot(KEY)
    ),
    Act.SHAPE: lambda desk, _: stage_function("shape", "shape")(desk, KEY),
    Act.PLAN: lambda desk, _: stage_function("planning.plan", "plan")(desk, KEY),
    Act.REHEARSE: lambda desk, asked: stage_function("planning.rehearse", "keep")(desk, KEY, asked.rehearsal),
    Act.SIGN: lambda desk, _: stage_function("signing.sign", "sign")(desk, KEY),
    Act.SIGN_METRIC: lambda desk, _: stage_function("signing.unsigned", "decline")(desk, KEY, "Too much is asked."),
    Act.START_UNSIGNED: lambda desk, _: stage_function("signing.unsigned", "start_unsigned")(
        desk, KEY, "Nobody answered."
    ),
    Act.AMEND: lambda desk, _: stage_function("signing.amend", "amend")(
        desk, KEY, {"end": "2026-05-24"}, "A holiday fell into it."
    ),
    Act.SIGN_AMENDMENT: lambda desk, _: stage_function("signing.amend", "sign_amendment")(desk, KEY),
    Act.ASSIGN: lambda desk, _: stage_function("running.assign", "assign")(desk, KEY),
    Act.INGEST: lambda desk, asked: stage_function("running.ingest", "ingest")(desk, KEY, asked.data),
    Act.EXPORT: lambda desk, asked: stage_function("archive.pack", "export_pilot")(
        desk, KEY, _fresh(asked), data=False
    ),
    Act.CHECK_IN: lambda desk, _: _check_in(desk),
    Act.CHANGE: lambda desk, _: stage_function("running.changes", "note")(desk, KEY, "A new poster."),
    Act.ASSESS: lambda desk, _: stage_function("evidence.assess", "assess")(desk, KEY),
    Act.RECOMMEND: lambda desk, _: stage_function("evidence.recommend", "recommend")(desk, KEY),
    Act.REVIEW: lambda desk, _: stage_function("deciding.review", "review")(desk, KEY, "endorse"),
    Act.EDIT_ROUND: lambda desk, _: stage_function("deciding.rounds", "edit_round")(
        desk, KEY, quorum=1, reason="Holidays."
    ),
    Act.ASK_FOR_MORE: lambda desk, _: stage_function("deciding.requests", "ask_for_more")(
        desk, KEY, "The evenings alone."
    ),
    Act.ANSWER_REQUEST: lambda desk, _: stage_function("deciding.requests", "answer_request")(
        desk, KEY, 1, "Here they are."
    ),
    Act.DECIDE: lambda desk, _: _decide(desk),
    Act.CONFIRM_OVERRULE: lambda desk, _: stage_function("deciding.overrule", "confirm_overrule")(desk, KEY),
    Act.ITERATE: lambda desk, _: stage_function("versions.iterate", "iterate")(desk, KEY),
    Act.CLOSE: lambda desk, _: stage_function("deciding.close", "close")(desk, KEY, "Call back within the hour."),
    Act.CORRECT_TAKEAWAY: lambda desk, _: stage_function("library.takeaways", "correct")(
        desk, KEY, _lesson("Call back at once.")
    ),
    Act.KEEP_LEARNINGS: lambda desk, _: stage_function("library.learnings", "add_learning")(
        desk, "Waiting is worse than no."
    ),
    Act.PLAN_ROLLOUT: lambda desk, _: stage_function("rollouts.keep", "keep_plan")(desk, KEY),
    Act.MEASURE_ROLLOUT: lambda desk, asked: stage_function("rollouts.measure", "measure")(desk, KEY, asked.data),
    Act.PAUSE_ROLLOUT: lambda desk, _: stage_function("rollouts.acts", "pause")(desk, KEY, "A strike."),
    Act.RESUME_ROLLOUT: lambda desk, _: stage_function("rollouts.acts", "resume")(desk, KEY, "It is over."),
    Act.ROLL_BACK: lambda desk, _: stage_function("rollouts.acts", "roll_back")(desk, KEY, "Customers wait longer."),
    Act.RAISE_CONCERN: lambda desk, _: stage_function("safety.concerns", "raise_concern")(
        desk, KEY, "Smoke in the depot."
    ),
    Act.ANSWER_CONCERN: lambda desk, _: stage_function("safety.concerns", "answer_concern")(
        desk, KEY, 1, "The fan was repaired."
    ),
    Act.PAUSE: lambda desk, _: stage_function("safety.pauses", "pause")(desk, KEY, "A strike."),
    Act.RESUME: lambda desk, _: stage_function("safety.pauses", "resume")(desk, KEY, "It is over."),
    Act.WITHDRAW: lambda desk, _: stage_function("safety.pauses", "withdraw")(desk, KEY, "Nobody wants it any more."),
    Act.FORGET: lambda desk, _: stage_function("record.forget", "forget")(desk, KEY, "The customers asked for it."),
    Act.COMMENT: lambda desk, _: stage_function("notes", "comment")(desk, KEY, "Well done."),
    Act.LOOK_BACK: lambda desk, _: stage_function("deciding.overrides", "look_back")(
        desk, KEY, "It went well.", "right"
    ),
    Act.LEARN_PRIOR: lambda desk, _: stage_function("learned.prior", "learn")(desk),
    Act.ATTACH: lambda desk, _: stage_function("notes", "attach")(desk, KEY, "poster.txt", b"Call back at peak"),
    Act.KEEP_METRICS: lambda desk, _: stage_function("keep_metrics", "retire")(desk, "wait", "Nobody uses it."),
    Act.KEEP_OBJECTIVES: lambda desk, _: stage_function("objectives.keep", "add_objective")(desk, _objective()),
    Act.DELEGATE: lambda desk, _: _stand_in(desk),
    Act.SAVE_VIEW: lambda desk, _: stage_function("portfolio.saved_views", "save_view")(
        desk, "portfolio", "Late ones", "overdue=True"
    ),
    Act.REACT: lambda desk, _: stage_function("showcase.reactions", "react")(desk, KEY, "well_done"),
    Act.KEEP_PEOPLE: lambda desk, _: stage_function("people.keeping", "add_person")(desk, "New Person"),
}
FURTHER: dict[str, tuple[Act, Callable[[Desk, Asked], object]]] = {
    "register a draft": (
        Act.REVISE,
        lambda desk, asked: stage_function("register", "register")(desk, asked.charter, key=KEY),
    ),
    "reopen": (Act.REVISE, lambda desk, _: stage_function("revise", "reopen")(desk, KEY)),
    "start a roll-out": (Act.PLAN_ROLLOUT, lambda desk, _: stage_function("rollouts.keep", "start")(desk, KEY)),
    "bring data of a roll-out": (
        Act.MEASURE_ROLLOUT,
        lambda desk, asked: stage_function("rollouts.bring", "bring")(desk, KEY, asked.data),
    ),
    "freeze": (Act.SHAPE, lambda desk, _: stage_function("shape", "freeze")(desk, KEY)),
    "look for harm": (Act.ASSESS, lambda desk, _: stage_function("safety.harm_check", "harm_check")(desk, KEY)),
    "settle": (
        Act.CHANGE,
        lambda desk, _: stage_function("running.changes", "settle")(desk, KEY, UUID(int=1), "adopted"),
    ),
    "check in": (
        Act.KEEP_OBJECTIVES,
        lambda desk, _: stage_function("objectives.keep", "check_in")(desk, "x", 1.0, "on_track"),
    ),
    "retarget": (
        Act.KEEP_OBJECTIVES,
        lambda desk, _: stage_function("objectives.keep", "retarget")(desk, "x", "Why.", target=1.0),
    ),
    "add a key result": (
        Act.KEEP_OBJECTIVES,
        lambda desk, _: stage_function("objectives.keep", "add_key_result")(desk, None),
    ),
    "serve": (Act.KEEP_OBJECTIVES, lambda desk, _: stage_function("objectives.serve", "attach")(desk, None)),
    "reached": (
        Act.KEEP_OBJECTIVES,
        lambda desk, _: stage_function("objectives.serve", "reached")(desk, KEY, "x", 0.5, "Why."),
    ),
    "objectives from a file": (
        Act.KEEP_OBJECTIVES,
        lambda desk, _: stage_function("objectives.file", "add_from_file")(desk, {}),
    ),
    "move": (
        Act.KEEP_PEOPLE,
        lambda desk, _: stage_function("people.keeping", "move_person")(desk, _somebody(desk), manager=""),
    ),
    "give": (
        Act.KEEP_PEOPLE,
        lambda desk, _: stage_function("people.keeping", "give_role")(desk, _somebody(desk), "executive"),
    ),
    "take": (
        Act.KEEP_PEOPLE,
        lambda desk, _: stage_function("people.keeping", "take_role")(desk, _somebody(desk), "executive"),
    ),
    "deactivate": (
        Act.KEEP_PEOPLE,
        lambda desk, _: stage_function("people.keeping", "deactivate")(desk, _somebody(desk)),
    ),
    "reactivate": (
        Act.KEEP_PEOPLE,
        lambda desk, _: stage_function("people.keeping", "reactivate")(desk, _somebody(desk)),
    ),
    "keep a peer value": (
        Act.KEEP_METRICS,
        lambda desk, _: stage_function("peers", "keep_peer")(desk, "wait", 1.0, "A benchmark", date(2026, 1, 1)),
    ),
    "add a department": (
        Act.KEEP_PEOPLE,
        lambda desk, _: stage_function("people.keeping", "add_department")(desk, "New"),
    ),
}
"""Other stage functions of the same acts."""
