"""Decide: the page of the memo, and the decision on it."""

from __future__ import annotations

import streamlit as st

from experiments.close import close, takeaway
from experiments.decide import Choice, decide
from experiments.desk import Desk, reached
from experiments.forecasts import forecast_lines
from experiments.memo import memo, memo_name, render
from experiments.pages import parts
from experiments.pages.frame import begin, did, done, offered, pilot_here
from experiments.people import executives
from experiments.recommend import in_force
from experiments.words import say
from registry.access import Act
from registry.kinds import Stage
from registry.pilots import Pilot

VERDICTS = ("SCALE", "ITERATE", "STOP")


def decision_form(desk: Desk, pilot: Pilot, recommended: str, seen: str) -> None:
    options = [*(key for key in VERDICTS if key == recommended), *(key for key in VERDICTS if key != recommended)]
    with st.form("decide", border=True):
        verdict = st.radio(
            say("decide.verdict"),
            [*options, "SENT_BACK"],
            format_func=lambda key: say(
                f"decide.option.{key}", note=say("decide.recommended") if key == recommended else ""
            ).strip(),
            key="verdict",
        )
        reason = st.text_area(say("decide.reason"), key="reason", help=say("decide.reason_help"))
        conditions = st.text_area(say("decide.conditions"), key="conditions", help=say("decide.conditions_help"))
        with st.expander(say("decide.commitments")):
            budget = st.text_input(say("decide.budget"), key="budget")
            owner = st.text_input(say("decide.rollout_owner"), key="rollout_owner")
            targets = st.text_input(say("decide.targets"), key="targets")
            begins = st.date_input(say("decide.begins"), value=None, key="begins")
        second = None
        if others := executives(desk):
            second = st.selectbox(
                say("decide.second"), others, index=None, key="second", help=say("decide.second_help")
            )
        else:
            st.caption(say("decide.no_second"))
        pressed = st.form_submit_button(say("decide.record"), type="primary", icon=":material/edit:")
    if not pressed:
        return
    promised = {"budget": budget, "owner": owner, "targets": targets, "begins": begins.isoformat() if begins else ""}
    choice = Choice(
        verdict=None if verdict == "SENT_BACK" else verdict,
        sent_back=verdict == "SENT_BACK",
        reason=reason,
        conditions=[line.strip() for line in conditions.splitlines() if line.strip()],
        commitments={name: value for name, value in promised.items() if value},
        second_approver=second,
    )
    if did(lambda: decide(desk, pilot.key, choice, seen=seen)):
        done(say("decide.recorded"))


def close_form(desk: Desk, pilot: Pilot) -> None:
    with st.form("close", border=True):
        learned = st.text_area(say("close.takeaway"), key="takeaway", help=say("close.help"))
        pressed = st.form_submit_button(say("close.close"), type="primary")
    if pressed and did(lambda: close(desk, pilot.key, learned)):
        done(say("close.closed"))


desk = begin(say("nav.page.decide"))
pilot = pilot_here(desk)
shown = in_force(desk, pilot) if reached(pilot, Stage.ASSESSED) else None
if shown is None or shown.recommendation is None:
    st.info(say("decide.before"), icon=":material/hourglass_empty:")
    st.stop()
view = memo(desk, pilot.key)
parts.verdict_banner(view)
left, right = st.columns(2)
with left:
    st.subheader(say("memo.heading.tried"))
    parts.lines((view.tried, view.for_whom, view.people))
with right:
    st.subheader(say("memo.heading.asked"))
    parts.lines(view.asked)
parts.metrics(view)
st.subheader(say("memo.heading.partners"))
parts.partners(view)
left, middle, right = st.columns(3)
with left:
    st.subheader(say("memo.heading.worst"))
    parts.lines(view.worst)
with middle:
    st.subheader(say("memo.heading.money"))
    parts.lines(view.money)
with right:
    st.subheader(say("memo.heading.dissent"))
    parts.lines(view.dissent)
with st.expander(say("memo.heading.trust"), expanded=False):
    parts.trust(view)
st.download_button(
    say("evidence.memo.pdf"),
    data=lambda: render(memo(desk, pilot.key), "pdf"),
    file_name=memo_name(pilot, "pdf"),
    mime="application/pdf",
    key="memo-pdf",
    icon=":material/description:",
    on_click="ignore",
)
st.header(say("memo.heading.decision"))
if view.decision:
    parts.lines(view.decision)
if bet := forecast_lines(desk, pilot):
    st.subheader(say("forecast.heading"))
    parts.lines(bet)
if not reached(pilot, Stage.DECIDED):
    if offered(desk, Act.DECIDE, pilot):
        decision_form(desk, pilot, view.badge.verdict, shown.evidence.sha256)
elif pilot.stage == Stage.DECIDED:
    if offered(desk, Act.CLOSE, pilot):
        close_form(desk, pilot)
elif learned := takeaway(desk, pilot.key):
    st.subheader(say("close.learned"))
    st.text(learned)
