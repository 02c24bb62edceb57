"""Decide: the page of the memo, and the decision on it."""

from __future__ import annotations

import streamlit as st

from experiments.deciding.evidence_in_force import in_force
from experiments.deciding.requests import requests
from experiments.deciding.rounds import round_of
from experiments.desk import reached, why_not
from experiments.memo import memo, memo_name, render
from experiments.pages import look, parts
from experiments.pages.closing import close_form, takeaway_shown
from experiments.pages.deciding import decision_form, look_back_here, proposed_here
from experiments.pages.frame import begin, offered, pilot_here
from experiments.pages.heard import request_lines, round_lines
from experiments.pages.notes import notes
from experiments.pages.rollout_parts import rollout_link
from experiments.planning.forecasts import forecast_lines
from experiments.words import say
from registry.access import Act
from registry.kinds import Stage

desk = begin(say("nav.page.decide"))
pilot = pilot_here(desk)
shown = in_force(desk, pilot) if reached(pilot, Stage.ASSESSED) else None
if shown is None or shown.recommendation is None:
    st.info(say("decide.before"), icon=":material/hourglass_empty:")
    st.stop()
view = memo(desk, pilot.key)
parts.verdict_banner(view)
if not reached(pilot, Stage.DECIDED) and why_not(desk, Act.DECIDE, pilot) is None:
    st.markdown(f"[{say('decide.go')}](#decision)")
left, right = st.columns(2)
with left:
    st.header(say("memo.heading.tried"))
    parts.lines((view.tried, view.for_whom, view.people))
with right:
    st.header(say("memo.heading.asked"))
    parts.lines(view.asked)
parts.metrics(view)
st.header(say("memo.heading.partners"))
parts.partners(view)
left, middle, right = st.columns(3)
with left:
    st.header(say("memo.heading.worst"))
    parts.lines(view.worst)
with middle:
    st.header(say("memo.heading.money"))
    parts.lines(view.money)
with right:
    st.header(say("memo.heading.dissent"))
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
st.header(say("memo.heading.decision"), anchor="decision")
if view.decision:
    parts.lines(view.decision)
if bet := forecast_lines(desk, pilot):
    st.subheader(say("forecast.heading"))
    parts.lines(bet)
look_back_here(desk, pilot)
if not reached(pilot, Stage.DECIDED):
    parts.lines(tuple(round_lines(round_of(desk, pilot, shown.evidence))))
    if asked := request_lines(requests(desk, pilot.key)):
        st.subheader(say("review.requests"), anchor=False)
        parts.lines(tuple(asked))
    if not proposed_here(desk, pilot) and offered(desk, Act.DECIDE, pilot):
        decision_form(desk, pilot, view.badge.verdict, shown.evidence.sha256)
elif pilot.stage in {Stage.DECIDED, Stage.ROLLING_OUT}:
    rollout_link(desk, pilot)
    if offered(desk, Act.CLOSE, pilot):
        close_form(desk, pilot)
else:
    takeaway_shown(desk, pilot)
look.words()
notes(desk, pilot, about="decide")
