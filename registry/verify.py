"""Can the record be trusted? Walks the log and re-hashes everything that it vouches for.

Three kinds of proof, each of which names what it finds:
1. the chain: every event hashes to what it carries, and carries the hash of the one before, without gaps to the head;
2. the seals: every row of every table is as the last event about it left it; none is missing, none came unrecorded;
3. the content: stored hashes fit the stored texts and bytes, and each record cites what really lies before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from registry import triggers
from registry.canonical import sha256_text
from registry.events import BEGINNING, Event, LogHead
from registry.open import Registry
from registry.schema import sealed_tables
from registry.seals import changed_fields, event_hash, seal, stored_rows
from registry.snapshots import digest_of

# record -> (column with the hash that it cites, column with the key of what it cites, that table)
CITATIONS = {
    "signature": (("plan_sha256", "plan_id", "plan_record"),),
    "assignment_record": (("plan_sha256", "plan_id", "plan_record"),),
    "evidence_record": (("plan_sha256", "plan_id", "plan_record"), ("snapshot_sha256", "snapshot_id", "snapshot")),
    "recommendation_record": (("evidence_sha256", "evidence_id", "evidence_record"),),
    "review": (("evidence_sha256", "evidence_id", "evidence_record"),),
    "decision": (("evidence_sha256", "evidence_id", "evidence_record"),),
    "proposed_overrule": (("evidence_sha256", "evidence_id", "evidence_record"),),
}
WITH_BYTES = ("snapshot", "attachment", "kept_input")
"""Tables whose rows name bytes in the snapshot store by their sha256."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is not as it was recorded. code: of the sentence ``finding.<code>``; seq: the event concerned."""

    code: str
    subject: str
    seq: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Verification:
    """events, rows, snapshots, attachments: how many were checked. head: hash of the last event. broken_at: first event
    that does not fit the chain, None if the chain is whole."""

    events: int
    rows: int
    snapshots: int
    attachments: int
    head: str
    broken_at: int | None
    findings: tuple[Finding, ...]

    @property
    def whole(self) -> bool:
        return not self.findings


def verify(registry: Registry, head: str | None = None) -> Verification:
    """Check the whole record, in one consistent view of it.

    head: a head hash noted earlier, or its first digits (memos and exports carry one): it must still be in the chain,
    else a tail was cut off or the log was written anew.
    """
    with registry.read() as session:
        chain = _Chain()
        findings = list(chain.walk(session, head))
        broken_at = min((f.seq for f in findings if f.seq is not None), default=None)
        findings += _guards(session)
        tables = {table.name: list(stored_rows(session, table)) for table in sealed_tables()}
    findings += _against_seals(tables, chain.seals)
    findings += _content(tables)
    gone = {(row["kind"], row["pilot_id"], row["sha256"]) for row in tables["forgotten"]}
    for name in WITH_BYTES:
        rows = [row for row in tables[name] if (name, row["pilot_id"], row["sha256"]) not in gone]
        findings += _bytes(registry, name, rows)
    return Verification(
        events=chain.length,
        rows=sum(map(len, tables.values())),
        snapshots=len(tables["snapshot"]),
        attachments=len(tables["attachment"]),
        head=chain.head,
        broken_at=broken_at,
        findings=tuple(findings),
    )


class _Chain:
    """The log as walked so far: its length, its head, and the last seal of every row."""

    def __init__(self) -> None:
        self.length = 0
        self.head = BEGINNING
        self.seals: dict[str, Mapping[str, Any] | None] = {}

    def walk(self, session: Session, noted: str | None) -> Iterator[Finding]:
        seen, seq = {BEGINNING}, 0
        for stored in stored_rows(session, Event.__table__):  # type: ignore[attr-defined]
            yield from self._link(stored, seq)
            seq = stored["seq"]
            seen.add(stored["hash"])
            self.length, self.head = self.length + 1, stored["hash"]
            self.seals.update(_parsed(stored["seals"]))
        yield from _at_the_head(session, seq, self.head)
        if noted is not None and not any(known.startswith(noted) for known in seen):
            yield Finding(code="head_unknown", subject="log_head/1", facts={"hash": noted})

    def _link(self, stored: Mapping[str, Any], before: int) -> Iterator[Finding]:
        seq = stored["seq"]
        subject = f"event/{seq}"
        if seq != before + 1:
            yield Finding(code="event_missing", subject=subject, seq=before + 1, facts={"until": seq - 1})
        if stored["previous_hash"] != self.head:
            yield Finding(code="link_broken", subject=subject, seq=seq)
        if stored["hash"] != event_hash(stored):
            yield Finding(code="event_changed", subject=subject, seq=seq, facts={"act": stored["act"]})


def _at_the_head(session: Session, seq: int, last_hash: str) -> Iterator[Finding]:
    heads = list(stored_rows(session, LogHead.__table__))  # type: ignore[attr-defined]
    if [(head["seq"], head["hash"]) for head in heads] != [(seq, last_hash)]:
        yield Finding(code="head_differs", subject="log_head/1", seq=seq + 1, facts={"last": seq})


def _parsed(seals: Any) -> dict[str, Any]:
    try:
        parsed = json.loads(seals)
    except (TypeError, ValueError):  # its event is reported as changed already
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _guards(session: Session) -> Iterator[Finding]:
    for name in sorted(triggers.guard_names() - triggers.installed(session.connection())):
        yield Finding(code="guard_missing", subject=name)


def _against_seals(
    tables: Mapping[str, list[dict[str, Any]]], seals: Mapping[str, Mapping[str, Any] | None]
) -> Iterator[Finding]:
    found = {f"{name}/{row['id']}": (name, row) for name, rows in tables.items() for row in rows}
    for subject, (name, row) in found.items():
        recorded, now = seals.get(subject), seal(name, row)
        if recorded is None:
            code = "row_returned" if subject in seals else "row_unrecorded"
            yield Finding(code=code, subject=subject)
        elif recorded["row"] != now["row"]:
            fields = changed_fields(recorded, now)
            code = "row_changed" if fields else "row_changed_somewhere"
            yield Finding(code=code, subject=subject, facts={"fields": fields})
    for subject, recorded in seals.items():
        if recorded is not None and subject not in found:
            yield Finding(code="row_missing", subject=subject)


def _content(tables: Mapping[str, list[dict[str, Any]]]) -> Iterator[Finding]:
    """Texts against their own hashes, and citations against what they cite."""
    hashes = {f"{name}/{row['id']}": row["sha256"] for name, rows in tables.items() for row in rows if "sha256" in row}
    for name, rows in tables.items():
        for row in rows:
            subject = f"{name}/{row['id']}"
            if "canonical" in row and sha256_text(str(row["canonical"])) != row["sha256"]:
                yield Finding(code="text_differs_from_hash", subject=subject)
            for cited, key, target in CITATIONS.get(name, ()):
                if row[cited] != hashes.get(f"{target}/{row[key]}"):
                    yield Finding(code="citation_differs", subject=subject, facts={"field": cited})


def _bytes(registry: Registry, table: str, rows: list[dict[str, Any]]) -> Iterator[Finding]:
    for row in rows:
        subject, sha256 = f"{table}/{row['id']}", str(row["sha256"])
        path = registry.snapshots.folder / sha256[:2] / sha256
        if "/" in sha256 or not path.is_file():
            yield Finding(code=f"{table}_missing", subject=subject, facts={"sha256": sha256})
        elif digest_of(path) != sha256:
            yield Finding(code=f"{table}_changed", subject=subject, facts={"sha256": sha256})
