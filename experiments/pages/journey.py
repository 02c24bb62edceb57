"""The customer's journey across pilots: a view of the portfolio. What was done at each step, and where nobody looks."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import streamlit as st

from experiments.desk import Desk
from experiments.pages import look
from experiments.pages.frame import plain
from experiments.pictures.journey_strip import journey_strip
from experiments.portfolio.journey import Step, Touched, journey, step_word
from experiments.words import say

SHOWN = 12
"""So many numbers a step, of the pilots that moved last; filters bring up the others."""


def across(desk: Desk, keys: Sequence[str]) -> None:
    """The steps in the order in which a customer goes, of the pilots with these keys."""
    found = journey(desk, keys)
    st.caption(say("journey.lead"))
    if not any(step.touched for step in found.steps):
        st.info(say("journey.all_gaps"), icon=":material/route:")
        return
    counts = {step_word(step.name): step.counts for step in found.steps}
    said = "; ".join(say("journey.alt_step", step=name, **count) for name, count in counts.items())
    chart = journey_strip(counts, theme=look.theme())
    st.altair_chart(chart, theme=None, key="journey-strip", alt=say("journey.alt", said=said))
    for step in found.steps:
        _step(step)
    notes = [say("journey.loose_count", count=found.loose)] if found.loose else []
    look.lines([*notes, say("journey.made_up")] if found.simulated else notes)


def _step(step: Step) -> None:
    st.header(plain(step_word(step.name)), anchor=False)
    if not step.touched:
        st.caption(say("journey.gap"))
        return
    st.caption(plain(say("journey.counts", pilots=step.pilots, **step.counts)))
    if not step.felt:
        st.caption(say("journey.inside"))
    _table(step.touched[:SHOWN])
    more = len(step.touched) - SHOWN
    if more > 0:
        st.caption(say("journey.more", count=more))


def _table(touched: Sequence[Touched]) -> None:
    look.table(
        {
            "pilot": [look.Link(text=one.title, href=_page(one)) for one in touched],
            "metric": [one.touch.metric for one in touched],
            "whose": [say(f"metrics.perspective.{one.touch.perspective}") for one in touched],
            "what_happened": [one.touch.change for one in touched],
            "state": [look.Toned(text=one.touch.state, tone=one.touch.tone) for one in touched],
        }
    )


def _page(one: Touched) -> str:
    return f"{'evidence' if one.judged else 'plan'}?pilot={quote(one.key)}"
