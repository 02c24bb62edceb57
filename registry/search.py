"""The index that pilots are found by: full text and what lists are narrowed by. Derived from the record, never part
of it: nobody seals, backs up or verifies it, and ``rebuild`` makes it anew.

SQLite keeps the words in an FTS5 table beside ``search_entry``, PostgreSQL in a tsvector of that table. Both get the
words as ``registry.folding`` has them, so that the same is found on both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    table,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, REAL, TSQUERY, TSVECTOR
from sqlmodel import Session, col

from registry.folding import other_spelling, spelt_out, words_of
from registry.pilots import Pilot
from registry.searched import SOURCES as SOURCES
from registry.searched import Known, known, touched_by

LONGEST, MOST_PARTS = 500, 20
"""Letters and words of what is asked for that count."""
MOST_WORDS = 8_000
"""Of one pilot."""
CHUNK = 200
WEIGHTS = (10.0, 5.0, 1.0)
"""Of a word in the title, in the takeaway, and elsewhere."""
PARTS = (0.1, 0.1, 0.5, 1.0)
"""The same for PostgreSQL: of its weights D, C, B and A."""

ENTRY = Table(
    "search_entry",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("pilot_id", Uuid, nullable=False, unique=True),
    Column("metric_key", String(80)),
    Column("kind", String(40)),
    Column("journey_step", String(200)),
    Column("verdict", String(40)),
    Column("grade", String(8)),
    Column("decided", String(40)),
    Column("year", Integer),
    Column("document", TSVECTOR),
)
_WORDS = table("search_words", column("rowid"), column("title"), column("takeaway"), column("body"))
_DOCUMENT: ColumnElement[Any] = ENTRY.c.document
"""On PostgreSQL alone."""


def refresh(session: Session, pilot_ids: Iterable[UUID]) -> None:
    """Read these pilots into the index again, inside the transaction of the session; those that are gone leave it."""
    # Not through the session, which lets nobody write what it can't seal.
    connection = session.connection()
    wanted = list(pilot_ids)
    for start in range(0, len(wanted), CHUNK):
        _put(connection, wanted[start : start + CHUNK])


def rebuild(connection: Connection) -> int:
    """Make the whole index anew; how many pilots are in it."""
    if not _on_postgresql(connection):
        connection.execute(delete(_WORDS))
    connection.execute(delete(ENTRY))
    ids = list(connection.scalars(select(col(Pilot.id))))
    for start in range(0, len(ids), CHUNK):
        _put(connection, ids[start : start + CHUNK])
    return len(ids)


def pilots_of(session: Session, tabled: Iterable[tuple[str, UUID]]) -> set[UUID]:
    """Pilots whose words change with these rows of tables that belong to several."""
    connection = session.connection()
    return {pilot for name, key in tabled for pilot in touched_by(connection, name, key)}


def matches(session: Session, asked: str, *, any_word: bool = False) -> Any:
    """(pilot_id, score) of the pilots that have all of these words, or any of them; the higher the better.

    Words match where they begin another one, ``"several words"`` only as they stand. None where nothing is asked.
    """
    parts = parts_of(asked)
    if not parts:
        return None
    if _on_postgresql(session.connection()):
        wanted = cast(bindparam(None, _tsquery(parts, any_word), type_=Text), TSQUERY)
        weights = cast(list(PARTS), ARRAY(REAL))
        score: Any = func.ts_rank(weights, _DOCUMENT, wanted)
        return select(ENTRY.c.pilot_id, type_coerce(score, Float).label("score")).where(_DOCUMENT.op("@@")(wanted))
    match = literal_column("search_words").op("MATCH")(bindparam(None, _fts5(parts, any_word), type_=Text))
    score = -func.bm25(literal_column("search_words"), *WEIGHTS)
    query = select(ENTRY.c.pilot_id, type_coerce(score, Float).label("score"))
    return query.select_from(_WORDS.join(ENTRY, ENTRY.c.id == _WORDS.c.rowid)).where(match)


def parts_of(asked: str) -> list[tuple[list[list[str]], bool]]:
    """What is asked, part by part: its spellings, each as words that follow each other, and whether it is whole.

    >>> parts_of('büro "Call back"')
    [([['buro'], ['buero']], False), ([['call', 'back']], True)]
    """
    found = []
    for place, text in enumerate(asked[:LONGEST].replace("“", '"').replace("”", '"').split('"')):
        whole = place % 2 == 1
        for part in [text] if whole else re.split(r"\s+", text):
            spellings = [words for words in (words_of(part), words_of(other_spelling(part))) if words]
            if spellings:
                found.append((spellings[:1] if spellings[0] == spellings[-1] else spellings, whole))
    return found[:MOST_PARTS]


def _fts5(parts: Sequence[tuple[list[list[str]], bool]], any_word: bool) -> str:
    """Letters and digits in quotes: nothing that anybody types can be an operator."""

    def one(words: list[str], whole: bool) -> str:
        return f'"{" ".join(words)}"' + ("" if whole else " *")

    said = (f"({' OR '.join(one(words, whole) for words in spellings)})" for spellings, whole in parts)
    return (" OR " if any_word else " AND ").join(said)


def _tsquery(parts: Sequence[tuple[list[list[str]], bool]], any_word: bool) -> str:
    def one(words: list[str], whole: bool) -> str:
        return " <-> ".join(f"'{word}'" for word in words) + ("" if whole else ":*")

    said = (f"({' | '.join(f'({one(words, whole)})' for words in spellings)})" for spellings, whole in parts)
    return (" | " if any_word else " & ").join(said)


def _put(connection: Connection, pilot_ids: Sequence[UUID]) -> None:
    found = known(connection, pilot_ids)
    there = {row.pilot_id: row.id for row in connection.execute(_entries(pilot_ids))}
    if there:
        if not _on_postgresql(connection):
            connection.execute(delete(_WORDS).where(_WORDS.c.rowid.in_(there.values())))
        connection.execute(delete(ENTRY).where(ENTRY.c.id.in_(there.values())))
    if not found:
        return
    facts = [{"pilot_id": key, **{name: getattr(one, name) for name in _FACTS}} for key, one in found.items()]
    if _on_postgresql(connection):
        made = insert(ENTRY).values(document=cast(bindparam("words", type_=Text), TSVECTOR))
        connection.execute(made, [{**row, "words": _tsvector(found[row["pilot_id"]])} for row in facts])
        return
    connection.execute(insert(ENTRY), facts)
    rows = connection.execute(_entries(list(found)))
    connection.execute(insert(_WORDS), [{"rowid": row.id, **_fields(found[row.pilot_id])} for row in rows])


def _entries(pilot_ids: Sequence[UUID]) -> Any:
    return select(ENTRY.c.id, ENTRY.c.pilot_id).where(ENTRY.c.pilot_id.in_(pilot_ids))


_FACTS = ("metric_key", "kind", "journey_step", "verdict", "grade", "decided", "year")


def _fields(one: Known) -> dict[str, str]:
    texts = {"title": one.title, "takeaway": one.takeaway, "body": "\n".join(one.body)}
    return {name: " ".join(_words(text)) for name, text in texts.items()}


def _words(text: str) -> list[str]:
    return [*words_of(text)[:MOST_WORDS], *spelt_out(text)]


def _tsvector(one: Known) -> str:
    """Words with place and weight as PostgreSQL writes them: its own parser would take them apart once more."""
    places: list[str] = []
    for weight, words in zip("ABD", _fields(one).values(), strict=True):
        begins = len(places) + 1
        places += [f"'{word}':{place}{weight}" for place, word in enumerate(words.split(), begins)]
        places.append("")  # so that no phrase runs from one text into the next
    return " ".join(places)


def _on_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
