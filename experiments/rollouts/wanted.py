"""What people say about a roll-out: to which sites it goes, how many can start together, when, and who owns it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from experiments.errors import Refused
from experiments.files import require_file
from experiments.forms.site_list import names_twice, read_sites
from stats.errors import Problem
from stats.rollout.rings import RolloutSite

SEED = 20260101
DECIDING, MOST_DECIDING = 1, 4
"""Weeks to decide between the measurement of a wave and the next start: unless said otherwise, and at most."""
MOST_SITES = 5000


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Everything may be left open: then it is proposed.

    sites: further sites, beside the pilot's; capacity: sites that can start together; rings: waves; weeks: that
    a wave runs before it is measured; deciding: weeks from then to the next start, 0-4; start: of the first wave;
    holdback_share: 0-1 of the new sites; holdback_months: how long they are kept as before; owner: name or e-mail
    address.
    """

    sites: tuple[RolloutSite, ...] = ()
    capacity: int | None = None
    rings: int | None = None
    weeks: int | None = None
    deciding: int = DECIDING
    start: date | None = None
    holdback_share: float = 0.15
    holdback_months: int = 12
    owner: str = ""
    seed: int = SEED


def sites_of(text: str) -> tuple[RolloutSite, ...]:
    """One site a line; after a semicolon or tab its size and its group, in either order, if known."""
    return _sites(read_sites(text))


def sites_in(path: Path) -> tuple[RolloutSite, ...]:
    """A list as above, or a CSV with the columns site, stratum and size."""
    import csv

    require_file(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, ValueError):
        raise Refused(Problem(code="rollout_sites_encoding", facts={"file": path.name})) from None
    header = [name.strip().lower() for name in text.partition("\n")[0].split(",")]
    if "site" not in header:
        return sites_of(text)
    found = []
    for row in csv.DictReader(text.splitlines()):
        cells = {str(name or "").strip().lower(): (value or "") for name, value in row.items() if name}
        found.append({"key": cells["site"].strip(), "stratum": cells.get("stratum", ""), "size": cells.get("size", "")})
    return _sites([row for row in found if row["key"]])


def _sites(rows: Sequence[Mapping[str, Any]]) -> tuple[RolloutSite, ...]:
    problems = list(_problems(rows))
    if problems:
        raise Refused(problems)
    return tuple(
        RolloutSite(key=str(row["key"]), stratum=row.get("stratum") or None, size=_number(row.get("size")))
        for row in rows
    )


def _problems(rows: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    for name in names_twice(rows):
        yield Problem(code="rollout_site_twice", facts={"site": name})
    if len(rows) > MOST_SITES:
        yield Problem(code="rollout_too_many_sites", facts={"sites": len(rows), "most": MOST_SITES})
    for row in rows:
        given = str(row.get("size") or "").strip()
        number = _number(given)
        if given and (number is None or not 0 <= number < float("inf")):
            yield Problem(code="rollout_site_size", facts={"site": str(row["key"]), "given": given})


def _number(value: Any) -> float | None:
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(str(value).replace(" ", "").replace(",", "")) if str(value or "").strip() else None
    except ValueError:
        return None
