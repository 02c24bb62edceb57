"""What charts and memos show: frozen views of texts and plain numbers, no data, no rules.

All texts are final (words, numbers and units written), so that every rendering shows the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Better = Literal["higher", "lower"]
Tone = Literal["good", "bad", "open", "none"]


@dataclass(frozen=True, kw_only=True)
class IntervalRow:
    """One row of the interval plot, in the unit shown (shares already in percentage points).

    effect, lower, upper: treatment minus control; a limit of None is unbounded. line: the smallest gain worth having
    (success) or the largest loss accepted (guardrail), signed like an effect; beyond: which side of it is shaded,
    "gain" or "loss". state: in words. unit: of the axis.
    """

    name: str
    unit: str
    better: Better
    state: str
    tone: Tone = "open"
    effect: float | None = None
    lower: float | None = None
    upper: float | None = None
    line: float | None = None
    beyond: Literal["gain", "loss"] = "gain"
    effect_text: str = ""
    interval_text: str = ""
    line_text: str = ""


@dataclass(frozen=True, kw_only=True)
class SiteDot:
    """One site's own value after the start, and before it if known, in the unit shown."""

    site: str
    treatment: bool
    value: float
    before: float | None = None
    records: float | None = None


@dataclass(frozen=True, kw_only=True)
class ArmPoint:
    """The level of one arm in one period; order: of the period on the axis; after: whether it lies after the start."""

    treatment: bool
    period: str
    order: int
    value: float
    after: bool = True


@dataclass(frozen=True, kw_only=True)
class PowerPoint:
    """The smallest gain that so many sites can decide on with the promised certainty, in the unit shown."""

    sites: int
    detectable: float


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A verdict as colour, sign and word."""

    verdict: str
    word: str
    addition: str = ""


@dataclass(frozen=True, kw_only=True)
class MetricLine:
    """One metric in the table: what it is, what happened, the state in words. plot None: nothing to draw."""

    key: str
    name: str
    role: str
    line: str
    levels: str
    effect: str
    interval: str
    state: str
    tone: Tone
    note: str = ""
    plot: IntervalRow | None = None


@dataclass(frozen=True, kw_only=True)
class PartnerLine:
    """One partner's own metric: what changed for it, and what it said. key: of the metric, hoped: the benefit that
    it expects in its own words; "" where it named none.
    """

    partner: str
    metric: str
    change: str
    state: str
    tone: Tone
    said: str
    benefit: str = ""
    key: str = ""
    hoped: str = ""


@dataclass(frozen=True, kw_only=True)
class CheckLine:
    """One check in a sentence. passed: None where it was not run."""

    sentence: str
    passed: bool | None


@dataclass(frozen=True, kw_only=True)
class PlannedLine:
    """One promise beside what was done."""

    what: str
    planned: str
    done: str


@dataclass(frozen=True, kw_only=True)
class MethodLine:
    """One metric for analysts: the raw estimate, treatment minus control, in the metric's own unit."""

    name: str
    method: str
    effect: str
    std_error: str
    df: str
    interval: str
    p_value: str
    p_randomisation: str
    limits: str
    units: str


@dataclass(frozen=True, kw_only=True)
class PathPoint:
    """The effect in one period, in the unit shown. at: whole periods since the start, the first after it is 0;
    label: the same in words; lower, upper: its own interval, None where there is none; reference: 0 by definition.
    """

    at: int
    label: str
    effect: float
    lower: float | None = None
    upper: float | None = None
    reference: bool = False
    effect_text: str = ""
    interval_text: str = ""


@dataclass(frozen=True, kw_only=True)
class PathView:
    """The effect by time since the start. period: the word for one step on the axis."""

    points: tuple[PathPoint, ...]
    period: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class CoursePoint:
    """The level in one period and where the course before the start leads, in the unit shown; at as in PathPoint."""

    at: int
    label: str
    value: float
    expected: float
    value_text: str = ""
    expected_text: str = ""


