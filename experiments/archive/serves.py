"""Which key results a pilot serves, as it travels: by their keys, for the objectives themselves stay where they are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from experiments.errors import Refused
from registry import find
from registry.objectives import PilotKeyResult
from registry.pilots import Pilot
from registry.unit_of_work import Work
from stats.errors import Problem

OF_LINK = ("metric_key", "exposed_share", "reached_share", "reaches", "note")
OF_RESULT = ("key", "name", "kind", "unit")


def serves(session: Any, pilot_id: UUID) -> list[dict[str, Any]]:
    """One entry a key result that the pilot serves: what identifies it, and how the pilot serves it."""
    results = {row.id: row for row in find.key_results(session)}
    links = [row for row in find.served_key_results(session) if row.pilot_id == pilot_id]
    return [
        {"key_result": {name: getattr(results[row.key_result_id], name) for name in OF_RESULT}}
        | {name: getattr(row, name) for name in OF_LINK}
        for row in links
    ]


def bring_serves(work: Work, pilot: Pilot, carried: Any) -> tuple[str, ...]:
    """Attach the pilot to the key results that are here; names of those that are not.

    The same key result is one of the same key that moves the same way in the same unit.
    """
    here = {(row.key, str(row.kind), row.unit): row for row in find.key_results(work.session)}
    absent = []
    for link, wanted in _readable(carried):
        result = here.get((wanted["key"], str(wanted["kind"]), wanted["unit"]))
        if result is None:
            absent.append(wanted["name"])
            continue
        row = work.add(PilotKeyResult(pilot_id=pilot.id, key_result_id=result.id, **link))
        after = {"key_result": result.key, "metric": row.metric_key, "exposed_share": row.exposed_share}
        work.record("pilot.serves", row, after=after)
    return tuple(absent)


def _readable(carried: Any) -> list[tuple[dict[str, Any], dict[str, str]]]:
    try:
        return [
            ({name: each[name] for name in OF_LINK}, {name: str(each["key_result"][name]) for name in OF_RESULT})
            for each in carried
        ]
    except (TypeError, KeyError):
        raise Refused(Problem(code="archive_member_changed", facts={"member": "serves.json"})) from None
