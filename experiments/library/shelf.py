"""The shelf: cards of decided and closed pilots, searched, narrowed and put in order; what page and command show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.desk import Desk
from experiments.errors import Refused
from experiments.library.cards import Card, cards_of
from experiments.words.titles import title_of
from registry import find, shelf
from registry.shelf import ORDERS, Wanted
from stats.errors import Problem

__all__ = ["ON_A_PAGE", "ORDERS", "Shelf", "Wanted", "choices", "decided_pilots", "every_card", "library"]

ON_A_PAGE = 20


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """total: of all that fit; any_word: no pilot has all the words, these have some; page: from 1, of pages."""

    cards: tuple[Card, ...]
    total: int
    any_word: bool
    page: int
    pages: int


def library(desk: Desk, wanted: Wanted, *, order: str = "match", page: int = 1, each: int = ON_A_PAGE) -> Shelf:
    """One page of the cards that fit; a page beyond the last one is the last one."""
    if order not in ORDERS:
        raise Refused(Problem(code="library_order", facts={"given": order, "offered": list(ORDERS)}))
    with desk.read() as session:
        at = max(1, page)
        found = shelf.shelved(session, wanted, order=order, start=(at - 1) * each, count=each)
        pages = max(1, -(-found.total // each))
        if at > pages:
            at = pages
            found = shelf.shelved(session, wanted, order=order, start=(at - 1) * each, count=each)
        pilots = shelf.pilots_by_id(session, found.ids)
        made = cards_of(session, pilots, desk.registry.clock().date())
    return Shelf(cards=made, total=found.total, any_word=found.any_word, page=at, pages=pages)


def every_card(desk: Desk, wanted: Wanted, *, order: str = "match") -> tuple[Card, ...]:
    """All cards that fit, to be taken away."""
    with desk.read() as session:
        found = shelf.shelved(session, wanted, order=order)
        return cards_of(session, shelf.pilots_by_id(session, found.ids), desk.registry.clock().date())


def choices(desk: Desk) -> Mapping[str, Mapping[Any, str]]:
    """By filter: what can be chosen, and what it is called: departments, metrics, steps, years, grades, verdicts."""
    with desk.read() as session:
        found = shelf.shelf_facts(session)
        names = {definition.key: version.name for definition, version in find.catalogue(session)}
    return {
        "departments": {name: name for name in found["departments"]},
        "metrics": dict(sorted(((key, names.get(key, key)) for key in found["metrics"]), key=lambda item: item[1])),
        "verdicts": {key: key for key in found["verdicts"]},
        "steps": {key: key for key in found["steps"]},
        "years": {year: str(year) for year in reversed(found["years"])},
        "grades": {key: key for key in found["grades"]},
    }


def decided_pilots(desk: Desk) -> Mapping[str, str]:
    """Title by key of every pilot on the shelf, by title."""
    with desk.read() as session:
        found = shelf.shelf_titles(session)
    return {key: title_of(title, version) for key, title, version in found}
