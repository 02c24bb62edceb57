"""Raw records of the field (calls, tickets, surveys ...) on their way to metrics by site and period.

    mapping = suggest_mapping(looked, "calls")          # which column plays which part; a person confirms
    records = read_raw(open_table(path, reading), mapping)   # standard records; what was dirty is counted by reason
    found = panel(records, metrics, by=("day", "half-hour"))  # the catalogue's metrics, in one scan

Nothing is dropped silently: each rule of ``dirt.py`` says what is done with the rows that it concerns, and how many
they are.
"""

from stats.raw_records.dirt import Finding, Handling
from stats.raw_records.kinds import KINDS, Field, RawKind
from stats.raw_records.mapping import RawMapping
from stats.raw_records.panel import GROUPINGS, Panel, PanelMetric, panel
from stats.raw_records.records import RawRecords, read_raw
from stats.raw_records.suggest import suggest_kind, suggest_mapping

__all__ = [
    "GROUPINGS",
    "KINDS",
    "Field",
    "Finding",
    "Handling",
    "Panel",
    "PanelMetric",
    "RawKind",
    "RawMapping",
    "RawRecords",
    "panel",
    "read_raw",
    "suggest_kind",
    "suggest_mapping",
]
