"""What the commands of a pilot's life print with ``--json``."""

from __future__ import annotations

from experiments.commands.promised.base import Json, Output


class RegisterOutput(Output):
    """similar: earlier pilots like it, the most alike first, each with its verdict and takeaway."""

    pilot: str
    title: str
    warnings: list[str]
    similar: list[Json]


class PlanOutput(Output):
    """sizing: decision_capable, learning or unknown; metrics: planned standard error and what it could show."""

    pilot: str
    plan_sha256: str
    sizing: str
    n_treatment: int
    n_control: int
    best_grade: str
    smallest_p: float | None
    metrics: list[Json]
    warnings: list[str]
    plan: Json


class RehearseOutput(Output):
    """truths: by truth the shares of pilots (value, simulation error) by verdict, row, reason and scope, and what the
    usual reading and two published rules would do; changes: what would make it able to decide; supposed: metrics
    without history; kept: whether it is on record with the plan. pilot: None for a charter that is not registered."""

    pilot: str | None
    pilots: int
    seed: int
    sizing: str
    n_treatment: int
    n_control: int
    supposed: list[str]
    truths: dict[str, Json]
    changes: list[Json]
    sentences: list[str]
    kept: bool


class ForecastsOutput(Output):
    """forecasts: each owner's bet with its outcome and scores (null where not scored); together, owners: averages, null
    below ten scored forecasts. rollouts: what was foretold of each roll-out beside what was measured, in smallest gains
    worth having; reality: of them together, null below ten."""

    forecasts: list[Json]
    together: Json
    owners: dict[str, Json]
    rollouts: list[Json]
    reality: Json


class SignOutput(Output):
    """capacity: partner, owner or sponsor; unsigned: partner departments that have not signed. Of a refusal to sign
    (``declined``) there is no more than the metrics."""

    pilot: str
    capacity: str
    metrics: list[str]
    plan_sha256: str | None = None
    unsigned: list[str] = []
    recorded_afterwards: bool = False
    declined: bool


class AssignOutput(Output):
    """arms: 0 control, 1 treatment, by site; empty where the data say which unit got which arm."""

    pilot: str
    method: str
    seed: int
    arms: dict[str, int]
    sha256: str


class IngestOutput(Output):
    """number: of the snapshot within the pilot; reading: how the bytes were read; warnings: said, not refused."""

    pilot: str
    number: int
    sha256: str
    rows: int
    reading: Json
    warnings: list[str]


class AssessOutput(Output):
    """evidence: one object for each treatment arm, with its hash; effects are hidden where the rule hides them."""

    pilot: str
    look: int
    evidence: list[Json]


class RecommendOutput(Output):
    """The recommendation as stored; sentence: the verdict and the reason in words."""

    pilot: str
    sentence: str
    recommendation: Json


class ReviewOutput(Output):
    pilot: str
    person: str
    partner: str
    stance: str
    reason: str
    evidence_sha256: str


class DecideOutput(Output):
    """kind: decided, sent_back or deferred; proposed (it waits for ``waits_for``, and has no number) or declined."""

    pilot: str
    number: int | None
    kind: str
    verdict: str | None
    scope: str | None
    recommended: str
    overrules: bool
    evidence_sha256: str
    waits_for: str


class OverridesOutput(Output):
    """overrides: each with its state, when to look back, and what became of it."""

    overrides: list[Json]


class ReviewRoundOutput(Output):
    """quorum: how many words are enough before ``until``; heard, waiting: partner departments."""

    pilot: str
    until: str
    quorum: int
    heard: list[str]
    waiting: list[str]
    over: bool


class AskOutput(Output):
    """requests: each with its answer, empty while it is open."""

    pilot: str
    requests: list[Json]


class StageOutput(Output):
    """stage: where the pilot stands now."""

    pilot: str
    stage: str


class ConcernOutput(Output):
    """concerns: each with its answer, empty while it is open."""

    pilot: str
    concerns: list[Json]


class HarmOutput(Output):
    """week: of the pilot, from 1; alarm: whether the data so far point to harm; unchecked: metrics without data yet."""

    pilot: str
    week: int
    on: str
    alarm: bool
    unchecked: list[str]


class CommentOutput(Output):
    """Oldest first; attachments with the hash of their content."""

    pilot: str
    comments: list[Json]
    attachments: list[Json]


