"""What was uploaded can be forgotten on record: the record stays whole, and evidence can be computed again."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from experiments.deciding.close import close
from experiments.deciding.decide import Choice, decide
from experiments.desk import Desk
from experiments.errors import Refused, sentences
from experiments.evidence.inputs import known_of, unpacked
from experiments.evidence.reproduce import reproduce
from experiments.memo import memo, render
from experiments.notes import comment
from experiments.record.forget import forget, forget_person, where_named
from experiments.record.history import history
from experiments.record.retention import months_after, retention
from experiments.record.verify import verify
from registry import find
from registry.errors import NotFound
from registry.kinds import Role
from registry.notes import Attachment
from registry.open import Registry
from registry.people import PersonRole

Lead = Callable[..., Any]


def make_administrator(desk: Desk, name: str) -> Desk:
    person = desk.as_person(name).person
    with desk.work() as work:
        work.record("role.given", work.add(PersonRole(person_id=person.id, role=Role.ADMINISTRATOR)))
    return desk.as_person(name)


def attach(led: Any, content: bytes) -> str:
    sha256 = led.desk.registry.snapshots.put(content)
    pilot = led.desk.pilot(led.key)
    with led.desk.work() as work:
        row = Attachment(pilot_id=pilot.id, name="ana-lima.png", sha256=sha256, size=len(content), caption="Ana Lima")
        work.record("attachment.added", work.add(row))
    return sha256


def test_forgotten_data_leave_a_whole_record_and_evidence_that_is_computed_again(lead: Lead) -> None:
    led = lead("recommended")
    picture = attach(led, b"a picture of somebody")
    owner, store = led.desk.as_person("Ana Lima"), led.desk.registry.snapshots
    with led.desk.read() as session:
        (snapshot,) = find.snapshots(session, led.desk.pilot(led.key).id)
    made = forget(owner, led.key, "The branch closed.")
    assert (made.snapshots, made.attachments, made.from_cells, made.text_only, made.shared) == (1, 1, 1, 0, 0)
    for sha256 in (snapshot.sha256, picture):
        with pytest.raises(NotFound):
            store.read(sha256)
    assert verify(led.desk).findings == ()
    items = reproduce(led.desk, led.key)
    assert all(item.identical for item in items)
    assert [item.source for item in items] == ["data", "cells", "data"]
    assert "from the cells that were kept" in items[1].what
    assert render(memo(led.desk, led.key), "html")  # whatever is shown comes from stored evidence
    told = history(led.desk, led.key)[-1]
    assert told.sentence == "Ana Lima had the uploaded data forgotten."
    assert told.why == "The branch closed."
    with led.desk.read() as session:
        (file,) = find.attachments(session, led.desk.pilot(led.key).id)
    assert (file.name, file.caption) == ("forgotten file", "")
    with pytest.raises(Refused) as refused:
        forget(owner, led.key, "again")
    assert "left to forget" in sentences(refused.value)[0]


def test_cells_that_were_changed_are_named_and_give_other_evidence(lead: Lead) -> None:
    led = lead("recommended")
    pilot = led.desk.pilot(led.key)
    forget(led.desk.as_person("Ana Lima"), led.key, "asked for")
    with led.desk.read() as session:
        (kept,) = find.kept_inputs(session, pilot.id).values()
        (known,) = known_of(session, pilot)
    given = unpacked(led.desk.registry.snapshots.read(kept.sha256))
    cells = json.loads(json.dumps(given.cells))
    cells["cells"]["metrics"]["wait"]["mean_y"]["values"][0] += 1e-9
    path = led.desk.registry.snapshots.path(kept.sha256)
    path.unlink()
    assert any("kept of the data is not in the data folder" in said for said in verify(led.desk).findings)
    path.write_bytes(type(given)(facts=given.facts, cells=cells).packed())
    assert any("is not what was kept" in said for said in verify(led.desk).findings)
    read = known._reading(type(given)(facts=given.facts, cells=cells))
    assert known._computed(led.desk, given, read) != known.evidence.canonical


def test_bytes_that_another_pilot_has_too_stay_until_both_forgot_them(lead: Lead, waiting: Any) -> None:
    led = lead("assigned")
    other = lead("assigned", document=waiting(title="Another pilot"))
    for one in (led, other):
        attach(one, b"the same poster")
    owner = led.desk.as_person("Ana Lima")
    assert forget(owner, led.key, "done").shared == 1
    assert len(list(led.desk.registry.snapshots.stored())) == 1
    assert verify(led.desk).whole
    assert forget(owner, other.key, "done").shared == 0
    assert list(led.desk.registry.snapshots.stored()) == []
    assert verify(led.desk).whole


def test_only_owner_or_administrator_forgets_and_never_without_a_reason(lead: Lead) -> None:
    led = lead("ingested")
    with pytest.raises(Refused) as refused:
        forget(led.desk.as_person("Tom Berg"), led.key, "because")
    assert "Tom Berg" in sentences(refused.value)[0]
    with pytest.raises(Refused) as refused:
        forget(led.desk.as_person("Ana Lima"), led.key, "  ")
    assert "Say why" in sentences(refused.value)[0]
    assert forget(make_administrator(led.desk, "Tom Berg"), led.key, "because").snapshots == 1


def test_a_cut_between_record_and_deletion_is_made_good(lead: Lead, monkeypatch: pytest.MonkeyPatch) -> None:
    led = lead("recommended")
    monkeypatch.setattr(Registry, "remove_forgotten", lambda self: set())
    forget(led.desk.as_person("Ana Lima"), led.key, "asked for")
    monkeypatch.undo()
    assert len(list(led.desk.registry.snapshots.stored())) == 2
    assert led.desk.registry.collect_orphans(older_than=-1) == 1
    assert verify(led.desk).whole


def test_a_forgotten_person_is_named_nowhere_and_the_log_is_whole(lead: Lead) -> None:
    led = lead("recommended")
    desk = make_administrator(led.desk, "Tom Berg")
    made = forget_person(desk, "Ana Lima", "left, and asked")
    assert (made.locked, made.written) == ((), ())
    assert where_named(made)[0] == "No other text of the record holds the name."
    pseudonym = made.pseudonym
    assert pseudonym.startswith("Former colleague ")
    assert verify(led.desk).findings == ()
    assert all(item.identical for item in reproduce(led.desk, led.key))
    with closing(sqlite3.connect(led.desk.registry.home / "registry.db")) as connection:
        dump = "\n".join(connection.iterdump())
    assert "Ana Lima" not in dump
    assert pseudonym in dump
    assert history(led.desk, led.key)[0].who == pseudonym
    with pytest.raises(Refused) as refused:
        forget_person(desk, "Tom Berg", "me")
    assert "another administrator" in sentences(refused.value)[0]


def test_what_still_names_a_forgotten_person_is_said_with_the_reason_why(lead: Lead, committed: Any) -> None:
    """A decision is locked and a comment is somebody else's: both stay, and whoever had the name forgotten is told."""
    led = lead("reviewed")
    commitments = {**committed, "owner": "Ana Lima, with the branches"}
    decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict="SCALE", commitments=commitments))
    comment(led.desk.as_person("Ruth Vogel"), led.key, "Ask ana lima, not Anabel.")
    desk = make_administrator(led.desk, "Tom Berg")
    made = forget_person(desk, "Ana Lima", "left, and asked")
    assert (made.locked, made.written) == ((led.key,), (led.key,))
    locked, written, files = where_named(made)
    assert "signed, decided or recorded" in locked
    assert led.key in locked
    assert "as their authors wrote them" in written
    assert "pilot forget" in files
    assert verify(led.desk).findings == ()


