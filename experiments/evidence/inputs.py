"""What evidence was computed from, packed: cells of the data, and what the register knew that the data can't say.

Kept when data are forgotten, and carried by archives: with the locked plan and the draw it gives the same evidence
again, byte for byte.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from experiments.desk import Desk
from experiments.evidence.assess import evidence_texts, history_facts, reading_of
from experiments.planning.plan import stored_plan
from experiments.running.assign import read_assignment
from registry import find
from registry.evidence import EvidenceRecord
from registry.keeping import KeptInput
from registry.pilots import Pilot
from registry.plans import PlanRecord
from stats import ENGINE_VERSION
from stats.errors import RefusedData
from stats.plan import sha256

if TYPE_CHECKING:
    from stats.assessing.cells import Reading

Source = Literal["data", "cells", "text"]
MOST_UNPACKED = 1 << 30
"""Bytes that a packed input may unpack to."""


@dataclass(frozen=True, kw_only=True)
class Input:
    """facts: as ``history_facts``; cells: a kept reading (stats/assessing/kept.py), None where cells can't do."""

    facts: Mapping[str, Any]
    cells: Mapping[str, Any] | None

    def packed(self) -> bytes:
        facts = {**self.facts, "check_ins": [{**asdict(said), "week": said.week.isoformat()} for said in self._said]}
        text = json.dumps({"facts": facts, "cells": self.cells}, separators=(",", ":"), ensure_ascii=False)
        return gzip.compress(text.encode(), mtime=0)

    @property
    def _said(self) -> Any:
        return self.facts.get("check_ins", ())


def unpacked(content: bytes) -> Input:
    """The inverse of ``Input.packed``. Raises ValueError for anything else."""
    from stats.assessing.delivered import SiteWeek

    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        text = file.read(MOST_UNPACKED + 1)
    value = json.loads(text)
    said = tuple(SiteWeek(**{**each, "week": date.fromisoformat(each["week"])}) for each in value["facts"]["check_ins"])
    return Input(facts={**value["facts"], "check_ins": said}, cells=value["cells"])


@dataclass(frozen=True, kw_only=True)
class Known:
    """One evidence with everything stored that it was computed from. kept: the row of its packed input."""

    evidence: EvidenceRecord
    plan: PlanRecord
    snapshot: Any
    drawn: Any
    facts: Mapping[str, Any]
    kept: KeptInput | None
    forgotten: bool

    def again(self, desk: Desk) -> tuple[Source, str | None]:
        """(from what: data, cells or text; the evidence computed again, None where nothing is left to compute it)."""
        if not self.forgotten:
            return "data", self._computed(desk, self._stored(desk), None)
        kept = self._stored(desk)
        if kept is None or kept.cells is None:
            return "text", None
        return "cells", self._computed(desk, kept, self._reading(kept))

    def input(self, desk: Desk) -> Input:
        """What is to be kept of it, after trying that it gives the same evidence; without cells where they do not."""
        from stats.assessing.kept import as_kept

        stored = self._stored(desk)
        if stored is not None and (stored.cells is not None or self.forgotten):
            return stored
        facts = stored.facts if stored else self.facts
        plan = stored_plan(self.plan)
        try:
            cells = as_kept(reading_of(desk, plan, self.snapshot, self.evidence.look, self.drawn))
            made = unpacked(Input(facts=facts, cells=cells).packed())
            same = self._computed(desk, made, self._reading(made)) == self._expected(desk, made)
        except (TypeError, RefusedData):  # keys of another kind, or figures that need single records
            same = False
        return made if same else Input(facts=facts, cells=None)

    def _expected(self, desk: Desk, made: Input) -> str:
        """What the cells have to give: the stored text, or what the data give now where another engine made that."""
        if self.evidence.engine_version == ENGINE_VERSION:
            return self.evidence.canonical
        return self._computed(desk, made, None)

    def _stored(self, desk: Desk) -> Input | None:
        return None if self.kept is None else unpacked(desk.registry.snapshots.read(self.kept.sha256))

    def _reading(self, kept: Input) -> Reading:
        from stats.assessing.kept import from_kept
        from stats.assessing.look_window import at_look

        return from_kept(at_look(stored_plan(self.plan), self.evidence.look), kept.cells or {})

    def _computed(self, desk: Desk, kept: Input | None, reading: Reading | None) -> str:
        facts = kept.facts if kept else self.facts
        row = self.evidence
        return evidence_texts(desk, self.plan, self.snapshot, row.look, self.drawn, facts, reading)[row.arm]


def known_of(session: Any, pilot: Pilot) -> list[Known]:
    """Every evidence of the pilot with what it was computed from."""
    plans = {row.id: row for row in find.plans(session, pilot.id)}
    snapshots = {row.id: row for row in find.snapshots(session, pilot.id)}
    gone = {row.sha256 for row in find.forgotten(session, pilot.id)}
    kept = find.kept_inputs(session, pilot.id)
    found = []
    for row in find.evidence(session, pilot.id):
        draw = find.assignment(session, row.plan_id)
        found.append(
            Known(
                evidence=row,
                plan=plans[row.plan_id],
                snapshot=snapshots[row.snapshot_id],
                drawn=read_assignment(draw) if draw else None,
                facts=history_facts(session, pilot, plans[row.plan_id], row.made_at),
                kept=kept.get(row.id),
                forgotten=row.snapshot_sha256 in gone,
            )
        )
    return found


def text_fits(row: EvidenceRecord) -> bool:
    """Whether the stored text is the one that was hashed."""
    return sha256(row.canonical) == row.sha256
