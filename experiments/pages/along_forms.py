"""Forms of "Along the way": freeze with the charter as shaping left it, amend, sign again, check-ins from a file."""

from __future__ import annotations

from typing import Any

import streamlit as st

from experiments.desk import Desk, why_not
from experiments.files import read_yaml
from experiments.forms.amend_form import CLASSES, Part, changes_of, parts
from experiments.incoming import on_disk
from experiments.pages import look
from experiments.pages.frame import attempt, did, done, plain
from experiments.planning.plan import locked_plan
from experiments.running import check_ins
from experiments.shape import freeze
from experiments.signing import amend
from experiments.words import say
from registry.access import Act
from registry.pilots import Pilot
from stats.plan import Plan


def freeze_form(desk: Desk, pilot: Pilot) -> None:
    """Freeze and prove; where shaping changed the charter, with its file."""
    with st.form("freeze", border=True):
        st.text(say("along.freeze_lead"))
        upload = st.file_uploader(say("along.freeze_charter"), type=["yaml", "yml", "json"], key="freeze-charter",
                                  help=say("along.freeze_charter_help"))  # fmt: skip
        pressed = st.form_submit_button(say("along.freeze"), icon=":material/handyman:")
    if pressed and did(lambda: _freeze(desk, pilot, upload)):
        done(say("along.frozen"))
    st.page_link("experiments/pages/register.py", label=say("along.write_anew"), icon=":material/edit_document:",
                 query_params={"pilot": pilot.key})  # fmt: skip


def _freeze(desk: Desk, pilot: Pilot, upload: Any) -> None:
    if upload is None:
        freeze(desk, pilot.key)
        return
    with on_disk(upload.getvalue(), upload.name) as path:
        freeze(desk, pilot.key, read_yaml(path))


def check_in_file(desk: Desk, pilot: Pilot) -> None:
    """Many weeks at once, from a file; the empty one lists the sites."""
    with st.expander(say("along.by_file")):
        head = ",".join(check_ins.COLUMNS)
        week = desk.registry.clock().date().isoformat()
        rows = [f"{site},{week},,," for site in check_ins.treated_sites(desk, pilot)]
        st.download_button(say("along.empty_file"), "\n".join([head, *rows]) + "\n", mime="text/csv",
                           file_name=f"{pilot.key}-check-ins.csv", key="empty-check-ins",
                           icon=":material/download:", on_click="ignore")  # fmt: skip
        with st.form("check-in-file", border=False):
            upload = st.file_uploader(say("along.file"), type=["csv"], key="check-in-upload",
                                      help=say("along.file_help"))  # fmt: skip
            pressed = st.form_submit_button(say("along.read_file"), icon=":material/upload_file:")
    if not pressed:
        return
    if upload is None:
        st.warning(say("along.no_file"), icon=":material/info:")
        return
    with on_disk(upload.getvalue(), upload.name) as path:
        kept = attempt(lambda: check_ins.check_in_file(desk, pilot.key, path))
    if kept is not None:
        done(say("along.file_kept", count=kept))


def amendments(desk: Desk, pilot: Pilot) -> None:
    """What was changed so far, signatures that are due again, and the form for one more change."""
    _, plan = locked_plan(desk, pilot)
    made = amend.amendments(desk, pilot.key)
    may_amend = why_not(desk, Act.AMEND, pilot) is None
    again = amend.to_sign_again(desk, pilot)
    if not (made or may_amend or again):
        return
    st.header(say("along.amendments"))
    look.lines([amend.sentence(row) for row in made] or [say("along.no_amendments")])
    if again:
        _sign_again(desk, pilot, again)
    if may_amend:
        with st.expander(say("along.amend_title")):
            _amend(desk, pilot, plan)


def _sign_again(desk: Desk, pilot: Pilot, again: tuple[str, ...]) -> None:
    with st.form("sign-again", border=True):
        st.text(say("along.sign_again_lead"))
        look.lines(again)
        pressed = st.form_submit_button(say("along.sign_again"), type="primary", icon=":material/edit:")
    if pressed and did(lambda: amend.sign_amendment(desk, pilot.key)):
        done(say("along.signed_again"))


def _amend(desk: Desk, pilot: Pilot, plan: Plan) -> None:
    st.text(say("along.amend_lead"))
    known = {part.key: part for part in parts(plan)}
    chosen = st.selectbox(say("along.part"), list(known), format_func=lambda key: known[key].name, key="amend-part")
    part = known[chosen]
    with st.form("amend", border=False):
        value = _value(part)
        reason = st.text_input(say("along.amend_reason"), key="amend-reason")
        pressed = st.form_submit_button(say("along.amend"), icon=":material/edit_document:")
    if not pressed:
        return
    amended = attempt(lambda: amend.amend(desk, pilot.key, changes_of(part, value), reason))
    if amended is not None:
        done(_said(amended))


def _value(part: Part) -> Any:
    """The field for this part, filled with what stands in the plan."""
    label, key = plain(say("along.new_value", part=part.name)), f"amend-{part.key}"
    if part.kind == "day":
        return st.date_input(label, value=part.now, key=key)
    if part.kind == "number":
        return st.number_input(label, value=float(part.now), min_value=0.0, format="%g", key=key)
    if part.kind == "class":
        return st.radio(label, CLASSES, index=CLASSES.index(part.now), key=key,
                        format_func=lambda name: say(f"amend.class.{name}"))  # fmt: skip
    return st.text_input(label, value=str(part.now), key=key)


def _said(made: amend.Amended) -> str:
    """What the amendment costs and who signs again, in one line."""
    told = [say("along.amended")]
    if made.costs_grade:
        told.append(say("amendment.costs"))
    if made.unsigned:
        told.append(say("along.sign_again_who", partners=list(made.unsigned)))
    return " ".join(told)
