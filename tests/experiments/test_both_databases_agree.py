"""What people are shown is the same whichever database keeps the record: one record in both, question by question."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from experiments.deciding.evidence_in_force import in_force
from experiments.deciding.overrides import overrides
from experiments.deciding.requests import answer_request, ask_for_more, requests
from experiments.deciding.rounds import round_of
from experiments.demo import add_portfolio
from experiments.desk import Desk
from experiments.notes import attach, attachments, comment, comments
from experiments.objectives.cascade import cascade
from experiments.objectives.keep import NewKeyResult, NewObjective, add_key_result, add_objective, check_in
from experiments.objectives.roll_up import roll_ups
from experiments.objectives.serve import Service, reached
from experiments.objectives.serve import attach as serve
from experiments.objectives.tree import tree
from experiments.people.keeping import add_person
from experiments.people.roll import departments, roll
from experiments.planning.forecasts import forecasts
from experiments.portfolio.pack import pack
from experiments.portfolio.survey import portfolio, survey
from experiments.record.backup import backup, restore
from experiments.record.history import history
from experiments.record.retention import retention
from experiments.record.verify import verify
from experiments.safety.concerns import answer_concern, concerns, raise_concern
from experiments.telling.digest import digest
from experiments.telling.due_dates import due_dates
from experiments.telling.inbox import moves
from experiments.telling.month import month
from experiments.telling.notify import notify
from registry import find
from registry.kinds import Role
from registry.open import Registry

SOME = ("repair-or-replace-advice", "evening-delivery-window", "video-before-the-visit", "reminder-the-day-before")
REVIEWED, OWNER = "evening-delivery-window", "Leila Haddad"
ODD_NAMES = ("émile Zola", "Zoë", "anna", "Ánna", "_underscore", "Ähre")
"""Names that databases like to put in an order of their own."""
# apprise 2.2 imports a module that Python 3.13 has taken out; it brings its own there.
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),
]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A record with something of everything that waits, in the database that comes along."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with Registry.open(tmp_path / "home", "") as registry:
        desk = Desk(registry=registry)
        add_portfolio(desk, only=SOME)
        _more(desk)
        yield desk


def _more(desk: Desk) -> None:
    boss = desk.as_person("Ruth Vogel")
    add_person(desk, "Root Keeper", role=Role.ADMINISTRATOR)
    root = desk.as_person("Root Keeper")
    for name in ODD_NAMES:
        add_person(root, name, department="Zentrale" if name == "anna" else "écoute", role=Role.VIEWER)
    raise_concern(desk.as_person("Tom Berg"), REVIEWED, "The evening tours have no second driver.")
    ask_for_more(desk.as_person("Clara Stein"), REVIEWED, "What did the second attempts cost?")
    comment(boss, REVIEWED, "See the depots.")
    attach(boss, REVIEWED, "poster.txt", b"Deliveries until nine")
    add_objective(boss, NewObjective(title="Nobody is delivered to twice", period="2026"))
    asked = {
        "objective": "nobody-is-delivered-to-twice",
        "kind": "increase",
        "unit": "share",
        "due": date(2027, 12, 31),
    }
    for name in ("Delivered at the first attempt", "Égal"):
        add_key_result(boss, NewKeyResult(**asked, name=name, baseline=0.7, target=0.8, metric="first_attempt"))
    serve(boss, Service(pilot=REVIEWED, key_result="delivered-at-the-first-attempt", exposed_share=0.5))


def shown(desk: Desk) -> dict[str, Any]:
    """Every list of what waits, what was said and what stands, as the pages and commands take it."""
    of = tree(desk)
    months = {day.strftime("%Y-%m") for day in (desk.registry.clock() - timedelta(days=40), desk.registry.clock())}
    answers: dict[str, Callable[[], Any]] = {
        "moves": lambda: moves(desk, upcoming=True),
        "dates": lambda: due_dates(desk.as_person("Ruth Vogel")).split(b"DTSTAMP")[0],
        "digest": lambda: digest(desk),
        "month": lambda: [month(desk.as_person(name)) for name in ("Tom Berg", "Ruth Vogel", OWNER)],
        "portfolio": lambda: portfolio(desk),
        "survey": lambda: survey(desk),
        "packs": lambda: [pack(desk, month) for month in sorted(months)],
        "overrides": lambda: overrides(desk),
        "tree": lambda: of,
        "cascade": lambda: cascade(desk, of),
        "roll_ups": lambda: roll_ups(desk, of),
        "people": lambda: (roll(desk), departments(desk)),
        "forecasts": lambda: forecasts(desk),
        "retention": lambda: retention(desk),
        "concerns": lambda: [concerns(desk, desk.pilot(key)) for key in SOME],
        "comments": lambda: [comments(desk, desk.pilot(key)) for key in SOME],
        "attachments": lambda: [attachments(desk, desk.pilot(key)) for key in SOME],
        "requests": lambda: [requests(desk, key) for key in SOME],
        "history": lambda: [event.sentence for key in SOME for event in history(desk, key)],
        "round": lambda: round_of(desk, desk.pilot(REVIEWED), in_force(desk, desk.pilot(REVIEWED)).evidence),
        "verified": lambda: verify(desk),
    }
    return {name: ask() for name, ask in answers.items()}


def test_one_record_is_shown_alike_from_both_databases_and_goes_on_in_the_other(
    kept: Desk, tmp_path: Path, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(kept, tmp_path / "record.backup")
    restore(tmp_path / "record.backup", tmp_path / "team", empty_postgres_url)
    here = shown(kept)
    assert here["verified"].findings == ()
    assert any(move.act for move in here["moves"])
    with Registry.open(tmp_path / "team", empty_postgres_url, clock=kept.registry.clock) as registry:
        team = Desk(registry=registry)
        there = shown(team)
        for name, answer in here.items():
            assert there[name] == answer, name
        _goes_on(team, monkeypatch)


def _goes_on(team: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the lists is written to, too."""
    owner, boss = team.as_person(OWNER), team.as_person("Ruth Vogel")
    before = len(moves(team))
    answer_concern(owner, REVIEWED, 1, "A second driver comes from Monday on.")
    answer_request(owner, REVIEWED, 1, "Four euros each.")
    assert len(moves(team)) < before
    check_in(boss, "delivered-at-the-first-attempt", value=0.72, outlook="on_track")
    reached(boss, REVIEWED, "delivered-at-the-first-attempt", 0.1, "Two depots of twenty have it.")
    monkeypatch.setenv("PROVING_GROUND_NOTIFY", "json://127.0.0.1:9/nobody-listens")
    tried = notify(team)
    assert (tried.sent, notify(team).failed) == (0, tried.failed)
    with team.read() as session:
        assert len(find.served_key_results(session)) == 1
    assert verify(team).findings == ()
