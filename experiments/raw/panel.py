"""From a raw file to a metric panel: the catalogue's metrics by site and period. ``view`` says it in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.errors import Refused
from experiments.metrics import MetricEntry
from experiments.words import not_estimable_sentence, say
from stats.errors import Problem, RefusedSpec
from stats.raw_records.kinds import KINDS, Kind
from stats.results import NotEstimable

if TYPE_CHECKING:
    from stats.outcomes import Preview, Reading, SizeLimits
    from stats.raw_records import Panel, RawMapping, RawRecords

LOOK_ROWS = 5_000
"""Rows that are seen for a proposal: enough for the words of an outcome and times of 0:00:00."""
SCALE_METRICS = frozenset({"scale_mean"})


@dataclass(frozen=True, kw_only=True)
class RawPanel:
    """records: read, with findings; entries: the metrics by key; panel: their values; reliability: of a scale, if any
    of the metrics rests on one."""

    records: RawRecords
    entries: Mapping[str, MetricEntry]
    panel: Panel
    reliability: str = ""


def first_look(content: Path | bytes, name: str, limits: SizeLimits | None = None) -> tuple[Reading, Preview]:
    """How a file seems to be read, and its first rows. Raises RefusedData."""
    from stats.outcomes import SizeLimits, guess_reading, preview

    kept = limits or SizeLimits()
    reading = guess_reading(content, name, kept)
    return reading, preview(content, reading, rows=LOOK_ROWS, limits=kept)


def proposed(looked: Preview, kind: str = "") -> RawMapping:
    """The mapping that names and contents suggest; the kind too where none is given."""
    from stats.raw_records import suggest_kind, suggest_mapping

    return suggest_mapping(looked, checked_kind(kind) if kind else suggest_kind(looked))


def checked_kind(kind: str) -> Kind:
    if kind not in KINDS:
        raise Refused(Problem(code="raw_kind_unknown", facts={"given": kind, "offered": list(KINDS)}))
    return kind  # type: ignore[return-value]


def read_records(path: Path, reading: Reading, mapping: RawMapping, limits: SizeLimits | None = None) -> RawRecords:
    """The file as standard records. Raises RefusedData and RefusedSpec."""
    from stats.outcomes import SizeLimits, open_table
    from stats.raw_records import read_raw

    return read_raw(open_table(path, reading, limits=limits or SizeLimits()), mapping)


def possible(records: RawRecords, entries: Mapping[str, MetricEntry]) -> dict[str, MetricEntry]:
    """The entries that can be computed from these records."""
    from stats.expressions import resolve
    from stats.raw_records.panel import texts_of

    found = {}
    for key, entry in entries.items():
        if entry.records != records.mapping.kind:
            continue
        try:
            for text in texts_of(entry.spec):
                resolve(text, records.table)
        except RefusedSpec:
            continue
        found[key] = entry
    return found


def make_panel(
    records: RawRecords, entries: Mapping[str, MetricEntry], keys: Sequence[str] = (), by: Sequence[str] = ()
) -> RawPanel:
    """The metrics ``keys`` (none: all that can be computed) by ``by``. Raises Refused and RefusedSpec."""
    from stats.raw_records import panel

    chosen = _chosen(records, entries, keys)
    made = panel(records, {key: entry.spec for key, entry in chosen.items()}, by)
    asked = any(entry.spec.column in SCALE_METRICS for entry in chosen.values())
    return RawPanel(records=records, entries=chosen, panel=made, reliability=_reliability(records) if asked else "")


def _chosen(records: RawRecords, entries: Mapping[str, MetricEntry], keys: Sequence[str]) -> dict[str, MetricEntry]:
    if not keys:
        found = possible(records, entries)
        if not found:
            raise Refused(Problem(code="raw_no_metric"))
        return found
    problems = []
    for key in keys:
        if key not in entries:
            problems.append(Problem(code="metric_unknown", facts={"key": key, "offered": _near(key, entries)}))
        elif entries[key].records != records.mapping.kind:
            facts = {"metric": key, "needed": entries[key].records, "kind": records.mapping.kind}
            problems.append(Problem(code="raw_metric_other_kind", facts=facts))
    if problems:
        raise Refused(problems)
    return {key: entries[key] for key in keys}


def _near(key: str, entries: Mapping[str, MetricEntry]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(key, list(entries), n=3, cutoff=0.4) or list(entries)[:5]


def _reliability(records: RawRecords) -> str:
    from stats.raw_records.scales import reliability

    found = reliability(records)
    if isinstance(found, NotEstimable):
        return say("raw.reliability_unknown", why=not_estimable_sentence(found))
    return say("raw.reliability", value=found.value, lower=found.ci_lower, upper=found.ci_upper, n=found.n)
