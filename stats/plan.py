"""The plan: what was promised before data. A pure value; the registry keeps it as canonical JSON and its sha256.

Everything the evidence and the verdict need from the promise is here, so that evidence = f(plan, snapshot) and
recommendation = f(plan, evidence). Defaults are those of the rule (docs/methods/verdict.md).
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from stats.spec import ArmSpec, Design, MetricSpec, PostSpec, StartsSpec, Strict, Value

Role = Literal["SUCCESS", "SECONDARY", "GUARDRAIL"]
GuardrailClass = Literal["PROVE", "WATCH"]
WasteClass = Literal["waiting", "over_production", "rework", "movement"]
CAME_LATER = frozenset({"journey_step", "waste"})


class PlannedMetric(Strict):
    """A metric as promised. mwe (success) and margin (guardrail) > 0, in the metric's unit (shares 0-1)."""

    key: str
    name: str
    version: int = 1
    role: Role
    spec: MetricSpec
    unit: str = ""
    better: Literal["higher", "lower"] = "higher"
    mwe: float | None = Field(default=None, gt=0)
    margin: float | None = Field(default=None, gt=0)
    guardrail_class: GuardrailClass | None = None
    critical: bool = False
    partner: str | None = None
    partner_name: str | None = None
    signed: bool = False
    survey: bool = False
    perspective: Literal["customer", "employee", "internal", "financial"] = "customer"
    journey_step: str | None = None
    """Where along the customer's way it is felt: reach us, wait, be served, get it solved, receive, pay, stay."""
    waste: WasteClass | None = None
    twin_of: str | None = None
    pre: str | None = None
    """Column with the unit's own value before the start; None: the pre-period of the same metric, if there is one."""

    @model_serializer(mode="wrap")
    def _as_first_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Fields that came later are left out where nothing is known: an older plan keeps its bytes and its hash."""
        written: dict[str, Any] = handler(self)
        return {name: value for name, value in written.items() if value is not None or name not in CAME_LATER}


class Columns(Strict):
    """The column map: which column of the data plays which part (design.md, one datum's way)."""

    site: str | None = None
    unit: str | None = None
    cluster: str | None = None
    arm: ArmSpec | None = None
    period: str | None = None
    post: PostSpec | None = None
    starts: StartsSpec | None = None
    timestamp: str | None = None
    segment: str | None = None
    strata: list[str] = []
    pair: str | None = None
    covariates: list[str] = []
    eligible: str | None = None
    delivered: str | None = None
    used: str | None = None
    weight_column: str | None = None


class PlannedSite(Strict):
    """A site (or unit) of the plan. arm None until assigned; size: expected records per window."""

    key: str
    name: str | None = None
    size: float | None = None
    stratum: str | None = None
    pair: str | None = None
    forced: bool = False


class AssignmentRule(Strict):
    """How units get their arms; enough to draw again and to replay for the permutation p.

    rerandomised: of ``candidates`` draws the share ``keep_best`` that is best balanced on ``balance_on`` (names of
    site values) is kept, and one of those is drawn; waves: into how many waves of a stepped wedge.
    """

    method: Literal["complete", "stratified", "paired", "rerandomised", "waves", "chosen"] = "complete"
    n_treatment: int | None = None
    seed: int = 20260101
    candidates: int | None = None
    keep_best: float | None = None
    balance_on: list[str] = []
    waves: int | None = Field(default=None, ge=2)


class Looks(Strict):
    """Planned checks as fractions of the planned information; the extension look is kept in reserve."""

    fractions: list[float] = [0.5, 1.0]
    extension: float | None = 1.5
    minimum_days: int = 28


class Errors(Strict):
    """Error rates promised, all one-sided (the rule's words: alpha, gamma, alpha_guard, alpha_harm)."""

    alpha: float = 0.05
    gamma: float = 0.10
    alpha_guard: float = 0.05
    alpha_harm: float = 0.05
    alpha_spending: Literal["obrien_fleming", "pocock"] = "obrien_fleming"


class Finance(Strict):
    """Money: currency and period explicit. value per unit of each success metric's improvement."""

    currency: str
    value_per_unit: dict[str, float]
    volume: float
    volume_period: str = "year"
    horizon: float
    run_cost: float = 0.0
    one_off_cost: float = 0.0
    transport_discount: float | None = None
    round_cost: float | None = None
    round_delay_cost: float = 0.0
    minimum_p_net_benefit: float = 0.8


class Gates(Strict):
    """Lines of the quality gates (rule, section 4)."""

    sample_ratio_p: float = 0.001
    volume_ratio_p: float = 0.01
    missing_share: float = 0.10
    missing_difference: float = 0.05
    response_difference: float = 0.05
    placebo_p: float = 0.01
    contamination_share: float = 0.10
    delivery_red: float = 0.50
    delivery_green: float = 0.75


class Plan(Strict):
    """One version's promise."""

    pilot: str
    title: str
    version: int = 1
    max_versions: int = 3
    design: Design
    estimator: str = "default"
    unit_of_assignment: Literal["site", "unit"] = "site"
    unit_word: str = "site"
    change: str = ""
    metrics: list[PlannedMetric]
    columns: Columns = Columns()
    sites: list[PlannedSite] = []
    assignment: AssignmentRule = AssignmentRule()
    how_chosen: str = ""
    favourable_sites: bool = False
    start: date | None = None
    end: date | None = None
    pre_start: date | None = None
    weights: Literal["site", "volume"] = "site"
    primary_rule: Literal["any", "all"] = "any"
    errors: Errors = Errors()
    looks: Looks = Looks(fractions=[1.0], extension=None)
    gates: Gates = Gates()
    mbar: float = 1.0
    finance: Finance | None = None
    simulated: bool = False
    recorded_afterwards: bool = False
    showcase: bool = False
    draws: int = 9999
    seed: int = 20260101
    assumptions: dict[str, Value] = {}

    @property
    def success(self) -> tuple[PlannedMetric, ...]:
        return tuple(metric for metric in self.metrics if metric.role == "SUCCESS")

    @property
    def guardrails(self) -> tuple[PlannedMetric, ...]:
        return tuple(metric for metric in self.metrics if metric.role == "GUARDRAIL")

    def metric(self, key: str) -> PlannedMetric:
        return next(metric for metric in self.metrics if metric.key == key)


def canonical_json(value: Any) -> str:
    """The one spelling of a JSON value that is hashed: sorted keys, no spaces, no NaN, utf-8 as is."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def plan_json(plan: Plan) -> str:
    return canonical_json(plan.model_dump(mode="json", by_alias=True))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
