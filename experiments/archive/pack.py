"""Export: one pilot packed, with the sha256 of every member in a signed manifest."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.archive.serves import serves
from experiments.archive.signing import mark_of, public_key, signed
from experiments.desk import Desk, allowed, may
from experiments.errors import Refused
from experiments.evidence.inputs import known_of
from experiments.hidden import closed
from experiments.memo import memo, render
from experiments.tables import as_csv
from registry import find
from registry.access import Act
from registry.canonical import canonical_json, sha256_bytes
from registry.carrying import events_of, rows_of
from registry.migration import SCHEMA
from registry.pilots import Pilot
from stats import ENGINE_VERSION
from stats.errors import Problem

FORMAT = "proving-ground-pilot-1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"


@dataclass(frozen=True, kw_only=True)
class Exported:
    """size: bytes; members: files in the archive; head: of the log when it was made; signer: mark of the key."""

    pilot: str
    output: str
    size: int
    members: int
    head: str
    signer: str


def export_pilot(desk: Desk, key: str, path: Path, *, data: bool = True) -> Exported:
    """Write the archive of a pilot to a new file. data: with the uploaded files; without them their cells are in it."""
    pilot = desk.pilot(key)
    may(desk, Act.EXPORT, pilot)
    if path.exists():
        raise Refused(Problem(code="export_exists", facts={"file": str(path)}))
    _refuse_closed(desk, pilot)
    members = dict(_members(desk, pilot, data=data))
    head, home = desk.registry.head_hash(), desk.registry.home
    about = {
        "format": FORMAT,
        "schema": SCHEMA,
        "engine_version": ENGINE_VERSION,
        "pilot": key,
        "made_at": desk.registry.clock(),
        "log_head": head,
        "with_data": data,
        "public_key": public_key(home),
        "members": {name: {"sha256": sha256_bytes(each), "size": len(each)} for name, each in members.items()},
    }
    manifest = canonical_json(about).encode()
    own, signature = signed(home, manifest)
    try:
        with path.open("xb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in {MANIFEST: manifest, SIGNATURE: signature.encode(), **members}.items():
                archive.writestr(name, content)
    except OSError as error:
        facts = {"file": str(path), "said": error.strerror or type(error).__name__}
        raise Refused(Problem(code="file_not_written", facts=facts)) from None
    with desk.work() as work:
        after = {"log_head": head, "manifest_sha256": sha256_bytes(manifest), "with_data": data}
        work.record("pilot.exported", pilot, after=after)
    return Exported(
        pilot=key,
        output=str(path),
        size=path.stat().st_size,
        members=len(members),
        head=head,
        signer=mark_of(own),
    )


def _refuse_closed(desk: Desk, pilot: Pilot) -> None:
    """Between planned checks the numbers leave the house only with those who keep the whole record."""
    with desk.read() as session:
        newest = {row.arm: row for row in find.evidence(session, pilot.id)}
        said = [find.recommendation(session, row.id) for row in newest.values()]
    hidden = any(closed(json.loads(row.canonical) if row else None) for row in said)
    if hidden and not allowed(desk, Act.KEEP_RECORD, pilot):
        raise Refused(Problem(code="export_closed", facts={"pilot": pilot.key}))


def _members(desk: Desk, pilot: Pilot, *, data: bool) -> Iterator[tuple[str, bytes]]:
    with desk.read() as session:
        rows, events = rows_of(session, pilot.id), events_of(session, pilot.id)
        evidence = known_of(session, pilot)
        gone = {row.sha256 for row in find.forgotten(session, pilot.id)}
        plans = find.plans(session, pilot.id)
        served = serves(session, pilot.id)
        recommendations = {known.evidence.id: find.recommendation(session, known.evidence.id) for known in evidence}
        named = {row.sha256 for row in find.snapshots(session, pilot.id)}
        named |= {row.sha256 for row in find.attachments(session, pilot.id)}
    yield "rows.json", canonical_json(rows).encode()
    yield "events.json", canonical_json(events).encode()
    yield "serves.json", canonical_json(served).encode()
    yield "charter.json", canonical_json(pilot.draft).encode()
    for plan in plans:
        yield f"plans/{plan.number}.json", plan.canonical.encode()
    for known in evidence:
        row = known.evidence
        yield f"evidence/{row.id}.json", row.canonical.encode()
        yield f"inputs/{row.id}.json.gz", known.input(desk).packed()
        said = recommendations[row.id]
        if said is not None:
            yield f"recommendations/{row.id}.json", said.canonical.encode()
    if evidence:
        yield "results.csv", as_csv(_results([json.loads(known.evidence.canonical) for known in evidence]))
    if any(recommendations.values()):
        view = memo(desk, pilot.key)
        yield "memo.html", render(view, "html")
        yield "memo.pdf", render(view, "pdf")
    for sha256 in sorted(named - gone) if data else []:
        yield f"files/{sha256}", desk.registry.snapshots.read(sha256)


RESULTS = ("effect", "std_error", "ci_lower", "ci_upper", "p_value", "n_control", "n_treatment", "method")


def _results(evidence: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """One row a metric of each evidence; empty where nothing could be estimated, with the reason."""
    found = [(one, key, each["result"]) for one in evidence for key, each in sorted(one["metrics"].items())]
    return {
        "look": [one["look"] for one, _, _ in found],
        "arm": [one["arm_label"] for one, _, _ in found],
        "metric": [key for _, key, _ in found],
        **{name: [result.get(name) for _, _, result in found] for name in RESULTS},
        "not_estimable": [result.get("not_estimable") for _, _, result in found],
    }
