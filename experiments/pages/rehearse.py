"""Rehearse: what this plan would decide if this or that were true, and sliders to see what would change it."""

from __future__ import annotations

import streamlit as st

from experiments.desk import Desk
from experiments.errors import Refused
from experiments.pages import look
from experiments.pages.frame import begin, did, done, offered, pilot_here, plain, theme
from experiments.pages.notes import notes
from experiments.pages.rehearsed import rehearsed
from experiments.pictures import rehearsal_view as view
from experiments.pictures.rehearsal_chart import verdict_bars
from experiments.planning.money import break_even_sentences
from experiments.planning.rehearse import keep, kept, plan_to_rehearse
from experiments.words import say
from registry import find
from registry.access import Act
from registry.pilots import Pilot
from stats.plan import Plan
from stats.planning.plan_sizing import planned_arms
from stats.rehearsing.plan_variant import planned_weeks, weeks_matter, with_line, with_total, with_weeks
from stats.rehearsing.rehearsal import PILOTS, Rehearsal

TRIED = 500
"""Pilots a truth while sliders move: quick, and right to two in a hundred."""
FEWEST = 4
WEEKS = (2, 52)


def sliders(plan: Plan) -> Plan:
    """The plan with other sites, weeks and smallest gain, where somebody moved a slider."""
    st.header(say("rehearse.try"))
    st.caption(say("rehearse.try_lead", pilots=TRIED))
    here = plan.pilot
    total = sum(planned_arms(plan))
    label = say("rehearse.slider.sites", unit=plan.unit_word)
    step = 1 if total <= 200 else total // 20
    most = max(40, 2 * total)
    sites = st.slider(plain(label), FEWEST, FEWEST + (most - FEWEST) // step * step, _on(total, step), step,
                      key=f"sites-{here}")  # fmt: skip
    weeks, now = None, planned_weeks(plan)
    if now is not None and weeks_matter(plan):
        weeks = st.slider(say("rehearse.slider.weeks"), *(min(WEEKS[0], now), max(WEEKS[1], now)), now,
                          key=f"weeks-{here}")  # fmt: skip
    else:
        st.caption(say("rehearse.weeks_unknown"))
    first = plan.success[0]
    unit = view.unit_of(first)
    worth = (first.mwe or 1.0) * unit.factor
    label = say("rehearse.slider.mwe", metric=first.name, unit=unit.of_effect)
    times = st.slider(plain(label), float(worth / 4), float(4 * worth), float(worth), float(worth / 20),
                      format="%.3g", key=f"mwe-{here}")  # fmt: skip
    changed = plan if sites == _on(total, step) else with_total(plan, sites)
    changed = changed if weeks in (None, now) else with_weeks(changed, int(weeks or 1))
    return changed if abs(times - worth) < worth / 100 else with_line(changed, first.key, times / unit.factor)


def _on(total: int, step: int) -> int:
    """The slider's own stop nearest to the planned number."""
    return FEWEST + max(0, round((total - FEWEST) / step)) * step


def figures(plan: Plan, found: Rehearsal) -> None:
    """Sentences, the picture, and beside it what others would do."""
    for sentence in view.headline(plan, found):
        st.markdown(f"**{plain(sentence)}**")
    rows = view.truth_rows(plan, found)
    st.altair_chart(verdict_bars(rows, theme=theme()), theme=None, key="verdict-bars", alt=say("rehearse.picture"))
    st.header(say("rehearse.beside"))
    look.lines(view.usual_reading(plan, found))
    st.caption(say("rehearse.beside_lead"))
    look.table(
        {
            "truth": [row.words for row in rows],
            "this_rule": [row.said["SCALE"] for row in rows],
            "usual": [row.usual for row in rows],
            "growthbook": [row.growthbook for row in rows],
            "spotify": [row.spotify for row in rows],
        }
    )
    with st.expander(say("rehearse.why_rows")):
        look.table(
            {
                "truth": [row.words for row in rows],
                "scales": [row.said["SCALE"] for row in rows],
                "iterates": [row.said["ITERATE"] for row in rows],
                "stops": [row.said["STOP"] for row in rows],
                "reasons": [row.reasons for row in rows],
            }
        )


def sizing(plan: Plan, found: Rehearsal) -> None:
    st.markdown(f"**{plain(say(f'sizing.{found.sizing}'))}**")
    changes = view.change_sentences(plan, found)
    if changes:
        st.header(say("rehearse.what_if"))
        look.lines(changes)


def keeping(desk: Desk, pilot: Pilot, plan: Plan, found: Rehearsal) -> None:
    """Put the rehearsal of the plan itself on record."""
    with desk.read() as session:
        made = find.latest_plan(session, pilot.id) is not None
    if not made:
        st.caption(say("rehearse.no_plan_yet"))
        return
    before = kept(desk, pilot, plan)
    if before is not None and before["pilots"] >= found.pilots:
        st.caption(say("rehearse.is_kept"))
        return
    if not offered(desk, Act.REHEARSE, pilot):
        return
    with st.form("keep-rehearsal", border=True):
        st.text(say("rehearse.keep_lead"))
        pressed = st.form_submit_button(say("rehearse.keep"), icon=":material/bookmark:")
    if pressed and did(lambda: keep(desk, pilot.key, found)):
        done(say("rehearse.kept_now"))


desk = begin(say("rehearse.title"), lead=say("rehearse.lead"))
pilot = pilot_here(desk)
try:
    plan = plan_to_rehearse(desk, pilot)
except Refused:
    st.info(say("rehearse.before"), icon=":material/hourglass_empty:")
    st.stop()
left, right = st.columns([3, 2], gap="large")
whole = rehearsed(plan, PILOTS)
if whole is None:
    st.stop()
with right:
    tried = sliders(plan)
changed = tried != plan
found = whole if not changed else rehearsed(tried, TRIED)
with left:
    st.caption(say("rehearse.changed" if changed else "rehearse.as_planned"))
    if found is not None:
        figures(tried, found)
with right:
    if found is not None:
        sizing(tried, found)
        st.header(say("money.heading"))
        look.lines(break_even_sentences(tried))
        with st.expander(say("rehearse.rests_on")):
            look.lines(view.premise_sentences(tried, found))
    keeping(desk, pilot, plan, whole)
notes(desk, pilot, about="rehearse")
