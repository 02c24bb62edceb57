"""The metric catalogue as it stands here: what comes with the product, what was added, what is retired.

An added entry is a version of a metric in the registry; the whole entry, as it was written, stands in the event that
tells of it, so that the log vouches for every word. Nothing is edited in place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from experiments.desk import Desk, may
from experiments.errors import Refused
from experiments.metrics import MetricEntry, read_entries, shipped, theme_of
from experiments.words import say
from registry import find
from registry.access import Act
from registry.errors import NotFound
from registry.kinds import Direction, MetricKind, Perspective, WasteClass
from registry.metrics import MetricDefinition, MetricVersion
from registry.unit_of_work import Work
from stats.errors import Problem

ADDED = "metric.version_added"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One metric of the catalogue in its newest version. origin: 'shipped' or 'own'; earlier: versions before it."""

    entry: MetricEntry
    origin: Literal["shipped", "own"]
    retired: bool
    earlier: tuple[int, ...] = ()

    @property
    def theme(self) -> str:
        return theme_of(self.entry.key)


def catalogue(desk: Desk) -> dict[str, Listed]:
    """Every metric by key, retired ones too: those of the product in the order of its files, then those added here."""
    with desk.read() as session:
        added = [
            MetricEntry.model_validate(event.after["entry"])
            for event in find.events(session, act=ADDED)
            if event.after and "entry" in event.after
        ]
        retired = {row.key for row in find.retired_metrics(session)}
    found: dict[str, Listed] = {}
    for entry, origin in [*((e, "shipped") for e in shipped().values()), *((e, "own") for e in added)]:
        before = found.get(entry.key)
        earlier = (*before.earlier, before.entry.version) if before else ()
        found[entry.key] = Listed(
            entry=entry,
            origin=origin,  # type: ignore[arg-type]
            retired=entry.key in retired,
            earlier=earlier,
        )
    return found


def in_use(desk: Desk) -> dict[str, MetricEntry]:
    """The entries that a charter may choose."""
    return {key: listed.entry for key, listed in catalogue(desk).items() if not listed.retired}


def metric(desk: Desk, key: str) -> Listed:
    """One metric; Refused names the nearest ones."""
    found = catalogue(desk)
    if key not in found:
        near = get_close_matches(key, list(found), n=3, cutoff=0.4) or list(found)[:5]
        raise Refused(Problem(code="metric_unknown", facts={"key": key, "offered": near}))
    return found[key]


def search(
    listed: Mapping[str, Listed], *, words: str = "", perspective: str = "", step: str = "", waste: str = ""
) -> list[Listed]:
    """Those in which every word occurs and that fit every filter given; retired ones last. waste 'none': without."""
    wanted = words.lower().split()
    found = []
    for one in listed.values():
        entry = one.entry
        text = " ".join([entry.key, entry.name, entry.definition, entry.customer_feels, entry.records]).lower()
        fits = all(word in text for word in wanted) and perspective in ("", entry.perspective)
        if fits and step in ("", entry.journey_step) and waste in ("", entry.waste or "none"):
            found.append(one)
    return sorted(found, key=lambda one: one.retired)


def add(desk: Desk, text: str, name: str) -> tuple[str, ...]:
    """Add the entries of a file: new metrics as version 1, changed ones as the next version. All of them or none."""
    may(desk, Act.KEEP_METRICS)
    entries = read_entries(text, name)
    known = catalogue(desk)
    problems = [*_out_of_order(entries, known), *_without_twin(entries, known)]
    if problems:
        raise Refused(problems)
    with desk.work() as work:
        for entry in entries:
            _add(work, entry)
    return tuple(entry.key for entry in entries)


def retire(desk: Desk, key: str, why: str = "") -> None:
    """Take a metric out of the choice; what uses it keeps it."""
    _set_retired(desk, key, True, why)


def restore(desk: Desk, key: str, why: str = "") -> None:
    """Bring a retired metric back."""
    _set_retired(desk, key, False, why)


def _out_of_order(entries: Sequence[MetricEntry], known: Mapping[str, Listed]) -> list[Problem]:
    problems = []
    for entry in entries:
        latest = known[entry.key].entry.version if entry.key in known else 0
        if entry.version != latest + 1:
            facts = {"key": entry.key, "given": entry.version, "latest": latest, "next": latest + 1}
            code = "metric_version_order" if latest else "metric_first_version"
            problems.append(Problem(code=code, facts=facts))
    return problems


def _without_twin(entries: Sequence[MetricEntry], known: Mapping[str, Listed]) -> list[Problem]:
    there = {*known, *(entry.key for entry in entries)}
    return [
        Problem(code="metric_twin_unknown", facts={"key": entry.key, "twin": entry.twin})
        for entry in entries
        if entry.twin is not None and entry.twin not in there
    ]


def _add(work: Work, entry: MetricEntry) -> None:
    definition = _definition(work, entry.key) or work.add(MetricDefinition(key=entry.key))
    number = len(find.metric_versions(work.session, definition.id)) + 1
    row = work.add(
        MetricVersion(
            metric_id=definition.id,
            number=number,
            name=entry.name,
            meaning=entry.customer_feels,
            unit=entry.unit,
            better=Direction(entry.better),
            kind=MetricKind(entry.spec.kind),
            spec=entry.spec.model_dump(mode="json"),
            minimum_n=entry.minimum_n,
            survey=entry.survey,
            perspective=Perspective(entry.perspective),
            journey_step=entry.journey_step,
            waste_class=WasteClass(entry.waste) if entry.waste else None,
            twin_key=entry.twin,
            defined_by_id=work.actor_id,
        )
    )
    written: dict[str, Any] = entry.model_dump(mode="json", exclude_defaults=True)
    work.record(ADDED, row, after={"key": entry.key, "number": entry.version, "entry": written})


def _definition(work: Work, key: str) -> MetricDefinition | None:
    try:
        return find.metric(work.session, key)
    except NotFound:
        return None


def _set_retired(desk: Desk, key: str, retired: bool, why: str) -> None:
    may(desk, Act.KEEP_METRICS)
    if metric(desk, key).retired == retired:
        raise Refused(Problem(code="metric_already_retired" if retired else "metric_not_retired", facts={"key": key}))
    with desk.work() as work:
        row = _definition(work, key) or work.add(MetricDefinition(key=key))
        work.change(row, "metric.retired" if retired else "metric.restored", why=why, retired=retired)


def origin_words(listed: Listed) -> str:
    """'Version 2, added here'."""
    return say("metrics.version", number=listed.entry.version, origin=say(f"metrics.origin.{listed.origin}"))


def as_toml(entry: MetricEntry) -> str:
    """The entry as a catalogue file holds it: to be changed, given the next number and added."""
    import json

    parts = entry.model_dump(mode="json", exclude_defaults=True, exclude={"key"})
    said = {name: value for name, value in parts.pop("spec", {}).items() if name not in ("better", "minimum_n")}
    spec = {"kind": entry.spec.kind, **said}
    inline = ", ".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in spec.items())
    lines = [f"[{entry.key}]", *(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in parts.items())]
    return "\n".join([*lines, f"spec = {{ {inline} }}"]) + "\n"
