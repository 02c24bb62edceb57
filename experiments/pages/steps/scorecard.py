"""The score card of the sites: a table to fill in, or lines to paste, and what they say about the choice."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from experiments.charters.site_choice import LEVELS
from experiments.forms.scorecard_form import blank_lines, choice_lines, read_scores, scores_of, table_of, word
from experiments.pages import look
from experiments.pages.frame import attempt, plain
from experiments.pages.steps import fields
from experiments.words import say

TAKEN = f"{fields.PREFIX}scores"


def scorecard(kept: list[dict[str, Any]], sites: list[str], unit: str) -> list[dict[str, Any]]:
    """What is known of each site, or of all together; empty where nobody has said."""
    with st.expander(say("scorecard.title"), icon=":material/checklist:", expanded=bool(kept)):
        st.text(say("scorecard.lead"))
        taken = _pasted(sites)
        begun = table_of(taken if taken is not None else kept, sites)
        shown = st.data_editor(
            pd.DataFrame(begun),
            hide_index=True,
            disabled=["site"],
            placeholder="",
            column_config={"site": say("scorecard.site")}
            | {
                name: st.column_config.SelectboxColumn(
                    say(f"scorecard.{name}"), options=["", *(word(name, answer) for answer in answers)]
                )
                for name, answers in LEVELS.items()
            },
            key=f"{fields.PREFIX}score-table-{len(sites)}-{st.session_state.get(f'{TAKEN}-times', 0)}",
        )
        columns = {name: list(shown[name]) for name in LEVELS}
        found = scores_of(columns, sites)
        look.lines(choice_lines({"scorecard": found, "unit_word": unit}))
    return found


def _pasted(sites: list[str]) -> list[dict[str, Any]] | None:
    """Scores from pasted lines or a file, once they were taken."""
    with st.popover(say("scorecard.paste"), icon=":material/content_paste:"):
        upload = st.file_uploader(say("scorecard.file"), type=["csv", "txt"], key="r-scores-file")
        text = st.text_area(say("scorecard.lines"), key=fields.seeded("scores-lines", blank_lines(sites)), height=160)
        if st.button(say("scorecard.take"), key="take-scores"):
            lines = upload.getvalue().decode("utf-8-sig", "replace") if upload is not None else text
            found = attempt(lambda: read_scores(lines, sites))
            if found is not None:
                st.session_state[TAKEN] = found
                st.session_state[f"{TAKEN}-times"] = st.session_state.get(f"{TAKEN}-times", 0) + 1
                st.rerun()
    st.caption(plain(say("scorecard.answers")))
    taken = st.session_state.get(TAKEN)
    return None if taken is None else list(taken)
