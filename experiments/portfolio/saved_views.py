"""Saved views: a page with its filters under a person's own name for it. Everybody has their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from experiments.desk import Desk, may
from experiments.errors import Refused
from registry import find
from registry.access import Act
from registry.learning import SavedView
from registry.unit_of_work import Work
from stats.errors import Problem

LONGEST_NAME, LONGEST_QUERY = 80, 2_000


@dataclass(frozen=True, kw_only=True)
class View:
    """query: as in the address."""

    name: str
    query: str

    @property
    def chosen(self) -> dict[str, list[str]]:
        """What it chooses, by the filter's name."""
        return parse_qs(self.query)


def query_of(chosen: Mapping[str, object]) -> str:
    """What is chosen, as in the address; what is empty is left out."""
    said: dict[str, Sequence[str]] = {}
    for name, value in sorted(chosen.items()):
        values = [str(item) for item in value] if isinstance(value, (list, tuple)) else [str(value)] if value else []
        if values:
            said[name] = values
    return urlencode(said, doseq=True)


def save_view(desk: Desk, page: str, name: str, query: str) -> View:
    """Keep the view; a name that one has already is given to the new one."""
    may(desk, Act.SAVE_VIEW)
    called = name.strip()
    if not called or len(called) > LONGEST_NAME:
        raise Refused(Problem(code="view_name", facts={"most": LONGEST_NAME}))
    if len(query) > LONGEST_QUERY:
        raise Refused(Problem(code="view_too_long", facts={"name": called}))
    with desk.work() as work:
        row = _mine(work, page, called)
        if row is not None:
            work.change(row, "view.changed", query=query)
        elif work.actor_id is not None:
            row = work.add(SavedView(person_id=work.actor_id, page=page, name=called, query=query))
            work.record("view.saved", row, after={"page": page})
    return View(name=called, query=query)


def drop_view(desk: Desk, page: str, name: str) -> None:
    """Forget one of one's own views."""
    may(desk, Act.SAVE_VIEW)
    with desk.work() as work:
        row = _mine(work, page, name.strip())
        if row is None:
            raise Refused(Problem(code="view_unknown", facts={"name": name}))
        work.record("view.dropped", row, before={"page": page})
        work.delete(row)


def views(desk: Desk, page: str) -> tuple[View, ...]:
    """One's own, by name; nobody's for nobody."""
    if desk.person is None:
        return ()
    with desk.read() as session:
        rows = find.all_of(session, SavedView, SavedView.person_id == desk.person.id, SavedView.page == page)
    return tuple(View(name=row.name, query=row.query) for row in sorted(rows, key=lambda row: row.name.lower()))


def _mine(work: Work, page: str, name: str) -> SavedView | None:
    wanted = (SavedView.person_id == work.actor_id, SavedView.page == page, SavedView.name == name)
    return next(iter(find.all_of(work.session, SavedView, *wanted)), None)
