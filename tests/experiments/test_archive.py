"""A pilot as one signed file: brought into another record it can be reproduced there; a changed one is refused."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from experiments.archive import export_pilot, import_pilot
from experiments.archive.signing import KEY_FILE, fits, signed
from experiments.deciding.close import close
from experiments.deciding.decide import Choice, decide
from experiments.desk import Desk
from experiments.errors import Refused, sentences
from experiments.evidence.reproduce import reproduce
from experiments.memo import memo, render
from experiments.objectives.keep import NewKeyResult, NewObjective, add_key_result, add_objective
from experiments.objectives.serve import Service, attach
from experiments.record.forget import forget
from experiments.record.history import history
from experiments.record.verify import verify
from registry import find
from registry.canonical import canonical_json, sha256_bytes
from registry.carrying import CARRIED, LEFT, SHARED
from registry.errors import RegistryError
from registry.open import Registry
from registry.people import Person
from registry.schema import sealed_tables

Lead = Callable[..., Any]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def other(request: pytest.FixtureRequest, tmp_path: Path, calendar: Any) -> Iterator[Desk]:
    """Another organisation's record, where one of the people is known already."""
    address = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with Registry.open(tmp_path / "other", address, clock=calendar) as registry:
        with registry.work(None, "system") as work:
            work.record("person.added", work.add(Person(name="ruth vogel")))
        yield Desk(registry=registry)


@pytest.fixture
def decided(lead: Lead, committed: Any) -> Any:
    led = lead("reviewed")
    decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict="SCALE", commitments=committed))
    return led


def export(led: Any, path: Path, **how: Any) -> Any:
    return export_pilot(led.desk.as_person("Ana Lima"), led.key, path, **how)


def codes(act: Callable[[], object]) -> list[str]:
    with pytest.raises((Refused, RegistryError)) as refused:
        act()
    assert all("problem." not in said for said in sentences(refused.value))
    return [problem.code for problem in refused.value.problems]


def test_an_imported_pilot_is_reproducible_and_its_record_whole(decided: Any, other: Desk, tmp_path: Path) -> None:
    file = tmp_path / "pilot.zip"
    head = decided.desk.registry.head_hash()
    made = export(decided, file)
    with zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
        assert {"manifest.json", "manifest.sig", "memo.html", "memo.pdf", "results.csv", "charter.json"} <= names
        assert archive.read("memo.pdf").startswith(b"%PDF")
        assert b"wait" in archive.read("results.csv")
        manifest = archive.read("manifest.json")
        key = json.loads(manifest)["public_key"]
        assert fits(key, archive.read("manifest.sig").decode(), manifest)
    brought = import_pilot(other, file, signer=made.signer)
    assert (brought.pilot, brought.origin_head, brought.signer) == (decided.key, head, made.signer)
    items = reproduce(other, decided.key)
    assert all(item.identical for item in items)
    assert [item.source for item in items] == ["data", "data", "data"]
    assert verify(other).findings == ()
    told = history(other, decided.key)[-1]
    assert told.after["origin_head"] == head
    page = render(memo(other, decided.key), "html").decode()
    assert "Call-back at peak" in page
    with other.read() as session:
        people = [person.name for person in find.people(session)]
        (file_of_origin,) = find.attachments(session, other.pilot(decided.key).id)
    assert sorted(people) == ["Ana Lima", "Tom Berg", "ruth vogel"]  # whoever was known is not made twice
    origin = json.loads(other.registry.snapshots.read(file_of_origin.sha256))
    assert origin[-1]["act"] == "decision.made"
    close(other.as_person("Ana Lima"), decided.key, "It holds here too.")
    assert verify(other).findings == ()
    assert codes(lambda: import_pilot(other, file)) == ["import_key_taken"]


