"""A life from charter to decision, the record and its backup: the same on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from experiments.deciding.close import close
from experiments.deciding.decide import Choice, decide
from experiments.deciding.review import review
from experiments.desk import Desk
from experiments.errors import Refused, sentences
from experiments.evidence.reproduce import reproduce
from experiments.memo import memo, render
from experiments.portfolio.survey import portfolio
from experiments.record.backup import backup, restore
from experiments.record.forget import forget
from experiments.record.history import history
from experiments.record.verify import verify
from experiments.register import resume, save_draft
from registry.errors import Conflict, RegistryError
from registry.migration import SCHEMA
from registry.open import Registry

Lead = Callable[..., Any]
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest) -> str:
    """Address of the team's database; empty: the one that comes along."""
    return "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.fixture
def desk(tmp_path: Path, calendar: Any, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with Registry.open(tmp_path / "home", database, clock=calendar) as registry:
        yield Desk(registry=registry)


@pytest.fixture(params=BOTH)
def other_database(request: pytest.FixtureRequest) -> str:
    """Where a backup is restored to: nothing is in it, not even tables."""
    return "" if request.param == "sqlite" else request.getfixturevalue("empty_postgres_url")


def test_a_life_from_charter_to_takeaway(lead: Lead, committed: Any) -> None:
    led = lead("recommended")
    desk, key = led.desk, led.key
    review(desk.as_person("Tom Berg"), key, "endorse", "")
    decide(desk.as_person("Ruth Vogel"), key, Choice(verdict="SCALE", commitments=committed))
    close(desk.as_person("Ana Lima"), key, "It holds.")
    (row,) = portfolio(desk)
    assert (row.key, row.stage, row.verdict, row.decided) == (key, "closed", "SCALE", "SCALE")
    assert all(item.identical for item in reproduce(desk, key))
    found = verify(desk, desk.registry.head_hash())
    assert found.findings == ()
    assert [event.act for event in history(desk, key)][-2:] == ["decision.made", "pilot.closed"]
    assert desk.registry.head_hash() in render(memo(desk, key), "html").decode()
    forget(desk.as_person("Ana Lima"), key, "over")
    assert [item.source for item in reproduce(desk, key)] == ["data", "cells", "data"]
    assert verify(desk).findings == ()


def test_a_stale_edit_is_told_who_changed_what_and_loses_nothing(desk: Desk, waiting: Any) -> None:
    """Two people have the same draft open: the second is told, and still holds what was typed."""
    pilot = save_draft(desk, {"title": "Call-back", "problem": "Waiting."}, "idea")
    from registry.people import Person

    with desk.work() as work:
        work.record("person.added", work.add(Person(name="Ana Lima")))
        work.record("person.added", work.add(Person(name="Tom Berg")))
    from registry.kinds import Role
    from registry.people import PersonRole

    with desk.work() as work:
        for name in ("Ana Lima", "Tom Berg"):
            person = desk.as_person(name).person
            work.record("role.given", work.add(PersonRole(person_id=person.id, role=Role.ANALYST)))
    shown_to_both = desk.pilot(pilot.key)
    typed = {"title": "Call-back", "problem": "They wait, and a third of them give up."}
    save_draft(desk.as_person("Ana Lima"), {"title": "Call-back at peak"}, "idea", pilot=shown_to_both)
    with pytest.raises(Conflict) as refused:
        save_draft(desk.as_person("Tom Berg"), typed, "idea", pilot=shown_to_both)
    (said,) = sentences(refused.value)
    assert "Ana Lima" in said
    assert refused.value.problems[0].facts["changed"] == ["draft", "title"]
    assert resume(desk, pilot.key)[0] == {"title": "Call-back at peak"}  # nothing of Tom's went in
    assert typed["problem"].startswith("They wait")  # and nothing of it was taken from him
    save_draft(desk.as_person("Tom Berg"), {**typed, "title": "Call-back at peak"}, "idea", pilot=desk.pilot(pilot.key))
    assert resume(desk, pilot.key)[0]["problem"] == typed["problem"]
    assert verify(desk).whole


def test_backup_wipe_restore_and_everything_is_as_it_was(
    lead: Lead, waiting: Any, committed: Any, calendar: Any, tmp_path: Path, other_database: str
) -> None:
    """Also from one kind of database to the other."""
    led = lead("reviewed")
    decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict="SCALE", commitments=committed))
    calendar.today = date(2026, 5, 13)  # what is promised after the evidence does not overlap with it
    second = lead("assessed", document=waiting(title="Another pilot"))
    forget(led.desk.as_person("Ana Lima"), second.key, "over")
    before, head = verify(led.desk), led.desk.registry.head_hash()
    told = [event.sentence for event in history(led.desk, led.key)]
    file = tmp_path / "record.backup"
    made = backup(led.desk, file)
    assert (made.head, made.absent, made.size) == (head, 0, file.stat().st_size)
    assert file.stat().st_mode & 0o077 == 0
    again = restore(file, tmp_path / "new", other_database)
    assert again.verified == before
    with Registry.open(tmp_path / "new", other_database) as registry:
        desk = Desk(registry=registry)
        assert verify(desk, head).findings == ()
        for key in (led.key, second.key):
            assert all(item.identical for item in reproduce(desk, key)), key
        assert [event.sentence for event in history(desk, led.key)] == told
        close(desk.as_person("Ana Lima"), led.key, "Life goes on there.")
        assert verify(desk, head).findings == ()
    with pytest.raises(RegistryError) as refused:
        restore(file, tmp_path / "new", other_database)
    assert refused.value.problems[0].code == "restore_not_empty"


