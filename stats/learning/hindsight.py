"""What later events say of a decision against the recommendation: for it, against it, or nothing clear.

A proposal for the person who looks back, by a stated rule; they judge. Key results move for many reasons: they are
facts to look at, never what decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ENOUGH = 5
"""Judged decisions below which nothing is said about them together."""
UNCLEAR = {"ATTENUATED": "attenuated", "WAITING": "waiting"}


@dataclass(frozen=True, kw_only=True)
class Since:
    """What happened after the decision. rollout: REPLICATED, ATTENUATED, FAILED or WAITING as last measured, None where
    it was not; rolled_back: it was taken back; later: verdict decided on the newest later version, None without one.
    """

    rollout: str | None = None
    rolled_back: bool = False
    later: str | None = None


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """found: right, wrong or unclear, of the decision (not of the rule); code: why (``hindsight.why.<code>``)."""

    found: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Score:
    """Of decisions against the recommendation: how many were right, wrong, unclear; ``said``: enough to speak of."""

    right: int
    wrong: int
    unclear: int

    @property
    def judged(self) -> int:
        return self.right + self.wrong

    @property
    def said(self) -> bool:
        return self.judged >= ENOUGH


def judge(*, recommended: str, decided: str, since: Since) -> Judgement:
    """What the events say of having decided ``decided`` where ``recommended`` was recommended."""
    if decided == "SCALE":
        return _scaled(since)
    if since.later is None:
        return Judgement(found="unclear", code="not_tried_again")
    if decided == "STOP":
        worked = since.later == "SCALE"
        return Judgement(found="wrong" if worked else "unclear", code="later_scaled" if worked else "later_not_scaled")
    return _iterated(recommended, since.later)


def _scaled(since: Since) -> Judgement:
    if since.rolled_back:
        return Judgement(found="wrong", code="rolled_back")
    if since.rollout == "REPLICATED":
        return Judgement(found="right", code="replicated")
    if since.rollout == "FAILED":
        return Judgement(found="wrong", code="failed")
    return Judgement(found="unclear", code=UNCLEAR.get(since.rollout or "", "not_measured"))


def _iterated(recommended: str, later: str) -> Judgement:
    """Another round instead of a stop is borne out by what it brought; instead of a roll-out only by a stop."""
    if recommended == "STOP":
        found = {"SCALE": "right", "STOP": "wrong"}.get(later, "unclear")
    else:
        found = {"STOP": "right"}.get(later, "unclear")
    return Judgement(found=found, code=f"later_{later}" if later in {"SCALE", "STOP"} else "later_open")


def score(found: Sequence[str]) -> Score:
    """Of judgements: right, wrong, unclear."""
    return Score(right=found.count("right"), wrong=found.count("wrong"), unclear=found.count("unclear"))
