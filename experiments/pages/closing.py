"""Closing: the takeaway in four short fields, drafted from the record, and later a better one beside it."""

from __future__ import annotations

import streamlit as st

from experiments.deciding.close import close
from experiments.desk import Desk, why_not
from experiments.library.drafted import drafted
from experiments.library.takeaways import PARTS, Lesson, correct, every
from experiments.pages import look
from experiments.pages.frame import did, done
from experiments.words import say
from experiments.words.numbers import day
from registry.access import Act
from registry.pilots import Pilot

HEIGHTS = {"lesson": 100, "why": 140, "differently": 120, "holds_where": 90}


def close_form(desk: Desk, pilot: Pilot) -> None:
    """The draft is only proposed: nothing is kept before the button."""
    st.caption(say("takeaway.drafted"))
    with st.form("close", border=True):
        lesson = _fields(drafted(desk, pilot.key), "takeaway")
        pressed = st.form_submit_button(say("close.close"), type="primary")
    if pressed and did(lambda: close(desk, pilot.key, lesson)):
        done(say("close.closed"))


def takeaway_shown(desk: Desk, pilot: Pilot) -> None:
    """The newest takeaway, those before it, and for its team a form for a better one."""
    said = every(desk, pilot)
    if not said:
        return
    newest = said[-1]
    st.header(say("close.learned"))
    for name in PARTS:
        if text := getattr(newest, name):
            st.markdown(f"**{say(f'takeaway.{name}')}**")
            look.lines([text])
    by = say("takeaway.by" if newest.person else "takeaway.by_nobody", person=newest.person, day=day(newest.at.date()))
    look.lines([by, *(say("takeaway.earlier", lesson=one.lesson) for one in reversed(said[:-1]))])
    if why_not(desk, Act.CORRECT_TAKEAWAY, pilot) is None:
        with st.expander(say("takeaway.correct"), icon=":material/edit_note:"):
            _correct_form(desk, pilot, newest)


def _correct_form(desk: Desk, pilot: Pilot, newest: Lesson) -> None:
    st.caption(say("takeaway.correct_lead"))
    with st.form("takeaway-correct", border=False):
        lesson = _fields(newest, "corrected")
        pressed = st.form_submit_button(say("takeaway.keep"))
    if pressed and did(lambda: correct(desk, pilot.key, lesson)):
        done(say("takeaway.kept"))


def _fields(first: Lesson, key: str) -> Lesson:
    """Four fields that begin with ``first``; the lesson's key is ``key`` itself."""
    written = {
        name: st.text_area(
            say(f"takeaway.{name}"),
            value=getattr(first, name),
            key=key if name == "lesson" else f"{key}-{name}",
            help=say(f"takeaway.{name}_help"),
            height=HEIGHTS[name],
        )
        for name in PARTS
    }
    return Lesson(**{name: text or "" for name, text in written.items()})
