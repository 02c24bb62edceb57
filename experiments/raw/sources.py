"""How the columns of a source are read, kept under its name and offered next time.

A kept mapping is an event of the log and nothing else: who kept it and when is known, the newest one counts, and no
earlier one is lost. It holds names of columns and the words of an outcome column, never a record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from experiments.charters.charter import slug
from experiments.desk import Desk, may
from experiments.errors import Refused
from registry import find
from registry.access import Act
from stats.errors import Problem
from stats.raw_records.mapping import RawMapping

KEPT = "raw.mapping_kept"
SHORTEST_NAME = 3


def mappings(desk: Desk) -> dict[str, RawMapping]:
    """The newest mapping of each source by its name, the one kept last first."""
    with desk.read() as session:
        events = find.events(session, act=KEPT)
    newest = {event.subject: event.after for event in events if event.after}
    order = sorted(newest, key=lambda subject: -max(event.seq for event in events if event.subject == subject))
    return {newest[key]["source"]: RawMapping.model_validate(newest[key]["mapping"]) for key in order}


def mapping_of(desk: Desk, source: str) -> RawMapping:
    """The mapping kept under that name; Refused names those that are."""
    kept = mappings(desk)
    for name, mapping in kept.items():
        if slug(name) == slug(source):
            return mapping
    raise Refused(Problem(code="raw_source_unknown", facts={"source": source, "offered": list(kept) or ["–"]}))


def keep_mapping(desk: Desk, source: str, mapping: RawMapping) -> None:
    """Keep a mapping under the name of its source: its department and system. Whoever may register may keep one."""
    may(desk, Act.REGISTER)
    name = source.strip()
    if len(name) < SHORTEST_NAME:
        raise Refused(Problem(code="raw_source_nameless"))
    kept = mapping.model_dump(mode="json", exclude_defaults=True)
    with desk.work() as work:
        work.record(KEPT, f"raw_source/{slug(name)}", after={"source": name, "mapping": kept})


def read_mapping(document: Any) -> RawMapping:
    """A mapping from a parsed file; Refused with every problem."""
    if not isinstance(document, Mapping):
        raise Refused(Problem(code="raw_mapping_wrong", facts={"place": "mapping", "said": "named parts are wanted"}))
    try:
        return RawMapping.model_validate(document)
    except ValidationError as error:
        raise Refused(
            [
                Problem(
                    code="raw_mapping_wrong",
                    facts={"place": " > ".join(map(str, found["loc"])) or "mapping", "said": str(found["msg"])},
                )
                for found in error.errors(include_url=False)
            ]
        ) from None
