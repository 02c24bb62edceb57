"""The decision on the page Decide: its form, what waits for a second approver, and looking back on an overrule."""

from __future__ import annotations

from functools import partial

import streamlit as st

from experiments.deciding.choice import Choice
from experiments.deciding.decide import decide
from experiments.deciding.overrides import look_back, override_columns, overrides, suggested
from experiments.deciding.overrule import Proposed, confirm_overrule, waiting
from experiments.desk import Desk
from experiments.pages import look
from experiments.pages.frame import attempt, did, done, offered
from experiments.people import executives
from experiments.words import say
from registry import find
from registry.access import Act
from registry.pilots import Pilot

VERDICTS = ("SCALE", "ITERATE", "STOP")
OTHERWISE = ("SENT_BACK", "DEFERRED")


def owner_of(desk: Desk, pilot: Pilot) -> str:
    """Who leads the pilot, proposed as whoever leads the roll-out."""
    with desk.read() as session:
        return find.person(session, pilot.owner_id).name if pilot.owner_id else ""


def decision_form(desk: Desk, pilot: Pilot, recommended: str, seen: str) -> None:
    options = [*(key for key in VERDICTS if key == recommended), *(key for key in VERDICTS if key != recommended)]
    with st.form("decide", border=True):
        verdict = st.radio(
            say("decide.verdict"),
            [*options, *OTHERWISE],
            format_func=lambda key: say(
                f"decide.option.{key}", note=say("decide.recommended") if key == recommended else ""
            ).strip(),
            key="verdict",
        )
        reason = st.text_area(say("decide.reason"), key="reason", help=say("decide.reason_help"))
        conditions = st.text_area(say("decide.conditions"), key="conditions", help=say("decide.conditions_help"))
        with st.expander(say("decide.commitments"), expanded=recommended == "SCALE"):
            promised = {
                "budget": st.text_input(say("decide.budget"), key="budget"),
                "owner": st.text_input(say("decide.rollout_owner"), owner_of(desk, pilot), key="rollout_owner"),
                "targets": st.text_input(say("decide.targets"), key="targets", help=say("plan.terms_help")),
                "date": st.text_input(say("decide.begins"), key="begins", help=say("decide.begins_help")),
            }
        with st.expander(say("decide.otherwise")):
            until = st.date_input(say("decide.until"), value=None, key="until")
            second = None
            if others := executives(desk):
                second = st.selectbox(
                    say("decide.second"), others, index=None, key="second", help=say("decide.second_help")
                )
            else:
                st.caption(say("decide.no_second"))
        pressed = st.form_submit_button(say("decide.record"), type="primary", icon=":material/edit:")
    if not pressed:
        return
    choice = Choice(
        verdict=None if verdict in OTHERWISE else verdict,
        sent_back=verdict == "SENT_BACK",
        deferred=verdict == "DEFERRED",
        until=until,
        reason=reason,
        conditions=[line.strip() for line in conditions.splitlines() if line.strip()],
        commitments={name: value for name, value in promised.items() if value},
        second_approver=second,
    )
    made = attempt(lambda: decide(desk, pilot.key, choice, seen=seen))
    if made is not None:
        done(say("decide.proposed", person=made.waits_for) if made.waits_for else say("decide.recorded"))


def proposed_here(desk: Desk, pilot: Pilot) -> bool:
    """What waits for a second approver, with their form; whether anything does."""
    proposal = waiting(desk, pilot)
    if proposal is None:
        return False
    facts = {"person": proposal.proposed_by, "verdict": _verdict(proposal), "against": _against(proposal)}
    if not proposal.mine:
        look.lines([say("decide.waits", second=proposal.second, reason=proposal.reason, **facts)])
        return True
    with st.form("confirm", border=True):
        st.text(say("decide.confirm_lead", **facts))
        st.text(f"“{proposal.reason}”")
        words = st.text_area(say("decide.confirm_reason"), key="confirm-reason")
        confirm = st.form_submit_button(say("decide.confirm"), type="primary", icon=":material/check:")
        decline = st.form_submit_button(say("decide.decline"))
    if (confirm or decline) and did(lambda: confirm_overrule(desk, pilot.key, decline=decline, reason=words)):
        done(say("decide.declined" if decline else "decide.confirmed"))
    return True


FOUND = ("right", "wrong", "unclear")


def look_back_here(desk: Desk, pilot: Pilot) -> None:
    """A year after an overrule: what happened since, what became of it, and whether it was right."""
    for row in overrides(desk):
        if row.pilot != pilot.key or not (row.due or row.became):
            continue
        st.subheader(say("overrule.became"), anchor=False)
        if row.became:
            look.lines(override_columns((row,))["became"])
            continue
        said = suggested(desk, pilot.key)
        if said is not None:
            look.lines(said.sentences)
        if not offered(desk, Act.LOOK_BACK, pilot):
            continue
        with st.form("look-back", border=True):
            found = st.radio(
                say("hindsight.question"),
                FOUND,
                index=FOUND.index(said.found if said else "unclear"),
                format_func=lambda key: say(f"hindsight.option.{key}"),
                key="look-back-found",
                help=say("hindsight.question_help"),
            )
            became = st.text_area(say("overrule.became"), key="became")
            pressed = st.form_submit_button(say("overrule.look_back_go"))
        if pressed and did(partial(look_back, desk, pilot.key, became, found)):
            done(say("overrule.looked_back"))


def _verdict(proposal: Proposed) -> str:
    word = say(f"verdict.{proposal.verdict}")
    return f"{word} {say(f'scope.{proposal.scope}')}" if proposal.scope else word


def _against(proposal: Proposed) -> list[str]:
    """Verdicts in words, partners by name."""
    return [say(f"verdict.{item.split()[0]}") if item.split()[0].isupper() else item for item in proposal.against]
