"""What the calculator takes: one strict model a kind; a misspelt key is a clear refusal.

Rules that concern several keys are listed by ``problems`` as (code of the sentence, keys), all of them at once.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from stats.spec import Strict

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, lt=1)]
Probability = Annotated[float, Field(ge=0, le=1)]


class Checked(Strict):
    """A model whose keys must also fit each other."""

    def problems(self) -> list[tuple[str, str]]:
        """(code, keys) of every rule that the keys together break."""
        return []

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        if found := self.problems():
            raise ValueError(";".join(f"{code}:{keys}" for code, keys in found))
        return self


class AdjustSpec(Strict):
    """Out: adjusted, rejected (null where there was no p), n_rejected, tested, by_method (every method's p)."""

    p: Annotated[list[Probability | None], Field(min_length=1)]
    method: Literal["bonferroni", "holm", "hochberg", "benjamini_hochberg"] = "holm"
    alpha: Share = 0.05

    @model_validator(mode="before")
    @classmethod
    def _nan_is_no_test(cls, data: dict[str, object]) -> dict[str, object]:
        p = data.get("p")
        if isinstance(p, list):
            return {**data, "p": [None if isinstance(v, float) and v != v else v for v in p]}
        return data


class PoolSpec(Checked):
    """Out: effect, std_error, ci_*, p_value, df, tau2 and its interval, q, q_df, q_p, i2 (0-1), prediction_*, weights.

    effects with variances (or std_errors); or tables of [events, others] under treatment and control with a measure.
    """

    effects: Annotated[list[Finite], Field(min_length=1)] | None = None
    variances: list[Positive] | None = None
    std_errors: list[Positive] | None = None
    tables: Annotated[list[Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=4, max_length=4)]],
                      Field(min_length=1)] | None = None  # fmt: skip
    measure: Literal["log_risk_ratio", "log_odds_ratio", "risk_difference"] = "log_risk_ratio"
    method: Literal["fixed", "dersimonian_laird", "reml", "paule_mandel"] = "reml"
    hartung_knapp: bool = True
    prediction: Literal["t", "normal"] = "t"
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95

    def problems(self) -> list[tuple[str, str]]:
        found = []
        if (self.effects is None) == (self.tables is None):
            found.append(("calc_either", "effects, tables"))
        if self.effects is not None and (self.variances is None) == (self.std_errors is None):
            found.append(("calc_either", "variances, std_errors"))
        elif self.effects is not None and len(self.variances or self.std_errors or []) != len(self.effects):
            found.append(("calc_lengths_differ", "effects, variances"))
        return found


class SampleRatioSpec(Checked):
    """Out: chi2, df, p_value, expected (counts), passes. expected: the split in shares or odds; left out: even."""

    observed: Annotated[list[Annotated[float, Field(ge=0, allow_inf_nan=False)]], Field(min_length=2)]
    expected: list[Positive] | None = None
    threshold: Share = 0.001

    def problems(self) -> list[tuple[str, str]]:
        found = []
        if self.expected is not None and len(self.expected) != len(self.observed):
            found.append(("calc_lengths_differ", "observed, expected"))
        if sum(self.observed) <= 0:
            found.append(("calc_nothing_observed", "observed"))
        return found


class ArmOverTime(Strict):
    """One arm, one entry a look: units so far, their mean, their variance."""

    n: Annotated[list[Annotated[float, Field(gt=1)]], Field(min_length=1)]
    mean: list[Finite]
    variance: list[Annotated[float, Field(ge=0, allow_inf_nan=False)]]


class ConfidenceSequenceSpec(Checked):
    """Out: effect, std_error, ci_lower, ci_upper, p_value, running_* (lists), first_excluding_zero, rho, n_star."""

    control: ArmOverTime
    treatment: ArmOverTime
    alpha: Share = 0.05
    n_star: Positive | None = None

    def problems(self) -> list[tuple[str, str]]:
        lengths = {len(values) for arm in (self.control, self.treatment) for values in (arm.n, arm.mean, arm.variance)}
        return [("calc_lengths_differ", "control, treatment")] if len(lengths) > 1 else []


class EffectSizeSpec(Strict):
    """Out: value (Hedges' g: treatment minus control in standard deviations), ci_lower, ci_upper, df, n."""

    control: list[Finite]
    treatment: list[Finite]
    paired: bool = False
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95


class ReliabilitySpec(Strict):
    """Out: value (Cronbach's alpha), ci_lower, ci_upper, n. answers: one list a person, one entry a question."""

    answers: Annotated[list[list[Finite]], Field(min_length=1)]
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95


class RepeatedCorrelationSpec(Strict):
    """Out: value (correlation within subjects), ci_lower, ci_upper, p_value, df, n. One entry a subject and time."""

    subject: list[str | int]
    x: list[Finite]
    y: list[Finite]
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95


class BoundariesSpec(Checked):
    """Out: z, nominal_p, cumulative_alpha, fractions, constant, inflation, first_crossing.

    looks: their number (evenly spread) or their fractions of the information; rho: of the power family.
    """

    looks: Annotated[int, Field(ge=1, le=50)] | list[Finite]
    alpha: Share = 0.05
    sides: Literal[1, 2] = 2
    spending: Literal["obrien_fleming", "pocock", "power", "classical", "classical_pocock"] = "obrien_fleming"
    rho: Positive = 2.0
    power: Share | None = None
    z: list[Finite] | None = None

    def fractions(self) -> list[float]:
        if isinstance(self.looks, int):
            return [(k + 1) / self.looks for k in range(self.looks)]
        return list(self.looks)
