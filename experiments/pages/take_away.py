"""A table to take away: the same as CSV and as Excel, with nothing in it that a spreadsheet would run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from experiments.pages.frame import plain
from experiments.tables import FORMS, Columns, Form, marked
from experiments.words import say


def take_away(
    columns: Columns | Callable[[], Columns], *, name: str, key: str, label: str = "", head: str = ""
) -> None:
    """Two buttons side by side; a file is made when its button is pressed. name: of the file, without ending.
    columns: the table, or what makes it where that takes longer than the page should.

    head: hash of the log's newest event, for tables from the record: whoever keeps the file can prove later that
    nothing was cut off. It stands in a last column.
    """
    with st.container(horizontal=True):
        for form, written in FORMS.items():
            st.download_button(
                plain(say(f"take_away.{form}", what=label or say("take_away.table"))),
                partial(_content, columns, written, head),
                file_name=f"{name}.{written.ending}",
                mime=written.mime,
                icon=":material/download:",
                key=key if form == "csv" else f"{key}-{form}",
                on_click="ignore",
            )


def _content(columns: Columns | Callable[[], Columns], form: Form, head: str) -> bytes:
    made = columns() if callable(columns) else columns
    return form.write(marked(made, say("take_away.head"), head) if head else made)
