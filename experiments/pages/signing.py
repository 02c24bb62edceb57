"""Signatures on the plan page: who has signed, one's own signature or refusal, and starting without one, on record."""

from __future__ import annotations

import streamlit as st

from experiments.desk import Desk, reached
from experiments.pages import look
from experiments.pages.frame import did, done, plain
from experiments.signing.sign import Terms, sign, signs_as_partner
from experiments.signing.signatures import Signatory, accepted_by, signatories, stated
from experiments.signing.unsigned import AFTER, decline, declined, sign_by, start_unsigned
from experiments.words import say
from experiments.words.numbers import day
from registry.kinds import Stage
from registry.pilots import Pilot
from stats.plan import Plan


def signatures(desk: Desk, pilot: Pilot) -> None:
    """Who has, who has not."""
    st.header(say("plan.signatures"))
    people = signatories(desk, pilot)
    look.table(
        {
            "who": [who.name or say("frame.nobody") for who in people],
            "for": [say(f"capacity.{who.capacity}", department=who.department) for who in people],
            "what": [", ".join(who.metrics) if who.metrics else say("plan.whole") for who in people],
            "signed": [signed(who, frozen=reached(pilot, Stage.SIGNED)) for who in people],
        }
    )
    if not reached(pilot, Stage.SIGNED):
        look.lines([say("plan.declined", **{**vars(no), "day": no.day}) for no in declined(desk, pilot)])


def signed(who: Signatory, *, frozen: bool) -> str:
    if who.signed_at:
        return say("plan.signed_on", date=day(who.signed_at.date()))
    if not frozen:
        return say("plan.not_signed")
    return say("plan.signed_unsigned" if who.capacity == "partner" else "plan.not_needed")


def sign_here(desk: Desk, pilot: Pilot, plan: Plan) -> None:
    """The signature of the person at the desk, in the capacity that they have; waiting for others where it waits."""
    people = signatories(desk, pilot)
    missing = [who.department for who in people if who.capacity == "partner" and not who.signed_at]
    mine = [who for who in people if who.mine]
    due = sign_by(pilot, plan.start)
    if missing:
        st.caption(say("plan.sign_by", day=day(due)))
    if not mine:
        st.caption(say("plan.not_yours"))
    elif signs_as_partner(desk, pilot):
        as_partner(desk, pilot, all_signed=all(who.signed_at for who in mine if who.capacity == "partner"))
    elif missing:
        st.info(plain(say("plan.waits", partners=missing)), icon=":material/hourglass_empty:")
        if any(who.capacity == "sponsor" for who in mine):
            without(desk, pilot, missing, early=desk.registry.clock().date() < due + AFTER)
        st.caption(say("plan.unsigned_from", day=day(due + AFTER)))
    else:
        with st.form("sign", border=True):
            st.text(say("plan.sign_lead"))
            pressed = st.form_submit_button(say("plan.sign"), type="primary", icon=":material/edit:")
        if pressed and did(lambda: sign(desk, pilot.key)):
            done(say("plan.signed_now"))


def as_partner(desk: Desk, pilot: Pilot, *, all_signed: bool) -> None:
    """Agree to one's own numbers and say what was agreed, or decline with a reason."""
    if all_signed:
        st.info(say("plan.you_signed"), icon=":material/edit:")
        return
    known = stated(desk, pilot)
    with st.form("sign", border=True):
        look.lines(
            [
                say("plan.accept_prove" if own.must_prove else "plan.accept", name=own.name, loss=own.loss)
                for own in accepted_by(desk, pilot)
            ]
        )
        terms = Terms(
            benefit=st.text_area(say("plan.benefit"), known.benefit or "", key="sign-benefit", height=68),
            pulls_against=st.text_area(
                say("plan.pulls_against"),
                known.pulls_against or "",
                key="sign-pulls",
                height=68,
                help=say("plan.terms_help"),
            ),
            relief=st.text_area(
                say("plan.relief"), known.relief or "", key="sign-relief", height=68, help=say("plan.terms_help")
            ),
        )
        pressed = st.form_submit_button(say("plan.sign_partner"), type="primary", icon=":material/edit:")
    if pressed and did(lambda: sign(desk, pilot.key, terms)):
        done(say("plan.partner_signed_now"))
    with st.expander(say("plan.decline")), st.form("decline", border=False):
        st.text(say("plan.decline_lead"))
        reason = st.text_area(say("plan.decline_reason"), key="decline-reason")
        refused = st.form_submit_button(say("plan.decline"))
    if refused and did(lambda: decline(desk, pilot.key, reason)):
        done(say("plan.declined_now"))


def without(desk: Desk, pilot: Pilot, missing: list[str], *, early: bool) -> None:
    """The sponsor starts although signatures did not come."""
    if early:
        return
    with st.form("unsigned", border=True):
        st.text(say("plan.unsigned_lead", partners=missing))
        reason = st.text_area(say("plan.unsigned_reason"), key="unsigned-reason")
        pressed = st.form_submit_button(say("plan.unsigned_go"))
    if pressed and did(lambda: start_unsigned(desk, pilot.key, reason)):
        done(say("plan.unsigned_now"))
