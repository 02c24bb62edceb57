"""Plan: what it can decide at its size, who has signed, and the signature that freezes it."""

from __future__ import annotations

import streamlit as st

from experiments.charters.check import warnings as charter_warnings
from experiments.desk import Desk, charter_of, reached
from experiments.forms.charter_page import charter_sections
from experiments.pages import look
from experiments.pages.frame import begin, did, done, go_on, pilot_here, warn
from experiments.pictures import charts
from experiments.pictures.power_picture import power_picture, sizing_rows
from experiments.plan import Planned, plan, planned
from experiments.register import resume
from experiments.sign import sign
from experiments.signatures import Signatory, accepted_by, signatories
from experiments.words import say
from experiments.words.numbers import day
from registry.kinds import Stage
from registry.pilots import Pilot

SIGNS = {
    "decision_capable": ":material/check_circle:",
    "learning": ":material/eco:",
    "unknown": ":material/help:",
}


def make(desk: Desk, pilot: Pilot) -> None:
    """The first plan, or the plan again while it is not signed."""
    with st.form("make-plan", border=True):
        st.text(say("plan.make_lead"))
        pressed = st.form_submit_button(say("plan.make"), type="primary", icon=":material/straighten:")
    if pressed and did(lambda: plan(desk, pilot.key)):
        done(say("plan.made"))


def size_of(made: Planned) -> None:
    """What it can decide: a sentence, a picture, a row each metric."""
    st.subheader(say("plan.size"))
    facts = {
        "treatment": made.sizing.n_treatment,
        "control": made.sizing.n_control,
        "unit": made.plan.unit_word,
        "grade": made.sizing.best_grade,
    }
    look.lines([say("plan.arms", **facts)])
    picture = power_picture(made.plan, made.sizing)
    if picture is not None:
        st.caption(say("plan.picture", metric=picture.metric, unit=made.plan.unit_word).replace(":", r"\:"))
        chart = charts.power_curve(
            picture.points,
            unit=picture.unit,
            worth_having=picture.worth_having,
            sites_planned=picture.planned,
            theme=look.theme(),
        )
        st.altair_chart(
            chart, theme=None, key="power", alt=say("plan.picture", metric=picture.metric, unit=made.plan.unit_word)
        )
    look.table(sizing_rows(made.plan, made.sizing))


def signatures(desk: Desk, pilot: Pilot) -> None:
    """Who has, who has not."""
    st.subheader(say("plan.signatures"))
    people = signatories(desk, pilot)
    look.table(
        {
            "who": [who.name or say("frame.nobody") for who in people],
            "for": [say(f"capacity.{who.capacity}", department=who.department) for who in people],
            "what": [", ".join(who.metrics) if who.metrics else say("plan.whole") for who in people],
            "signed": [signed(who, frozen=reached(pilot, Stage.SIGNED)) for who in people],
        }
    )


def signed(who: Signatory, *, frozen: bool) -> str:
    if who.signed_at:
        return say("plan.signed_on", date=day(who.signed_at.date()))
    return say("plan.not_needed" if frozen and who.capacity != "partner" else "plan.not_signed")


def sign_here(desk: Desk, pilot: Pilot) -> None:
    """The signature of the person at the desk, in the capacity that they have."""
    mine = [who for who in signatories(desk, pilot) if who.mine]
    if not mine:
        st.caption(say("plan.not_yours"))
        return
    locks = any(who.capacity != "partner" for who in mine)
    if not locks and all(who.signed_at for who in mine):
        st.info(say("plan.you_signed"), icon=":material/edit:")
        return
    with st.form("sign", border=True):
        if locks:
            st.text(say("plan.sign_lead"))
        else:
            look.lines(
                [
                    say("plan.accept_prove" if own.must_prove else "plan.accept", name=own.name, loss=own.loss)
                    for own in accepted_by(desk, pilot)
                ]
            )
        label = say("plan.sign" if locks else "plan.sign_partner")
        pressed = st.form_submit_button(label, type="primary", icon=":material/edit:")
    if pressed and did(lambda: sign(desk, pilot.key)):
        done(say("plan.signed_now" if locks else "plan.partner_signed_now"))


desk = begin(say("nav.page.plan"))
pilot = pilot_here(desk)
made = planned(desk, pilot.key)
if made is None:
    make(desk, pilot)
    st.stop()
st.subheader(f"{SIGNS[made.sizing.sizing]} {say(f'sizing.{made.sizing.sizing}')}")
left, right = st.columns([3, 2], gap="large")
with left:
    size_of(made)
    warn([*made.warnings, *charter_warnings(charter_of(pilot))])
with right:
    signatures(desk, pilot)
    if pilot.stage == Stage.PLAN:
        sign_here(desk, pilot)
        with st.expander(say("plan.again")):
            make(desk, pilot)
    elif reached(pilot, Stage.SIGNED):
        st.caption(say("plan.locked", sha256=made.sha256[:12]))
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
