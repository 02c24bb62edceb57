"""From a raw file to a metric panel: what was dirty in words, and the catalogue's metrics by site and period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.errors import Refused
from experiments.metrics import MetricEntry
from experiments.words import knows, not_estimable_sentence, say
from experiments.words.numbers import Unit, level, whole
from stats.errors import Problem, RefusedSpec
from stats.raw_records.kinds import KINDS, Kind
from stats.results import NotEstimable

if TYPE_CHECKING:
    from stats.outcomes import Preview, Reading, SizeLimits
    from stats.raw_records import Finding, Panel, PanelMetric, RawMapping, RawRecords

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


# --- in words and tables ---------------------------------------------------------------------------------------------


def counted(records: RawRecords) -> str:
    """'42,000 of 42,078 rows count.'"""
    return say("raw.counted", kept=records.kept, rows=records.rows)


def reason(found: Finding, mapping: RawMapping) -> str:
    return say(f"raw.dirt.{found.code}", field=found.field, minutes=f"{mapping.longest_minutes:g}")


def rule(found: Finding) -> str:
    """What is done with it: the reason's own rule, or that of its handling."""
    own = f"raw.rule.{found.code}"
    return say(own) if knows(own) else say(f"raw.rule.{found.handling}")


def dirt_table(records: RawRecords) -> dict[str, list[str]]:
    """Every reason with its count, first rows and rule."""
    return {
        "dirt": [reason(found, records.mapping) for found in records.findings],
        "rows": [whole(found.rows) for found in records.findings],
        "first_rows": [", ".join(map(str, found.first)) for found in records.findings],
        "raw_rule": [rule(found) for found in records.findings],
    }


def whole_table(made: RawPanel) -> dict[str, list[str]]:
    """Each metric over all records."""
    metrics = made.panel.metrics
    return {
        "metric": [made.entries[one.key].name for one in metrics],
        "whole_value": [_in_words(made.entries[one.key], one.whole) for one in metrics],
        "records_behind": [whole(one.whole_n) for one in metrics],
        "feels": [made.entries[one.key].customer_feels for one in metrics],
    }


def _in_words(entry: MetricEntry, value: float | None) -> str:
    return say("raw.no_value") if value is None else level(value, Unit.of(entry.unit, entry.spec.kind))


def panel_columns(made: RawPanel) -> dict[str, list[Any]]:
    """The panel as a table to take away: groups, records, and each metric with what stands behind it.

    Numbers are those of the metric's unit, shares 0-1; nothing where too few records stand behind a value.
    """
    columns: dict[str, list[Any]] = {group_name(name): list(values) for name, values in made.panel.groups.items()}
    columns[say("raw.rows")] = list(made.panel.rows)
    for one in made.panel.metrics:
        name = made.entries[one.key].name
        columns[name] = list(one.value)
        columns[say("raw.n_of", metric=name)] = list(one.n)
    return columns


def group_name(name: str) -> str:
    """A grouping in words; a field of the records by its own name."""
    return say(f"raw.by.{name}") if knows(f"raw.by.{name}") else name.replace("_", " ")


def shown_rows(made: RawPanel, most: int = 200) -> dict[str, list[Any]]:
    """The first rows as people read them."""
    columns: dict[str, list[Any]] = {
        group_name(name): [str(value) for value in values[:most]] for name, values in made.panel.groups.items()
    }
    columns[say("raw.rows")] = [whole(n) for n in made.panel.rows[:most]]
    for one in made.panel.metrics:
        entry = made.entries[one.key]
        columns[entry.name] = [_cell(entry, one, place) for place in range(min(most, len(one.value)))]
    return columns


def _cell(entry: MetricEntry, one: PanelMetric, place: int) -> str:
    value = one.value[place]
    if value is None:
        return say("raw.too_few" if 0 < one.n[place] < one.minimum_n else "raw.no_value")
    return level(value, Unit.of(entry.unit, entry.spec.kind))


def as_json(made: RawPanel) -> dict[str, Any]:
    """Everything for programs: mapping, dirt, metrics over all records and by cell."""
    records, found = made.records, made.panel
    return {
        "kind": records.mapping.kind,
        "rows": records.rows,
        "kept": records.kept,
        "mapping": records.mapping.model_dump(mode="json", exclude_defaults=True),
        "dirt": [
            {
                "reason": finding.code,
                "field": finding.field,
                "rows": finding.rows,
                "first_rows": list(finding.first),
                "handling": finding.handling,
                "sentence": f"{reason(finding, records.mapping)}: {rule(finding)}",
            }
            for finding in records.findings
        ],
        "metrics": [
            {
                "key": one.key,
                "version": made.entries[one.key].version,
                "name": made.entries[one.key].name,
                "unit": made.entries[one.key].unit,
                "better": made.entries[one.key].better,
                "minimum_n": one.minimum_n,
                "value": one.whole,
                "n": one.whole_n,
            }
            for one in found.metrics
        ],
        "by": list(found.groups),
        "cells": [
            {
                **{name: values[place] for name, values in found.groups.items()},
                "rows": found.rows[place],
                "values": {one.key: one.value[place] for one in found.metrics},
                "n": {one.key: one.n[place] for one in found.metrics},
            }
            for place in range(len(found))
        ],
        "reliability": made.reliability or None,
    }
