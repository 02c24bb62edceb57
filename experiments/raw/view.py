"""A panel of raw records in words and tables: what was dirty, the rule for it, the metrics as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.metrics import MetricEntry
from experiments.raw.panel import RawPanel
from experiments.words import knows, say
from experiments.words.numbers import Unit, level, whole

if TYPE_CHECKING:
    from stats.raw_records import Finding, PanelMetric, RawMapping, RawRecords

SHOWN_ROWS = 400
PLACES = ("site", "queue", "channel", "segment")
"""Fields that a page groups by; people are no groups."""


@dataclass(frozen=True, kw_only=True)
class ChartView:
    """One metric of the panel for a chart: value (in the unit shown) and its text by cell, None where not known."""

    key: str
    name: str
    unit: str
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    alt: str


@dataclass(frozen=True, kw_only=True)
class PanelView:
    """A panel as people see it: plain values only, so that it can be kept while somebody looks at it.

    dirt, whole: tables by column key; groups: name -> its values by cell; rows: the first rows by title; columns: all
    rows to take away; shown: how many of how many rows are shown.
    """

    counted: str
    dirt: dict[str, list[str]]
    whole: dict[str, list[str]]
    reliability: str
    groups: dict[str, tuple[str, ...]]
    rows: dict[str, list[Any]]
    columns: dict[str, list[Any]]
    shown: str
    charts: tuple[ChartView, ...]


def counted(records: RawRecords) -> str:
    """'42,000 of 42,078 rows count.'"""
    return say("raw.counted", kept=records.kept, rows=records.rows)


def reason(found: Finding, mapping: RawMapping) -> str:
    return say(f"raw.dirt.{found.code}", field=found.field.replace("_", " "), minutes=f"{mapping.longest_minutes:g}")


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


def offered_groups(mapping: RawMapping) -> list[str]:
    """Groups for a page: time, and the places that are mapped."""
    from stats.raw_records import GROUPINGS

    return [*GROUPINGS, *(name for name in PLACES if mapping.has(name))]


def view(made: RawPanel) -> PanelView:
    """Everything that a page shows of a panel."""
    found = made.panel
    return PanelView(
        counted=counted(made.records),
        dirt=dirt_table(made.records),
        whole=whole_table(made),
        reliability=made.reliability,
        groups={name: tuple(str(value) for value in values) for name, values in found.groups.items()},
        rows=shown_rows(made, SHOWN_ROWS),
        columns=panel_columns(made),
        shown=say("raw.panel_of", shown=min(SHOWN_ROWS, len(found)), count=len(found)),
        charts=tuple(_chart(made, one) for one in found.metrics),
    )


def _chart(made: RawPanel, one: PanelMetric) -> ChartView:
    entry = made.entries[one.key]
    unit = Unit.of(entry.unit, entry.spec.kind)
    texts = tuple(_cell(entry, one, place) for place in range(len(one.value)))
    known = [value for value in one.value if value is not None]
    groups = [group_name(name) for name in made.panel.groups]
    ends = [level(value, unit) for value in (min(known), max(known))] if known else [say("raw.no_value")] * 2
    return ChartView(
        key=one.key,
        name=entry.name,
        unit=unit.of_level,
        values=tuple(None if value is None else value * unit.factor for value in one.value),
        texts=texts,
        alt=say("raw.chart_alt", metric=entry.name, groups=groups, low=ends[0], high=ends[1]),
    )


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
