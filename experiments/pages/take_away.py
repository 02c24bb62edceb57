"""A table to take away: the same as CSV and as Excel, with nothing in it that a spreadsheet would run."""

from __future__ import annotations

from functools import partial

import streamlit as st

from experiments.pages.frame import plain
from experiments.tables import FORMS, Columns, marked
from experiments.words import say


def take_away(columns: Columns, *, name: str, key: str, label: str = "", head: str = "") -> None:
    """Two buttons side by side; a file is made when its button is pressed. name: of the file, without ending.

    head: hash of the log's newest event, for tables from the record: whoever keeps the file can prove later that
    nothing was cut off. It stands in a last column.
    """
    columns = marked(columns, say("take_away.head"), head) if head else columns
    with st.container(horizontal=True):
        for form, written in FORMS.items():
            st.download_button(
                plain(say(f"take_away.{form}", what=label or say("take_away.table"))),
                partial(written.write, columns),
                file_name=f"{name}.{written.ending}",
                mime=written.mime,
                icon=":material/download:",
                key=key if form == "csv" else f"{key}-{form}",
                on_click="ignore",
            )
