"""The charter: what an innovator writes down before anything else (`pilot register FILE.yaml`).

Pydantic models with ``extra="forbid"``; ``experiments.charters.check`` reads one with every problem at once.
``experiments.charters.to_plan`` builds the plan that partners sign.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from experiments.charters.site_choice import SiteScore, site_choice, site_name
from experiments.metrics.entry import JourneyStep
from stats.plan import (
    AssignmentRule,
    Columns,
    Errors,
    Finance,
    GuardrailClass,
    Looks,
    PlannedSite,
    WasteClass,
    sha256,
)
from stats.spec import Design, MetricSpec, Strict

Perspective = Literal["customer", "employee", "internal", "financial"]
Text = Annotated[str, Field(min_length=3)]
DURATIONS = frozenset({"ms", "s", "sec", "seconds", "min", "minutes", "h", "hours", "days", "weeks"})
SCORES = frozenset({"points of 5", "points of 10", "stars", "nps", "score"})


class Person(Strict):
    """Somebody by name, with the department they speak for."""

    name: Text
    department: Text
    email: str | None = None


class Hypothesis(Strict):
    """If we <change> for <for_whom>, then <metric> will go <direction> by <by>, because <because>."""

    change: Text
    for_whom: Text
    metric: str
    direction: Literal["up", "down"]
    by: float = Field(gt=0)
    because: Text


class Worst(Strict):
    """The worst-experience twin of a metric: the mean of the worst ``share``, or the share ``beyond`` a value."""

    share: float = Field(default=0.05, gt=0, lt=0.5)
    beyond: float | None = None
    margin: float | None = Field(default=None, gt=0)
    without_because: str | None = None
    """Why there is no twin; the reason is on record."""


class CharterMetric(Strict):
    """A metric as the charter names it. ``measure`` says how it is computed from the data."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    name: Text
    measure: MetricSpec
    unit: str = ""
    better: Literal["higher", "lower"] = "higher"
    perspective: Perspective = "customer"
    journey_step: JourneyStep | None = None
    """Where along the customer's way it is felt."""
    waste: WasteClass | None = None
    survey: bool = False
    version: int = Field(default=1, ge=1)
    pre: str | None = None

    @property
    def nature(self) -> Literal["duration", "score", "other"]:
        """What kind of thing is measured; durations and scores have a worst experience behind their average."""
        unit = self.unit.lower()
        if unit in DURATIONS:
            return "duration"
        return "score" if unit in SCORES or (self.survey and self.measure.kind == "mean") else "other"


class SuccessMetric(CharterMetric):
    """What should get better; mwe is the smallest gain worth having, in the metric's unit (shares 0-1)."""

    mwe: float = Field(gt=0)
    worst: Worst = Worst()


class Guardrail(CharterMetric):
    """What must not get worse; margin is the largest loss that its owner accepts, in the metric's unit."""

    margin: float = Field(gt=0)
    guardrail_class: GuardrailClass = Field(default="WATCH", alias="class")
    critical: bool = False
    partner: str | None = None

    @field_validator("guardrail_class", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value


class Metrics(Strict):
    success: list[SuccessMetric] = Field(min_length=1, max_length=3)
    guardrails: list[Guardrail] = []
    secondary: list[CharterMetric] = []


class Partner(Strict):
    """A department that the pilot touches: what it gets out of it, its own number, and whom to ask."""

    department: Text
    benefit: str | None = None
    metric: str | None = None
    contact: str | None = None
    pulls_against: str | None = None
    """Which of its own targets pulls against the pilot."""
    relief: str | None = None
    """What was agreed about that target while the pilot runs."""


def _site(value: Any) -> Any:
    site = {"key": str(value)} if isinstance(value, (str, int)) else value
    named = isinstance(site, dict) and isinstance(site.get("key"), str)
    return {**site, "key": site_name(site["key"])} if named else site


Site = Annotated[PlannedSite, BeforeValidator(_site)]


class Where(Strict):
    """Where and how: sites and how they were chosen, the design, the data's columns and the windows."""

    how_chosen: Text
    favourable: bool = False
    showcase: bool = False
    design: Design
    estimator: str = "default"
    unit_word: str = "site"
    data: Literal["records", "panel"] = "records"
    sites: list[Site] = []
    units: int | None = Field(default=None, ge=2)
    """Units expected in all, where units are drawn one by one."""
    columns: Columns
    assignment: AssignmentRule = AssignmentRule()
    baseline_from: date | None = None
    start: date | None = None
    end: date | None = None
    weights: Literal["site", "volume"] = "site"
    scorecard: list[SiteScore] = []
    """What is known of each site, or of all of them: whether the choice is careful, and how favourable it is."""

    @field_validator("sites")
    @classmethod
    def _named_once(cls, sites: list[PlannedSite]) -> list[PlannedSite]:
        keys = [site.key for site in sites]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"named twice: {', '.join(twice)}")
        return sites

    @property
    def chosen_favourably(self) -> bool:
        """Whether the sites are said, or shown by the score card, to be easier than most."""
        return self.favourable or site_choice(self.scorecard).mostly

    @model_validator(mode="after")
    def _in_order(self) -> Where:
        dates = [day for day in (self.baseline_from, self.start, self.end) if day]
        if dates != sorted(dates):
            raise ValueError("the dates are not in order: baseline_from, start, end")
        return self


