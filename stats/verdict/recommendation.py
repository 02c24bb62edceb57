"""What the rule says: a recommendation that names its row and its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    SCALE = "SCALE"
    ITERATE = "ITERATE"
    STOP = "STOP"
    NOT_YET = "NOT_YET"
    INVALID = "INVALID"


class Scope(StrEnum):
    FULL = "full"
    STAGED = "staged"
    LIMITED = "limited"


class Mode(StrEnum):
    EXTEND = "EXTEND"
    REDESIGN = "REDESIGN"


@dataclass(frozen=True, kw_only=True)
class MetricState:
    """The state of one metric: label = the first flag that holds in the rule's order.

    effect, lower, upper and line (MWE or -margin) are *oriented*: + is better. lower, upper: the one-sided limits
    that decided, at the nominal levels ``lower_level`` and ``upper_level``. None where there is no estimate.
    """

    key: str
    label: str
    flags: tuple[str, ...]
    effect: float | None = None
    lower: float | None = None
    upper: float | None = None
    line: float | None = None
    lower_level: float | None = None
    upper_level: float | None = None


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One reason: code of the rule (GUARDRAIL_MISSING, ...), the metrics or gates it is about, and facts for words."""

    code: str
    metrics: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """The verdict with its row of the truth table. ``reasons[0]`` is the one in the sentence.

    levels: the nominal one-sided levels in force at this look; inputs: every value that the rule looked at.
    hidden: effects must not be shown (INVALID, or between looks); possible_harm: told to owner and executive even so.
    """

    verdict: Verdict
    row: int
    reasons: tuple[Reason, ...]
    scope: Scope | None = None
    scope_reasons: tuple[str, ...] = ()
    mode: Mode | None = None
    states: Mapping[str, MetricState] = field(default_factory=dict)
    delivery: str = "NOT_RECORDED"
    grade: str = "D"
    levels: Mapping[str, float] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    next_step: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    hidden: bool = False
    possible_harm: bool = False
    plan_sha256: str = ""
    evidence_sha256: str = ""
    rule_version: str = "1"
