"""Objectives from a file: a tree with its key results and the pilots that serve them, kept whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from types import UnionType
from typing import Any, get_args, get_type_hints

from experiments.charters.charter import slug
from experiments.desk import Desk, may
from experiments.errors import Refused
from experiments.objectives.keep import NewKeyResult, NewObjective, keep_key_result, keep_objective
from experiments.objectives.serve import Service, keep_service
from registry.access import Act
from stats.errors import Problem


@dataclass(frozen=True, kw_only=True)
class Added:
    """Keys of what was added."""

    objectives: tuple[str, ...]
    key_results: tuple[str, ...]
    services: int


def add_from_file(desk: Desk, document: Any) -> Added:
    """Add everything that the document holds: ``objectives``, each with ``key_results``, ``pilots`` and ``below``.

    Refused, with everything that is wrong with its form, before anything is kept.
    """
    may(desk, Act.KEEP_OBJECTIVES)
    problems: list[Problem] = []
    read = list(_read(document, problems))
    if problems or not read:
        raise Refused(problems or [Problem(code="objective_file_empty")])
    objectives, results, services = [], [], 0
    with desk.work() as work:
        for one in read:
            if isinstance(one, NewObjective):
                objectives.append(keep_objective(desk, work, one).key)
            elif isinstance(one, NewKeyResult):
                results.append(keep_key_result(desk, work, one).key)
            else:
                keep_service(desk, work, one)
                services += 1
    return Added(objectives=tuple(objectives), key_results=tuple(results), services=services)


def services_from_file(desk: Desk, document: Any) -> int:
    """Attach the pilots that the document lists under ``pilots``; how many."""
    problems: list[Problem] = []
    listed = _rows(document, "pilots", "pilots", problems) if isinstance(document, Mapping) else []
    read = [each for number, row in enumerate(listed, 1) if (each := _made(Service, row, f"pilots {number}", problems))]
    if problems or not read:
        raise Refused(problems or [Problem(code="objective_file_empty")])
    may(desk, Act.KEEP_OBJECTIVES)
    with desk.work() as work:
        for each in read:
            keep_service(desk, work, each)
    return len(read)


def _read(document: Any, problems: list[Problem]) -> Iterator[NewObjective | NewKeyResult | Service]:
    if not isinstance(document, Mapping):
        return
    for place, row in enumerate(_rows(document, "objectives", "objectives", problems), 1):
        yield from _objective(row, f"objectives {place}", {}, problems)


def _objective(
    row: Any, place: str, above: dict[str, str], problems: list[Problem]
) -> Iterator[NewObjective | NewKeyResult | Service]:
    if not isinstance(row, Mapping):
        problems.append(Problem(code="objective_file_part", facts={"place": place}))
        return
    own = {name: value for name, value in row.items() if name not in ("key_results", "below")}
    objective = _made(NewObjective, {**above, **own}, place, problems)
    key = str(own.get("key") or slug(str(own.get("title", ""))))
    if objective is not None:
        yield objective
    for number, result in enumerate(_rows(row, "key_results", place, problems), 1):
        yield from _key_result(result, f"{place}, key_results {number}", key, problems)
    handed_down = {"parent": key, "period": own.get("period", above.get("period", ""))}
    for number, child in enumerate(_rows(row, "below", place, problems), 1):
        yield from _objective(child, f"{place}, below {number}", handed_down, problems)


def _key_result(row: Any, place: str, objective: str, problems: list[Problem]) -> Iterator[NewKeyResult | Service]:
    if not isinstance(row, Mapping):
        problems.append(Problem(code="objective_file_part", facts={"place": place}))
        return
    own = {name: value for name, value in row.items() if name != "pilots"}
    made = _made(NewKeyResult, {"objective": objective, **own}, place, problems)
    if made is not None:
        yield made
    key = str(own.get("key") or slug(str(own.get("name", ""))))
    for number, each in enumerate(_rows(row, "pilots", place, problems), 1):
        here = f"{place}, pilots {number}"
        service = _made(Service, {"key_result": key, **each} if isinstance(each, Mapping) else each, here, problems)
        if service is not None:
            yield service


def _rows(of: Mapping[str, Any], name: str, place: str, problems: list[Problem]) -> list[Any]:
    found = of.get(name) or []
    if isinstance(found, list):
        return found
    problems.append(Problem(code="objective_file_list", facts={"place": place, "name": name}))
    return []


def _made(kind: type[Any], row: Any, place: str, problems: list[Problem]) -> Any:
    """One of our own values from what the file says; None with the problems told."""
    if not isinstance(row, Mapping):
        problems.append(Problem(code="objective_file_part", facts={"place": place}))
        return None
    known, hints = {each.name: each for each in fields(kind)}, get_type_hints(kind)
    found = [
        Problem(code="objective_file_unknown", facts={"place": place, "name": name, "offered": list(known)})
        for name in row
        if name not in known
    ]
    found += [
        Problem(code="objective_file_missing", facts={"place": place, "name": name})
        for name, each in known.items()
        if each.default is MISSING and row.get(name) is None
    ]
    found += [
        Problem(code="objective_file_value", facts={"place": place, "name": name, "given": str(value)[:80]})
        for name, value in row.items()
        if name in known and value is not None and not _fits(value, hints[name])
    ]
    problems += found
    return None if found else kind(**{name: value for name, value in row.items() if value is not None})


def _fits(value: Any, wanted: Any) -> bool:
    kinds = get_args(wanted) if isinstance(wanted, UnionType) else (wanted,)
    if isinstance(value, bool):
        return False
    return isinstance(value, kinds) or (float in kinds and isinstance(value, int))
