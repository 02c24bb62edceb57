"""A table to take away: the same as CSV and as Excel, with nothing in it that a spreadsheet would run."""

from __future__ import annotations

from functools import partial

import streamlit as st

from experiments.tables import FORMS, Columns
from experiments.words import say


def take_away(columns: Columns, *, name: str, key: str, label: str = "") -> None:
    """Two buttons side by side; a file is made when its button is pressed. name: of the file, without ending."""
    with st.container(horizontal=True):
        for form, written in FORMS.items():
            st.download_button(
                say(f"take_away.{form}", what=label or say("take_away.table")),
                partial(written.write, columns),
                file_name=f"{name}.{written.ending}",
                mime=written.mime,
                icon=":material/download:",
                key=key if form == "csv" else f"{key}-{form}",
                on_click="ignore",
            )
