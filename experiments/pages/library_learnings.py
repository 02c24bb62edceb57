"""Learnings: sentences that hold beyond one pilot, with who supports and contradicts them, and the forms for them."""

from __future__ import annotations

import streamlit as st

from experiments.desk import Desk, allowed
from experiments.library.learnings import (
    BEARINGS,
    Taught,
    add_learning,
    bear_out,
    learnings,
    reword,
    take_back,
    witness_words,
)
from experiments.library.shelf import decided_pilots
from experiments.pages import look
from experiments.pages.frame import did, done, plain
from experiments.words import say
from registry.access import Act


def learnings_shown(desk: Desk) -> None:
    st.caption(say("learnings.lead"))
    words = st.text_input(say("library.search"), key="learning-search", icon=":material/search:")
    found = learnings(desk, words or "")
    may_keep = allowed(desk, Act.KEEP_LEARNINGS)
    if not found:
        st.info(say("learnings.none_found" if words else "learnings.empty"), icon=":material/lightbulb:")
    for one in found:
        _learning(desk, one, may_keep)
    if may_keep:
        _add(desk)


def _learning(desk: Desk, one: Taught, may_keep: bool) -> None:
    with st.container(border=True, key=f"learning-{one.key}", gap="xsmall"):
        st.markdown(f"**{plain(one.statement)}**")
        st.caption(say("learnings.count", supporting=one.supporting, contradicting=one.contradicting))
        look.lines([f"{say(f'learnings.{witness.bearing}')}: {witness_words(witness)}" for witness in one.witnesses])
        with st.container(horizontal=True, gap="small"):
            for witness in one.witnesses:
                sign = ":material/thumb_up:" if witness.bearing == "supports" else ":material/thumb_down:"
                st.page_link(
                    "experiments/pages/decide.py",
                    label=plain(witness.card.title),
                    icon=sign,
                    query_params={"pilot": witness.card.key},
                    width="content",
                )
        if may_keep:
            with st.expander(say("learnings.change"), icon=":material/edit_note:"):
                _attach(desk, one)
                _reword(desk, one)
                _detach(desk, one)


def _attach(desk: Desk, one: Taught) -> None:
    pilots = decided_pilots(desk)
    if not pilots:
        return
    with st.form(f"attach-{one.key}", border=False):
        left, right = st.columns([3, 1])
        pilot = left.selectbox(
            say("learnings.pilot"), list(pilots), format_func=lambda key: pilots[key], key=f"attach-pilot-{one.key}"
        )
        bearing = right.selectbox(
            say("learnings.bearing"),
            BEARINGS,
            format_func=lambda key: say(f"learnings.bearing.{key}"),
            key=f"attach-bearing-{one.key}",
        )
        note = st.text_input(say("learnings.note"), key=f"attach-note-{one.key}")
        pressed = st.form_submit_button(say("learnings.attach_button"), icon=":material/add_link:")
    if pressed and did(lambda: bear_out(desk, one.key, pilot, bearing, note or "")):
        done(say("learnings.attached"))


def _reword(desk: Desk, one: Taught) -> None:
    with st.form(f"reword-{one.key}", border=False):
        statement = st.text_input(say("learnings.statement"), value=one.statement, key=f"reword-statement-{one.key}")
        pressed = st.form_submit_button(say("learnings.reword"))
    if pressed and did(lambda: reword(desk, one.key, statement or "", revision=one.revision)):
        done(say("learnings.reworded"))


def _detach(desk: Desk, one: Taught) -> None:
    if not one.witnesses:
        return
    titles = {witness.card.key: witness.card.title for witness in one.witnesses}
    with st.form(f"detach-{one.key}", border=False):
        pilot = st.selectbox(
            say("learnings.pilot"), list(titles), format_func=lambda key: titles[key], key=f"detach-pilot-{one.key}"
        )
        pressed = st.form_submit_button(say("learnings.detach"), icon=":material/link_off:")
    if pressed and did(lambda: take_back(desk, one.key, pilot)):
        done(say("learnings.detached"))


def _add(desk: Desk) -> None:
    with st.form("learning-add", border=True, clear_on_submit=False):
        st.markdown(f"**{say('learnings.add')}**")
        statement = st.text_area(
            say("learnings.statement"), key="learning-statement", help=say("learnings.statement_help"), height=80
        )
        pressed = st.form_submit_button(say("learnings.add_button"), type="primary", icon=":material/lightbulb:")
    if pressed and did(lambda: add_learning(desk, statement or "")):
        done(say("learnings.added"))
