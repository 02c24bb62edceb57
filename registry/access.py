"""Who may do what: one table of acts by role, relation to the pilot, and stage of its life.

Values only: roles and relations are read from the record by ``registry.find``, the stage from the pilot. Stage
functions ask ``refusal`` before they do anything; pages ask the same table what to offer and whom to name.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from registry.kinds import Role, Stage

LIFE = (
    Stage.DRAFT,
    Stage.SHAPING,
    Stage.PLAN,
    Stage.SIGNED,
    Stage.ASSIGNED,
    Stage.RUNNING,
    Stage.ASSESSED,
    Stage.IN_REVIEW,
    Stage.DECIDED,
    Stage.ROLLING_OUT,
    Stage.CLOSED,
)
"""The stages in order; PAUSED and WITHDRAWN stand beside them."""


class Relation(StrEnum):
    """What a person is to one pilot.

    TEAM: an innovator of the owner's department. PARTNER: speaks for a partner department: its contact, a reviewer of
    it, or who stands in for one of them while they are away. REPORTS_TO_SPONSOR: at any distance.
    """

    OWNER = "owner"
    TEAM = "team"
    SPONSOR = "sponsor"
    PARTNER = "partner"
    REPORTS_TO_SPONSOR = "reports_to_sponsor"


class Act(StrEnum):
    """What can be done, to a pilot or to the organisation."""

    REGISTER = "register"
    REVISE = "revise"
    SHAPE = "shape"
    PLAN = "plan"
    REHEARSE = "rehearse"
    SIGN = "sign"
    SIGN_METRIC = "sign_metric"
    START_UNSIGNED = "start_unsigned"
    AMEND = "amend"
    SIGN_AMENDMENT = "sign_amendment"
    ASSIGN = "assign"
    INGEST = "ingest"
    CHECK_IN = "check_in"
    CHANGE = "change"
    RAISE_CONCERN = "raise_concern"
    ANSWER_CONCERN = "answer_concern"
    ASSESS = "assess"
    RECOMMEND = "recommend"
    REVIEW = "review"
    EDIT_ROUND = "edit_round"
    ASK_FOR_MORE = "ask_for_more"
    ANSWER_REQUEST = "answer_request"
    DECIDE = "decide"
    CONFIRM_OVERRULE = "confirm_overrule"
    ITERATE = "iterate"
    CLOSE = "close"
    CORRECT_TAKEAWAY = "correct_takeaway"
    PLAN_ROLLOUT = "plan_rollout"
    MEASURE_ROLLOUT = "measure_rollout"
    PAUSE_ROLLOUT = "pause_rollout"
    RESUME_ROLLOUT = "resume_rollout"
    ROLL_BACK = "roll_back"
    LOOK_BACK = "look_back"
    REACT = "react"
    PAUSE = "pause"
    RESUME = "resume"
    WITHDRAW = "withdraw"
    COMMENT = "comment"
    ATTACH = "attach"
    EXPORT = "export"
    FORGET = "forget"
    DELEGATE = "delegate"
    KEEP_PEOPLE = "keep_people"
    KEEP_METRICS = "keep_metrics"
    KEEP_OBJECTIVES = "keep_objectives"
    KEEP_RECORD = "keep_record"
    KEEP_LEARNINGS = "keep_learnings"
    LEARN_PRIOR = "learn_prior"
    SAVE_VIEW = "save_view"


Who = Role | Relation


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One line of the table.

    who: roles and relations of which one is enough; never: those that bar whatever else one is.
    stages: when it may be done; None: always, or no pilot is concerned.
    """

    who: frozenset[Who]
    never: frozenset[Who] = frozenset()
    stages: frozenset[Stage] | None = None

    def open_at(self, stage: Stage) -> bool:
        """Whether the act can be done at that stage at all."""
        return self.stages is None or stage in self.stages

    @property
    def first(self) -> Stage:
        """The earliest stage of a life at which it may be done."""
        return next(stage for stage in LIFE if stage in (self.stages or LIFE))

    @property
    def over_from(self) -> Stage:
        """The stage from which on it can't be done any more; the last stage for what is never over."""
        places = [LIFE.index(stage) for stage in self.stages or LIFE if stage in LIFE]
        return LIFE[min(max(places) + 1, len(LIFE) - 1)]


def _rule(*who: Who, never: Collection[Who] = (), stages: Collection[Stage] | None = None) -> Rule:
    return Rule(who=frozenset(who), never=frozenset(never), stages=None if stages is None else frozenset(stages))


