"""Forms of the page Roll-out: plan, begin, measure, pause, go on, roll back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from experiments.desk import Desk, why_not
from experiments.incoming import on_disk
from experiments.pages import look
from experiments.pages.frame import attempt, did, done, offered, plain
from experiments.rollouts.acts import pause, resume, roll_back
from experiments.rollouts.keep import keep_plan, start
from experiments.rollouts.lines import proposal_lines
from experiments.rollouts.measure import measure
from experiments.rollouts.wanted import DECIDING, MOST_DECIDING, Wanted, sites_of
from experiments.rollouts.words import replication_word
from experiments.words import say
from registry.access import Act
from registry.pilots import Pilot

TAKEN = "rollout-files-taken"
"""How many files this window has brought: each gets a field of its own, so that the last one stands in no new form."""
ACTS: tuple[tuple[str, Act, frozenset[str], Callable[[Desk, str, str], object]], ...] = (
    ("pause", Act.PAUSE_ROLLOUT, frozenset({"running"}), pause),
    ("resume", Act.RESUME_ROLLOUT, frozenset({"paused"}), resume),
    ("roll_back", Act.ROLL_BACK, frozenset({"planned", "running", "paused", "finished"}), roll_back),
)
"""Key of the words, act, states of a roll-out in which it can be done, and what does it."""


def plan_form(desk: Desk, pilot: Pilot, *, anew: bool = False) -> None:
    """What people may change, the proposal that comes of it, and keeping it."""
    st.header(say("rollout.plan.heading" if not anew else "rollout.plan.anew"), anchor=False)
    if not offered(desk, Act.PLAN_ROLLOUT, pilot):
        return
    st.caption(say("rollout.plan.lead"))
    with st.form("rollout-plan", border=True):
        fields = _fields()
        reason = st.text_input(say("rollout.anew_reason"), key="rollout-reason-anew") if anew else ""
        look_at = st.form_submit_button(say("rollout.preview"), icon=":material/visibility:")
        keep = st.form_submit_button(say("rollout.keep"), type="primary", icon=":material/edit:")
    wanted = attempt(lambda: _wanted(fields))
    if wanted is None:
        return
    if keep and did(lambda: keep_plan(desk, pilot.key, wanted, reason=reason)):
        done(say("rollout.kept"))
    if look_at or not (keep or anew):
        st.markdown(f"**{say('rollout.proposal.heading')}**")
        today = desk.registry.clock().date()
        look.lines(_proposal(desk, (pilot.key, str(pilot.id), pilot.revision, today.isoformat()), wanted))


@st.cache_data(max_entries=64, show_spinner=False)
def _proposal(_desk: Desk, mark: tuple[str, str, int, str], wanted: Wanted) -> tuple[str, ...]:
    """Sized by calculation, which takes a moment: once for a pilot as it stands on a day. mark: its key first."""
    return proposal_lines(_desk, mark[0], wanted)


def _fields() -> dict[str, Any]:
    found: dict[str, Any] = {
        "sites": st.text_area(say("rollout.sites"), key="rollout-sites", help=say("rollout.sites_help"), height=160)
    }
    left, middle, right = st.columns(3)
    with left:
        found["start"] = st.date_input(say("rollout.start"), value=None, key="rollout-start")
        found["owner"] = st.text_input(say("rollout.owner_named"), key="rollout-owner")
    with middle:
        found["capacity"] = st.number_input(say("rollout.capacity"), 0, 5000, 0, key="rollout-capacity")
        found["rings"] = st.number_input(say("rollout.waves_asked"), 0, 50, 0, key="rollout-waves")
        found["weeks"] = st.number_input(say("rollout.weeks"), 0, 52, 0, key="rollout-weeks")
    with right:
        says, helps = say("rollout.deciding"), say("rollout.deciding_help")
        found["deciding"] = st.number_input(says, 0, MOST_DECIDING, DECIDING, key="rollout-deciding", help=helps)
        found["share"] = st.number_input(say("rollout.share"), 10, 20, 15, key="rollout-share")
        found["months"] = st.number_input(say("rollout.months"), 1, 60, 12, key="rollout-months")
    return found


def _wanted(fields: dict[str, Any]) -> Wanted:
    begins = fields["start"]
    return Wanted(
        sites=sites_of(fields["sites"]),
        capacity=int(fields["capacity"]) or None,
        rings=int(fields["rings"]) or None,
        weeks=int(fields["weeks"]) or None,
        deciding=int(fields["deciding"]),
        start=begins if isinstance(begins, date) else None,
        holdback_share=fields["share"] / 100,
        holdback_months=int(fields["months"]),
        owner=fields["owner"],
    )


def start_form(desk: Desk, pilot: Pilot) -> None:
    if why_not(desk, Act.PLAN_ROLLOUT, pilot) is not None:
        return
    with st.form("rollout-begin", border=True):
        st.text(say("rollout.start_lead"))
        pressed = st.form_submit_button(say("rollout.start_button"), type="primary", icon=":material/play_arrow:")
    if pressed and did(lambda: start(desk, pilot.key)):
        done(say("rollout.started"))


def measure_form(desk: Desk, pilot: Pilot, state: str) -> None:
    """A file, or the newest data once more."""
    if state not in {"running", "paused", "finished"} or why_not(desk, Act.MEASURE_ROLLOUT, pilot) is not None:
        return
    st.header(say("rollout.measure.heading"), anchor=False)
    st.caption(say("rollout.measure.lead"))
    taken = st.session_state.get(TAKEN, 0)
    with st.form("rollout-measure", border=True):
        upload = st.file_uploader(
            say("rollout.measure.file"), key=f"rollout-file-{taken}", help=say("rollout.measure.newest")
        )
        pressed = st.form_submit_button(say("rollout.measure.button"), type="primary", icon=":material/straighten:")
    if not pressed:
        return
    with st.spinner(say("rollout.measuring")):
        made = attempt(lambda: _measured(desk, pilot, upload))
    if made is not None:
        st.session_state[TAKEN] = taken + 1
        key = "rollout.measured_again" if made.again else "rollout.measured"
        done(say(key, wave=made.ring, state=replication_word(made.state)))


def _measured(desk: Desk, pilot: Pilot, upload: Any) -> Any:
    if upload is None:
        return measure(desk, pilot.key)
    with on_disk(upload.getvalue(), upload.name) as path:
        return measure(desk, pilot.key, path, name=upload.name)


def act_forms(desk: Desk, pilot: Pilot, state: str) -> None:
    """Each with a reason and a tick: it stands on record."""
    shown = [row for row in ACTS if state in row[2] and why_not(desk, row[1], pilot) is None]
    if shown:
        st.header(say("rollout.acts"), anchor=False)
    for name, _, _, act in shown:
        with st.form(f"rollout-{name}", border=True):
            st.text(say(f"rollout.{name}_lead"))
            reason = st.text_input(say("rollout.reason"), key=f"rollout-{name}-reason")
            sure = st.checkbox(say("rollout.sure"), key=f"rollout-{name}-sure")
            pressed = st.form_submit_button(say(f"rollout.{name}"))
        if pressed and not sure:
            st.warning(plain(say("rollout.not_sure")), icon=":material/info:")
        if pressed and sure and did(partial(act, desk, pilot.key, reason)):
            done(say(f"rollout.done.{name}"))
