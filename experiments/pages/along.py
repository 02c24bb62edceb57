"""Along the way: planned checks, the change log, the sites' weekly word, amendments."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from experiments.desk import Desk, reached, why_not
from experiments.pages import along_forms, look
from experiments.pages.aside import concerns_here, harm_here, stand_still
from experiments.pages.frame import begin, did, done, offered, pilot_here
from experiments.pages.notes import notes
from experiments.planning.looks import look_sentences
from experiments.planning.plan import locked_plan
from experiments.running import changes, check_ins
from experiments.shape import shape
from experiments.words import say
from experiments.words.numbers import day
from registry.access import Act
from registry.kinds import Stage
from registry.pilots import Pilot

KINDS = ("change", "visit", "suggestion", "incident")


def shaping(desk: Desk, pilot: Pilot) -> None:
    """Begin to shape, or freeze and prove."""
    if pilot.stage == Stage.SHAPING:
        along_forms.freeze_form(desk, pilot)
        return
    with st.form("shape", border=True):
        st.text(say("along.shape_lead"))
        pressed = st.form_submit_button(say("along.shape"), icon=":material/handyman:")
    if pressed and did(lambda: shape(desk, pilot.key)):
        done(say("along.shaping"))


def log(desk: Desk, pilot: Pilot) -> None:
    """What is in it, and a new line."""
    st.header(say("along.log"))
    entries = changes.changes(desk, pilot.key)
    look.lines([changes.sentence(entry) for entry in entries] or [say("cli.no_changes")])
    if not offered(desk, Act.CHANGE, pilot):
        return
    waiting = {str(entry.id): entry for entry in entries if entry.suggestion == "open"}
    if waiting:
        settle(desk, pilot, waiting)
    with st.form("note", border=True):
        kind = st.selectbox(say("along.kind"), KINDS, format_func=lambda key: say(f"change.option.{key}"), key="kind")
        what = st.text_area(say("along.what"), key="what")
        site = st.text_input(say("along.site"), key="note-site")
        credit = st.text_input(say("along.credit"), key="credit")
        alters = st.checkbox(say("along.alters"), key="alters", help=say("along.alters_help"))
        pressed = st.form_submit_button(say("along.note"), icon=":material/edit_note:")
    if pressed and did(
        lambda: changes.note(desk, pilot.key, what, kind=kind, site=site, credited_to=credit, alters_treatment=alters)
    ):
        done(say("along.noted"))


def settle(desk: Desk, pilot: Pilot, waiting: dict[str, changes.Entry]) -> None:
    with st.form("settle", border=True):
        chosen = st.selectbox(
            say("along.suggestion"), list(waiting), format_func=lambda key: waiting[key].what, key="suggestion"
        )
        became = st.radio(
            say("along.became"),
            ("adopted", "declined"),
            format_func=lambda key: say(f"change.suggestion.{key}"),
            key="became",
        )
        why = st.text_input(say("along.why"), key="settle-why")
        pressed = st.form_submit_button(say("along.settle"))
    if pressed and did(lambda: changes.settle(desk, pilot.key, waiting[chosen].id, became, why)):
        done(say("along.noted"))


def weekly(desk: Desk, pilot: Pilot) -> None:
    """Two minutes a week and site."""
    st.header(say("along.weekly"))
    st.caption(say("along.weekly_lead"))
    if offered(desk, Act.CHECK_IN, pilot):
        check_in(desk, pilot)
    if said := check_ins.check_ins(desk, pilot.key):
        last = max(item.week for item in said)
        shown = [item for item in said if item.week == last or item.trouble]
        st.caption(say("along.latest"))
        words(shown)
        if len(shown) < len(said):
            with st.expander(say("along.every_week", count=len(said))):
                words(said)


def words(said: Sequence[check_ins.Said]) -> None:
    """A row for each site and week."""
    look.table(
        {
            "week": [day(item.week) for item in said],
            "site": [item.site for item in said],
            "delivered": [percent(item.delivered) for item in said],
            "used": [percent(item.used) for item in said],
            "trouble": [item.trouble for item in said],
        }
    )


def check_in(desk: Desk, pilot: Pilot) -> None:
    with st.form("check-in", border=True):
        site = st.selectbox(say("along.site"), check_ins.treated_sites(desk, pilot), key="site")
        week = st.date_input(say("along.week"), value=desk.registry.clock().date(), key="week")
        delivered = share_of("delivered")
        used = share_of("used")
        trouble = st.text_input(say("along.trouble"), key="trouble")
        pressed = st.form_submit_button(say("along.check_in"), icon=":material/fact_check:")
    item = check_ins.Said(site=site or "", week=week, delivered=delivered, used=used, trouble=trouble)
    if pressed and did(lambda: check_ins.check_in(desk, pilot.key, [item])):
        done(say("along.checked_in"))
    along_forms.check_in_file(desk, pilot)


def share_of(component: str) -> float | None:
    """A share that nobody has to give: empty until somebody says it, for a proposal would be taken over unread."""
    given = st.number_input(
        say(f"along.{component}"),
        0,
        100,
        None,
        5,
        key=component,
        placeholder=say("along.not_said"),
        icon=":material/percent:",
    )
    return None if given is None else given / 100


def percent(share: float | None) -> str:
    return "" if share is None else say("along.percent", share=share)


desk = begin(say("nav.page.along"))
pilot = pilot_here(desk)
if reached(pilot, Stage.SIGNED):
    st.header(say("along.checks"))
    _, plan = locked_plan(desk, pilot)
    look.lines(look_sentences(plan))
elif why_not(desk, Act.SHAPE, pilot) is None:
    shaping(desk, pilot)
log(desk, pilot)
if reached(pilot, Stage.ASSIGNED):
    weekly(desk, pilot)
    harm_here(desk, pilot)
concerns_here(desk, pilot)
stand_still(desk, pilot)
if reached(pilot, Stage.SIGNED):
    along_forms.amendments(desk, pilot)
notes(desk, pilot, about="along")
