"""Raw records on their way to a pilot: the file that its plan asks for, to take away or to keep at once."""

from __future__ import annotations

from typing import Any

import streamlit as st

from experiments.desk import Desk
from experiments.incoming import on_disk
from experiments.limits import size_limits
from experiments.pages.frame import attempt, done, plain
from experiments.raw.for_pilot import PilotFile, for_pilot, left_out, pilots_for, read_beside
from experiments.raw.panel import read_records
from experiments.running.ingest import ingest
from experiments.tables import large_as_csv, large_as_parquet
from experiments.words import say
from experiments.words.titles import titled
from stats.outcomes import Reading
from stats.raw_records import RawMapping


def for_a_pilot(desk: Desk, upload: Any, reading: Reading, mapping: RawMapping) -> None:
    """Nothing is made before it is asked for, and nothing kept but through the check that every file goes through."""
    pilots = {pilot.key: pilot for pilot in pilots_for(desk)}
    if not pilots:
        return
    st.header(say("raw.for_pilot"), anchor=False)
    st.text(say("raw.for_pilot_lead"))
    with st.form("raw-for-pilot", border=True):
        key = st.selectbox(
            say("raw.for_pilot_which"),
            list(pilots),
            format_func=lambda key: plain(titled(pilots[key])),
            key="raw-pilot",
        )
        beside = st.file_uploader(say("raw.beside"), type=["csv", "parquet"], key="raw-beside")
        with st.container(horizontal=True):
            make = st.form_submit_button(say("raw.for_pilot_make"), icon=":material/table:")
            keep = st.form_submit_button(say("raw.for_pilot_keep"), type="primary", icon=":material/inventory_2:")
    if not make and not keep:
        return
    with st.spinner(say("raw.computing")):
        made = attempt(lambda: _made(desk, key, upload, reading, mapping, beside))
    if made is None:
        return
    if keep:
        _keep(desk, made, upload.name)
        return
    st.text(say(f"raw.made.{made.shape}", rows=made.table.num_rows, title=made.title))
    for sentence in left_out(made):
        st.warning(plain(sentence), icon=":material/info:")
    with st.container(horizontal=True):
        for form, content in (("csv", large_as_csv), ("parquet", large_as_parquet)):
            name = f"{made.pilot}.{form}"
            st.download_button(say(f"raw.for_pilot_{form}"), content(made.table), file_name=name, key=f"raw-{form}")


def _made(desk: Desk, key: str, upload: Any, reading: Reading, mapping: RawMapping, beside: Any) -> PilotFile:
    with on_disk(upload.getvalue(), upload.name) as path:
        records = read_records(path, reading, mapping, size_limits())
        return for_pilot(desk, key, records, beside=None if beside is None else _before(beside))


def _before(beside: Any) -> Any:
    with on_disk(beside.getvalue(), beside.name) as path:
        return read_beside(path, beside.name)


def _keep(desk: Desk, made: PilotFile, name: str) -> None:
    """As if the file had been dropped on the page of the pilot's data."""
    with on_disk(large_as_parquet(made.table), "made.parquet") as path:
        kept = attempt(lambda: ingest(desk, made.pilot, path, name=f"{name}.parquet"))
    if kept is not None:
        done(" ".join([say("raw.for_pilot_kept", title=made.title, rows=kept.rows), *left_out(made)]))