class MemoOutput(Output):
    """log_head: hash of the record's newest event, which the memo carries: ``pilot verify --head`` looks for it."""

    pilot: str
    format: str
    output: str
    bytes: int
    log_head: str


class CloseOutput(Output):
    pilot: str
    takeaway: str


class ReproduceOutput(Output):
    """items: what was computed again, with the stored and the new hash."""

    pilot: str
    identical: bool
    items: list[Json]


class VerifyOutput(Output):
    """events, rows, snapshots, attachments: how many were checked; head: hash of the newest event, worth noting."""

    whole: bool
    events: int
    rows: int
    snapshots: int
    attachments: int
    head: str
    findings: list[str]


class HistoryOutput(Output):
    """log_head: hash of the record's newest event."""

    pilot: str
    events: list[Json]
    log_head: str


class PastOutput(Output):
    """rows, sites, periods, first, last: read from the file, left_out: rows from the start on; window: the stretches
    that were held against each other; metrics: by key ``windows`` (spread and steadiness with 95 % intervals) and
    ``components`` (of single records), each a code with facts where nothing can be said; absent: metrics whose columns
    the file lacks; history: as it stands in a charter, to be pasted. replay, with ``--replay``: by success metric what
    the plan's own estimator shows of a ``gain`` worth having and of ``nothing``; seconds: that it took."""

    rows: int
    sites: int
    sites_of_plan: int
    periods: int
    first: str | None
    last: str | None
    left_out: int
    window: Json
    metrics: dict[str, Json]
    absent: dict[str, list[str]]
    history: dict[str, Json]
    sentences: list[str]
    warnings: list[str]
    replay: dict[str, Json]
    seconds: float | None


class ShapeOutput(Output):
    """stage: shaping, or plan once frozen, with the plan's hash."""

    pilot: str
    stage: str
    plan_sha256: str | None = None
    warnings: list[str] = []


class ChangeOutput(Output):
    """entries: the whole change log, oldest first."""

    pilot: str
    entries: list[Json]


class CheckInOutput(Output):
    """kept: how many were new or changed; check_ins: all of them as they stand."""

    pilot: str
    kept: int
    check_ins: list[Json]


class AmendOutput(Output):
    """difference: {path: [before, after]}; unsigned: partner departments that have to sign again."""

    pilot: str
    number: int
    kind: str
    difference: Json
    after_first_data: bool
    costs_grade: bool
    unsigned: list[str]
    plan_sha256: str


class ReopenOutput(Output):
    """fallen: partner departments whose signatures fell away; charter: as it was registered, to be changed."""

    pilot: str
    stage: str
    fallen: list[str]
    charter: Json


class IterateOutput(Output):
    """The drafted version: version counts what is tried; charter: as it is to be completed."""

    parent: str
    key: str
    version: int
    max_versions: int
    consumes_version: bool
    cause: str
    lever: str
    alpha: float
    sites: int | None
    weeks: int | None
    chance: float | None
    start: str
    end: str
    expires: str
    must_change: list[str]
    charter: Json


class LineageOutput(Output):
    """versions: each with its own effect (null where closed) and the filtered one; alpha over all of them."""

    origin: str
    metric: str
    metric_name: str
    better: str
    mwe: float | None
    versions: list[Json]
    max_versions: int
    alpha_promised: float
    alpha_used: float


class DemoOutput(Output):
    """pilots: the worked portfolio, simulated; empty where there were pilots already, or none were wanted."""

    pilots: list[str]
    added: bool


class DocsOutput(Output):
    written: list[str]


class EstimateOutput(Output):
    """effect: treatment minus control; one of ``effect ...``, ``not_estimable`` or ``arms`` (one object an arm). notes:
    what the specification names and the estimator leaves out, as a sentence; also in ``details.ignored``."""

    effect: float | None = None
    std_error: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    p_value: float | None = None
    df: float | None = None
    p_randomisation: float | None = None
    p_floor: float | None = None
    relative: Json | None = None
    n_control: int | None = None
    n_treatment: int | None = None
    mean_control: float | None = None
    mean_treatment: float | None = None
    confidence: float | None = None
    method: str | None = None
    checks: list[Json] | None = None
    details: Json | None = None
    not_estimable: str | None = None
    arms: list[Json] | None = None
    notes: list[str] | None = None
    version: str
