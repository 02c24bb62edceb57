"""The tour of the first minutes on the page What needs me: open until the person has done something, then folded."""

from __future__ import annotations

import streamlit as st

from experiments.desk import Desk
from experiments.telling.first_steps import STEPS, first_steps
from experiments.words import say


def tour(desk: Desk, *, fresh: bool) -> None:
    """A line and a link for each page that the person's roles come for; for whoever is ``fresh`` here, or is not."""
    found = first_steps(desk)
    if found.fresh != fresh:
        return
    with st.expander(say("first.title"), expanded=found.fresh, icon=":material/signpost:"):
        for role in found.roles:
            st.markdown(f"**{say(f'first.{role.value}')}**")
            for page in STEPS[role]:
                link, sentence = st.columns([1, 4], vertical_alignment="center")
                with link:
                    st.page_link(
                        f"experiments/pages/{page}.py",
                        label=say(f"nav.page.{page}"),
                        icon=":material/arrow_forward:",
                    )
                sentence.text(say(f"first.{role.value}.{page}"))
