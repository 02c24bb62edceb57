"""The closed lists of words that rows may hold. Each column with one of them is backed by a CHECK constraint."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Where a pilot is in its life, in order; PAUSED and WITHDRAWN carry a reason."""

    DRAFT = "draft"
    SHAPING = "shaping"
    PLAN = "plan"
    SIGNED = "signed"
    ASSIGNED = "assigned"
    RUNNING = "running"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    ASSESSED = "assessed"
    IN_REVIEW = "in_review"
    DECIDED = "decided"
    ROLLING_OUT = "rolling_out"
    CLOSED = "closed"


class Role(StrEnum):
    """What a person may be; one person may be several. A REVIEWER stands for a department."""

    INNOVATOR = "innovator"
    REVIEWER = "reviewer"
    EXECUTIVE = "executive"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"
    VIEWER = "viewer"


class MetricRole(StrEnum):
    SUCCESS = "SUCCESS"
    SECONDARY = "SECONDARY"
    GUARDRAIL = "GUARDRAIL"


class GuardrailClass(StrEnum):
    """PROVE: must be shown safe before scaling; WATCH: must have data and no shown breach."""

    PROVE = "PROVE"
    WATCH = "WATCH"


class Direction(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"


class MetricKind(StrEnum):
    MEAN = "mean"
    SHARE = "share"
    RATIO = "ratio"
    QUANTILE = "quantile"
    SHARE_BEYOND = "share_beyond"
    TAIL_MEAN = "tail_mean"
    RATE = "rate"
    INTERVAL_SHARE = "interval_share"
    SURVIVAL = "survival"


class Perspective(StrEnum):
    CUSTOMER = "customer"
    EMPLOYEE = "employee"
    INTERNAL = "internal"
    FINANCIAL = "financial"


class WasteClass(StrEnum):
    WAITING = "waiting"
    OVER_PRODUCTION = "over_production"
    REWORK = "rework"
    MOVEMENT = "movement"


class Capacity(StrEnum):
    """In what capacity somebody signs a plan."""

    OWNER = "owner"
    SPONSOR = "sponsor"
    PARTNER = "partner"


class SignatureState(StrEnum):
    """UNSIGNED_ON_RECORD: the sponsor started without this signature, and said so."""

    SIGNED = "signed"
    DECLINED = "declined"
    DELEGATED = "delegated"
    UNSIGNED_ON_RECORD = "unsigned_on_record"


class AmendmentKind(StrEnum):
    MINOR = "minor"
    MAJOR = "major"


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


class Stance(StrEnum):
    """A partner's review of the evidence. Silence is the absence of a row, never one of these."""

    ENDORSE = "endorse"
    CONCERN = "concern"
    OBJECT = "object"


class DecisionKind(StrEnum):
    DECIDED = "decided"
    SENT_BACK = "sent_back"
    DEFERRED = "deferred"


class OverruleState(StrEnum):
    """What became of a decision against the recommendation that a second executive must confirm."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    LAPSED = "lapsed"


class ChangeKind(StrEnum):
    CHANGE = "change"
    VISIT = "visit"
    SUGGESTION = "suggestion"
    INCIDENT = "incident"


class SuggestionState(StrEnum):
    OPEN = "open"
    ADOPTED = "adopted"
    DECLINED = "declined"


class ForgottenKind(StrEnum):
    """Whose bytes were deleted on record."""

    SNAPSHOT = "snapshot"
    ATTACHMENT = "attachment"


class Via(StrEnum):
    """Through which door an act came. LOGIN: the app, whose login had checked who acts; APP: the app without one.

    On the command line the person is named by whoever has the machine.
    """

    APP = "app"
    LOGIN = "login"
    CLI = "cli"
    SYSTEM = "system"


class KeyResultKind(StrEnum):
    INCREASE = "increase"
    DECREASE = "decrease"
    KEEP_WITHIN = "keep_within"
    MILESTONE = "milestone"


class Outlook(StrEnum):
    """How sure the owner of a key result is to reach it."""

    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"


class RolloutState(StrEnum):
    """How far a roll-out is. FINISHED: all rings have the change, and the last measure is made."""

    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    ROLLED_BACK = "rolled_back"
    FINISHED = "finished"


class InHindsight(StrEnum):
    """What time has said of a decision."""

    RIGHT = "right"
    WRONG = "wrong"
    UNCLEAR = "unclear"


class Bearing(StrEnum):
    """What a pilot says to a learning."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"


class ReactionKind(StrEnum):
    """WELL_DONE: credit to the team; WANT_IT: we want it here, too; QUESTION: I would like to know more."""

    WELL_DONE = "well_done"
    WANT_IT = "want_it"
    QUESTION = "question"