def test_data_are_due_some_months_after_the_end(
    lead: Lead, calendar: Any, committed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    led = lead("reviewed")
    assert retention(led.desk) == ()  # still running
    decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict="SCALE", commitments=committed))
    close(led.desk.as_person("Ana Lima"), led.key, "It holds.")
    (held,) = retention(led.desk)
    assert (held.pilot, held.files, held.until, held.due) == (led.key, 1, None, False)
    monkeypatch.setenv("PROVING_GROUND_KEEP_MONTHS", "6")
    (held,) = retention(led.desk)
    assert (held.until, held.due) == (date(2026, 11, 12), False)
    calendar.today = date(2026, 11, 12)
    assert retention(led.desk)[0].due
    forget(led.desk.as_person("Ana Lima"), led.key, "six months are over")
    assert retention(led.desk) == ()


@pytest.mark.parametrize("given", ["0", "six", "-1", "1201", "1.5"])
def test_a_period_that_is_none_is_refused(lead: Lead, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    led = lead("assigned")
    monkeypatch.setenv("PROVING_GROUND_KEEP_MONTHS", given)
    with pytest.raises(Refused, match="setting_out_of_range"):
        retention(led.desk)


def test_months_end_on_their_last_day() -> None:
    assert months_after(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert months_after(date(2026, 12, 1), 1) == date(2027, 1, 1)


def test_personal_data_never_enter_events(worked_home: Path, tmp_path: Path) -> None:
    """Of a whole portfolio: no name, no address, and no line of an uploaded file."""
    with Registry.open(shutil.copytree(worked_home, tmp_path / "worked"), "") as registry, registry.read() as session:
        people = find.people(session, active_only=False)
        personal = {text.casefold() for person in people for text in (person.name, person.email) if text}
        events = find.events(session)
        lines = set()
        for sha256 in registry.snapshots.stored():
            lines |= {line for line in registry.snapshots.read(sha256).decode(errors="ignore").splitlines() if line}
    assert len(personal) >= 10
    assert len(events) > 200
    assert len(lines) > 10_000
    for event in events:
        text = json.dumps([event.before, event.after, event.why, event.subject, event.seals], ensure_ascii=False)
        assert [word for word in personal if word in text.casefold()] == [], event
        strings = {text for part in (event.before, event.after) for text in _strings(part)}
        assert strings & lines == set(), event


def test_every_evidence_of_the_portfolio_can_be_computed_from_its_cells(worked_home: Path, tmp_path: Path) -> None:
    """Designs with sites, weeks, waves and looks: the same bytes without the data."""
    with Registry.open(shutil.copytree(worked_home, tmp_path / "worked"), "") as registry:
        desk = Desk(registry=registry)
        with desk.read() as session:
            known = [one for pilot in find.pilots(session) for one in known_of(session, pilot)]
        assert len(known) >= 15
        for one in known:
            given = one.input(desk)
            assert given.cells is not None, one.evidence.id
            packed = given.packed()
            assert unpacked(packed) == given
            assert len(packed) < 200_000


def _strings(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_strings, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(_strings, value)) if value else set()
    return {value} if isinstance(value, str) else set()


def test_the_command_line_forgets_and_lists_what_is_due(
    lead: Lead, committed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from experiments.cli import app
    from experiments.commands.outputs import OUTPUTS

    led = lead("reviewed")
    decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict="SCALE", commitments=committed))
    make_administrator(led.desk, "Ruth Vogel")
    monkeypatch.setenv("PROVING_GROUND_HOME", str(led.desk.registry.home))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def run(*arguments: str, code: int = 0) -> Any:
        told = CliRunner().invoke(app, list(arguments))
        assert told.exit_code == code, told.output
        value = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout) if code == 0 else None
        return told.output, value

    said, value = run("retention")
    assert led.key in said
    assert OUTPUTS["retention"].model_validate(value).model_dump()["held"][0]["files"] == 1
    assert "Say why" in run("forget", led.key, code=1)[0]
    told = CliRunner().invoke(app, ["forget", led.key, "--reason", "over", "--json"])
    assert OUTPUTS["forget"].model_validate_json(told.stdout).model_dump()["from_cells"] == 1
    assert "No ended pilot" in run("retention")[0]
    assert "from the cells" in run("reproduce", led.key)[0]
    gone = CliRunner().invoke(app, ["forget-person", "Ana Lima", "--reason", "left", "--as", "Ruth Vogel", "--json"])
    assert "Former colleague" in OUTPUTS["forget-person"].model_validate_json(gone.stdout).model_dump()["pseudonym"]
    assert run("verify")[1]["whole"]
    assert "No database is named" in run("upgrade", code=1)[0]
