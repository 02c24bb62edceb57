"""Sites as people bring them: pasted lines, or a column of a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def read_sites(text: str) -> list[dict[str, Any]]:
    """One site a line; after a tab or semicolon its expected records and its group, in either order, if known.

    >>> read_sites("Alder\\nBrook; 1200; north\\n\\n")
    [{'key': 'Alder'}, {'key': 'Brook', 'size': 1200.0, 'stratum': 'north'}]
    """
    found = []
    for line in text.splitlines():
        name, *more = [piece.strip() for piece in re.split(r"[\t;]", line)]
        if not name:
            continue
        site: dict[str, Any] = {"key": name}
        for piece in filter(None, more):
            number = _number(piece)
            if number is not None and "size" not in site:
                site["size"] = number
            else:
                site["stratum"] = piece
        found.append(site)
    return found


def write_sites(sites: Sequence[Any]) -> str:
    """The lines that ``read_sites`` would read as these sites."""
    lines = []
    for site in sites:
        if not isinstance(site, Mapping):
            lines.append(str(site))
            continue
        size = f"{site['size']:g}" if site.get("size") is not None else ""
        pieces = [str(site["key"]), size, str(site.get("stratum") or "")]
        lines.append("; ".join(piece for piece in pieces if piece))
    return "\n".join(lines)


def with_choice(sites: Iterable[Mapping[str, Any]], chosen: Iterable[str]) -> list[dict[str, Any]]:
    """The sites, marked where people (not the lot) gave them the change."""
    wanted = set(chosen)
    return [{**site, "forced": True} if site["key"] in wanted else dict(site) for site in sites]


def names_twice(sites: Iterable[Mapping[str, Any]]) -> list[str]:
    names = [str(site["key"]) for site in sites]
    return sorted({name for name in names if names.count(name) > 1})


def _number(text: str) -> float | None:
    try:
        return float(text.replace(" ", "").replace(",", ""))
    except ValueError:
        return None
