"""Versions: what changed between them, what each did on its own, and the draft of the next one."""

from __future__ import annotations

import streamlit as st

from experiments.desk import Desk
from experiments.pages import look
from experiments.pages.frame import begin, did, done, offered, pilot_here, plain
from experiments.pages.notes import notes
from experiments.pictures.lineage_picture import HEIGHT, ON_A_PAGE, lineage_chart, picture_words
from experiments.versions.iterate import iterate, may_iterate, next_version, sentences
from experiments.versions.lineage import LineageView, cells, lineage
from experiments.versions.lineage_drawn import drawn
from experiments.words import say
from experiments.words.numbers import day
from registry.access import Act
from registry.kinds import Stage
from registry.pilots import Pilot

COLUMNS = ("number", "verdict", "effect", "interval", "filtered", "what_changed")


def draft(desk: Desk, pilot: Pilot) -> None:
    """What the next version needs, and one click that makes it."""
    st.header(say("versions.next"))
    look.lines(sentences(next_version(desk, pilot.key)))
    if not offered(desk, Act.ITERATE, pilot):
        return
    with st.form("iterate", border=True):
        changed = st.text_input(say("versions.changed"), key="changed")
        pressed = st.form_submit_button(say("versions.draft"), type="primary", icon=":material/fork_right:")
    if pressed and did(lambda: iterate(desk, pilot.key, changed)):
        done(say("versions.drafted"))


def picture(view: LineageView) -> None:
    """Versions over time; the table beneath says the same in words."""
    shown = drawn(view)
    if shown is None or not shown.shows:
        st.caption(say("lineage.picture.none"))
        return
    chart = lineage_chart(shown, theme=look.theme(), height=HEIGHT + ON_A_PAGE)
    st.header(say("lineage.picture"), anchor=False)
    st.altair_chart(chart, theme=None, alt=picture_words(shown))


desk = begin(say("nav.page.versions"))
pilot = pilot_here(desk)
view = lineage(desk, pilot.key)
st.text(say("lineage.lead"))
if view.metric:
    st.caption(plain(say("versions.metric", metric=view.metric_name)))
picture(view)
rows = [cells(version) for version in view.versions]
look.table({name: [row[place] for row in rows] for place, name in enumerate(COLUMNS)})
look.lines(
    [
        say("versions.window", number=version.number, start=day(version.start), end=day(version.end))
        for version in view.versions
        if version.start and version.end
    ]
)
st.caption(say("lineage.alpha", promised=view.alpha_promised, used=view.alpha_used))
for version in view.versions:
    if version.key != pilot.key:
        st.page_link(
            "experiments/pages/versions.py",
            label=say("versions.go", number=version.number),
            query_params={"pilot": version.key},
        )
if may_iterate(desk, pilot):
    draft(desk, pilot)
elif pilot.stage == Stage.DRAFT and pilot.parent_id is not None:
    st.page_link("experiments/pages/register.py", label=say("versions.complete"), query_params={"pilot": pilot.key})
notes(desk, pilot, about="versions")
