"""History: everything that happened to a pilot, in sentences, and whether the record is whole."""

from __future__ import annotations

import streamlit as st

from experiments.pages import look
from experiments.pages.frame import attempt, begin, pilot_here
from experiments.pages.notes import notes
from experiments.pages.take_away import take_away
from experiments.planning.forecasts import forecast_lines
from experiments.record.history import history, to_take_away
from experiments.record.verify import verify
from experiments.words import say
from experiments.words.numbers import day

desk = begin(say("nav.page.history"))
pilot = pilot_here(desk, recorded_too=True)
events = history(desk, pilot.key)

verify_now, export = st.columns([1, 1])
with verify_now:
    noted = st.text_input(say("history.noted"), help=say("history.noted_help"), key="noted-head")
    found = None
    if st.button(say("history.verify"), icon=":material/link:", key="verify"):
        with st.spinner(say("history.verifying")):
            found = attempt(lambda: verify(desk, noted.strip() or None))
    if found is not None and found.whole:
        st.success(say("history.whole", events=found.events, rows=found.rows), icon=":material/check_circle:")
        st.caption(say("history.head"))
        st.code(found.head, language=None)
    elif found is not None:
        st.error(say("history.broken"), icon=":material/block:")
        for sentence in found.findings:
            st.text("• " + sentence)
with export:
    take_away(to_take_away(events), name=f"{pilot.key}-history", key="export", head=desk.registry.head_hash())

if bet := forecast_lines(desk, pilot):
    st.header(say("history.bet"), anchor=False)
    look.lines(bet)
for event in reversed(events):
    with st.container(border=True, key=f"event-{event.number}", gap="xsmall"):
        st.text(event.sentence)
        when = say("history.when", date=day(event.at.date()), time=event.at.strftime("%H:%M"), number=event.number)
        st.caption(f"{when} · {say(f'via.{event.via}')}")
        if event.why:
            st.text(f"“{event.why}”")
        if event.before or event.after:
            with st.expander(say("history.details")):
                st.json({"before": dict(event.before), "after": dict(event.after)})
notes(desk, pilot, about="history")
