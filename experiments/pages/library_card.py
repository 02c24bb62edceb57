"""One card of the library."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import streamlit as st

from experiments.library.cards import Card
from experiments.pages.frame import plain
from experiments.pages.parts import badge
from experiments.words import say
from experiments.words.numbers import day


def card_shown(card: Card) -> None:
    with st.container(border=True, key=f"card-{card.key}", gap="xxsmall"):
        label = card.title if card.version == 1 else f"{card.title}, {say('library.version', number=card.version)}"
        st.page_link("experiments/pages/decide.py", label=f"**{plain(label)}**", query_params={"pilot": card.key})
        st.html(f"<div class='pg-card'>{''.join(_lines(card))}</div>")
        if card.before:
            st.page_link(
                "experiments/pages/versions.py", label=say("nav.page.versions"), query_params={"pilot": card.key}
            )


def _lines(card: Card) -> Iterable[str]:
    yield _ended(card)
    if card.lesson:
        yield f"<p><strong>{escape(card.lesson)}</strong></p>"
    for name in ("simulated", "recorded_afterwards"):
        if getattr(card, name):
            yield _faint(say({"simulated": "library.simulated"}.get(name, "library.afterwards")))
    if not card.closed:
        yield _faint(say("library.not_closed"))
    if card.change:
        yield f"<p>{escape(_first_large(say('library.tried', change=card.change, whom=card.for_whom)))}</p>"
    yield f"<p>{escape(_measured(card))}</p>"
    for name, text in (("why", card.why), ("differently", card.differently), ("holds", card.holds_where)):
        if text:
            yield f"<p><span class='pg-faint'>{escape(say(f'library.{name}'))}:</span> {escape(text)}</p>"
    for said in card.learnings:
        yield f"<p>{escape(say(f'library.teaches.{said.bearing}', statement=said.statement))}</p>"
    yield _faint(" · ".join(part for part in (card.department, *card.partners, card.where) if part))
    credit = ", ".join(part for part in (card.team, *card.credit) if part)
    if credit:
        yield _faint(f"{say('library.credit')}: {credit}")


def _ended(card: Card) -> str:
    """What people decided, the rule's word where it was another, the strength of the evidence and the day."""
    told = [day(card.settled_on)]
    if card.overruled and card.verdict:
        told.append(say("library.overruled", verdict=say(f"verdict.{card.verdict}")))
    if card.grade and card.verdict != "INVALID":
        told.append(say("library.grade_word", grade=card.grade))
    mark = badge(card.decided or card.verdict) if card.decided or card.verdict else ""
    return f"<p>{mark} <span class='pg-faint'>{escape(' · '.join(told))}</span></p>"


def _measured(card: Card) -> str:
    if card.reported:
        return card.reported
    if not card.effect:
        return say("library.no_number")
    facts = {"metric": card.metric, "effect": card.effect}
    said = (
        say("library.measured", **facts, state=say(f"state.{card.state}"))
        if card.state
        else say("library.measured_bare", **facts)
    )
    return f"{said}. {say('library.cautious', effect=card.cautious)}." if card.cautious else f"{said}."


def _faint(text: str) -> str:
    return f"<p class='pg-faint'>{escape(text)}</p>"


def _first_large(text: str) -> str:
    return text[:1].upper() + text[1:]