def _from(since: Stage, before: Stage | None = None, *beside: Stage) -> tuple[Stage, ...]:
    """The stages from ``since`` on, up to ``before`` (not included), and those ``beside`` the life."""
    end = len(LIFE) if before is None else LIFE.index(before)
    return (*LIFE[LIFE.index(since) : end], *beside)


_EVERYONE = tuple(Role)
_CONTRIBUTORS = tuple(role for role in Role if role != Role.VIEWER)
_MAKERS = (Relation.OWNER, Relation.TEAM, Role.ANALYST)
_CONCERNED = (*_MAKERS, Relation.SPONSOR, Relation.PARTNER)
_BESIDE = (Stage.PAUSED, Stage.WITHDRAWN)

TABLE: dict[Act, Rule] = {
    Act.REGISTER: _rule(Role.INNOVATOR, Role.ANALYST),
    Act.REVISE: _rule(*_MAKERS, stages=_from(Stage.DRAFT, Stage.SIGNED)),
    Act.SHAPE: _rule(Relation.OWNER, Relation.TEAM, stages=_from(Stage.DRAFT, Stage.SIGNED)),
    Act.PLAN: _rule(*_MAKERS, stages=_from(Stage.DRAFT, Stage.SIGNED)),
    Act.REHEARSE: _rule(*_CONCERNED, Role.EXECUTIVE, Role.ADMINISTRATOR),
    Act.SIGN: _rule(Relation.OWNER, Relation.SPONSOR, stages=_from(Stage.PLAN, Stage.SIGNED)),
    Act.SIGN_METRIC: _rule(Relation.PARTNER, never=[Relation.OWNER], stages=_from(Stage.PLAN, Stage.SIGNED)),
    Act.START_UNSIGNED: _rule(Relation.SPONSOR, never=[Relation.OWNER], stages=_from(Stage.PLAN, Stage.SIGNED)),
    Act.AMEND: _rule(*_MAKERS, stages=_from(Stage.SIGNED, Stage.DECIDED)),
    Act.SIGN_AMENDMENT: _rule(Relation.PARTNER, never=[Relation.OWNER], stages=_from(Stage.SIGNED, Stage.DECIDED)),
    Act.ASSIGN: _rule(*_MAKERS, stages=_from(Stage.SIGNED, Stage.ASSIGNED)),
    Act.INGEST: _rule(*_MAKERS, stages=_from(Stage.ASSIGNED, Stage.DECIDED)),
    Act.CHECK_IN: _rule(*_CONCERNED, stages=_from(Stage.ASSIGNED, Stage.DECIDED)),
    Act.CHANGE: _rule(*_CONCERNED, Role.REVIEWER, stages=_from(Stage.DRAFT, Stage.CLOSED, Stage.PAUSED)),
    Act.RAISE_CONCERN: _rule(*_CONCERNED, stages=_from(Stage.SHAPING, Stage.CLOSED, Stage.PAUSED)),
    Act.ANSWER_CONCERN: _rule(
        Relation.OWNER, Relation.SPONSOR, stages=_from(Stage.SHAPING, Stage.CLOSED, Stage.PAUSED)
    ),
    Act.ASSESS: _rule(*_CONCERNED, Role.EXECUTIVE, stages=_from(Stage.RUNNING, Stage.DECIDED)),
    Act.RECOMMEND: _rule(*_CONCERNED, Role.EXECUTIVE, stages=_from(Stage.RUNNING)),
    Act.REVIEW: _rule(
        *(Relation.PARTNER, Relation.SPONSOR, Role.REVIEWER, Role.ANALYST, Role.EXECUTIVE),
        never=[Relation.OWNER],
        stages=_from(Stage.ASSESSED, Stage.DECIDED),
    ),
    Act.EDIT_ROUND: _rule(Relation.OWNER, Relation.SPONSOR, stages=_from(Stage.ASSESSED, Stage.DECIDED)),
    Act.ASK_FOR_MORE: _rule(
        *(Relation.PARTNER, Relation.SPONSOR, Role.REVIEWER, Role.ANALYST, Role.EXECUTIVE),
        never=[Relation.OWNER],
        stages=_from(Stage.ASSESSED, Stage.DECIDED),
    ),
    Act.ANSWER_REQUEST: _rule(*_MAKERS, stages=_from(Stage.RUNNING, Stage.DECIDED)),
    Act.DECIDE: _rule(
        Role.EXECUTIVE, never=[Relation.OWNER, Relation.REPORTS_TO_SPONSOR], stages=_from(Stage.ASSESSED, Stage.DECIDED)
    ),
    Act.CONFIRM_OVERRULE: _rule(
        Role.EXECUTIVE, never=[Relation.OWNER, Relation.REPORTS_TO_SPONSOR], stages=_from(Stage.ASSESSED, Stage.DECIDED)
    ),
    Act.ITERATE: _rule(*_MAKERS, stages=_from(Stage.ASSESSED, None, *_BESIDE)),
    Act.CLOSE: _rule(Relation.OWNER, Relation.TEAM, Relation.SPONSOR, stages=_from(Stage.DECIDED, Stage.CLOSED)),
    Act.CORRECT_TAKEAWAY: _rule(Relation.OWNER, Relation.TEAM, Relation.SPONSOR, stages=[Stage.CLOSED]),
    Act.PLAN_ROLLOUT: _rule(
        Relation.OWNER, Relation.SPONSOR, Role.EXECUTIVE, stages=[Stage.DECIDED, Stage.ROLLING_OUT]
    ),
    Act.MEASURE_ROLLOUT: _rule(*_MAKERS, Role.EXECUTIVE, stages=[Stage.ROLLING_OUT]),
    Act.PAUSE_ROLLOUT: _rule(Relation.OWNER, Relation.SPONSOR, Role.EXECUTIVE, stages=[Stage.ROLLING_OUT]),
    # Whoever stopped it does not have to be asked; going on against what was measured is an executive's word.
    Act.RESUME_ROLLOUT: _rule(Role.EXECUTIVE, never=[Relation.OWNER], stages=[Stage.ROLLING_OUT]),
    Act.ROLL_BACK: _rule(Relation.SPONSOR, Role.EXECUTIVE, stages=[Stage.ROLLING_OUT]),
    Act.LOOK_BACK: _rule(Role.EXECUTIVE, Role.ANALYST, never=[Relation.OWNER], stages=_from(Stage.DECIDED)),
    Act.REACT: _rule(*_EVERYONE),
    Act.PAUSE: _rule(Relation.OWNER, Relation.SPONSOR, Role.EXECUTIVE, stages=_from(Stage.SHAPING, Stage.DECIDED)),
    Act.RESUME: _rule(Relation.OWNER, Relation.SPONSOR, Role.EXECUTIVE, stages=[Stage.PAUSED]),
    Act.WITHDRAW: _rule(Relation.OWNER, Relation.SPONSOR, stages=_from(Stage.DRAFT, Stage.DECIDED, Stage.PAUSED)),
    Act.COMMENT: _rule(*_CONTRIBUTORS, *Relation),
    Act.ATTACH: _rule(*_CONTRIBUTORS, *Relation),
    Act.EXPORT: _rule(*_EVERYONE, *Relation),
    Act.FORGET: _rule(Relation.OWNER, Role.ADMINISTRATOR),
    Act.DELEGATE: _rule(*_EVERYONE),
    Act.KEEP_PEOPLE: _rule(Role.ADMINISTRATOR),
    Act.KEEP_METRICS: _rule(Role.ADMINISTRATOR, Role.ANALYST),
    Act.KEEP_OBJECTIVES: _rule(Role.EXECUTIVE, Role.ADMINISTRATOR, Role.ANALYST, Role.INNOVATOR),
    Act.KEEP_RECORD: _rule(Role.ADMINISTRATOR),
    Act.KEEP_LEARNINGS: _rule(*_CONTRIBUTORS),
    Act.LEARN_PRIOR: _rule(Role.ANALYST, Role.ADMINISTRATOR),
    Act.SAVE_VIEW: _rule(*_EVERYONE),
}


class Barrier(StrEnum):
    """Why an act is refused to a person."""

    NOT_ALLOWED = "not_allowed"
    BARRED = "barred"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """barrier: why; what: for BARRED what bars (e.g. being the owner), for NOT_ALLOWED what would be needed, one of."""

    barrier: Barrier
    what: tuple[Who, ...]


def refusal(act: Act, is_: Collection[Who]) -> Refusal | None:
    """Why somebody who is all of ``is_`` (roles, relations to the pilot) may not do ``act``; None: may.

    The stage is asked apart (``Rule.open_at``): what comes too early or too late is nobody's fault.
    """
    rule = TABLE[act]
    if barred := rule.never & set(is_):
        return Refusal(barrier=Barrier.BARRED, what=_in_order(barred))
    if not rule.who & set(is_):
        return Refusal(barrier=Barrier.NOT_ALLOWED, what=_in_order(rule.who))
    return None


def _in_order(who: Collection[Who]) -> tuple[Who, ...]:
    return tuple(item for item in (*Relation, *Role) if item in who)
