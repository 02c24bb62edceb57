"""How one file's columns become standard records: the mapping, made once and kept, and the check against a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import Field

from stats.errors import Problem, RefusedSpec
from stats.expressions import nearest
from stats.raw_records.kinds import KINDS, Kind, RawKind
from stats.spec import Strict


class RawMapping(Strict):
    """Which column plays which part, and how the words and numbers of this source are meant.

    fields: standard field -> column, or [date column, time-of-day column]; scale: columns of the questions that
    together make one score (surveys); outcomes: meaning ('answered', 'abandoned', 'self_service') -> words of the
    outcome column; unknown: field -> values that mean "not known" there (customer 0, no server);
    zero_time_is_missing: 0:00:00 in a time of day says that nothing happened (never for the moment of entry);
    repeat_days: days within which the same customer's next contact counts as a repeat; longest_minutes: services above
    it are pointed out (they stay in); top_box: smallest satisfaction of a satisfied customer; bottom_box: largest of
    a dissatisfied one; hard_from: smallest effort that counts as hard; early_days: leaving sooner is leaving early.
    """

    kind: Kind
    fields: dict[str, str | list[str]]
    scale: list[str] = []
    outcomes: dict[str, list[str]] = {}
    unknown: dict[str, list[str]] = {}
    zero_time_is_missing: bool = False
    repeat_days: int = Field(default=7, ge=1, le=365)
    longest_minutes: float = Field(default=60, gt=0)
    top_box: float = 4
    bottom_box: float = 2
    hard_from: float = 5
    early_days: int = Field(default=90, ge=1)

    @property
    def raw_kind(self) -> RawKind:
        return KINDS[self.kind]

    def columns_of(self, name: str) -> list[str]:
        """The file's columns behind a field; none where it is not mapped."""
        found = self.fields.get(name, [])
        return [found] if isinstance(found, str) else list(found)

    def has(self, *names: str) -> bool:
        return all(name in self.fields for name in names)


def refuse_unfit(mapping: RawMapping, columns: Sequence[str]) -> None:
    """Raise RefusedSpec with everything that does not fit: unknown fields or columns, needed fields left out."""
    problems = list(_problems(mapping, columns))
    if problems:
        raise RefusedSpec(problems)


def _problems(mapping: RawMapping, columns: Sequence[str]) -> Iterator[Problem]:
    kind = mapping.raw_kind
    for name in mapping.fields:
        if name not in kind.fields:
            facts = {"field": name, "kind": mapping.kind, "offered": list(kind.fields)}
            yield Problem(code="raw_field_unknown", facts=facts)
    named = [(name, column) for name in mapping.fields for column in mapping.columns_of(name)]
    for name, column in [*named, *(("scale", column) for column in mapping.scale)]:
        if column not in columns:
            near = nearest(column, tuple(columns))
            code = "raw_column_missing_close" if near else "raw_column_missing"
            yield Problem(code=code, column=column, facts={"field": name, "suggestion": near})
    for name, field in kind.fields.items():
        if field.needed and not mapping.columns_of(name):
            yield Problem(code="raw_field_needed", facts={"field": name, "kind": mapping.kind})
        wanted = (1, 2) if field.type == "time" else (1,)
        if name in mapping.fields and len(mapping.columns_of(name)) not in wanted:
            yield Problem(code="raw_field_columns", facts={"field": name, "count": len(mapping.columns_of(name))})
    if mapping.kind == "surveys" and not mapping.has("answered_at") and not mapping.has("sent_at"):
        yield Problem(code="raw_field_needed", facts={"field": "answered_at", "kind": mapping.kind})
    for meaning in mapping.outcomes:
        if meaning not in ("answered", "abandoned", "self_service"):
            yield Problem(code="raw_outcome_meaning", facts={"meaning": meaning})
