"""Verify: is the record as it was written? Walks the whole log, every row and every snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.desk import Desk
from experiments.words import say
from registry.verify import Verification
from registry.verify import verify as walk


@dataclass(frozen=True, kw_only=True)
class Verified:
    """findings: sentences on whatever is not as it was recorded; empty where the record is whole."""

    whole: bool
    events: int
    rows: int
    snapshots: int
    head: str
    findings: tuple[str, ...]


def verify(desk: Desk, head: str | None = None) -> Verified:
    """head: hash noted earlier (each memo carries one), which must still be in the log."""
    found: Verification = walk(desk.registry, head)
    return Verified(
        whole=found.whole,
        events=found.events,
        rows=found.rows,
        snapshots=found.snapshots,
        head=found.head,
        findings=tuple(
            say(f"finding.{finding.code}", subject=finding.subject, seq=finding.seq, **finding.facts)
            for finding in found.findings
        ),
    )
