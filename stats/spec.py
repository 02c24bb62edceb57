"""What an analyst asks for: the specification of one estimate (docs/spec.md) and of a metric.

Pydantic models with ``extra="forbid"``: a misspelt key is a clear error, never a silently ignored wish.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

Design = Literal[
    "randomised_units",
    "randomised_sites",
    "matched_sites",
    "before_after_control",
    "staggered",
    "stepped_wedge",
    "synthetic_control",
    "interrupted_time_series",
]
MetricKind = Literal[
    "mean", "share", "ratio", "quantile", "share_beyond", "tail_mean", "rate", "interval_share", "survival"
]


def _day_as_text(value: Any) -> Any:
    """YAML reads 2026-04-01 as a date; here it is the text that stands there."""
    return value.isoformat() if isinstance(value, date) else value


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Value = Annotated[str | int | float | bool, BeforeValidator(_day_as_text)]
Names = Annotated[list[str], BeforeValidator(_one_or_more)]
"""Columns; a single one may stand without its list."""
Level = Annotated[float, Field(gt=0, lt=1)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class MetricSpec(Strict):
    """How one metric is computed from columns of the data.

    Columns are names in the data (or, for ``column``, an arithmetic expression of columns such as
    ``log(price)`` or ``a + b``, see stats/expressions.py). A share counts truthy rows of ``column``; on a panel it is
    ``numerator`` / ``denominator``. ``q`` in (0, 1) for quantile; ``threshold`` for share_beyond
    (``beyond`` says which side counts); ``tail`` is the share of worst cases for tail_mean (.05), worst = high where
    lower is better; ``exposure`` for rate.
    interval_share: ``interval`` is the half-hour's label, or a time that is cut to half-hours. A half-hour is on target
    where (within: share) the share of its rows with ``column`` beyond ``threshold`` reaches ``target``, or (within:
    mean) its mean of ``column`` reaches it (``beyond: above``) or stays at or under it (``below``).
    survival: ``start`` and ``end`` dates (no end: still there, observed until ``censored``, else until the last date
    of the data), or a duration in ``column`` with ``event`` (true: the end was seen); ``horizon`` in days or in the
    unit of the duration.
    """

    kind: MetricKind = "mean"
    column: str | list[str] | None = None
    numerator: str | list[str] | None = None
    denominator: str | None = None
    q: float | None = Field(default=None, gt=0, lt=1)
    threshold: float | None = None
    beyond: Literal["above", "below"] = "above"
    tail: float = Field(default=0.05, gt=0, lt=1)
    interval: str | None = None
    event: str | None = None
    censored: str | None = None
    within: Literal["share", "mean"] = "share"
    target: float | None = None
    exposure: str | None = None
    start: str | None = None
    end: str | None = None
    horizon: float | None = Field(default=None, gt=0)
    better: Literal["higher", "lower"] = "higher"
    minimum_n: int = Field(default=1, ge=1)
    key: str | None = None


class ArmSpec(Strict):
    """Which values of ``column`` are control and treatment; a list of treatments gives one result an arm."""

    column: str
    treatment: Value | Annotated[list[Value], Field(min_length=1)]
    control: Value | list[Value]


class PostSpec(Strict):
    """Which periods lie after the start: named ``values``, or everything ``from`` one on."""

    column: str
    values: list[Value] | None = None
    from_: Value | None = Field(default=None, alias="from")


class StartsSpec(Strict):
    """First treated period of each site; ``never`` marks sites that are never treated."""

    column: str
    never: Value | None = 0


class TestSpec(Strict):
    kind: Literal["superiority", "noninferiority", "equivalence"] = "superiority"
    margin: float | None = Field(default=None, gt=0)


class EstimateSpec(Strict):
    """``pilot estimate SPEC.yaml``: keys as in docs/spec.md.

    levels: nominal one-sided levels (e.g. .025) at which limits are wanted beside the interval, for methods whose
    limits do not follow from a standard error (bootstrap, ranks).
    """

    data: str
    connection: str | None = None
    table: str | None = None
    design: Design
    site: str | None = None
    unit: str | None = None
    cluster: str | None = None
    arm: ArmSpec | None = None
    period: str | None = None
    post: PostSpec | None = None
    starts: StartsSpec | None = None
    pre: str | None = None
    covariates: Names = []
    strata: Names = []
    pair: str | None = None
    exposure: str | None = None
    weight_column: str | None = None
    donors: list[Value] | None = None
    instrument: str | None = None
    lag: int | None = Field(default=None, ge=0)
    filter: str | None = None
    metric: MetricSpec
    estimator: str = "default"
    options: dict[str, Any] = {}
    weights: Literal["site", "volume"] = "site"
    test: Literal["superiority"] | TestSpec = "superiority"
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    levels: list[Level] = []
    seed: int = Field(default=20260101, ge=0)
    draws: int = Field(default=9999, ge=99, le=1_000_000)

    @field_validator("test", mode="before")
    @classmethod
    def _kind_alone(cls, value: Any) -> Any:
        """``test: noninferiority`` is read as its kind; that a margin is missing is then said as such."""
        return {"kind": value} if isinstance(value, str) and value != "superiority" else value

    @model_validator(mode="before")
    @classmethod
    def _one_site_against_all_others(cls, values: Any) -> Any:
        """A synthetic control is made of every site that has no change, unless ``control`` or ``donors`` say which."""
        arm = values.get("arm") if isinstance(values, dict) else None
        if isinstance(arm, dict) and values.get("design") == "synthetic_control" and arm.get("control") is None:
            return {**values, "arm": {**arm, "control": "*"}}
        return values

    @property
    def dose(self) -> str | None:
        """Column with the amount of treatment received: option ``treatment``, or ``exposure`` where it is no rate's."""
        named = self.options.get("treatment") or (self.exposure if self.metric.kind != "rate" else None)
        return None if named is None else str(named)

    @property
    def test_spec(self) -> TestSpec:
        return TestSpec() if isinstance(self.test, str) else self.test