def test_a_backup_is_one_consistent_view_while_others_write(lead: Lead, tmp_path: Path) -> None:
    led = lead("assigned")
    pilot, stop, written = led.desk.pilot(led.key), threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            with led.desk.work() as work:
                work.record("pilot.remarked", pilot)
            written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 5:
            pass
        files = [tmp_path / f"{number}.backup" for number in range(4)]
        made = [backup(led.desk, file) for file in files]
    finally:
        stop.set()
        writer.join()
    assert len({one.head for one in made}) > 1  # they did write meanwhile
    for number, file in enumerate(files):
        again = restore(file, tmp_path / f"new-{number}", "")
        assert again.verified.findings == ()
        assert again.verified.head == made[number].head


def _rewritten(file: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    made = file.with_suffix(".changed")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return made


@pytest.mark.parametrize(
    ("member", "change", "code"),
    [
        ("tables/event.jsonl", lambda content: content.replace(b"pilot.registered", b"pilot.forged"), "backup_damaged"),
        ("tables/plan_record.jsonl", lambda content: b"", "backup_damaged"),
        ("tables/pilot.jsonl", lambda content: None, "backup_damaged"),
        ("snapshots/", lambda content: content[:-1] + b"?", "backup_damaged"),
        ("backup.json", lambda content: content.replace(SCHEMA.encode(), b"9999"), "backup_other_schema"),
        ("backup.json", lambda content: b"[]", "backup_unreadable"),
        ("backup.json", lambda content: None, "backup_unreadable"),
    ],
)
def test_a_changed_backup_is_refused_and_nothing_is_restored(
    lead: Lead, tmp_path: Path, database: str, member: str, change: Any, code: str
) -> None:
    if database:
        pytest.skip("files are read alike whatever the database")
    led = lead("ingested")
    file = tmp_path / "record.backup"
    backup(led.desk, file)
    changed = _rewritten(file, lambda name, content: change(content) if name.startswith(member) else content)
    with pytest.raises(RegistryError) as refused:
        restore(changed, tmp_path / "new", "")
    assert refused.value.problems[0].code == code
    with Registry.open(tmp_path / "new", "") as registry:
        assert verify(Desk(registry=registry)).events == 0
    with pytest.raises(Refused) as taken:
        backup(led.desk, file)
    assert "Choose another name" in sentences(taken.value)[0]


def test_what_is_no_backup_is_refused(tmp_path: Path, database: str) -> None:
    if database:
        pytest.skip("files are read alike whatever the database")
    for content in (b"", b"PK\x03\x04 broken", b"x" * 4096):
        file = tmp_path / "no.backup"
        file.write_bytes(content)
        with pytest.raises(RegistryError) as refused:
            restore(file, tmp_path / "new", "")
        assert refused.value.problems[0].code == "backup_unreadable"
