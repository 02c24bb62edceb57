"""Reading catalogue files: TOML, a table an entry, its heading the key. All problems of a file at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from experiments.errors import Refused
from experiments.metrics.entry import MetricEntry
from stats.errors import Problem

FOLDER = Path(__file__).parent / "catalogue"
THEMES = (
    "waiting", "resolution", "contact_quality", "loyalty", "cost_and_waste", "employees", "delivery",
    "customers_own_economics",
)  # fmt: skip
"""The files, in the order in which a customer would name them."""


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, MetricEntry]:
    """The entries that come with the product, by key, in the order of the files. Their twins are all there."""
    found: dict[str, MetricEntry] = {}
    for theme in THEMES:
        path = FOLDER / f"{theme}.toml"
        found |= {entry.key: entry for entry in read_entries(path.read_text(encoding="utf-8"), path.name)}
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def _themes() -> Mapping[str, str]:
    return {key: path.stem for path in FOLDER.glob("*.toml") for key in tomllib.loads(path.read_text(encoding="utf-8"))}


def theme_of(key: str) -> str:
    """The theme (file) of a shipped entry; 'own' for one that was added here."""
    return _themes().get(key, "own")


def read_entries(text: str, name: str) -> tuple[MetricEntry, ...]:
    """The entries of one file called ``name``. Raises Refused with every problem of every entry."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(Problem(code="metric_file_not_read", facts={"file": name, "said": str(error)})) from None
    if not tables:
        raise Refused(Problem(code="metric_file_empty", facts={"file": name}))
    found: list[MetricEntry] = []
    problems: list[Problem] = []
    for key, table in tables.items():
        if not isinstance(table, dict):
            problems.append(Problem(code="metric_not_a_table", facts={"key": key}))
            continue
        try:
            found.append(MetricEntry.model_validate({**table, "key": key}))
        except ValidationError as error:
            problems += _problems(key, error)
    if problems:
        raise Refused(problems)
    return tuple(found)


def _problems(key: str, error: ValidationError) -> list[Problem]:
    """Pydantic's findings with the place: the entry and its part."""
    found = []
    for finding in error.errors(include_url=False):
        place = " > ".join([key, *(str(part) for part in finding["loc"])])
        if finding["type"] == "missing":
            found.append(Problem(code="metric_part_missing", facts={"place": place}))
        elif finding["type"] == "extra_forbidden":
            found.append(Problem(code="metric_part_unknown", facts={"place": place}))
        else:
            said = str(finding["msg"]).removeprefix("Value error, ")
            found.append(Problem(code="metric_part_wrong", facts={"place": place, "said": said[:1].lower() + said[1:]}))
    return found
