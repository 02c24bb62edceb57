"""Showcase: what worked, what pilots saved us from, and whose work it was; reactions, and the story to take along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from experiments.desk import Desk
from experiments.pages import look
from experiments.pages.frame import begin, did, plain
from experiments.pages.parts import badge
from experiments.showcase.chosen import chosen
from experiments.showcase.draft import docx_of
from experiments.showcase.reactions import Reacted, react, reactions
from experiments.showcase.story import SECTIONS, Story, stories, text_of
from experiments.words import say
from experiments.words.numbers import day

SHOWN = 12
ICONS = {"well_done": ":material/celebration:", "want_it": ":material/add_home_work:", "question": ":material/help:"}


def card(desk: Desk, story: Story, said: Mapping[str, Reacted]) -> None:
    with st.container(border=True, key=f"story-{story.key}"):
        st.header(plain(story.title), anchor=False)
        told = [story.department, day(story.decided_on) if story.decided_on else "", story.simulated]
        faint = escape(" · ".join(text for text in told if text))
        st.html(f"<p>{badge(story.verdict)} <span class='pg-faint'>{faint}</span></p>")
        st.markdown(f"**{plain(story.lead)}**")
        for section in SECTIONS:
            if lines := getattr(story, section):
                st.caption(say(f"showcase.{section}"))
                look.lines(lines)
        reacted(desk, story, said)
        take_along(story)


def reacted(desk: Desk, story: Story, said: Mapping[str, Reacted]) -> None:
    """One button a kind; who said it on hover."""
    with st.form(f"react-{story.key}", border=False), st.container(horizontal=True):
        pressed = [
            kind
            for kind, found in said.items()
            if st.form_submit_button(
                say("reaction.count", kind=say(f"reaction.{kind}"), count=len(found.names)),
                key=f"react-{story.key}-{kind}",
                type="primary" if found.mine else "secondary",
                icon=ICONS[kind],
                disabled=desk.person is None,
                help=plain(say("reaction.help", names=list(found.names)) if found.names else say("reaction.nobody")),
            )
        ]
    if pressed and did(lambda: react(desk, story.key, pressed[0])):
        st.rerun()


def take_along(story: Story) -> None:
    st.page_link(
        "experiments/pages/evidence.py",
        label=say("showcase.open"),
        icon=":material/arrow_forward:",
        query_params={"pilot": story.key},
    )
    with st.expander(say("showcase.draft"), icon=":material/edit_note:"):
        st.caption(say("showcase.draft_help"))
        text = text_of(story)
        st.code(text, language=None, wrap_lines=True)
        with st.container(horizontal=True):
            st.download_button(
                say("showcase.as_text"), text, file_name=f"{story.key}-story.txt", key=f"txt-{story.key}",
                on_click="ignore",
            )  # fmt: skip
            st.download_button(
                say("showcase.as_word"), lambda: docx_of([story]), file_name=f"{story.key}-story.docx",
                key=f"docx-{story.key}", on_click="ignore",
            )  # fmt: skip


def every(desk: Desk, found: Sequence[Story], said: Mapping[str, Mapping[str, Reacted]], empty: str) -> None:
    if not found:
        st.caption(say(f"showcase.empty.{empty}"))
    for story in found:
        card(desk, story, said[story.key])


desk = begin(say("nav.page.showcase"), lead=say("showcase.lead"))
known = chosen(desk)
if not known:
    st.info(say("showcase.none"), icon=":material/celebration:")
    st.page_link("experiments/pages/what_needs_me.py", label=say("library.empty_go"), icon=":material/arrow_forward:")
    st.stop()
found = stories(desk, known if st.session_state.get("all-stories") else known[:SHOWN])
said = reactions(desk)
st.caption(say("showcase.rule"))
worked = [story for story in found if story.kind == "scaled"]
saved = [story for story in found if story.kind != "scaled"]
one, two = st.tabs(
    [say("showcase.tab.scaled", count=len(worked)), say("showcase.tab.stopped", count=len(saved))], key="stories"
)
with one:
    every(desk, worked, said, "scaled")
with two:
    every(desk, saved, said, "stopped")
if len(known) > len(found):
    st.button(
        say("showcase.more", count=len(known) - len(found)),
        on_click=st.session_state.__setitem__,
        args=("all-stories", True),
        key="more-stories",
    )
