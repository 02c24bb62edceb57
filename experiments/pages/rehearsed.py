"""A rehearsal on a page: kept by plan and engine, with a bar that tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache

import streamlit as st

from experiments.pages.frame import attempt
from experiments.words import say
from stats import ENGINE_VERSION
from stats.plan import Plan, plan_json
from stats.rehearsing.rehearsal import SEED, Rehearsal, rehearse

_TOLD: ContextVar[Callable[[float], None] | None] = ContextVar("told", default=None)
"""Whom to tell the share done; not part of what a rehearsal is kept by."""
STEP = 0.02


@lru_cache(maxsize=64)
def _kept(plan_text: str, pilots: int, engine: str) -> Rehearsal:  # noqa: ARG001 - another engine, another answer
    """The same plan is simulated once."""
    return rehearse(Plan.model_validate_json(plan_text), pilots=pilots, seed=SEED, progress=_TOLD.get())


def rehearsed(plan: Plan, pilots: int) -> Rehearsal | None:
    """Saying what takes a moment and how far it is; refusals are shown."""
    bar = _Bar(say("rehearse.running", pilots=pilots))
    told = _TOLD.set(bar)
    try:
        return attempt(lambda: _kept(plan_json(plan), pilots, ENGINE_VERSION))
    finally:
        _TOLD.reset(told)
        bar.away()


class _Bar:
    """Stands there only while there is something to wait for, and moves in steps that can be seen."""

    def __init__(self, words: str) -> None:
        self.words, self.place, self.shown = words, st.empty(), -1.0

    def __call__(self, share: float) -> None:
        if share - self.shown >= STEP:
            self.shown = share
            self.place.progress(min(1.0, share), text=self.words)

    def away(self) -> None:
        self.place.empty()
