"""From raw records: drop a file, see how it is read and what was dirty, and the metrics by day and half-hour."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import streamlit as st

from experiments.desk import Desk, why_not
from experiments.errors import REFUSALS, problems_of
from experiments.incoming import changed_parts, on_disk, preview_rows
from experiments.keep_metrics import in_use
from experiments.limits import size_limits, told, upload_mb
from experiments.metrics import MetricEntry
from experiments.pages import look
from experiments.pages.frame import attempt, begin, did, done, plain, show_problems, warn
from experiments.pages.raw_for_pilot import for_a_pilot
from experiments.pages.raw_mapping import mapping_form
from experiments.pages.reading_form import reading_form
from experiments.pages.take_away import take_away
from experiments.pictures.panel_chart import panel_chart
from experiments.raw.panel import first_look, make_panel, read_records
from experiments.raw.sources import keep_mapping, mappings, read_mapping
from experiments.raw.view import PanelView, group_name, offered_groups, view
from experiments.words import say
from registry.access import Act
from stats.outcomes import Preview, Reading, preview
from stats.raw_records import RawMapping

SHOWN, SHOW_ROWS = "raw_shown", 20


@st.cache_data(max_entries=8, show_spinner=False)
def panel_of(
    file_id: str,  # noqa: ARG001 - what the bytes are known by
    reading: str,
    mapping: str,
    entries: str,
    keys: tuple[str, ...],
    by: tuple[str, ...],
    _content: bytes,
    _name: str,
) -> PanelView:
    """Aggregates only: no record is kept."""
    known = {key: MetricEntry.model_validate(entry) for key, entry in json.loads(entries).items()}
    with on_disk(_content, _name) as path:
        records = read_records(
            path, Reading.model_validate_json(reading), read_mapping(json.loads(mapping)), size_limits()
        )
        return view(make_panel(records, known, keys, by))


def how_read(upload: Any) -> tuple[Reading, Preview] | None:
    """The reading, as guessed and changed, with a look at the first rows."""
    try:
        guessed, looked = first_look(upload.getvalue(), upload.name, size_limits())
        changes = changed_parts(guessed.model_dump(), reading_form(guessed, looked, opened=bool(looked.warnings)))
        reading = guessed.model_copy(update=changes)
        if changes:
            looked = preview(upload.getvalue(), reading, rows=len(looked.rows), limits=size_limits())
    except REFUSALS as error:
        show_problems(problems_of(error))
        return None
    warn(looked.warnings)
    first = {name: cells[:SHOW_ROWS] for name, cells in preview_rows(looked).items()}
    st.dataframe(pd.DataFrame(first), hide_index=True, height=240, key="preview")
    return reading, looked


def asked(entries: dict[str, MetricEntry], mapping: RawMapping) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Metrics and groups as asked for in the form; stays asked for while the mapping is changed."""
    names = {key: entry.name for key, entry in entries.items() if entry.records == mapping.kind}
    with st.form("raw-panel", border=True):
        keys = st.multiselect(
            say("raw.metrics"), list(names), format_func=names.__getitem__, key=f"raw-metrics-{mapping.kind}",
            placeholder=say("raw.all_metrics"),
        )  # fmt: skip
        by = st.multiselect(
            say("raw.by"), offered_groups(mapping), default=["day", "half-hour"], format_func=group_name, key="raw-by"
        )
        if st.form_submit_button(say("raw.show"), type="primary", icon=":material/table_view:"):
            st.session_state[SHOWN] = [mapping.kind, keys, by]
    kept = st.session_state.get(SHOWN)
    return (tuple(kept[1]), tuple(kept[2])) if kept and kept[0] == mapping.kind else None


def show(found: PanelView) -> None:
    """What was dirty, every metric over everything, and the panel as chart, table and file."""
    st.header(say("raw.dirty"), anchor=False)
    look.lines([found.counted, say("raw.dirty_lead")])
    if found.dirt["dirt"]:
        look.table(found.dirt, label=say("raw.dirty"))
    else:
        look.lines([say("raw.clean")])
    st.header(say("raw.whole"), anchor=False)
    look.table(found.whole, label=say("raw.whole"))
    if found.reliability:
        look.lines([found.reliability])
    if not found.groups:
        return
    st.header(say("raw.panel"), anchor=False)
    names = {one.key: one.name for one in found.charts}
    key = st.selectbox(say("raw.chart_of"), list(names), format_func=names.__getitem__, key="raw-chart")
    one = next((chart for chart in found.charts if chart.key == key), found.charts[0])
    st.altair_chart(panel_chart(one, found.groups, theme=look.theme()), theme=None, key="raw-panel-chart", alt=one.alt)
    st.dataframe(pd.DataFrame(found.rows), hide_index=True, height=420, key="raw-table")
    st.caption(plain(found.shown))
    take_away(found.columns, name="panel", key="panel-csv", label=say("raw.panel"))


def keeping(desk: Desk, mapping: RawMapping) -> None:
    if why_not(desk, Act.REGISTER) is not None:
        return
    with st.form("raw-keep", border=True):
        source = st.text_input(say("raw.source"), help=say("raw.source_help"), key="raw-source-name")
        pressed = st.form_submit_button(say("raw.keep_mapping"), icon=":material/bookmark:")
    if pressed and did(lambda: keep_mapping(desk, source, mapping)):
        done(say("raw.mapping_kept", source=source.strip()))


def bring(desk: Desk, upload: Any) -> None:
    """From the file to the panel."""
    read = how_read(upload)
    mapping = None if read is None else attempt(lambda: mapping_form(read[1], mappings(desk)))
    if read is None or mapping is None:
        return
    entries = in_use(desk)
    wanted = asked(entries, mapping)
    if wanted is None:
        return
    written = json.dumps({key: entry.model_dump(mode="json") for key, entry in entries.items()})
    what = (upload.file_id, read[0].model_dump_json(), mapping.model_dump_json(), written)
    with st.spinner(say("raw.computing")):
        found = attempt(lambda: panel_of(*what, *wanted, upload.getvalue(), upload.name))
    if found is not None:
        show(found)
        keeping(desk, mapping)
        for_a_pilot(desk, upload, read[0], mapping)


desk = begin(say("nav.page.raw"), lead=say("raw.lead"))
upload = st.file_uploader(say("raw.drop"), key="raw-upload", max_upload_size=upload_mb())
st.caption(f"{say('raw.nothing_kept')} {told()}")
if upload is not None:
    bring(desk, upload)
