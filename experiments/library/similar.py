"""Earlier pilots like the one that is being written: by its words so far, its metric and its department."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any
from uuid import UUID

from experiments.desk import Desk
from experiments.portfolio.rows import PilotRow
from experiments.portfolio.survey import rows_of
from experiments.words import say
from registry import find, shelf
from registry.folding import words_of
from registry.pilots import Pilot

MOST = 4
TRIED = ("change", "for_whom", "because")
SHORTEST = 4
"""Letters of a word that says what it is about; shorter ones stand in every charter."""
STEM = 6
"""Letters by which words are held to be the same: calls, caller and calling."""
ASKED = 24
ENOUGH = 0.2
"""Likeness, 0-1, from which on it is worth reading."""
SAME_METRIC, SAME_DEPARTMENT = 0.2, 0.05


@dataclass(frozen=True, kw_only=True)
class Similar:
    """An earlier pilot in a line. verdict: of the people, else of the rule, "" before; takeaway: "" before it closed;
    like: how much of the words they share, 0-1, and more for the same metric and department."""

    key: str
    title: str
    stage: str
    verdict: str
    takeaway: str
    like: float


def similar(desk: Desk, draft: Mapping[str, Any], *, pilot: Pilot | None = None) -> tuple[Similar, ...]:
    """The few that are most like a charter as far as it is written, without the pilot itself and its versions."""
    mine = _about(draft)
    if len(mine) < 2:
        return ()
    metrics = _metrics(draft)
    with desk.read() as session:
        own = {row.id for row in find.lineage(session, pilot)} if pilot is not None else set()
        asked = " ".join(sorted(mine, key=len, reverse=True)[:ASKED])
        ids = shelf.alike(session, asked, metric_keys=metrics, not_these=own)
        liked = _liked(session, ids, mine, metrics, _department(draft))
        pilots = [row for row, _ in liked]
        rows = rows_of(session, pilots, desk.registry.clock().date())
        said = shelf.takeaways(session, [row.id for row in pilots])
        lessons = {row.id: said[row.id].lesson if row.id in said else "" for row in pilots}
    return tuple(_similar(row, lessons[found.id], like) for row, (found, like) in zip(rows, liked, strict=True))


def sentence(one: Similar) -> str:
    """Title, how it ended and what it left, in one line."""
    ended = say(f"verdict.{one.verdict}") if one.verdict else say(f"stage.{one.stage}")
    if one.takeaway:
        return say("similar.with_takeaway", title=one.title, ended=ended, takeaway=one.takeaway)
    return say("similar.without", title=one.title, ended=ended)


def _similar(row: PilotRow, lesson: str, like: float) -> Similar:
    verdict = row.decided or row.verdict or ""
    return Similar(key=row.key, title=row.title, stage=row.stage, verdict=verdict, takeaway=lesson, like=like)


def _liked(
    session: Any, ids: Sequence[UUID], mine: set[str], metrics: Sequence[str], department: str
) -> list[tuple[Pilot, float]]:
    """Those that are like it enough, the most alike first; of several versions the newest."""
    departments = {row.id: row.name.casefold() for row in find.departments(session)}
    found: dict[UUID, tuple[Pilot, float]] = {}
    for pilot in shelf.pilots_by_id(session, ids):
        charter = pilot.draft or {}
        theirs = _about({**charter, "title": pilot.title})
        like = len(_stems(mine) & _stems(theirs)) / sqrt(max(1, len(_stems(mine))) * max(1, len(_stems(theirs))))
        like += SAME_METRIC * bool({*metrics} & {*_metrics(charter)})
        like += SAME_DEPARTMENT * (bool(department) and departments.get(pilot.department_id or pilot.id) == department)
        if like >= ENOUGH:
            found[pilot.id] = (pilot, min(1.0, like))
    parents = {pilot.parent_id for pilot, _ in found.values()}
    newest = [pair for key, pair in found.items() if key not in parents]
    return sorted(newest, key=lambda pair: -pair[1])[:MOST]


def _about(draft: Mapping[str, Any]) -> set[str]:
    """The words of title, problem and hypothesis that say what it is about."""
    tried: Mapping[str, Any] = draft.get("hypothesis") or {}
    texts = [str(draft.get("title") or ""), *(str(tried.get(name) or "") for name in TRIED)]
    texts += [str(metric.get("name") or "") for metric in _success(draft)]
    return {word for text in texts for word in words_of(text) if len(word) >= SHORTEST or not word.isascii()}


def _stems(words: set[str]) -> set[str]:
    return {word[:STEM] for word in words}


def _success(draft: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    metrics: Mapping[str, Any] = draft.get("metrics") or {}
    return [metric for metric in metrics.get("success") or [] if isinstance(metric, Mapping)]


def _metrics(draft: Mapping[str, Any]) -> list[str]:
    return [str(metric["key"]) for metric in _success(draft) if metric.get("key")]


def _department(draft: Mapping[str, Any]) -> str:
    owner = draft.get("owner")
    return str(owner.get("department") or "").casefold() if isinstance(owner, Mapping) else ""
