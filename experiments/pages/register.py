"""Register: a charter in five short steps, kept at each, with the page it becomes growing beside it."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from experiments.afterwards import is_recorded, past_lines
from experiments.desk import Desk, why_not
from experiments.files import read_yaml
from experiments.forms.charter_page import charter_sections
from experiments.forms.draft_warnings import draft_warnings
from experiments.forms.register_steps import STEPS, after, before, document, step_to_resume, still_open
from experiments.incoming import on_disk
from experiments.pages import look
from experiments.pages.frame import FLASH, attempt, begin, offered, plain, warn
from experiments.pages.steps import fields, money, partners, problem, success, where
from experiments.pages.steps.past_pilots import past_pilots
from experiments.pages.steps.templates import template_choice
from experiments.pages.tried_before import tried_before
from experiments.people import me_as_owner
from experiments.register import Registered, register, resume, save_draft
from experiments.revise import reopen, signed_so_far
from experiments.words import say
from registry.access import Act
from registry.pilots import Pilot

SHOW = {"problem": problem.show, "success": success.show, "partners": partners.show, "where": where.show,
        "money": money.show}  # fmt: skip
STEP, DRAFT = "register_step", "register_draft"


def registered(made: Registered) -> None:
    st.session_state[FLASH] = say("register.done", title=made.title)
    st.switch_page("experiments/pages/plan.py", query_params={"pilot": made.key})


def from_template(desk: Desk, pilot: Pilot | None, draft: dict[str, Any]) -> None:
    with st.expander(say("register.from_template")):
        made = template_choice(draft)
    kept = attempt(lambda: save_draft(desk, made, "template", pilot=pilot)) if made is not None else None
    if kept is not None:
        st.session_state[FLASH] = say("template.used")
        go(kept, STEPS[0])


def from_file(desk: Desk) -> None:
    """For a charter that is written already."""
    with st.expander(say("register.from_file")), st.form("charter-file", border=False):
        upload = st.file_uploader(say("register.charter_file"), type=["yaml", "yml", "json"], key="charter-upload")
        pressed = st.form_submit_button(say("register.register_file"), icon=":material/description:")
        if pressed and upload is not None:
            with on_disk(upload.getvalue(), upload.name) as path:
                made = attempt(lambda: register(desk, read_yaml(path)))
            if made is not None:
                registered(made)


def go(pilot: Pilot, step: str) -> None:
    """To a step of a draft, read anew."""
    fields.forget()
    st.session_state[STEP], st.session_state[DRAFT] = step, pilot.key
    st.query_params["pilot"] = pilot.key
    st.rerun()


def charter_beside(draft: dict[str, Any], step: str) -> None:
    st.header(plain(str(draft.get("title") or say("register.untitled"))), anchor=False)
    for section in charter_sections(document(draft)):
        st.markdown(f"**{say(section.title)}**")
        if section.empty:
            st.caption(plain(section.lines[0]))
        else:
            look.lines(section.lines)
    warn(draft_warnings(draft, step))


def finish(desk: Desk, pilot: Pilot, draft: dict[str, Any], step: str) -> None:
    """Keep it, and register it where nothing is open any more."""
    kept = attempt(lambda: save_draft(desk, draft, step, pilot=pilot))
    if kept is None:
        return
    found = still_open(draft)
    if found:
        st.error(say("register.open"), icon=":material/error:")
        for name in STEPS:
            here = [one.sentence for one in found if one.step == name]
            if here:
                st.markdown(f"**{say(f'register.step.{name}')}**")
                look.lines(here)
        return
    made = attempt(lambda: register(desk, document(draft), key=kept.key))
    if made is not None:
        registered(made)


def reopening(desk: Desk, pilot: Pilot) -> None:
    """While the plan is not frozen a registered charter can be opened again; what that costs is said before."""
    if why_not(desk, Act.REVISE, pilot) is not None:
        return
    with st.form("reopen", border=True):
        st.text(say("register.reopen_lead"))
        if signed := signed_so_far(desk, pilot):
            st.text(say("register.reopen_signed", partners=list(signed)))
        pressed = st.form_submit_button(say("register.reopen"), icon=":material/edit_document:")
    if not pressed:
        return
    opened = attempt(lambda: reopen(desk, pilot.key))
    if opened is not None:
        fallen = say("register.fallen", partners=list(opened.fallen)) if opened.fallen else ""
        st.session_state[FLASH] = f"{say('register.reopened')} {fallen}".strip()
        go(opened.pilot, STEPS[0])


def pilot_in_address(desk: Desk) -> Pilot | None:
    asked = st.query_params.get("pilot", "")
    pilot = attempt(lambda: desk.pilot(asked)) if asked else None
    if (pilot.key if pilot else "") != st.session_state.get(DRAFT, ""):
        fields.forget()
        st.session_state[DRAFT] = pilot.key if pilot else ""
        st.session_state[STEP] = step_to_resume(pilot.draft_step) if pilot else STEPS[0]
    return pilot


def may_not_write(desk: Desk, pilot: Pilot | None) -> bool:
    """Without login the first charter is written by nobody yet. A complete one is only shown, to anybody."""
    if (desk.person is None and not desk.login) or (pilot is not None and pilot.draft_step == "complete"):
        return False
    return not offered(desk, Act.REGISTER if pilot is None else Act.REVISE, pilot)


desk = begin(say("nav.page.register"))
pilot = pilot_in_address(desk)
draft: dict[str, Any] = {}
if pilot is not None and is_recorded(pilot):
    st.header(plain(pilot.title), anchor=False)
    look.lines(past_lines(pilot.draft))
    st.stop()
if may_not_write(desk, pilot):
    st.stop()
if pilot is not None:
    draft, saved = resume(desk, pilot.key)
    if saved == "complete":
        st.info(plain(say("register.complete", title=pilot.title)), icon=":material/check_circle:")
        st.page_link("experiments/pages/plan.py", label=say("nav.page.plan"), query_params={"pilot": pilot.key})
        reopening(desk, pilot)
        st.page_link("experiments/pages/register.py", label=say("register.another"), icon=":material/add:")
        st.stop()
step = st.session_state.get(STEP, STEPS[0])
number = STEPS.index(step)
top = st.container() if step == STEPS[0] else None
st.progress(
    (number + 1) / len(STEPS), text=say("register.progress", number=number + 1, step=say(f"register.step.{step}"))
)
form, page = st.columns([3, 2], gap="large")
with form, st.container(key=f"step-{step}"):
    st.header(say(f"register.step.{step}"), anchor=False)
    draft = SHOW[step]({"owner": me_as_owner(desk), **json.loads(json.dumps(draft))})
    if top is not None:
        with top:
            from_template(desk, pilot, draft)
            if pilot is None:
                from_file(desk)
                past_pilots(desk)
    back, forth = st.columns(2)
    goes_back = number > 0 and back.button(
        say("register.back"), key="back", icon=":material/arrow_back:", width="stretch"
    )
    last = step == STEPS[-1]
    goes_on = forth.button(
        say("register.register" if last else "register.on"), key="on", type="primary", width="stretch"
    )
    if goes_back or (goes_on and not last):
        kept = attempt(lambda: save_draft(desk, draft, step, pilot=pilot))
        if kept is not None:
            go(kept, before(step) if goes_back else after(step))
    elif goes_on and pilot is not None:
        finish(desk, pilot, draft, step)
with page:
    with st.container(border=True, key="charter"):
        charter_beside(draft, step)
    tried_before(desk, document(draft), pilot)