class Drift(Strict):
    """How single records and sites vary from one period of earlier data to the next; roll-outs are sized with it.

    sd: of a single record, in the metric's unit; icc: correlation of two records of one site in one period;
    autocorrelation: the share of it that stays for good; persistence: what is left of the passing part one period
    later; records: of one site in one period; period_weeks: length of that period.
    """

    sd: float = Field(gt=0)
    icc: float = Field(ge=0, lt=1)
    autocorrelation: float = Field(ge=0, le=1)
    persistence: float = Field(default=0.0, ge=0, lt=1)
    records: float = Field(gt=0)
    period_weeks: float = Field(gt=0)


class History(Strict):
    """What earlier months show about one metric: spread between sites, and how well a site's past predicts it.

    spread: standard deviation between sites (or units) of the metric over one window, in its unit;
    steadiness: correlation of a site's value before and after (0 unknown); weeks: length of that window where it is
    not the plan's own; drift: read from a file, for sites that begin one after the other.
    """

    spread: float = Field(ge=1e-9, le=1e15)  # beyond is a slip of the keyboard, and its square no number any more
    steadiness: float = Field(default=0.0, ge=0, lt=1)
    weeks: float | None = Field(default=None, gt=0)
    drift: Drift | None = None


class Forecast(Strict):
    """The owner's own bet, made before data: P(SCALE) and an 80 % interval for the effect on one metric."""

    p_scale: float = Field(ge=0, le=1)
    metric: str
    low: float
    high: float

    @model_validator(mode="after")
    def _low_first(self) -> Forecast:
        if self.low >= self.high:
            raise ValueError("low must be below high")
        return self


class Lineage(Strict):
    """Where a later version comes from; drafted with it, and not to be written by hand.

    parent: key of the version before; version: of what is tried (1 for the first), counted against ``max_versions``:
    only a change of what is tried uses one up; cause, lever: codes of the rule's reason and of what would settle it;
    alpha: the most that this version may promise; not_before: the last day of the version before, whose window stays
    its own; expires: until when it may be registered. changed: what is different this time, in words of the team.
    """

    parent: str
    version: int = Field(ge=1)
    cause: str
    lever: str
    consumes_version: bool
    alpha: float = Field(gt=0, lt=1)
    expires: date
    not_before: date | None = None
    must_change: list[str] = []
    changed: str = ""


class Charter(Strict):
    """One pilot's charter."""

    pilot: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9-]{1,59})?$")
    """Key in addresses and on the command line; made from the title where it is left out."""
    title: Text
    problem: Text
    team: Text
    owner: Person
    sponsor: Person
    hypothesis: Hypothesis
    key_results: list[str] = []
    metrics: Metrics
    partners: list[Partner] = []
    where: Where
    history: dict[str, History] = {}
    errors: Errors = Errors()
    looks: Looks | None = None
    """Planned checks; left out, those of the rule where data come in over time (``default_looks``)."""
    primary_rule: Literal["any", "all"] = "any"
    max_versions: int = Field(default=3, ge=1)
    finance: Finance | None = None
    forecast: Forecast | None = None
    lineage: Lineage | None = None
    simulated: bool = False
    draws: int = Field(default=9999, ge=99)

    @property
    def key(self) -> str:
        return self.pilot or slug(self.title)

    def all_metrics(self) -> Iterator[CharterMetric]:
        yield from self.metrics.success
        yield from self.metrics.guardrails
        yield from self.metrics.secondary


def hypothesis_facts(charter: Charter) -> dict[str, Any]:
    """The pieces of the hypothesis sentence (`hypothesis.sentence` in the catalogue)."""
    from experiments.words.numbers import Unit, size

    piece = charter.hypothesis
    metric = next(metric for metric in charter.metrics.success if metric.key == piece.metric)
    return {
        "change": piece.change,
        "for_whom": piece.for_whom,
        "metric": metric.name,
        "direction": piece.direction,
        "by": size(piece.by, Unit.of(metric.unit, metric.measure.kind)),
        "because": piece.because,
    }


def slug(title: str) -> str:
    """'Rückruf zur Spitzenzeit' -> 'ruckruf-zur-spitzenzeit': letters, digits and dashes, at most 60.

    A title without Latin letters gets a key made from its hash: always the same for the same title.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    dashed = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    return dashed if len(dashed) > 1 else f"pilot-{sha256(title)[:8]}"
