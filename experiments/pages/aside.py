"""What stops or worries a pilot: pause, resume, withdraw, safety concerns, the weekly harm check."""

from __future__ import annotations

from functools import partial

import streamlit as st

from experiments.desk import Desk, why_not
from experiments.pages import look
from experiments.pages.frame import did, done, plain
from experiments.safety.concerns import answer_concern, concerns, raise_concern, sentence
from experiments.safety.harm_check import harm_check, harm_checks
from experiments.safety.pauses import pause, resume, withdraw
from experiments.safety.worries import harm_words
from experiments.words import say
from registry.access import Act
from registry.pilots import Pilot

ACTS = {"resume": (Act.RESUME, resume), "pause": (Act.PAUSE, pause), "withdraw": (Act.WITHDRAW, withdraw)}


def harm_here(desk: Desk, pilot: Pilot) -> None:
    """The weekly check: alarm or no alarm, nothing else."""
    made = harm_checks(desk, pilot)
    offered = why_not(desk, Act.ASSESS, pilot) is None
    if not made and not offered:
        return
    st.header(say("harm.heading"), anchor=False)
    look.lines([harm_words(row) for row in made[-4:]])
    if made and made[-1].unchecked:
        st.caption(plain(say("harm.unchecked", metrics=made[-1].unchecked)))
    if offered:
        with st.form("harm", border=True):
            st.text(say("harm.lead"))
            pressed = st.form_submit_button(say("harm.go"), icon=":material/health_and_safety:")
        if pressed and did(lambda: harm_check(desk, pilot.key)):
            done(say("harm.done"))


def concerns_here(desk: Desk, pilot: Pilot) -> None:
    """Raise one, answer one."""
    found = concerns(desk, pilot)
    st.header(say("concern.heading"), anchor=False)
    look.lines([sentence(raised) for raised in found] or [say("concern.none")])
    if why_not(desk, Act.ANSWER_CONCERN, pilot) is None:
        for raised in [raised for raised in found if raised.open]:
            with st.form(f"concern-{raised.number}", border=True):
                answer = st.text_area(say("concern.answer", number=raised.number), key=f"concern-text-{raised.number}")
                pressed = st.form_submit_button(say("concern.answer_go"))
            if pressed and did(partial(answer_concern, desk, pilot.key, raised.number, answer)):
                done(say("concern.answered_now"))
    if why_not(desk, Act.RAISE_CONCERN, pilot) is None:
        with st.form("concern", border=True):
            what = st.text_area(say("concern.what"), key="concern-what", help=say("concern.help"))
            pressed = st.form_submit_button(say("concern.raise"), icon=":material/health_and_safety:")
        if pressed and did(lambda: raise_concern(desk, pilot.key, what)):
            done(say("concern.raised"))


def stand_still(desk: Desk, pilot: Pilot) -> None:
    """Pause, go on, or withdraw, with a reason."""
    offered = [name for name, (act, _) in ACTS.items() if why_not(desk, act, pilot) is None]
    if not offered:
        return
    with st.expander(say("aside.title")), st.form("aside", border=False):
        chosen = st.radio(
            say("aside.which"), offered, format_func=lambda name: say(f"aside.option.{name}"), key="aside"
        )
        reason = st.text_area(say("aside.reason"), key="aside-reason")
        pressed = st.form_submit_button(say("aside.go"))
    if pressed and did(lambda: ACTS[chosen][1](desk, pilot.key, reason)):
        done(say(f"aside.done.{chosen}"))