def _objective(desk: Desk, *names: str) -> None:
    add_objective(desk, NewObjective(title="Nobody waits", period="2026"))
    for name in names:
        add_key_result(
            desk,
            NewKeyResult(
                objective="nobody-waits", name=name, kind="decrease", baseline=210, target=160, unit="s", metric="wait",
                due=date(2026, 12, 31),
            ),
        )  # fmt: skip


def test_what_it_serves_comes_along_and_what_is_not_here_is_named(
    decided: Any, other: Desk, executive: Callable[..., Desk], tmp_path: Path
) -> None:
    boss = decided.desk.as_person("Ruth Vogel")
    _objective(boss, "Wait at peak", "Wait at noon")
    for key in ("wait-at-peak", "wait-at-noon"):
        attach(boss, Service(pilot=decided.key, key_result=key, exposed_share=0.4, reaches="callers at peak"))
    export(decided, tmp_path / "pilot.zip")
    _objective(executive(other), "Wait at peak")
    made = import_pilot(other, tmp_path / "pilot.zip")
    assert made.not_served == ("Wait at noon",)
    with other.read() as session:
        (link,) = find.served_key_results(session)
        assert find.key_result(session, "wait-at-peak").id == link.key_result_id
    assert (link.metric_key, link.exposed_share, link.reaches) == ("wait", 0.4, "callers at peak")
    assert verify(other).findings == ()


def test_without_its_data_it_is_computed_again_from_cells(decided: Any, other: Desk, tmp_path: Path) -> None:
    export(decided, tmp_path / "pilot.zip", data=False)
    with zipfile.ZipFile(tmp_path / "pilot.zip") as archive:
        assert not [name for name in archive.namelist() if name.startswith("files/")]
    import_pilot(other, tmp_path / "pilot.zip")
    items = reproduce(other, decided.key)
    assert [(item.source, item.identical) for item in items] == [("data", True), ("cells", True), ("data", True)]
    assert verify(other).findings == ()


def test_a_pilot_whose_data_were_forgotten_travels_too(decided: Any, other: Desk, tmp_path: Path) -> None:
    forget(decided.desk.as_person("Ana Lima"), decided.key, "over")
    export(decided, tmp_path / "pilot.zip")
    import_pilot(other, tmp_path / "pilot.zip")
    assert [item.source for item in reproduce(other, decided.key)] == ["data", "cells", "data"]
    assert verify(other).findings == ()


@pytest.fixture
def archive(decided: Any, tmp_path: Path) -> Path:
    export(decided, tmp_path / "pilot.zip")
    return tmp_path / "pilot.zip"


@pytest.fixture
def empty(tmp_path: Path, calendar: Any) -> Iterator[Desk]:
    with Registry.open(tmp_path / "empty", "", clock=calendar) as registry:
        yield Desk(registry=registry)


