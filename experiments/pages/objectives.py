"""Objectives: the tree with progress and last words, what does not hold together, what pilots bring, and the forms."""

from __future__ import annotations

import streamlit as st

from experiments.objectives.cascade import cascade
from experiments.objectives.course import courses
from experiments.objectives.outline import actions, brought, columns, head
from experiments.objectives.roll_up import pilot_sentences, roll_ups
from experiments.objectives.tree import Node, Tree, tree
from experiments.pages import look
from experiments.pages.frame import begin, offered, plain
from experiments.pages.objectives_forms import keeping
from experiments.pictures.course_chart import course_chart
from experiments.words import say
from experiments.words.titles import titled
from registry.access import Act


def outline(node: Node, above: Node | None = None) -> None:
    """One objective and those below it; each level is set in a little."""
    _, right = st.columns([max(0.01, 0.35 * (node.level - 1)), 10])
    with right:
        st.header(plain(node.row.title), anchor=False)
        st.caption(plain(head(node, above)))
        if node.results:
            look.table(columns(node), label=node.row.title)
        look.lines(actions(node))
    for child in node.below:
        outline(child, node)


def over_time(of: Tree) -> None:
    """Each key result with a word on it: where it stands, and the way to its target."""
    found = courses(desk, [result.row for result in of.results])
    if not found:
        st.caption(say("objectives.course.none"))
    for course in found:
        st.markdown(plain(course.sentence))
        said, *ways = (
            [(point.on, point.value, point.text, point.outlook) for point in points]
            for points in (course.said, *course.ways)
        )
        st.altair_chart(
            course_chart(said, ways, unit=course.unit, theme=look.theme()),
            theme=None,
            key=f"course-{course.name}",
            alt=course.sentence,
        )


def loose_ends(of: Tree) -> None:
    found = cascade(desk, of)
    told = [
        *(conflict.sentence for conflict in found.conflicts),
        *(
            say("objectives.unserved", name=r.row.name, department=r.department or say("objectives.everybody"))
            for r in found.unserved
        ),
        *([say("objectives.idle", pilots=[titled(pilot) for pilot in found.idle])] if found.idle else []),
    ]
    look.lines(told or [say("objectives.holds")])


desk = begin(say("nav.page.objectives"), lead=say("objectives.lead"))
known = tree(desk)
if known.roots:
    shown, times, loose, bring = st.tabs(
        [say(f"objectives.{name}") for name in ("tree", "over_time", "cascade", "bring")]
    )
    with shown:
        for root in known.roots:
            outline(root)
    with times:
        over_time(known)
    with loose:
        loose_ends(known)
    with bring:
        st.caption(plain(say("objectives.rule")))
        for roll in roll_ups(desk, known):
            if roll.pilots:
                st.header(plain(roll.result.row.name), anchor=False)
                look.lines(brought(roll))
                with st.container(border=True):
                    look.lines(pilot_sentences(roll))
else:
    st.info(say("objectives.none"), icon=":material/flag:")
if offered(desk, Act.KEEP_OBJECTIVES):
    keeping(desk, known)
