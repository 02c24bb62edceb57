"""Evidence: what one snapshot says under one locked plan. A pure value with one canonical JSON form."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any, Literal

from stats.results import Check, Estimate, NotEstimable

Grade = Literal["A", "B", "C", "D"]


@dataclass(frozen=True, kw_only=True)
class SiteValue:
    """One site's own numbers for one metric: value after the start, before it, records, arm index (0 control)."""

    site: str
    arm: int
    value: float | None
    pre: float | None
    n: float


@dataclass(frozen=True, kw_only=True)
class MetricEvidence:
    """Everything known about one metric at this look.

    bracket: further estimates that a state must survive (both ends of the before/after bracket), else empty.
    later_third / decline_p: the effect in the last third of the window and the one-sided p of a decline.
    p_new_site: P(effect > 0 at a new site), oriented so that + is better; None where not computable.
    """

    key: str
    result: Estimate | NotEstimable
    checks: tuple[Check, ...] = ()
    bracket: tuple[Estimate, ...] = ()
    sites: tuple[SiteValue, ...] = ()
    decline_p: float | None = None
    last_third: float | None = None
    p_new_site: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One component of delivery (delivered, used): share with its 95 % interval, over ``n`` contacts or site-weeks."""

    component: Literal["delivered", "used"]
    share: float
    ci_lower: float
    ci_upper: float
    n: float
    source: Literal["data", "check-ins"] = "data"


@dataclass(frozen=True, kw_only=True)
class GradeFinding:
    """Grade with the reasons in order: what gave it and what capped it (keys of catalogue ``grade.<key>``)."""

    grade: Grade
    reasons: tuple[str, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Evidence of one look. arm: which treatment arm (1..) this is about, with its label."""

    plan_sha256: str
    snapshot_sha256: str
    engine_version: str
    look: int
    looks_planned: int
    information: float
    final: bool
    is_extension: bool
    arm: int
    arm_label: str
    n_control: int
    n_treatment: int
    records: int
    metrics: Mapping[str, MetricEvidence]
    checks: tuple[Check, ...]
    delivery: tuple[Delivery, ...]
    grade: GradeFinding
    days_observed: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def metric(self, key: str) -> MetricEvidence:
        return self.metrics[key]


PLAIN = frozenset({str, int, bool, type(None)})


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def as_json(value: Any) -> Any:
    """A frozen result as plain JSON values; non-finite numbers become null (a failure is never a number)."""
    kind: type = type(value)
    # Nearly all of an evidence is plain values and a few kinds of dataclass: asked for first.
    if kind is float:
        return value if math.isfinite(value) else None
    if kind in PLAIN:
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {name: as_json(getattr(value, name)) for name in _field_names(kind)}
        return {"not_estimable": fields.pop("code"), **fields} if isinstance(value, NotEstimable) else fields
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    if hasattr(value, "tolist"):
        return as_json(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value