def rebuilt(file: Path, change: Callable[[dict[str, bytes]], None], home: Path | None = None) -> Path:
    """The archive with other members; ``home``: signed anew with that installation's key."""
    with zipfile.ZipFile(file) as old:
        members = {name: old.read(name) for name in old.namelist()}
    change(members)
    if home is not None:
        manifest = json.loads(members.pop("manifest.json"))
        members.pop("manifest.sig")
        manifest["public_key"] = signed(home, b"")[0]
        manifest["members"] = {n: {"sha256": sha256_bytes(c), "size": len(c)} for n, c in members.items()}
        raw = canonical_json(manifest).encode()
        members = {"manifest.json": raw, "manifest.sig": signed(home, raw)[1].encode(), **members}
    path = file.with_name("changed.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in members.items():
            new.writestr(name, content)
    return path


def unchanged(desk: Desk) -> bool:
    with desk.read() as session:
        return not find.pilots(session) and verify(desk).events == 0


def test_whatever_member_is_changed_or_missing_is_named(archive: Path, empty: Desk) -> None:
    with zipfile.ZipFile(archive) as old:
        names = old.namelist()
    for name in names:
        if name.startswith("manifest"):
            continue

        def one_bit(members: dict[str, bytes], name: str = name) -> None:
            content = bytearray(members[name])
            content[len(content) // 2] ^= 1
            members[name] = bytes(content)

        for change in (one_bit, lambda members, name=name: members.pop(name)):
            with pytest.raises(Refused) as refused:
                import_pilot(empty, rebuilt(archive, change))
            assert refused.value.problems[0].facts["member"] == name
    assert unchanged(empty)


def test_a_changed_manifest_or_signature_is_refused(archive: Path, empty: Desk) -> None:
    def other_pilot(members: dict[str, bytes]) -> None:
        members["manifest.json"] = members["manifest.json"].replace(b"call-back-at-peak", b"call-back-at-pear")

    def other_signature(members: dict[str, bytes]) -> None:
        members["manifest.sig"] = b"00" * 64

    for change in (other_pilot, other_signature):
        assert codes(lambda change=change: import_pilot(empty, rebuilt(archive, change))) == ["archive_not_signed"]
    assert unchanged(empty)


def test_who_signs_a_forgery_anew_is_told_by_the_key_and_by_the_hashes(
    archive: Path, empty: Desk, tmp_path: Path
) -> None:
    """A forger has another key, and evidence has to fit its own hash, and events theirs."""

    def better(members: dict[str, bytes]) -> None:
        for name in [name for name in members if name.startswith("evidence/")]:
            members[name] = members[name].replace(b'"records":', b'"Records":')

    def other_event(members: dict[str, bytes]) -> None:
        members["events.json"] = members["events.json"].replace(b'"why":""', b'"why":"no"', 1)

    home = tmp_path / "forger"
    home.mkdir()
    true = export_mark(archive)
    nothing = rebuilt(archive, lambda members: None, home)
    assert codes(lambda: import_pilot(empty, nothing, signer=true)) == ["archive_other_signer"]
    for change in (better, other_event):
        forged = rebuilt(archive, change, home)
        assert codes(lambda forged=forged: import_pilot(empty, forged)) == ["archive_member_changed"]
    assert unchanged(empty)


def export_mark(archive: Path) -> str:
    from experiments.archive.signing import mark_of

    with zipfile.ZipFile(archive) as opened:
        return mark_of(json.loads(opened.read("manifest.json"))["public_key"])


@pytest.mark.parametrize(
    "name", ["../../evil.py", "/etc/passwd", "files/../x", "plans/1.json/../../x", "C:\\x", "memo.exe"]
)
def test_a_name_that_leads_elsewhere_is_refused(archive: Path, empty: Desk, tmp_path: Path, name: str) -> None:
    def add(members: dict[str, bytes]) -> None:
        members[name] = b"x"

    before = sorted(path for path in tmp_path.rglob("*") if "empty" not in str(path))
    for home in (None, tmp_path):
        forged = rebuilt(archive, add, home)
        assert codes(lambda forged=forged: import_pilot(empty, forged)) == ["archive_strange_member"]
        forged.unlink()
    after = sorted(path for path in tmp_path.rglob("*") if "empty" not in str(path))
    assert {path.name for path in set(after) - set(before)} <= {KEY_FILE}
    assert unchanged(empty)


def test_bombs_do_not_unpack(archive: Path, empty: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bomb(members: dict[str, bytes]) -> None:
        members["charter.json"] = b" " * (40 << 20)

    # It says how large it is: more than is allowed here.
    monkeypatch.setenv("PROVING_GROUND_MAX_UPLOAD_MB", "1")
    assert codes(lambda: import_pilot(empty, rebuilt(archive, bomb, tmp_path))) == ["archive_too_large"]
    # It says another size than it has: reading stops there.
    assert codes(lambda: import_pilot(empty, rebuilt(archive, bomb))) == ["archive_member_changed"]

    def manifest(members: dict[str, bytes]) -> None:
        members["manifest.json"] = b" " * (40 << 20)

    assert codes(lambda: import_pilot(empty, rebuilt(archive, manifest))) == ["archive_member_changed"]

    def packed(members: dict[str, bytes]) -> None:
        import gzip

        for name in [name for name in members if name.startswith("inputs/")]:
            members[name] = gzip.compress(b" " * (1 << 20)) * 2

    assert codes(lambda: import_pilot(empty, rebuilt(archive, packed, tmp_path))) == ["archive_member_changed"]
    assert unchanged(empty)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"x" * 5000])
def test_what_is_no_archive_is_refused(empty: Desk, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "no.zip").write_bytes(content)
    assert codes(lambda: import_pilot(empty, tmp_path / "no.zip")) == ["archive_unreadable"]


def test_a_member_that_stands_twice_is_refused(archive: Path, empty: Desk) -> None:
    content = io.BytesIO(archive.read_bytes())
    with zipfile.ZipFile(content, "a") as opened, pytest.warns(UserWarning, match="Duplicate name"):
        opened.writestr("charter.json", b"{}")
    archive.write_bytes(content.getvalue())
    assert codes(lambda: import_pilot(empty, archive)) == ["archive_unreadable"]


def test_the_key_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    one = signed(tmp_path, b"a")
    assert signed(tmp_path, b"a") == one
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
    assert fits(one[0], one[1], b"a")
    assert not fits(one[0], one[1], b"b")
    assert not fits("no key", "no signature", b"a")


def test_every_table_is_carried_or_left_on_purpose() -> None:
    """A new table that names a pilot has to be thought about before pilots travel with or without it."""
    named = {table.name for table in sealed_tables() if "pilot_id" in table.c} | {"pilot"}
    assert named - {*CARRIED, *LEFT} == set()
    assert not {*CARRIED} & {*LEFT, *SHARED}


def test_closed_numbers_leave_the_house_only_with_administrators(lead: Lead, tmp_path: Path) -> None:
    from registry.kinds import Role
    from registry.people import PersonRole

    led = lead("assessed")  # the rule has not spoken
    owner = led.desk.as_person("Ana Lima")
    assert codes(lambda: export(led, tmp_path / "early.zip")) == ["export_closed"]
    assert not (tmp_path / "early.zip").exists()
    with led.desk.work() as work:
        work.record("role.given", work.add(PersonRole(person_id=owner.person.id, role=Role.ADMINISTRATOR)))
    assert export(led, tmp_path / "early.zip").members > 5


def test_the_command_line_exports_imports_backs_up_and_restores(
    decided: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from experiments.cli import app
    from experiments.commands.outputs import OUTPUTS

    def run(home: Path, *arguments: object, code: int = 0) -> Any:
        monkeypatch.setenv("PROVING_GROUND_HOME", str(home))
        monkeypatch.delenv("DATABASE_URL", raising=False)
        told = CliRunner().invoke(app, [*map(str, arguments), "--json"])
        assert told.exit_code == code, told.output
        return OUTPUTS[str(arguments[0])].model_validate_json(told.stdout) if code == 0 else told.stdout

    home, key = decided.desk.registry.home, decided.key
    made = run(home, "export", key, "--output", tmp_path / "p.zip")
    assert "Choose another name" in run(home, "export", key, "--output", tmp_path / "p.zip", code=1)
    kept = run(home, "backup", "--output", tmp_path / "all.backup")
    assert run(tmp_path / "new", "restore", tmp_path / "all.backup").verified["head"] == kept.head
    assert run(tmp_path / "new", "verify", "--head", made.head).whole
    assert "nothing is ever written over" in run(tmp_path / "new", "restore", tmp_path / "all.backup", code=1)
    assert run(tmp_path / "third", "import", tmp_path / "p.zip", "--signer", made.signer).pilot == key
    assert run(tmp_path / "third", "reproduce", key).identical
    assert run(tmp_path / "third", "verify").whole
    assert "ask the sender" in run(tmp_path / "fourth", "import", tmp_path / "p.zip", "--signer", "0000", code=1)
