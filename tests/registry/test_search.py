"""Pilots are found by what is written of them: the same on both databases, whatever people type."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from registry import backup, find, search
from registry.kinds import Via
from registry.learning import Takeaway
from registry.open import Registry
from registry.people import Department, Person
from registry.pilots import Pilot

HOSTILE = (
    '"', "'", '""', "a\" OR b", "NEAR(a b)", "title:call", "call*", "^call", "-call", "(call", "call)", "a AND", "OR",
    "NOT call", "call:*", "call & !back", "'call' <-> ", "\\", "\x00call", "\ud800", "%", "_", "; DROP TABLE pilot",
    "{call}", "call + back", "日本", "🧭", "x" * 100_000, "a " * 5_000, "…", "call\tback\n",
)  # fmt: skip


def found(registry: Registry, asked: str, *, any_word: bool = False) -> list[str]:
    """Titles, the best match first."""
    with registry.read() as session:
        query = search.matches(session, asked, any_word=any_word)
        if query is None:
            return []
        rows = session.execute(query).all()
        return [session.get_one(Pilot, key).title for key, _ in sorted(rows, key=lambda row: -row.score)]


def add(registry: Registry, ada: Person, key: str, title: str, problem: str = "", **more: object) -> Pilot:
    with registry.work(ada, Via.APP) as work:
        row = work.add(Pilot(key=key, title=title, problem=problem, owner_id=ada.id, **more))
        work.record("pilot.registered", row)
    return row


@pytest.fixture
def three(registry: Registry, ada: Person) -> Registry:
    add(registry, ada, "late", "Late parcels told beforehand", "Callers ask where the parcel is")
    add(registry, ada, "callers", "Ruckruf für Anrufer: callers first", "People hold the line", team="Åse's crew")
    add(registry, ada, "menu", "Shorter menu", "Nobody finds the way through Łódź's phone menu")
    return registry


def test_all_words_must_be_there_and_each_may_be_the_beginning_of_one(three: Registry) -> None:
    assert found(three, "parc late") == ["Late parcels told beforehand"]
    assert found(three, "parcels menu") == []
    assert sorted(found(three, "parcels menu", any_word=True)) == ["Late parcels told beforehand", "Shorter menu"]
    assert found(three, "arcels") == []


def test_the_title_weighs_more_than_the_rest(three: Registry) -> None:
    assert found(three, "callers") == ["Ruckruf für Anrufer: callers first", "Late parcels told beforehand"]


def test_accents_and_umlauts_are_the_same_letters_and_may_be_typed_out(three: Registry, ada: Person) -> None:
    mine = "Ruckruf für Anrufer: callers first"
    for asked in ("fur", "FÜR", "fuer", "rückruf", "åse", "ase", "aase"):
        assert found(three, asked) == [mine], asked
    assert found(three, "lodz") == ["Shorter menu"]
    add(three, ada, "buero", "Buero am Markt")
    assert found(three, "Büro") == ["Buero am Markt"]


def test_words_in_quotes_stand_as_they_are(three: Registry) -> None:
    assert found(three, '"hold the line"') == ["Ruckruf für Anrufer: callers first"]
    assert found(three, '"the hold line"') == []
    assert found(three, '"hold the lin"') == []
    assert found(three, "hold-the-lin") == ["Ruckruf für Anrufer: callers first"]


def test_scripts_without_spaces_are_found_by_a_part(three: Registry, ada: Person) -> None:
    add(three, ada, "denwa", "電話の折り返し")
    assert found(three, "折り返し") == ["電話の折り返し"]
    assert found(three, "返り折") == []


@pytest.mark.parametrize("asked", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_is_typed_breaks_the_search(three: Registry, asked: str) -> None:
    found(three, asked)
    found(three, asked, any_word=True)


def test_a_query_without_words_asks_for_nothing(three: Registry) -> None:
    with three.read() as session:
        assert search.matches(session, ' "" ; … ') is None


def test_what_changes_is_found_by_its_new_words_at_once(three: Registry, ada: Person) -> None:
    with three.read() as session:
        row = find.pilot(session, "menu")
    with three.work(ada, Via.APP) as work:
        work.change(work.get(Pilot, row.id), "pilot.renamed", title="One question instead")
    assert found(three, "shorter") == []
    assert found(three, "question") == ["One question instead"]
    with three.work(ada, Via.APP) as work:
        said = work.add(Takeaway(pilot_id=row.id, lesson="Routing beats asking", written_by_id=ada.id))
        work.record("takeaway.written", said)
    assert found(three, "routing") == ["One question instead"]
    with three.work(ada, Via.APP) as work:
        work.add(Takeaway(pilot_id=row.id, number=2, lesson="Asking first was right", written_by_id=ada.id))
        work.record("takeaway.written", said)
    assert found(three, "routing") == []


def test_a_department_is_found_by_its_new_name(registry: Registry, ada: Person) -> None:
    with registry.work(ada, Via.APP) as work:
        department = work.add(Department(key="logistics", name="Logistics"))
        row = work.add(Pilot(key="tour", title="Two tours", department_id=department.id))
        work.record("pilot.registered", row)
    assert found(registry, "logistics") == ["Two tours"]
    with registry.work(ada, Via.APP) as work:
        work.change(work.get(Department, department.id), "department.renamed", name="Delivery")
    assert (found(registry, "logistics"), found(registry, "delivery")) == ([], ["Two tours"])


def broken_off(registry: Registry, ada: Person) -> None:
    with registry.work(ada, Via.APP) as work:
        work.record("pilot.registered", work.add(Pilot(key="ghost", title="Ghost of a pilot")))
        raise RuntimeError


def test_what_is_rolled_back_is_not_found(three: Registry, ada: Person) -> None:
    with pytest.raises(RuntimeError):
        broken_off(three, ada)
    assert found(three, "ghost") == []


def test_the_index_is_made_anew_from_the_record(three: Registry) -> None:
    with three._writing.begin() as connection:
        connection.execute(text("DELETE FROM search_entry"))
    assert found(three, "menu") == []
    with three._writing.begin() as connection:
        assert search.rebuild(connection) == 3
    assert found(three, "menu") == ["Shorter menu"]


def test_a_restored_record_is_searched(three: Registry, tmp_path: Path) -> None:
    backup.dump(three, tmp_path / "all.zip")
    with Registry.open(tmp_path / "other", "") as restored:
        backup.load(restored, tmp_path / "all.zip")
        assert found(restored, "menu") == ["Shorter menu"]
