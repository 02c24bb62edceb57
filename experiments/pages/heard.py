"""Who was asked for their word, who has given it and who has not; what was said on earlier evidence; requests."""

from __future__ import annotations

from functools import partial

import streamlit as st

from experiments.deciding.evidence_in_force import in_force
from experiments.deciding.requests import Request, answer_request, ask_for_more, requests
from experiments.deciding.review import earlier_words
from experiments.deciding.rounds import Round, edit_round, round_of
from experiments.desk import Desk, allowed, why_not
from experiments.pages import look
from experiments.pages.frame import did, done
from experiments.words import say
from experiments.words.numbers import day
from registry.access import Act
from registry.pilots import Pilot


def round_lines(asked: Round) -> list[str]:
    """Until when, who is waited for, and whose silence is silence by now."""
    count = len(asked.heard) + len(asked.waiting)
    if not count:
        return [say("review.no_partners")]
    told = [say("review.until", day=day(asked.until), heard=len(asked.heard), asked=count)]
    if asked.silent:
        told.append(say("review.silent" if len(asked.silent) == 1 else "review.silent.many", partners=asked.silent))
    elif asked.waiting:
        told.append(say("review.still", partners=asked.waiting))
    if asked.waiting and not asked.over and asked.quorum < count:
        told.append(say("review.enough", quorum=asked.quorum))
    return told


def round_here(desk: Desk, pilot: Pilot) -> None:
    """The round as it stands; owner and sponsor may change it."""
    asked = round_of(desk, pilot, in_force(desk, pilot).evidence)
    look.lines(round_lines(asked))
    if why_not(desk, Act.EDIT_ROUND, pilot) is not None or not (asked.heard or asked.waiting):
        return
    with st.expander(say("review.edit")), st.form("round", border=False):
        until = st.date_input(say("review.edit_until"), asked.until, key="round-until")
        most = len(asked.heard) + len(asked.waiting)
        quorum = st.number_input(say("review.edit_quorum"), 0, most, min(asked.quorum, most), key="round-quorum")
        reason = st.text_input(say("review.edit_reason"), key="round-reason")
        pressed = st.form_submit_button(say("review.edit_go"))
    if pressed and did(lambda: edit_round(desk, pilot.key, until=until, quorum=int(quorum), reason=reason)):
        done(say("review.edited"))


def earlier(desk: Desk, pilot: Pilot) -> None:
    """Words on evidence that does not count any more, shown as such."""
    words = earlier_words(desk, pilot)
    if words:
        st.header(say("review.earlier"), anchor=False)
        look.lines(
            [
                say(
                    "review.earlier_line",
                    who=said.partner or said.person,
                    day=on,
                    stance=say(f"memo.stance.{said.stance}"),
                    reason=said.reason,
                ).strip()
                for on, said in words
            ]
        )


def request_lines(found: tuple[Request, ...]) -> list[str]:
    return [
        " ".join(
            (
                say("review.request_line", number=row.number, who=row.asked_by, day=row.asked_at.date(), what=row.what),
                say("review.request_answer", who=row.answered_by, answer=row.answer)
                if row.answer
                else say("review.request_open"),
            )
        )
        for row in found
    ]


def requests_here(desk: Desk, pilot: Pilot) -> None:
    """What was asked for and answered; an answer from whoever may."""
    found = requests(desk, pilot.key)
    if found:
        st.header(say("review.requests"), anchor=False)
        look.lines(request_lines(found))
    if allowed(desk, Act.ANSWER_REQUEST, pilot):
        for row in [row for row in found if not row.answer]:
            with st.form(f"answer-{row.number}", border=True):
                answer = st.text_area(say("review.answer", number=row.number), key=f"answer-text-{row.number}")
                pressed = st.form_submit_button(say("review.answer_go"))
            if pressed and did(partial(answer_request, desk, pilot.key, row.number, answer)):
                done(say("review.answered"))


def ask_here(desk: Desk, pilot: Pilot) -> None:
    """A new request, from whoever can't say anything yet."""
    if why_not(desk, Act.ASK_FOR_MORE, pilot) is None:
        with st.expander(say("review.ask_title"), icon=":material/contact_support:"), st.form("ask", border=False):
            what = st.text_area(say("review.ask"), key="ask-what")
            pressed = st.form_submit_button(say("review.ask_go"))
        if pressed and did(lambda: ask_for_more(desk, pilot.key, what)):
            done(say("review.asked"))
