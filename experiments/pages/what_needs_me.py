"""What needs me: cards by urgency, then my pilots."""

from __future__ import annotations

from datetime import date

import streamlit as st

from experiments.inbox import Move, moves
from experiments.pages.frame import begin
from experiments.words import say
from experiments.words.numbers import day_and_distance


def card(move: Move) -> None:
    with st.container(border=True, key=f"move-{move.act}-{move.pilot}"):
        words, link = st.columns([4, 1], vertical_alignment="center")
        with words:
            st.text(say(f"move.{move.act}.mine", title=move.title, verdict=verdict_word(move)))
            if move.due:
                st.caption(say("move.due", date=day_and_distance(move.due, date.today())))
        with link:
            st.page_link(
                f"experiments/pages/{move.page}.py",
                label=say(f"move.{move.act}.go"),
                icon="➡️",
                query_params={"pilot": move.pilot},
            )


def verdict_word(move: Move) -> str:
    return say(f"verdict.{move.verdict}") if move.verdict else ""


def waiting(move: Move) -> str:
    return say(
        f"move.{move.act}.other", title=move.title, who=move.who or say("frame.nobody"), verdict=verdict_word(move)
    )


desk = begin(say("nav.page.what_needs_me"))
found = moves(desk)
mine = [move for move in found if move.mine]
others = [move for move in found if not move.mine]
if not found:
    st.info(say("needs.empty"), icon="🌱")
    st.page_link("experiments/pages/register.py", label=say("frame.register_first"), icon="➕")
elif not mine:
    st.info(say("needs.nothing"), icon="☕")
for move in mine:
    card(move)
if others:
    with st.expander(say("needs.others", count=len(others)), expanded=not mine):
        for move in others:
            st.text("• " + waiting(move))
