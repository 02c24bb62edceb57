"""What the engine says: an estimate, or the reason why there is none; and checks.

Effects are treatment minus control in the metric's own unit (shares 0-1). Only the verdict orients them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from scipy.special import ndtri, stdtrit

from stats.share_limits import limits_from_counts


class Status(StrEnum):
    PASS = "PASS"
    FAIL = "FAIL"
    NOT_RUN = "NOT_RUN"


class Severity(StrEnum):
    """What a failed check costs: CRITICAL hides the numbers, GRADE lowers the grade by one, WARNING is said."""

    CRITICAL = "CRITICAL"
    GRADE = "GRADE"
    WARNING = "WARNING"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of data or design.

    key: name of the check; sentences for managers stand in the catalogue under ``check.<key>.<status>``.
    value / threshold: the number an analyst looks at and the line it is held against (unit: see the check).
    facts: whatever fills the sentence; metric: the metric concerned, or None for the pilot as a whole.
    """

    key: str
    status: Status
    severity: Severity = Severity.WARNING
    value: float | None = None
    threshold: float | None = None
    metric: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Relative:
    """Effect as a fraction of the control level (0.1 = 10 %), interval by Fieller or as ``method`` says."""

    effect: float
    ci_lower: float | None
    ci_upper: float | None
    method: str = "fieller"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """One-sided confidence limits in the metric's unit at one nominal ``level`` (e.g. .05); None: unbounded."""

    level: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A difference between treatment and control.

    effect, std_error, ci_lower, ci_upper: metric's unit; p_value two-sided for superiority (see ``method``);
    df: degrees of freedom of the t reference, None where the reference is normal or exact;
    p_randomisation: p by replaying the assignment; p_floor: the smallest that it can take (two-sided);
    n_control, n_treatment: units of inference in each arm (sites where sites were assigned);
    limits: one-sided limits at further levels where they do not follow from effect, std_error and df.
    mean_control, mean_treatment: the arms' levels, unadjusted, in the metric's unit.
    """

    effect: float
    std_error: float | None
    ci_lower: float | None
    ci_upper: float | None
    p_value: float | None
    df: float | None
    n_control: int
    n_treatment: int
    confidence: float
    method: str
    p_randomisation: float | None = None
    p_floor: float | None = None
    relative: Relative | None = None
    mean_control: float | None = None
    mean_treatment: float | None = None
    checks: tuple[Check, ...] = ()
    limits: tuple[Limits, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def at_level(self, level: float) -> Limits:
        """One-sided limits at ``level``: the stored ones if the method made them, else from t or normal.

        A method whose limits do not follow from a standard error stores them in ``limits``, or its counts in
        ``details`` (shares by Newcombe or score), from which limits at any level are made.
        """
        for stored in self.limits:
            if abs(stored.level - level) < 1e-12:
                return stored
        if "interval" in self.details:
            lower, upper = limits_from_counts(self.details, level)
            return Limits(level=level, lower=lower, upper=upper)
        if self.std_error is None:
            return Limits(level=level, lower=None, upper=None)
        reach = quantile(1 - level, self.df) * self.std_error
        return Limits(level=level, lower=self.effect - reach, upper=self.effect + reach)

    def with_checks(self, checks: Sequence[Check]) -> Estimate:
        return replace(self, checks=(*self.checks, *checks))


@dataclass(frozen=True, kw_only=True)
class NotEstimable:
    """Why there is no estimate. code: key of the sentence in the catalogue (``not_estimable.<code>``)."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()


Result = Estimate | NotEstimable


def quantile(probability: float, df: float | None) -> float:
    """Quantile of Student's t with ``df`` degrees of freedom, of the normal distribution where df is None."""
    return float(ndtri(probability) if df is None else stdtrit(df, probability))
