"""A roll-out in few words, for lists."""

from __future__ import annotations

import json
from functools import lru_cache

from experiments.words import say
from registry.find import Rolling


def replication_word(code: str) -> str:
    """Whether the effect holds outside the pilot; code "" before the first measurement."""
    return say(f"replication.{code or 'none'}")


def rolling_words(found: Rolling) -> str:
    """How far it is and what was found so far."""
    state = say(f"rollout.state.{found.rollout.state.value}")
    if found.measure is None:
        return say("portfolio.rollout", state=state)
    code = _code(found.measure.canonical)
    return say("portfolio.rollout_measured", state=state, replication=replication_word(code))


@lru_cache(maxsize=512)
def _code(text: str) -> str:
    return str(json.loads(text)["judgement"]["state"])
