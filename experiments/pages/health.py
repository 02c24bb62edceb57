"""Health lights: how the newest data are, and how far the change arrived, without a word about effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from experiments.desk import Desk
from experiments.evidence.health import lights, looked_over, newest_data
from experiments.pages import look
from experiments.planning.plan import locked_plan
from experiments.words import say
from registry.pilots import Pilot

if TYPE_CHECKING:
    from registry.outcomes import Snapshot
    from stats.outcomes import Accepted


@st.cache_data(max_entries=64, show_spinner=False)
def counted(snapshot_sha256: str, plan_sha256: str, _desk: Desk, _pilot: Pilot, _kept: Snapshot) -> Accepted | None:  # noqa: ARG001
    """A count of the kept bytes under the plan in force is a function of the two hashes."""
    return looked_over(_desk, _pilot, _kept)


def health_here(desk: Desk, pilot: Pilot) -> None:
    """A sign and a sentence each; what is wrong comes first."""
    kept = newest_data(desk, pilot)
    if kept is None:
        return
    record, _ = locked_plan(desk, pilot)
    st.header(say("health.title"), anchor=False)
    st.caption(say("health.lead"))
    with st.spinner(say("health.looking")):
        found = counted(kept.sha256, record.sha256, desk, pilot, kept)
    shown = lights(desk, pilot, found)
    for tone in ("bad", "open", "good"):
        sentences = [say(f"health.{light.code}", **light.facts) for light in shown if light.tone == tone]
        if sentences:
            look.checks(sentences, said=say(f"health.{tone}"), tone=tone)
