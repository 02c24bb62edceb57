"""Review: what the pilot did to my department, and what I say to it."""

from __future__ import annotations

import streamlit as st

from experiments.deciding.evidence_in_force import in_force
from experiments.deciding.review import review, reviews, speaks_for
from experiments.desk import reached
from experiments.memo import memo
from experiments.pages import look, parts
from experiments.pages.frame import begin, did, done, offered, pilot_here, plain
from experiments.pages.heard import ask_here, earlier, requests_here, round_here
from experiments.pages.notes import notes
from experiments.words import say
from registry.access import Act
from registry.kinds import Stage

desk = begin(say("nav.page.review"))
pilot = pilot_here(desk)
shown = in_force(desk, pilot) if reached(pilot, Stage.ASSESSED) else None
if shown is None or shown.recommendation is None:
    st.info(say("review.before"), icon=":material/hourglass_empty:")
    st.stop()
view = memo(desk, pilot.key)
parts.verdict_banner(view)

mine = speaks_for(desk, pilot)
if mine:
    st.header(plain(say("review.mine", department=mine)))
    parts.own_number(view, mine)
st.header(say("review.other_partners") if mine else say("review.all"))
if not mine:
    st.caption(say("review.speaks_for_none"))
parts.partners(view, but=mine)
st.header(say("memo.heading.metrics"))
parts.metrics(view)

heard = reviews(desk, pilot)
st.header(say("review.others"))
round_here(desk, pilot)
for word in heard:
    with st.container(border=True):
        st.text(f"{word.partner or word.person}: {say(f'memo.stance.{word.stance}')}")
        if word.reason:
            st.text(f"“{word.reason}”")
earlier(desk, pilot)
requests_here(desk, pilot)

if not offered(desk, Act.REVIEW, pilot):
    ask_here(desk, pilot)
    notes(desk, pilot, about="review")
    st.stop()
with st.form("review", border=True):
    stance = st.radio(
        say("review.stance"),
        ["endorse", "concern", "object"],
        format_func=lambda key: say(f"review.stance.{key}"),
        key="stance",
        horizontal=True,
    )
    reason = st.text_area(say("review.reason"), key="reason", help=say("review.reason_help"))
    pressed = st.form_submit_button(say("review.give"), type="primary")
seen = shown.evidence.sha256
if pressed and did(lambda: review(desk, pilot.key, stance, reason, seen=seen)):
    done(say("review.given"))
ask_here(desk, pilot)
look.words()
notes(desk, pilot, about="review")
