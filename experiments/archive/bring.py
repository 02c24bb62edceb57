"""Import: an archive of another record becomes a pilot here, recorded as imported; its evidence can be reproduced."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from experiments.archive.check import Checked, checked
from experiments.archive.serves import bring_serves
from experiments.archive.signing import mark_of
from experiments.desk import Desk, may
from experiments.errors import Refused
from experiments.evidence.inputs import unpacked
from experiments.files import require_file
from registry.access import Act
from registry.canonical import sha256_bytes
from registry.carrying import CARRIED, SHARED, bring
from registry.keeping import Forgotten, KeptInput
from registry.kinds import ForgottenKind
from registry.notes import Attachment
from registry.seals import event_hash
from registry.unit_of_work import Work
from stats.errors import Problem

ORIGIN = "origin"


@dataclass(frozen=True, kw_only=True)
class Imported:
    """origin_head: head of the log that it comes from; signer: mark of the key that signed; events: of the origin.

    not_served: names of the key results that it served there and that are not here.
    """

    pilot: str
    title: str
    origin_head: str
    signer: str
    events: int
    files: int
    not_served: tuple[str, ...]


def import_pilot(desk: Desk, path: Path, *, signer: str = "") -> Imported:
    """Bring a pilot from an archive. signer: the mark of the key that must have signed it, if one is known.

    Refused as a whole where anything in it does not fit, and where its key is here already.
    """
    if desk.login:
        may(desk, Act.KEEP_RECORD)
    require_file(path)
    archive = checked(path)
    mark = mark_of(archive.manifest["public_key"])
    if signer and _digits(signer) != _digits(mark):
        raise Refused(Problem(code="archive_other_signer", facts={"mark": mark, "wanted": signer[:60]}))
    rows = _rows(archive)
    _check_texts(archive, rows)
    _check_events(archive)
    files = {name.removeprefix("files/"): each for name, each in archive.members.items() if name.startswith("files/")}
    for sha256, content in files.items():
        if desk.registry.snapshots.put(content) != sha256:
            raise Refused(Problem(code="archive_member_changed", facts={"member": f"files/{sha256}"}))
    inputs = {UUID(name[7:43]): each for name, each in archive.members.items() if name.startswith("inputs/")}
    for content in (*inputs.values(), archive.members["events.json"]):
        desk.registry.snapshots.put(content)
    with desk.work() as work:
        pilot = bring(work, rows)
        for evidence_id, content in inputs.items():
            sha256 = sha256_bytes(content)
            work.add(KeptInput(pilot_id=pilot.id, evidence_id=evidence_id, sha256=sha256, size=len(content)))
        _left_behind(work, pilot.id, rows, set(files))
        _keep_events(work, pilot.id, archive.members["events.json"])
        not_served = bring_serves(work, pilot, archive.json("serves.json"))
        after = {
            "key": pilot.key,
            "origin_head": archive.manifest["log_head"],
            "manifest_sha256": archive.manifest_sha256,
            "public_key": archive.manifest["public_key"],
        }
        work.record("pilot.imported", pilot, after=after)
    return Imported(
        pilot=pilot.key,
        title=pilot.title,
        origin_head=archive.manifest["log_head"],
        signer=mark,
        events=len(archive.json("events.json")),
        files=len(files),
        not_served=not_served,
    )


def _digits(mark: str) -> str:
    return mark.replace(" ", "").lower()


def _rows(archive: Checked) -> Any:
    """Rows by table, of the tables that an archive carries and of one pilot only."""
    rows = archive.json("rows.json")
    known = {*CARRIED, *SHARED}
    fine = isinstance(rows, dict) and set(rows) == known and all(isinstance(found, list) for found in rows.values())
    if not fine or len(rows["pilot"]) != 1 or rows["pilot"][0].get("key") != archive.manifest["pilot"]:
        raise Refused(Problem(code="archive_member_changed", facts={"member": "rows.json"}))
    pilot_id = rows["pilot"][0].get("id")
    if any(row.get("pilot_id") != pilot_id for name in CARRIED[1:] for row in rows[name]):
        raise Refused(Problem(code="archive_member_changed", facts={"member": "rows.json"}))
    return rows


def _check_texts(archive: Checked, rows: Any) -> None:
    """The readable members are what the rows hold, and fit their own hashes."""
    for row in rows["evidence_record"]:
        member = f"evidence/{row['id']}.json"
        text = archive.members.get(member, b"")
        if text.decode("utf-8", "replace") != row["canonical"] or sha256_bytes(text) != row["sha256"]:
            raise Refused(Problem(code="archive_member_changed", facts={"member": member}))
        packed = f"inputs/{row['id']}.json.gz"
        try:
            unpacked(archive.members[packed])
        except (KeyError, ValueError, TypeError, OSError, EOFError):
            raise Refused(Problem(code="archive_member_changed", facts={"member": packed})) from None
    for table in ("plan_record", "assignment_record", "recommendation_record"):
        for row in rows[table]:
            if sha256_bytes(str(row["canonical"]).encode()) != row["sha256"]:
                raise Refused(Problem(code="archive_member_changed", facts={"member": "rows.json"}))


def _check_events(archive: Checked) -> None:
    """Each event of the origin carries the hash of itself."""
    for event in archive.json("events.json"):
        if not isinstance(event, dict) or event.get("hash") != event_hash(event):
            raise Refused(Problem(code="archive_member_changed", facts={"member": "events.json"}))


def _left_behind(work: Work, pilot_id: UUID, rows: Any, there: set[str]) -> None:
    """Files that the archive came without count as forgotten here: their rows and hashes are here, they are not."""
    gone = {(row["kind"], row["sha256"]) for row in rows["forgotten"]}
    for kind in ForgottenKind:
        for sha256 in sorted({row["sha256"] for row in rows[kind.value]} - there):
            if (kind.value, sha256) not in gone:
                work.add(Forgotten(pilot_id=pilot_id, kind=kind, sha256=sha256, reason="not in the archive"))


def _keep_events(work: Work, pilot_id: UUID, content: bytes) -> None:
    work.add(
        Attachment(
            pilot_id=pilot_id,
            name="events-of-the-origin.json",
            media_type="application/json",
            sha256=sha256_bytes(content),
            size=len(content),
            about=ORIGIN,
            added_by_id=work.actor_id,
        )
    )
