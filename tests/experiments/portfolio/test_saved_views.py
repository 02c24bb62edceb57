"""Views that people keep: their own, by name, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments.desk import Desk
from experiments.errors import Refused
from experiments.portfolio.saved_views import drop_view, query_of, save_view, views
from registry import find
from registry.kinds import Role, Via
from registry.open import Registry
from registry.people import Person, PersonRole


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with Registry.open(tmp_path / "home", "") as opened:
        with opened.work(None, Via.SYSTEM) as work:
            for name in ("Ana Lima", "Tom Berg"):
                person = work.add(Person(name=name))
                work.add(PersonRole(person_id=person.id, role=Role.VIEWER))
                work.record("person.added", person)
        yield opened


def test_a_view_is_kept_changed_and_forgotten_by_whose_it_is(registry: Registry) -> None:
    ana, tom = (Desk(registry=registry).as_person(name) for name in ("Ana Lima", "Tom Berg"))
    save_view(ana, "portfolio", " Late ones ", "overdue=True")
    save_view(tom, "portfolio", "Late ones", "verdict=STOP")
    assert [view.query for view in views(ana, "portfolio")] == ["overdue=True"]
    save_view(ana, "portfolio", "Late ones", "overdue=True&verdict=SCALE")
    assert [(view.name, view.chosen) for view in views(ana, "portfolio")] == [
        ("Late ones", {"overdue": ["True"], "verdict": ["SCALE"]})
    ]
    drop_view(ana, "portfolio", "Late ones")
    assert views(ana, "portfolio") == ()
    assert [view.query for view in views(tom, "portfolio")] == ["verdict=STOP"]
    with registry.read() as session:
        acts = [event.act for event in find.events(session) if event.act.startswith("view.")]
        texts = [str((event.before, event.after)) for event in find.events(session)]
    assert acts == ["view.saved", "view.saved", "view.changed", "view.dropped"]
    assert not any("Late ones" in text or "SCALE" in text for text in texts), "what one looks for is one's own business"


@pytest.mark.parametrize(
    ("name", "query", "code"),
    [("  ", "", "view_name"), ("x" * 81, "", "view_name"), ("x", "y" * 2001, "view_too_long")],
)
def test_what_can_not_be_kept_is_refused(registry: Registry, name: str, query: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        save_view(Desk(registry=registry).as_person("Ana Lima"), "portfolio", name, query)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_another_persons_view_can_not_be_forgotten(registry: Registry) -> None:
    save_view(Desk(registry=registry).as_person("Ana Lima"), "portfolio", "Mine", "")
    with pytest.raises(Refused):
        drop_view(Desk(registry=registry).as_person("Tom Berg"), "portfolio", "Mine")


def test_what_is_chosen_goes_into_the_address_and_comes_back() -> None:
    chosen = {"verdict": ["STOP", "SCALE"], "search": "call & back", "overdue": True, "owner": [], "order": ""}
    query = query_of(chosen)
    assert query == "overdue=True&search=call+%26+back&verdict=STOP&verdict=SCALE"
