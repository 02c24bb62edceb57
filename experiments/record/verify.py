"""Verify: is the record as it was written? Walks the whole log, every row and every snapshot, and the kept lists."""

from __future__ import annotations

import re
from dataclasses import dataclass

from experiments.desk import Desk
from experiments.errors import Refused
from experiments.portfolio.survey import false_rows
from experiments.words import say
from registry.verify import Verification
from registry.verify import verify as walk
from stats.errors import Problem

_MARK = re.compile(r"[0-9a-f]{12,64}")
"""A head hash, or as much of its beginning as the foot of a memo shows."""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """findings: sentences on whatever is not as it was recorded; empty where the record is whole."""

    whole: bool
    events: int
    rows: int
    snapshots: int
    attachments: int
    head: str
    findings: tuple[str, ...]


def verify(desk: Desk, head: str | None = None) -> Verified:
    """head: hash noted earlier (memos and exports carry one), whole or its first 12 digits: it must be in the log."""
    noted = None if head is None else head.strip().lower()
    if noted is not None and not _MARK.fullmatch(noted):
        raise Refused(Problem(code="head_not_a_hash", facts={"given": noted[:80]}))
    found: Verification = walk(desk.registry, noted)
    # Only a whole record can tell what a list should say.
    listed = [say("finding.list_false", pilot=key) for key in false_rows(desk)] if found.whole else []
    return Verified(
        whole=found.whole and not listed,
        events=found.events,
        rows=found.rows,
        snapshots=found.snapshots,
        attachments=found.attachments,
        head=found.head,
        findings=(
            *(
                say(f"finding.{finding.code}", subject=finding.subject, seq=finding.seq, **finding.facts)
                for finding in found.findings
            ),
            *listed,
        ),
    )
