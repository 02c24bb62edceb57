"""Rows of any table: those that fit, the newest one, the one of a key, and the number that the next one gets."""

from __future__ import annotations

import difflib
import re
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, SQLModel, col, select

from registry.errors import NotFound, Problem

Model = TypeVar("Model", bound=SQLModel)
LONGEST_KEY, LONGEST_SEARCH = 200, 500
"""Characters of what is asked for; no key is that long."""
_UNKNOWN = {
    "pilot": "pilot_not_found",
    "metric_definition": "metric_not_found",
    "department": "department_not_found",
    "objective": "objective_not_found",
    "key_result": "key_result_not_found",
}


def all_of(session: Session, model: type[Model], *where: Any) -> list[Model]:
    """Rows of one table that fit, for what no other question asks."""
    return list(session.exec(select(model).where(*where)))


def next_number(session: Session, model: type[Any], **where: Any) -> int:
    """The number that the next row gets, as in ``next_number(work.session, Decision, pilot_id=pilot.id)``.

    Asked inside a unit of work nobody else can get the same.
    """
    wanted = [getattr(model, name) == value for name, value in where.items()]
    return (session.exec(select(func.max(model.number)).where(*wanted)).one() or 0) + 1


def rows_of(session: Session, model: type[Model], *where: Any, order: tuple[Any, ...]) -> list[Model]:
    """Those that fit, in that order."""
    return list(session.exec(select(model).where(*where).order_by(*order)))


def newest_of(session: Session, model: type[Model], *where: Any, order: Any) -> Model | None:
    """The last of those that fit; None where none does."""
    return session.exec(select(model).where(*where).order_by(col(order).desc())).first()


def of_one_or_all(session: Session, model: type[Any], pilot_id: UUID | None, order: Any) -> list[Any]:
    """Rows of that pilot, or of every pilot where it is None."""
    query = select(model) if pilot_id is None else select(model).where(model.pilot_id == pilot_id)
    return list(session.exec(query.order_by(order, model.created_at, model.id)))


def by_key(session: Session, model: type[Any], key: str) -> Any:
    """The row of that key; NotFound names the nearest ones."""
    key = askable(key)[:LONGEST_KEY]
    found = session.exec(select(model).where(model.key == key)).first()
    if found is not None:
        return found
    known = list(session.exec(select(model.key)))
    near = difflib.get_close_matches(key.lower(), known, n=3, cutoff=0.5)
    code = _UNKNOWN[model.__tablename__] + ("_near" if near else "")
    raise NotFound(Problem(code=code, facts={"value": key, "near": near}))


def askable(text: str) -> str:
    """The text without what no database can be asked for: NUL and halves of surrogate pairs."""
    return re.sub("[\x00\ud800-\udfff]", "", text)
