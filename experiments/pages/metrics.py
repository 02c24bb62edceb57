"""Metrics: the catalogue, one metric in plain words, and for who keeps it: add, next version, retire."""

from __future__ import annotations

import streamlit as st

from experiments.desk import Desk, allowed
from experiments.incoming import on_disk
from experiments.keep_metrics import Listed, add, as_toml, catalogue, origin_words, restore, retire, search
from experiments.metrics import JOURNEY_STEPS
from experiments.pages import look
from experiments.pages.beside_peers import keep_one, with_peers
from experiments.pages.frame import attempt, begin, did, done, plain
from experiments.pages.take_away import take_away
from experiments.portfolio.journey import step_word
from experiments.words import say
from registry.access import Act

PERSPECTIVES = ("customer", "employee", "internal", "financial")
WASTES = ("waiting", "over_production", "rework", "movement", "none")


def filtered(known: dict[str, Listed]) -> list[Listed]:
    """What fits the words and the filters, which stand in the address."""
    words = st.text_input(say("metrics.search"), key="words", bind="query-params")
    one, two, three = st.columns(3)
    perspective = one.selectbox(
        say("metrics.perspective"), ["", *PERSPECTIVES], key="metrics-perspective",
        format_func=lambda name: say(f"metrics.perspective.{name}" if name else "metrics.any"),
    )  # fmt: skip
    step = two.selectbox(
        say("metrics.step"), ["", *JOURNEY_STEPS], key="metrics-step",
        format_func=lambda name: step_word(name) if name else say("metrics.any"),
    )  # fmt: skip
    waste = three.selectbox(
        say("metrics.waste"), ["", *WASTES], key="metrics-waste",
        format_func=lambda name: say(f"metrics.waste.{name}" if name else "metrics.any"),
    )  # fmt: skip
    return search(known, words=words, perspective=perspective, step=step, waste=waste)


def listed(found: list[Listed]) -> None:
    columns: dict[str, list[look.Cell]] = {
        "metric_known": [one.entry.name for one in found],
        "theme": [say(f"metrics.theme.{one.theme}") for one in found],
        "unit": [one.entry.unit for one in found],
        "whose_view": [say(f"metrics.perspective.{one.entry.perspective}") for one in found],
        "journey": [step_word(one.entry.journey_step) for one in found],
        "feels": [one.entry.customer_feels for one in found],
    }
    look.table(columns, label=say("nav.page.metrics"), scrolls=len(found) > 8)
    take_away(
        {say(f"column.{name}"): cells for name, cells in columns.items()}, name="metrics", key="metrics-csv",
        label=say("nav.page.metrics"),
    )  # fmt: skip


def one_metric(desk: Desk, one: Listed, known: dict[str, Listed]) -> None:
    """Everything that is known of it, a heading a line."""
    entry = one.entry
    twin = known[entry.twin].entry.name if entry.twin in known else say("metrics.twin_none")
    st.header(plain(entry.name), anchor=False)
    st.caption(plain(origin_words(one)))
    if one.retired:
        st.warning(say("metrics.retired"), icon=":material/inventory_2:")
    told = {
        "definition": entry.definition,
        "feels": entry.customer_feels,
        "formula": entry.formula,
        "inputs": say("metrics.inputs_of", inputs=entry.inputs, records=say(f"raw.kind.{entry.records}").lower()),
        "unit": say("metrics.unit_better", unit=entry.unit, better=entry.better),
        "perspective": say(f"metrics.perspective.{entry.perspective}"),
        "step": step_word(entry.journey_step),
        "waste": say(f"metrics.waste.{entry.waste or 'none'}"),
        "twin": twin,
        "minimum": say("metrics.minimum_n", count=entry.minimum_n),
        "missing": entry.missing,
        "pitfalls": entry.pitfalls,
    }
    look.table({"field": [say(f"metrics.{name}") for name in told], "said": list(told.values())}, label=entry.name)
    if entry.survey:
        st.caption(say("metrics.survey"))
    if one.earlier:
        st.caption(say("metrics.versions", numbers=list(one.earlier)))
    with_peers(desk, entry)
    with st.expander(say("metrics.in_a_charter")):
        st.code(f"metrics:\n  success:\n    - from: {entry.key}\n      mwe: 10", language="yaml")
    with st.expander(say("metrics.as_file")):
        st.code(as_toml(entry), language="toml", wrap_lines=True)


def keeping(desk: Desk, one: Listed | None) -> None:
    """Only for who keeps the catalogue."""
    with st.form("metric-add", border=True):
        st.markdown(f"**{say('metrics.add')}**")
        st.caption(say("metrics.add_help"))
        text = st.text_area(say("metrics.add_text"), height=200, key="metric-add-text")
        upload = st.file_uploader(say("metrics.add_file"), type=["toml"], key="metric-add-file")
        pressed = st.form_submit_button(say("metrics.add_button"), type="primary", icon=":material/add:")
    if pressed:
        name, given = "entries", text
        if upload is not None:
            with on_disk(upload.getvalue(), upload.name) as path:
                name, given = upload.name, path.read_text(encoding="utf-8-sig", errors="replace")
        keys = attempt(lambda: add(desk, given, name))
        if keys is not None:
            done(say("metrics.added", keys=list(keys)))
    if one is None:
        return
    key = one.entry.key
    keep_one(desk, one.entry)
    with st.form("metric-retire", border=True):
        why = st.text_input(say("metrics.retire_why"), key=f"retire-why-{key}")
        pressed = st.form_submit_button(say("metrics.restore" if one.retired else "metrics.retire"))
    if pressed and did(lambda: (restore if one.retired else retire)(desk, key, why)):
        done(say("metrics.restored_now" if one.retired else "metrics.retired_now", key=key))


desk = begin(say("nav.page.metrics"), lead=say("metrics.lead"))
known = catalogue(desk)
found = filtered(known)
chosen: Listed | None = None
if found:
    st.caption(say("metrics.found", count=len(found)))
    listed(found)
    names = {one.entry.key: one.entry.name for one in found}
    key = st.selectbox(say("metrics.choose"), list(names), format_func=names.__getitem__, key="metric-choice")
    chosen = known[key] if key in names else None
    if chosen is not None:
        one_metric(desk, chosen, known)
else:
    st.info(say("metrics.none"), icon=":material/search:")
if allowed(desk, Act.KEEP_METRICS):
    keeping(desk, chosen)
