"""All tables in one place: importing this module makes the metadata complete."""

from __future__ import annotations

from sqlalchemy import Table
from sqlmodel import SQLModel

from registry import (
    decisions,
    events,
    evidence,
    keeping,
    learning,
    metrics,
    notes,
    objectives,
    outcomes,
    people,
    pilots,
    plans,
    rollouts,
)

METADATA = SQLModel.metadata

LOG_TABLES = ("event", "log_head")

_MODULES = (
    *(decisions, events, evidence, keeping, learning, metrics, notes, objectives, outcomes, people, pilots, plans),
    rollouts,
)


def models() -> dict[str, type[SQLModel]]:
    """Every model by the name of its table."""
    found = (value for module in _MODULES for value in vars(module).values() if isinstance(value, type))
    return {str(model.__tablename__): model for model in found if issubclass(model, SQLModel) and _is_table(model)}


def sealed_tables() -> list[Table]:
    """Tables whose every row the log vouches for, parents before children: all but the log itself."""
    return [table for table in METADATA.sorted_tables if table.name not in LOG_TABLES]


def _is_table(model: type[SQLModel]) -> bool:
    return "__table__" in vars(model)
