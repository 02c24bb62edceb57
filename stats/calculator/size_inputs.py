"""What the calculator takes for power, sizes and smallest effects of any design."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from stats.calculator.inputs import Checked, Finite, Positive, Probability, Share
from stats.planning.power import Question

ALTERNATIVES = {"two-sided": "two_sided", "one-sided": "one_sided", "greater": "one_sided", "less": "one_sided"}


PlannedDesign = Literal[
    "two_sample", "randomised_units", "paired", "several_arms", "clusters", "randomised_sites", "matched_sites",
    "before_after_control", "staggered", "stepped_wedge", "synthetic_control", "interrupted_time_series",
]  # fmt: skip
CLUSTERED = ("clusters", "randomised_sites", "matched_sites", "before_after_control")
ROLLOUTS = ("stepped_wedge", "staggered")
ASSUMED_ICC, ASSUMED_AUTOCORRELATION = 0.05, 0.8
WITHOUT_FORMULA = ("synthetic_control", "interrupted_time_series")


class Sizes(Checked):
    """What the three power calculations share.

    design: two_sample (units; also ``randomised_units``), clusters (sites; also ``randomised_sites``,
    ``matched_sites``), before_after_control (sites, the change), stepped_wedge and staggered (sites that start one
    after the other), paired, or several_arms (power only: an F test of ``groups`` arms of ``n`` with Cohen's f in
    ``effect_size``).
    n: units (paired: pairs) in each arm, or n_control and n_treatment; sites likewise for clusters.
    metric mean: sd of a unit (paired: of the differences); metric share: base_rate of the control arm, effect as a
    difference of shares (0-1). effect_size (d, h) instead of an effect: in units of sd, or on the arcsine scale.
    method: default exact_t, for shares of units normal (as R's power.prop.test); arcsine for Cohen's h.
    margin: for non-inferiority, with ``better``; the effect is then the true difference (default none).
    pre_correlation, and for clusters cluster_size (records per site and period), cluster_size_cv, icc,
    autocorrelation, individual, periods, pre_periods: see stats/planning/power.py. Without icc one of .05 is assumed,
    with an autocorrelation of .8: ``assumed`` says so, and ``sensitivity`` lists the answer over what is usual.
    Sites that start one after the other: sites in all, in ``waves`` of equal size, one every ``step`` periods;
    pre_periods before the first start (default: one step), periods in all (default: until one step after the last
    start; periods alone means periods - 1 waves), sites_control that never start. Or ``exposure``: one row a group of
    sites, 0 without and 1 with the change, null where not observed, with sites_by_row (default: evenly). estimator:
    gls (default of stepped_wedge), imputation (of staggered), change or ancova; ``as_analysed`` is what the design's
    own default would have. persistence: see stats/planning/variation.py.
    """

    design: PlannedDesign = "two_sample"
    metric: Literal["mean", "share"] = "mean"
    method: Literal["exact_t", "normal", "arcsine"] | None = None
    n: Positive | None = None
    n_control: Positive | None = None
    n_treatment: Positive | None = None
    sites: Positive | None = None
    sites_control: Positive | None = None
    sites_treatment: Positive | None = None
    sd: Positive = 1.0
    base_rate: Share | None = None
    alpha: Share = 0.05
    alternative: Literal["two_sided", "one_sided"] = "two_sided"
    margin: Positive | None = None
    better: Literal["higher", "lower"] = "higher"
    pre_correlation: Annotated[float, Field(gt=-1, lt=1)] = 0.0
    cluster_size: Positive | None = None
    cluster_size_cv: Annotated[float, Field(ge=0)] = 0.0
    icc: Annotated[float, Field(ge=0, lt=1)] | None = None
    autocorrelation: Probability | None = None
    individual: Annotated[float, Field(ge=0, lt=1)] = 0.0
    persistence: Annotated[float, Field(ge=0, lt=1)] = 0.0
    periods: Annotated[int, Field(ge=1)] | None = None
    pre_periods: Annotated[int, Field(ge=0)] | None = None
    waves: Annotated[int, Field(ge=1)] | None = None
    step: Annotated[int, Field(ge=1)] = 1
    exposure: Annotated[list[list[Annotated[int, Field(ge=0, le=1)] | None]], Field(min_length=1)] | None = None
    sites_by_row: list[Positive] | None = None
    estimator: Literal["default", "gls", "imputation", "change", "ancova", "after"] = "default"

    @property
    def clustered(self) -> bool:
        return self.design in CLUSTERED

    @property
    def rollout(self) -> bool:
        return self.design in ROLLOUTS

    @property
    def without_formula(self) -> bool:
        return self.design in WITHOUT_FORMULA

    @property
    def assumes_icc(self) -> bool:
        return self.icc is None and (self.clustered or self.rollout)

    @property
    def likeness(self) -> tuple[float, float]:
        """(icc, autocorrelation), given or assumed."""
        if self.assumes_icc:
            given = self.autocorrelation
            return ASSUMED_ICC, ASSUMED_AUTOCORRELATION if given is None else given
        return self.icc or 0.0, 1.0 if self.autocorrelation is None else self.autocorrelation

    @model_validator(mode="before")
    @classmethod
    def _other_spellings(cls, data: Any) -> Any:
        """A metric given as a mapping (kind, sd, base_rate) and other words for one- and two-sided."""
        if not isinstance(data, dict):
            return data
        metric, read = data.get("metric"), dict(data)
        if isinstance(metric, dict):
            read.pop("metric")
            read |= {("metric" if key == "kind" else key): value for key, value in metric.items()}
        if isinstance(read.get("alternative"), str):
            read["alternative"] = ALTERNATIVES.get(read["alternative"], read["alternative"])
        return read

    def problems(self) -> list[tuple[str, str]]:
        found = super().problems()
        if self.metric == "share" and self.base_rate is None and self.method != "arcsine":
            found.append(("calc_key_missing", "base_rate"))
        sites = self.clustered or self.rollout
        if sites and self.cluster_size is None and not self.solves_cluster_size:
            found.append(("calc_key_missing", "cluster_size"))
        if self.design == "before_after_control" and self.pre_periods == 0:
            found.append(("calc_key_missing", "pre_periods"))
        return found + (self._rollout_problems() if self.rollout else [])

    def _rollout_problems(self) -> list[tuple[str, str]]:
        rows = self.exposure
        if rows is None:
            if self.waves is None and self.periods is None:
                return [("calc_key_missing", "waves")]
            return [] if self.periods is None or self.periods > self.before_first else [("calc_key_missing", "periods")]
        if len({len(row) for row in rows}) > 1:
            return [("calc_lengths_differ", "exposure")]
        if self.sites_by_row is not None and len(self.sites_by_row) != len(rows):
            return [("calc_lengths_differ", "exposure, sites_by_row")]
        return []

    @property
    def before_first(self) -> int:
        """Periods before the first start."""
        return self.step if self.pre_periods is None else self.pre_periods

    @property
    def solves_cluster_size(self) -> bool:
        return False

    @property
    def size_key(self) -> str:
        return "sites" if self.clustered or self.rollout else "n"

    def sizes(self) -> tuple[float, float]:
        """(control, treatment) units or sites."""
        both, control, treatment = (
            (self.sites, self.sites_control, self.sites_treatment)
            if self.clustered
            else (self.n, self.n_control, self.n_treatment)
        )
        return float(control or both or 0), float(treatment or both or 0)

    def has_sizes(self) -> bool:
        if self.rollout:
            return self.sites is not None or self.sites_by_row is not None
        return self.without_formula or min(self.sizes()) > 0

    def effect_of(self, effect: float | None, effect_size: float | None) -> float:
        return effect if effect is not None else (effect_size or 0.0) * self.sd

    def question(self, n_control: float, n_treatment: float, effect: float = 0.0) -> Question:
        design = "clusters" if self.clustered else "paired" if self.design == "paired" else "two_sample"
        units_of_shares = self.metric == "share" and design == "two_sample" and not self.rollout
        icc, autocorrelation = self.likeness
        change = self.design == "before_after_control"
        return Question(
            design=design,  # type: ignore[arg-type]
            metric=self.metric,
            method=self.method or ("normal" if units_of_shares else "exact_t"),
            n_control=n_control,
            n_treatment=n_treatment,
            effect=effect,
            sd=self.sd,
            base_rate=self.base_rate or 0.0,
            alpha=self.alpha,
            alternative=self.alternative,
            margin=self.margin or 0.0,
            better=self.better,
            pre_correlation=self.pre_correlation,
            cluster_size=self.cluster_size or 1.0,
            cluster_size_cv=self.cluster_size_cv,
            icc=icc,
            autocorrelation=autocorrelation,
            individual=self.individual,
            periods=self.periods or 1,
            pre_periods=self.pre_periods or int(change),
            before="change" if change else "adjust",
        )


class WithEffect(Sizes):
    """A power question that names the true effect (``effect``, metric's unit) or its size (``effect_size``)."""

    effect: Finite | None = None
    effect_size: Finite | None = None

    def problems(self) -> list[tuple[str, str]]:
        found = super().problems()
        sized = self.effect_size is not None and (self.metric == "mean" or self.method == "arcsine")
        if self.effect is None and self.margin is None and not sized:
            found.append(("calc_key_missing", "effect"))
        rate = (self.base_rate or 0.0) + (self.effect or 0.0)
        if self.metric == "share" and self.base_rate is not None and not 0 < rate < 1:
            found.append(("calc_share_out_of_range", "effect"))
        return found

    def question(self, n_control: float, n_treatment: float, effect: float = 0.0) -> Question:
        return super().question(n_control, n_treatment, effect or self.effect_of(self.effect, self.effect_size))


class PowerSpec(WithEffect):
    """Out: power, effect, effect_size, std_error, df, n_control, n_treatment (sites), alpha, alternative, method."""

    groups: Annotated[int, Field(ge=2)] | None = None

    def problems(self) -> list[tuple[str, str]]:
        if self.design == "several_arms":
            absent = [key for key in ("groups", "effect_size", "n") if getattr(self, key) is None]
            return [("calc_key_missing", key) for key in absent]
        return super().problems() + ([] if self.has_sizes() else [("calc_key_missing", self.size_key)])


class SampleSizeSpec(WithEffect):
    """Out: as power, with n (fractional, control arm), n_whole, n_control_whole, n_treatment_whole; or cluster_size.

    allocation: treatment size over control size. solve_for: n (units, pairs, sites) or cluster_size at given sites.
    ``not_estimable`` where no size reaches the power (more records of the same few sites add nothing).
    """

    power: Share = 0.8
    allocation: Positive = 1.0
    solve_for: Literal["n", "cluster_size"] = "n"

    @property
    def solves_cluster_size(self) -> bool:
        return self.solve_for == "cluster_size"

    def problems(self) -> list[tuple[str, str]]:
        found = super().problems()
        if self.design == "several_arms" or (self.method == "arcsine" and self.effect is None):
            found.append(("calc_power_only", "design"))
        if self.solves_cluster_size and not ((self.clustered or self.rollout) and self.has_sizes()):
            found.append(("calc_key_missing", "sites"))
        if self.margin is None and 0 in (self.effect, self.effect_size):
            found.append(("calc_effect_zero", "effect"))
        return found


class MdeSpec(Sizes):
    """Out: as power; effect is the smallest that the plan shows (negative where lower is better)."""

    power: Share = 0.8

    def problems(self) -> list[tuple[str, str]]:
        found = super().problems()
        if self.design == "several_arms":
            found.append(("calc_power_only", "design"))
        if not self.has_sizes():
            found.append(("calc_key_missing", self.size_key))
        return found
