"""Which column of a file plays which part, judging by its name: a first proposal that a person confirms."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping

from stats.outcomes.preview import Preview

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "site": (
        "site", "branch", "store", "shop", "team", "office", "location", "centre", "center", "station", "hub", "depot",
        "clinic", "hospital", "school", "region", "filiale", "standort", "agence", "tienda", "sucursal", "chi nhanh",
        "cua hang", "门店", "分公司", "สาขา", "الفرع", "فرع",
    ),
    "arm": (
        "arm", "group", "variant", "treatment", "treated", "condition", "version", "cell", "gruppe", "groupe", "grupo",
        "nhom", "组", "กลุ่ม", "المجموعة", "مجموعة",
    ),
    "period": (
        "period", "week", "month", "wave", "quarter", "day", "date", "woche", "semaine", "semana", "tuan", "星期", "周",
        "สัปดาห์", "الأسبوع",
    ),
    "timestamp": (
        "timestamp", "time", "datetime", "date", "day", "created", "opened", "started", "received", "datum", "fecha",
        "ngay", "日期", "วันที่", "التاريخ",
    ),
    "unit": ("unit", "id", "customer", "client", "user", "person", "agent", "employee", "case", "ticket", "contact"),
    "cluster": ("cluster", "team", "household", "agent", "group"),
    "segment": ("segment", "channel", "type", "category", "tier", "product"),
    "eligible": ("eligible", "in scope", "included"),
    "delivered": ("delivered", "received", "offered"),
    "used": ("used", "adopted", "taken up"),
}  # fmt: skip
CLOSE = 0.75


def suggest_columns(
    preview: Preview, wanted: Iterable[str], synonyms: Mapping[str, tuple[str, ...]] = SYNONYMS
) -> dict[str, str | None]:
    """Column by part (``site``, ``arm``, ... or the name of a column or metric that the plan expects); None: no idea.

    The best fit first, no column twice: an exact name, then a word of the name, then one that is nearly it.
    synonyms: what else a part is often called.
    """
    names = [column.name for column in preview.columns]
    scores = [
        (_fit(part, name, synonyms.get(part, ())), -place, -index, part, name)
        for index, part in enumerate(wanted)
        for place, name in enumerate(names)
    ]
    parts = [part for _, _, _, part, _ in scores]
    proposed: dict[str, str | None] = dict.fromkeys(dict.fromkeys(parts))
    taken: set[str] = set()
    for score, _, _, part, name in sorted(scores, key=lambda entry: entry[:3], reverse=True):
        if score > 0 and proposed[part] is None and name not in taken:
            proposed[part] = name
            taken.add(name)
    return proposed


def plain(name: str) -> str:
    """A name without capitals, accents, and signs between its words."""
    bare = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    bare = "".join(letter for letter in bare if unicodedata.category(letter) != "Mn" or letter > "\u0e00")
    bare = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", bare)
    return re.sub(r"[\W_]+", " ", bare, flags=re.UNICODE).strip().lower()


def _fit(part: str, name: str, synonyms: tuple[str, ...]) -> float:
    """How well a column's name fits a part: 0 not at all, 1 the same word."""
    found = plain(name)
    words = set(found.split())
    best = 0.0
    for rank, synonym in enumerate(dict.fromkeys((plain(part), *map(plain, synonyms)))):
        earlier = 0.001 * rank
        if found == synonym:
            best = max(best, 1 - earlier)
        elif synonym in words or (" " in synonym and synonym in found) or (not synonym.isascii() and synonym in found):
            best = max(best, 0.9 - earlier)
        elif (close := difflib.SequenceMatcher(None, found, synonym).ratio()) >= CLOSE:
            best = max(best, 0.8 * close - earlier)
    return best