@dataclass(frozen=True, kw_only=True)
class CourseView:
    """One series before and after the start, against its earlier course."""

    points: tuple[CoursePoint, ...]
    period: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Placebo:
    """What the same comparison finds where nothing began: at another site, or at an earlier date.

    effect: in the unit shown; own: this is the true one; gaps: (whole periods since the start, distance) where known.
    """

    name: str
    effect: float
    own: bool = False
    effect_text: str = ""
    gaps: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class PlaceboView:
    """The true finding among those that can't be true. kind: of what the others are."""

    kind: Literal["sites", "dates"]
    found: tuple[Placebo, ...]
    period: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class HalfHour:
    """One half-hour of one weekday (None: of every day): levels and their difference, in the unit shown.

    better_by: the difference, oriented so that + is better; order: of the half-hour within the day; sure: the whole
    interval lies on one side of zero (also where older evidence knows none), None where there are too few to say;
    interval_text: the interval in words.
    """

    day: int | None
    slot: str
    order: int
    better_by: float
    change_text: str
    treatment_text: str
    control_text: str
    sure: bool | None = True
    interval_text: str = ""


@dataclass(frozen=True, kw_only=True)
class HalfHoursView:
    """Through the day and the week, with the change against without it. short: what falls short of its promise."""

    cells: tuple[HalfHour, ...]
    sentence: str
    short: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PartLine:
    """One channel (or other part) of a metric, in words; it describes, and nothing is decided on it."""

    name: str
    treatment: str
    control: str
    effect: str
    interval: str


@dataclass(frozen=True, kw_only=True)
class WorstLine:
    """An average beside the worst experience behind it, in words. worst: "" where nobody measured one."""

    average: str
    average_change: str
    worst: str
    levels: str
    change: str
    state: str
    tone: Tone
    reading: str


@dataclass(frozen=True, kw_only=True)
class PlacedLine:
    """One metric at its step of the journey, or in its class of waste: what happened to it, in words. change: with
    where it likely lies; effect: without."""

    place: str
    metric: str
    whose: str
    change: str
    effect: str
    state: str
    tone: Tone


@dataclass(frozen=True, kw_only=True)
class MetricPlots:
    """What can be drawn of one metric beside its interval; unit: of differences, level_unit: of levels."""

    key: str
    name: str
    unit: str
    level_unit: str
    better: Better
    path: PathView | None = None
    course: CourseView | None = None
    placebo: PlaceboView | None = None
    half_hours: HalfHoursView | None = None
    parts: tuple[PartLine, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Memo:
    """The one page and its appendix. made_at: of the evidence, never of the rendering (same input, same bytes)."""

    key: str
    title: str
    subtitle: str
    simulated: str
    badge: Badge
    why: str
    tried: str
    for_whom: str
    people: str
    asked: tuple[str, ...]
    metrics: tuple[MetricLine, ...]
    metrics_note: str
    partners: tuple[PartnerLine, ...]
    worst: tuple[str, ...]
    money: tuple[str, ...]
    grade: str
    grade_reasons: tuple[str, ...]
    checks: tuple[CheckLine, ...]
    planned: tuple[PlannedLine, ...]
    dissent: tuple[str, ...]
    decision: tuple[str, ...]
    method_notes: tuple[str, ...]
    method: tuple[MethodLine, ...]
    provenance: tuple[tuple[str, str], ...]
    sites: tuple[SiteDot, ...] = ()
    sites_metric: str = ""
    sites_unit: str = ""
    sites_better: Better = "higher"
    sites_sentence: str = ""
    unit_word: str = "site"
    signed: str = ""
    passed: str = ""
    foot: str = ""
    why_method: str = ""
    hides: str = ""
    short: tuple[str, ...] = ()
    worst_lines: tuple[WorstLine, ...] = ()
    waste: tuple[PlacedLine, ...] = ()
    waste_note: str = ""
    journey: tuple[PlacedLine, ...] = ()
    journey_note: str = ""
    parts: tuple[str, ...] = ()
    parts_column: str = ""
    plots: tuple[MetricPlots, ...] = ()
    made_at: datetime | None = None
    language: str = "en"
    headings: Mapping[str, str] = field(default_factory=dict)
