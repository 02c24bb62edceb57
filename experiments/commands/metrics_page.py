"""docs/metrics.md: the metric catalogue for readers, from the same files that the product computes with."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from experiments.metrics import MetricEntry, shipped, theme_of
from experiments.words import say

HEAD = """# Metric catalogue

Written by `pilot docs` from `experiments/metrics/catalogue/*.toml`: do not edit. `pilot metrics` lists the catalogue as
it stands where you are, with what was added there; `pilot metrics show KEY` prints one entry as a file to start from.

Each metric is computed from standard fields of raw records (`pilot panel RAW --kind KIND`), or from columns of a
pilot's own data that a charter names (`from: KEY` in the charter's metrics, with `measure: {column: ...}` where the
column is called otherwise). Shares are 0-1. A metric that can hide a bad experience names its twin, which shows it.
"""


def metrics_page() -> str:
    """The page as Markdown."""
    lines = [HEAD]
    for theme, entries in groupby(shipped().values(), key=lambda entry: theme_of(entry.key)):
        lines.append(f"## {say(f'metrics.theme.{theme}')}\n")
        for entry in entries:
            lines += _section(entry)
    return "\n".join(lines)


def _section(entry: MetricEntry) -> Iterator[str]:
    yield f"### {entry.name}\n"
    yield f"`{entry.key}`, version {entry.version}. {entry.definition}\n"
    rows = [
        ("metrics.feels", f"“{entry.customer_feels}”"),
        ("metrics.formula", f"{entry.formula} (kind `{entry.spec.kind}`)"),
        (
            "metrics.inputs",
            say("metrics.inputs_of", inputs=entry.inputs, records=say(f"raw.kind.{entry.records}").lower()),
        ),
        ("metrics.unit", say("metrics.unit_better", unit=entry.unit, better=entry.better)),
        ("metrics.perspective", say(f"metrics.perspective.{entry.perspective}")),
        ("metrics.step", entry.journey_step),
        ("metrics.waste", say(f"metrics.waste.{entry.waste or 'none'}")),
        ("metrics.twin", f"`{entry.twin}`" if entry.twin else say("metrics.twin_none")),
        ("metrics.minimum", say("metrics.minimum_n", count=entry.minimum_n)),
        ("metrics.missing", entry.missing),
        ("metrics.pitfalls", entry.pitfalls),
    ]
    yield "| | |\n|---|---|"
    for title, text in rows:
        yield f"| {say(title)} | {text} |"
    if entry.survey:
        yield f"\n{say('metrics.survey')}"
    yield ""
