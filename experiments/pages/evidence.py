"""Evidence: the verdict and why, then everything it rests on; between planned checks only what may be known."""

from __future__ import annotations

from datetime import date
from functools import partial

import streamlit as st

from experiments.deciding.evidence_in_force import assessed_before, in_force
from experiments.desk import Desk, reached
from experiments.evidence.assess import assess
from experiments.evidence.recommend import recommend
from experiments.hidden import evidence_text
from experiments.incoming import kept_files
from experiments.memo import FORMATS, memo, memo_name, render
from experiments.pages import experience, look, parts, plots
from experiments.pages.frame import begin, did, done, offered, pilot_here, plain
from experiments.pages.notes import notes
from experiments.planning.looks import next_check, too_early_until
from experiments.planning.plan import locked_plan
from experiments.words import say
from experiments.words.numbers import day_and_distance
from registry.access import Act
from registry.kinds import Stage
from registry.pilots import Pilot


def judge(desk: Desk, pilot: Pilot) -> None:
    """Evidence and recommendation in one go: nobody should see the one without the other."""
    with st.spinner(say("evidence.assessing")):
        assess(desk, pilot.key)
        recommend(desk, pilot.key)


def offer_assessment(desk: Desk, pilot: Pilot) -> None:
    if not reached(pilot, Stage.RUNNING):
        st.info(say("evidence.before", stage=say(f"stage.{pilot.stage.value}")), icon=":material/hourglass_empty:")
        st.page_link("experiments/pages/data.py", label=say("nav.page.data"), query_params={"pilot": pilot.key})
        st.stop()
    _, plan = locked_plan(desk, pilot)
    if plan.end and len(plan.looks.fractions) == 1 and date.today() < plan.end:
        st.info(
            say("evidence.closed_until", day=day_and_distance(plan.end, date.today())), icon=":material/lock_clock:"
        )
        look.table(kept_files(desk, pilot))
        st.stop()
    if ahead := too_early_until(desk, pilot):
        st.info(say("evidence.too_early", day=day_and_distance(ahead, date.today())), icon=":material/lock_clock:")
        st.page_link("experiments/pages/data.py", label=say("evidence.to_data"), query_params={"pilot": pilot.key})
        return
    if not offered(desk, Act.ASSESS, pilot):
        return
    with st.form("assess", border=True):
        st.text(say("evidence.assess_lead"))
        if coming := next_check(desk, pilot):
            st.text(say("looks.next", day=coming))
        pressed = st.form_submit_button(say("evidence.assess"), type="primary", icon=":material/balance:")
    if pressed and did(lambda: judge(desk, pilot)):
        done(say("evidence.assessed"))


@st.cache_data(max_entries=64, show_spinner=False)
def document(form: str, evidence_sha256: str, log_head: str, _desk: Desk, key: str) -> bytes:  # noqa: ARG001
    """A rendering is a function of the stored evidence and the log's head alone."""
    return render(memo(_desk, key), form)


desk = begin(say("nav.page.evidence"))
pilot = pilot_here(desk)
if not reached(pilot, Stage.ASSESSED):
    offer_assessment(desk, pilot)
    if not assessed_before(desk, pilot):
        st.stop()
shown = in_force(desk, pilot)
if shown.recommendation is None:
    if not offered(desk, Act.RECOMMEND, pilot):
        st.stop()
    with st.form("recommend", border=True):
        st.text(say("evidence.recommend_lead"))
        pressed = st.form_submit_button(say("evidence.recommend"), type="primary")
    if pressed and did(lambda: recommend(desk, pilot.key)):
        done(say("evidence.assessed"))
    st.stop()

view = memo(desk, pilot.key)
parts.verdict_banner(view)
st.caption(say("evidence.rule", row=shown.said["row"], rule=say(f"row.{shown.said['row']}")))
parts.lines(view.asked)

st.header(say("memo.heading.metrics"))
parts.metrics(view)
st.header(say("memo.heading.partners"))
parts.partners(view)
st.header(say("memo.heading.worst"))
experience.worst(view, hidden=bool(shown.said["hidden"]))
experience.short(view)
left, right = st.columns(2, gap="large")
with left:
    st.header(say("memo.heading.money"))
    parts.lines(view.money)
with right:
    st.header(say("memo.heading.trust"))
    parts.trust(view)
plots.of_metrics(view)
if view.sites:
    st.header(say("memo.heading.sites", metric=plain(view.sites_metric)))
    plots.sites(view)
st.header(say("memo.heading.journey"))
experience.journey(view)
st.header(say("memo.heading.waste"))
experience.waste(view)
st.header(say("memo.heading.planned"))
parts.planned(view)
with st.expander(say("memo.heading.method")):
    parts.method(view)
    st.download_button(
        say("evidence.download_json"),
        evidence_text(shown.evidence.canonical, shown.said),
        file_name=f"{pilot.key}-evidence.json",
        mime="application/json",
        key="evidence-json",
    )

st.header(say("evidence.take_away"))
head = desk.registry.head_hash()
for column, form in zip(st.columns(len(FORMATS)), FORMATS, strict=True):
    column.download_button(
        say(f"evidence.memo.{form}"),
        data=partial(document, form, shown.evidence.sha256, head, desk, pilot.key),
        file_name=memo_name(pilot, form),
        key=f"memo-{form}",
        icon=":material/description:",
        on_click="ignore",
    )
if reached(pilot, Stage.RUNNING) and not reached(pilot, Stage.DECIDED):
    st.page_link("experiments/pages/review.py", label=say("evidence.to_review"), query_params={"pilot": pilot.key})
    st.page_link("experiments/pages/decide.py", label=say("evidence.to_decide"), query_params={"pilot": pilot.key})
    st.page_link("experiments/pages/data.py", label=say("evidence.to_data"), query_params={"pilot": pilot.key})
look.words()
notes(desk, pilot, about="evidence")
