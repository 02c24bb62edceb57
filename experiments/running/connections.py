"""Tables that may be read behind a connection: an administrator names them in a file beside the record.

``connections.toml`` in the data folder (or the file that PROVING_GROUND_CONNECTIONS names):

    [warehouse]
    address = "postgres://reader@db.example/calls"   # or address_from = "WAREHOUSE_URL", a variable of the server
    tables = ["marts.visits", "marts.calls"]

Only these tables are read. Addresses are secrets: they are shown to nobody and enter no record.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from experiments.desk import Desk, may
from experiments.errors import Refused
from experiments.files import plain_name
from experiments.limits import size_limits
from experiments.running.ingest import Ingested, Report, ingest
from registry.access import Act
from stats.errors import Problem

FILE = "PROVING_GROUND_CONNECTIONS"


class Connection(BaseModel):
    """address, or the variable that holds it; tables: those that may be read, ``schema.table`` or ``table``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str = ""
    address_from: str = ""
    tables: tuple[str, ...] = Field(min_length=1)

    @property
    def place(self) -> str:
        return self.address or os.environ.get(self.address_from, "")


def connections(home: Path) -> Mapping[str, Connection]:
    """By name; none where there is no file. Raises Refused, all problems at once, without the addresses."""
    named = os.environ.get(FILE, "").strip()
    path = Path(named).expanduser() if named else home / "connections.toml"
    if not named and not path.exists():
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(Problem(code="file_not_readable", facts={"file": path.name, "said": str(error)})) from None
    known: dict[str, Connection] = {}
    problems = []
    for name, said in found.items():
        try:
            known[name] = Connection.model_validate(said)
        except ValidationError as error:
            problems += [_problem(path.name, name, one) for one in error.errors()]
        else:
            if not known[name].place:
                problems.append(Problem(code="connection_address", facts={"file": path.name, "name": name}))
    if problems:
        raise Refused(problems)
    return known


def ingest_table(
    desk: Desk,
    key: str,
    connection: str,
    table: str,
    *,
    accept_crossovers: bool = False,
    report: Report | None = None,
) -> Ingested:
    """Read a table that the administrator named, and keep what it holds today as a snapshot, like a file.

    Raises Refused or RefusedData with every problem; nothing is then kept.
    """
    from stats.outcomes.drawn import draw_table

    may(desk, Act.INGEST, desk.pilot(key))
    known = connections(desk.registry.home)
    if connection not in known:
        raise Refused(Problem(code="connection_unknown", facts={"name": connection, "offered": list(known)}))
    if table not in known[connection].tables:
        facts = {"name": connection, "table": table, "offered": list(known[connection].tables)}
        raise Refused(Problem(code="connection_table", facts=facts))
    name = plain_name(f"{connection}.{table}.parquet")
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        draw_table(known[connection].place, table, path, size_limits())
        return ingest(desk, key, path, name=name, accept_crossovers=accept_crossovers, report=report)


def _problem(file: str, name: str, found: Any) -> Problem:
    where = ".".join(map(str, (name, *found["loc"])))
    return Problem(code="connection_setting", column=where, facts={"file": file, "said": found["msg"]})
