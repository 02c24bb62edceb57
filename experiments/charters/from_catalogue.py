"""``from: speed_of_answer`` in a charter: a metric of the catalogue, with what the charter says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from experiments.errors import Refused
from experiments.metrics import MetricEntry
from stats.errors import Problem

ROLES = ("success", "guardrails", "secondary")


def with_catalogue(document: Mapping[str, Any], entries: Mapping[str, MetricEntry]) -> dict[str, Any]:
    """The document with every metric that names an entry written out. Refused names all that the catalogue lacks.

    What stands beside ``from`` wins; ``measure`` is completed part by part, so that another column is one line. The
    worst experience is the entry's twin, where it is a tail or a limit. Where the data are a panel (``where``), a
    metric is the column of that name, with its value by site and period.
    """
    metrics, where = document.get("metrics"), document.get("where")
    panel = isinstance(where, Mapping) and where.get("data") == "panel"
    if not isinstance(metrics, Mapping):
        return dict(document)
    problems: list[Problem] = []
    written = {
        role: [_written_out(one, role, entries, problems, panel) for one in found] if _is_list(found) else found
        for role, found in metrics.items()
    }
    if problems:
        raise Refused(problems)
    return {**document, "metrics": written}


def names_catalogue(document: Any) -> bool:
    """Whether any metric of a parsed charter is one ``from`` the catalogue."""
    metrics = document.get("metrics") if isinstance(document, Mapping) else None
    roles = metrics.values() if isinstance(metrics, Mapping) else ()
    return any(isinstance(one, Mapping) and "from" in one for found in roles if _is_list(found) for one in found)


def metric_from(
    entry: MetricEntry, entries: Mapping[str, MetricEntry], role: str, *, panel: bool = False
) -> dict[str, Any]:
    """What the catalogue knows of a charter's metric in that role. panel: the data hold its values, in a column of
    its key, and no longer the records; the worst experience is then a column of its own."""
    metric = entry.as_charter_metric()
    if panel:
        return {**metric, "measure": {"kind": "mean", "column": entry.key}}
    worst = _worst(entries.get(entry.twin or "")) if role == "success" else None
    return {**metric, "worst": worst} if worst else metric


def _written_out(
    given: Any, role: str, entries: Mapping[str, MetricEntry], problems: list[Problem], panel: bool
) -> Any:
    if not isinstance(given, Mapping) or "from" not in given:
        return given
    key = str(given["from"])
    entry = entries.get(key)
    if entry is None:
        near = get_close_matches(key, list(entries), n=3, cutoff=0.5)
        problems.append(
            Problem(code="charter_metric_from", facts={"metric": key, "offered": near or list(entries)[:6]})
        )
        return given
    known = metric_from(entry, entries, role, panel=panel)
    own = {name: value for name, value in given.items() if name != "from"}
    if isinstance(own.get("measure"), Mapping):
        own["measure"] = {**known["measure"], **own["measure"]}
    return {**known, **own}


def _worst(twin: MetricEntry | None) -> dict[str, Any] | None:
    """The twin as a charter says it; None where it is neither a tail nor a limit of the same column."""
    if twin is None:
        return None
    if twin.spec.kind == "tail_mean":
        return {"share": twin.spec.tail}
    return {"beyond": twin.spec.threshold} if twin.spec.kind == "share_beyond" else None


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
