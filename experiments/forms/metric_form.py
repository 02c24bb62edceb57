"""A metric between the charter and the form: which fields a kind has, and numbers as people write them.

Shares are 0-1 in the charter and per cent on the form, differences of shares are percentage points.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from experiments.charters.charter import DURATIONS, SCORES
from experiments.forms.register_steps import metric_key
from experiments.metrics import MetricEntry
from experiments.words.numbers import SHARE_KINDS

KINDS: Mapping[str, tuple[str, ...]] = {
    "mean": ("column",),
    "share": ("column",),
    "ratio": ("numerator", "denominator"),
    "share_beyond": ("column", "threshold", "beyond"),
    "tail_mean": ("column", "tail"),
    "quantile": ("column", "q"),
    "rate": ("column", "exposure"),
    "interval_share": ("column", "interval", "threshold", "beyond", "target"),
    "survival": ("start", "end", "horizon"),
}
"""The columns and numbers that each kind is computed from."""
PERCENT = frozenset({"q", "tail", "target"})
NUMBERS = frozenset({"threshold", "horizon"}) | PERCENT
PLACES = ("journey_step", "waste")
KEPT = frozenset({"key", "version", "pre", "critical", *PLACES})
"""What the form does not show and does not lose."""
PERSPECTIVES = ("customer", "employee", "internal", "financial")


def is_share(kind: str) -> bool:
    return kind in SHARE_KINDS


def factor(kind: str, unit: str = "") -> float:
    """What the form multiplies an effect by."""
    return 100.0 if is_share(kind) or unit == "share" else 1.0


def shown_number(name: str, value: Any) -> float | None:
    """A field of ``measure`` as the form shows it."""
    return None if value is None else float(value) * (100 if name in PERCENT else 1)


def stored_measure(kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """``measure`` as the charter holds it; what was left empty is left out."""
    measure: dict[str, Any] = {"kind": kind}
    for name in KINDS[kind]:
        value = fields.get(name)
        if value in (None, ""):
            continue
        measure[name] = value / 100 if name in PERCENT else value
    return measure


def stored_metric(fields: Mapping[str, Any], earlier: Mapping[str, Any], taken: Iterable[str]) -> dict[str, Any]:
    """A metric of the charter from the form's common fields; what the form does not show is kept."""
    kind = fields["kind"]
    share = is_share(kind)
    kept = {key: value for key, value in earlier.items() if key in KEPT}
    placed = {name: fields[name] for name in PLACES if fields.get(name, "none") != "none"}
    return {
        **{name: value for name, value in kept.items() if name not in PLACES or name not in fields},
        **placed,
        "key": kept.get("key") or metric_key(fields["name"], taken),
        "name": fields["name"],
        "measure": {**_unshown(kind, earlier.get("measure") or {}), **stored_measure(kind, fields)},
        "unit": "share" if share else fields["unit"],
        "better": fields["better"],
        "perspective": fields["perspective"],
        "survey": fields["survey"],
    }


def _unshown(kind: str, measure: Mapping[str, Any]) -> dict[str, Any]:
    """What only a charter file says of a measure, as long as it stays of its kind."""
    return {} if measure.get("kind") != kind else {n: v for n, v in measure.items() if n not in ("kind", *KINDS[kind])}


def offered_entries(entries: Mapping[str, MetricEntry]) -> dict[str, MetricEntry]:
    """The metrics of the catalogue that the form can hold: every part of their specification has a field."""
    said = {"kind", "better", "minimum_n"}
    return {
        key: entry
        for key, entry in entries.items()
        if set(entry.spec.model_dump(exclude_defaults=True)) <= said | set(KINDS[entry.spec.kind])
    }


def has_worst_experience(kind: str, unit: str, survey: bool, data: str) -> bool:
    """Whether a worst experience hides behind this average: durations and scores, seen record by record."""
    averaged = kind in {"mean", "quantile"}
    nature = unit.lower() in DURATIONS or unit.lower() in SCORES or (survey and kind == "mean")
    return averaged and nature and data == "records"


def stored_worst(choice: str, beyond: float | None, because: str, margin: float | None) -> dict[str, Any]:
    """``worst`` as the charter holds it. Without a reason it is watched all the same."""
    if choice == "none":
        return {"without_because": because} if because else {}
    worst: dict[str, Any] = {"margin": margin} if margin else {}
    return {**worst, "beyond": beyond} if choice == "beyond" and beyond is not None else worst


def worst_choice(worst: Mapping[str, Any]) -> str:
    if worst.get("without_because") is not None:
        return "none"
    return "beyond" if worst.get("beyond") is not None else "mean"
