"""What peers reach on a metric of the catalogue: the values kept, and for who keeps the catalogue the form."""

from __future__ import annotations

import streamlit as st

from experiments.desk import Desk
from experiments.metrics import MetricEntry
from experiments.pages import look
from experiments.pages.frame import did, done, plain
from experiments.peers import keep_peer, peers
from experiments.words import say
from experiments.words.numbers import Unit, level


def with_peers(desk: Desk, entry: MetricEntry) -> None:
    """Each with who says so and of when."""
    unit = Unit.of(entry.unit, entry.spec.kind)
    kept = [peer for peer in peers(desk) if peer.metric == entry.key]
    st.markdown(f"**{say('peers.title')}**")
    look.lines(
        [say("peers.line", value=level(peer.value, unit), source=peer.source, day=peer.as_of) for peer in kept]
        or [say("peers.none")]
    )


def keep_one(desk: Desk, entry: MetricEntry) -> None:
    unit = Unit.of(entry.unit, entry.spec.kind)
    with st.form("peer-keep", border=True):
        st.markdown(f"**{say('peers.title')}**")
        value = st.number_input(
            plain(say("peers.value", unit=unit.of_level)), value=None, format="%g", key=f"peer-value-{entry.key}"
        )
        source = st.text_input(say("peers.source"), key=f"peer-source-{entry.key}")
        as_of = st.date_input(say("peers.as_of"), value=desk.registry.clock().date(), key=f"peer-day-{entry.key}")
        pressed = st.form_submit_button(say("peers.keep"), icon=":material/compare_arrows:")
    if not pressed:
        return
    given = float("nan") if value is None else value / unit.factor
    if did(lambda: keep_peer(desk, entry.key, given, source, as_of)):
        done(say("peers.kept", source=source.strip()))
