"""What we learned from all pilots: approvals, kinds of change, departments, forecasts, overrules, the next one."""

from __future__ import annotations

from functools import partial

import streamlit as st

from experiments.deciding.overrides import override_columns, overrides, score_of
from experiments.learned.prior import Proposed, learn
from experiments.learned.survey import KINDS, Learned, learned
from experiments.learned.telling import (
    approvals,
    bets,
    exaggeration,
    heads,
    kinds,
    prior_sentences,
    realised,
    reality_sentences,
    shares,
)
from experiments.pages import look
from experiments.pages.frame import attempt, begin, done, offered, plain
from experiments.pictures.learned import Figure, PairRow, pairs
from experiments.planning.forecasts import forecasts
from experiments.words import say
from registry.access import Act

TABS = ("winners", "kinds", "shares", "reality", "overrides", "prior")
ROWS = 25


def winners_tab(found: Learned) -> None:
    sentence = exaggeration(found)
    look.lines([sentence])
    if not found.approved:
        return
    order = sorted(range(len(found.approved)), key=lambda place: found.approved[place].decided_on, reverse=True)
    rows = [
        PairRow(
            name=found.approved[place].title,
            first=Figure(value=one.raw, lower=one.raw_lower, upper=one.raw_upper),
            second=Figure(value=one.cautious, lower=one.cautious_lower, upper=one.cautious_upper),
        )
        for place, one in ((place, found.winners.winners[place]) for place in order[:ROWS])
    ]
    draw(rows, "raw", "cautious", alt=say("learned.picture.alt", sentence=sentence), key="winners")
    if len(order) > ROWS:
        st.caption(say("learned.picture.more", shown=ROWS, all=len(order)))
    look.table(approvals(found), label=say("learned.tab.winners"))


def draw(rows: list[PairRow], first: str, second: str, *, alt: str, key: str) -> None:
    chart = pairs(
        rows,
        first=say(f"learned.picture.{first}"),
        second=say(f"learned.picture.{second}"),
        axis=say("learned.picture.axis"),
        theme=look.theme(),
        width="container",
    )
    st.altair_chart(chart, theme=None, key=f"picture-{key}", alt=alt, width="stretch")


def kinds_tab(found: Learned) -> None:
    st.caption(plain(say("learned.kinds.lead")))
    for name in KINDS:
        st.header(say(f"learned.kinds.{name}"), anchor=False)
        if found.kinds[name]:
            look.table(kinds(found.kinds[name]), label=say(f"learned.kinds.{name}"))
        else:
            st.caption(plain(say("learned.kinds.none")))


def shares_tab(found: Learned) -> None:
    st.caption(plain(say("learned.shares.lead")))
    if found.shares:
        look.table(shares(found.shares), label=say("learned.tab.shares"))
    else:
        look.lines([say("learned.shares.none")])


def reality_tab(found: Learned) -> None:
    told = reality_sentences(found)
    look.lines(told)
    if found.realised:
        rows = [
            PairRow(
                name=one.title,
                first=Figure(value=one.compared.predicted, lower=one.compared.lower, upper=one.compared.upper),
                second=Figure(value=one.compared.realised),
            )
            for one in found.realised[:ROWS]
        ]
        told_in_short = say("learned.picture.reality_alt", sentence=told[0])
        draw(rows, "predicted", "realised", alt=told_in_short, key="reality")
        look.table(realised(found), label=say("learned.tab.reality"))
    st.header(say("learned.forecasts"), anchor=False)
    look.lines(bets(forecasts(desk)))


def overrides_tab() -> None:
    found = overrides(desk)
    look.lines([score_of(found)] if found else [say("overrule.none")])
    if found:
        look.table(override_columns(found), label=say("overrule.heading"))


def prior_tab(prior: Proposed) -> None:
    st.caption(plain(say("learned.prior.lead")))
    look.lines(prior_sentences(prior))
    if prior.new is not None:
        with st.expander(say("learned.prior.pilots"), icon=":material/list:"):
            look.lines(sorted({*prior.new.pilots, *prior.new.rollouts}))
    if prior.new is None or not prior.changed or not offered(desk, Act.LEARN_PRIOR):
        return
    with st.form("learn", border=False):
        pressed = st.form_submit_button(say("learned.prior.button"))
    if pressed and (kept := attempt(partial(learn, desk))):
        done(say("learned.prior.kept", number=kept.number))


desk = begin(say("nav.page.learned"), lead=say("learned.lead"))
known = learned(desk)
if known.rates.ended or known.approved:
    look.lines(heads(known))
    tabs = st.tabs([say(f"learned.tab.{name}") for name in TABS])
    for tab, show in zip(tabs, (winners_tab, kinds_tab, shares_tab, reality_tab), strict=False):
        with tab:
            show(known)
    with tabs[4]:
        overrides_tab()
    with tabs[5]:
        prior_tab(known.prior)
else:
    st.info(say("learned.none"), icon=":material/school:")
    st.page_link("experiments/pages/what_needs_me.py", label=say("library.empty_go"), icon=":material/arrow_forward:")
