"""Plan: what it can decide at its size, who has signed, and the signature that freezes it."""

from __future__ import annotations

import streamlit as st

from experiments.charters.check import warnings as charter_warnings
from experiments.desk import Desk, charter_of, reached
from experiments.documents.why_method import why_method
from experiments.forms.charter_page import charter_sections
from experiments.learned.telling import frozen_with
from experiments.pages import look
from experiments.pages.frame import begin, did, done, go_on, offered, pilot_here, plain, warn
from experiments.pages.notes import notes
from experiments.pages.signing import sign_here, signatures
from experiments.pictures import charts
from experiments.pictures.power_picture import power_picture, sizing_rows
from experiments.planning.plan import Planned, plan, planned
from experiments.register import resume
from experiments.words import say
from registry.access import Act
from registry.kinds import Stage
from registry.pilots import Pilot

SIGNS = {
    "decision_capable": ":material/check_circle:",
    "learning": ":material/eco:",
    "unknown": ":material/help:",
}


def make(desk: Desk, pilot: Pilot) -> None:
    """The first plan, or the plan again while it is not signed."""
    if not offered(desk, Act.PLAN, pilot):
        return
    with st.form("make-plan", border=True):
        st.text(say("plan.make_lead"))
        pressed = st.form_submit_button(say("plan.make"), type="primary", icon=":material/straighten:")
    if pressed and did(lambda: plan(desk, pilot.key)):
        done(say("plan.made"))


def size_of(made: Planned) -> None:
    """What it can decide: a sentence, a picture, a row each metric."""
    st.header(say("plan.size"))
    facts = {
        "treatment": made.sizing.n_treatment,
        "control": made.sizing.n_control,
        "unit": made.plan.unit_word,
        "grade": made.sizing.best_grade,
    }
    look.lines([say("plan.arms", **facts)])
    picture = power_picture(made.plan, made.sizing)
    if picture is not None:
        st.caption(plain(say("plan.picture", metric=picture.metric, unit=made.plan.unit_word)))
        chart = charts.power_curve(
            picture.points,
            unit=picture.unit,
            worth_having=picture.worth_having,
            sites_planned=picture.planned,
            unit_word=made.plan.unit_word,
            theme=look.theme(),
        )
        st.altair_chart(
            chart, theme=None, key="power", alt=say("plan.picture", metric=picture.metric, unit=made.plan.unit_word)
        )
    look.table(sizing_rows(made.plan, made.sizing))


desk = begin(say("nav.page.plan"))
pilot = pilot_here(desk)
made = planned(desk, pilot.key)
if made is None:
    make(desk, pilot)
    st.stop()
st.header(f"{SIGNS[made.sizing.sizing]} {say(f'sizing.{made.sizing.sizing}')}")
left, right = st.columns([3, 2], gap="large")
with left:
    size_of(made)
    st.header(say("memo.heading.why_method"))
    look.lines([why_method(made.plan)])
    warn([*made.warnings, *charter_warnings(charter_of(pilot))])
with right:
    signatures(desk, pilot)
    if pilot.stage == Stage.PLAN:
        sign_here(desk, pilot, made.plan)
        with st.expander(say("plan.again")):
            make(desk, pilot)
    elif reached(pilot, Stage.SIGNED):
        for told in (say("plan.locked", sha256=made.sha256[:12]), *frozen_with(made.plan)):
            st.caption(plain(told))
    st.page_link(
        "experiments/pages/rehearse.py",
        label=say("rehearse.go"),
        icon=":material/casino:",
        query_params={"pilot": pilot.key},
    )
    go_on(pilot, here="plan")
with st.expander(say("plan.charter")):
    draft, _ = resume(desk, pilot.key)
    for section in charter_sections(draft):
        st.markdown(f"**{say(section.title)}**")
        look.lines(section.lines)
notes(desk, pilot, about="plan")
