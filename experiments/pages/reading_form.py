"""How a file is read: what was guessed, with a way to change each part of it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from experiments.words import say
from stats.outcomes import ENCODINGS, Preview, Reading

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
ORDERS = ("dmy", "mdy", "ymd")


def reading_form(guessed: Reading, looked: Preview, *, opened: bool) -> dict[str, Any]:
    """The reading as chosen: the guess with the changes made here. Keys end with the file's own id."""
    chosen: dict[str, Any] = guessed.model_dump()
    with st.expander(say("data.reading"), expanded=opened):
        if guessed.format == "csv":
            chosen |= _text_file(guessed, looked)
        elif guessed.format == "excel" and len(looked.sheets) > 1:
            index = looked.sheets.index(guessed.sheet) if guessed.sheet in looked.sheets else 0
            chosen["sheet"] = st.selectbox(say("data.sheet"), looked.sheets, index=index, key="read-sheet")
        if guessed.format != "parquet":
            chosen["skip"] = int(
                st.number_input(say("data.skip"), min_value=0, max_value=200, value=guessed.skip, key="read-skip")
            )
        left, right = st.columns(2, vertical_alignment="bottom")
        chosen["date_order"] = left.selectbox(
            say("data.date_order"),
            ORDERS,
            index=ORDERS.index(guessed.date_order),
            format_func=lambda order: say(f"data.date_order.{order}"),
            key="read-dates",
        )
        chosen["buddhist_years"] = right.checkbox(say("data.buddhist"), value=guessed.buddhist_years, key="read-be")
    return chosen


def _text_file(guessed: Reading, looked: Preview) -> dict[str, Any]:
    samples = {choice.encoding: choice.sample.strip() for choice in looked.encodings}
    fitting = [choice.encoding for choice in looked.encodings if choice.fits]
    options = list(dict.fromkeys([guessed.encoding, *fitting, *ENCODINGS]))
    one, two, three = st.columns(3)
    encoding = one.selectbox(say("data.encoding"), options, key="read-encoding", help=say("data.encoding_help"))
    marks = list(DELIMITERS)
    delimiter = two.selectbox(
        say("data.delimiter"),
        marks,
        index=marks.index(guessed.delimiter),
        format_func=lambda mark: say(f"data.delimiter.{DELIMITERS[mark]}"),
        key="read-delimiter",
    )
    decimal = three.selectbox(
        say("data.decimal"),
        [".", ","],
        index=[".", ","].index(guessed.decimal),
        format_func=lambda mark: say("data.decimal.point" if mark == "." else "data.decimal.comma"),
        key="read-decimal",
    )
    if samples.get(encoding):
        st.caption(say("data.sample"))
        st.code(samples[encoding][:400], language=None, wrap_lines=True)
    return {"encoding": encoding, "delimiter": delimiter, "decimal": decimal}
