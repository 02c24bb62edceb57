"""The score card between charter, table and pasted lines, and what it says in words."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from experiments.charters.site_choice import ALL, LEVELS, SiteChoice, choice_of
from experiments.errors import Refused
from experiments.words import say
from stats.errors import Problem

COLUMNS = ("site", *LEVELS)


def blank_lines(sites: Sequence[str]) -> str:
    """Lines to fill in elsewhere: a heading, and a line for each site."""
    return "\n".join([";".join(COLUMNS), *(f"{site};;;;;" for site in sites)])


def read_scores(text: str, sites: Sequence[str]) -> list[dict[str, str]]:
    """Scores from pasted lines or a CSV file: ``site; size; risk; ready; partner; flagship``, with or without heading.

    Raises Refused with every line and column that can't be read; nothing is taken of such a text.
    """
    problems: list[Problem] = []
    found: dict[str, dict[str, str]] = {}
    for number, cells in _lines(text):
        site = "" if cells[0].lower() == say("scorecard.all").lower() else cells[0]
        if site and site not in sites:
            problems.append(Problem(code="score_site", facts={"row": number, "site": site, "offered": list(sites)[:8]}))
        if site in found:
            problems.append(Problem(code="score_twice", facts={"row": number, "site": site}))
        score = {"site": site}
        for name, cell in zip(LEVELS, [*cells[1:], *[""] * len(LEVELS)], strict=False):
            if not cell:
                continue
            if cell.lower() in LEVELS[name]:
                score[name] = cell.lower()
            else:
                facts = {"row": number, "column": name, "given": cell, "offered": list(LEVELS[name])}
                problems.append(Problem(code="score_value", column=name, facts=facts))
        found[site] = score
    if not found:
        problems.append(Problem(code="score_nothing"))
    if problems:
        raise Refused(problems)
    return list(found.values())


def table_of(scores: Sequence[Mapping[str, Any]], sites: Sequence[str]) -> dict[str, list[str]]:
    """Columns of the table: all of them together first, then each site, whatever is known in words; else nothing."""
    known = {str(score.get("site") or ALL): score for score in scores}
    rows = [known.get(site, {}) for site in (ALL, *sites)]
    words: dict[str, list[str]] = {"site": [say("scorecard.all"), *sites]}
    for name in LEVELS:
        words[name] = [word(name, row[name]) if row.get(name) else "" for row in rows]
    return words


def scores_of(table: Mapping[str, Sequence[Any]], sites: Sequence[str]) -> list[dict[str, str]]:
    """The table back as a charter holds it; rows without a word are left out."""
    found = []
    for place, site in enumerate((ALL, *sites)):
        score = {"site": site}
        for name, answers in LEVELS.items():
            said = {word(name, answer): answer for answer in answers}.get(table[name][place])
            if said is not None:
                score[name] = said
        if len(score) > 1:
            found.append(score)
    return found


def word(name: str, answer: str) -> str:
    return say(f"scorecard.{name}.{answer}")


def choice_lines(where: Mapping[str, Any]) -> tuple[str, ...]:
    """What the score card says, in words: where one would think again, and what a favourable choice means."""
    return tuple(choice_sentences(choice_of(where), str(where.get("unit_word") or "site")))


def choice_sentences(choice: SiteChoice, unit: str) -> Iterator[str]:
    if not choice.scored:
        return
    if choice.scored != (ALL,):
        places = [site for site in choice.scored if site != ALL]
        yield say(
            "scorecard.scored", count=len(places), unit=unit, easy=len([s for s in choice.favourable if s != ALL])
        )
    for site, why in choice.careful.items():
        reasons = [say(f"scorecard.careful.{name}") for name in why]
        yield say("scorecard.careful", site=site or say("scorecard.all"), why=reasons)
    if choice.mostly:
        yield say("scorecard.favourable", unit=unit)


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells; an heading and empty lines are skipped."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    mark = max((";", "\t", ","), key=first.count)
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=mark), start=1):
        cells = [cell.strip() for cell in row]
        if any(cells) and cells[0].lower() != COLUMNS[0]:
            yield number, cells
