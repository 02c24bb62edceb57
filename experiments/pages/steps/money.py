"""Step 5: what it costs and brings, and the owner's own bet."""

from __future__ import annotations

from typing import Any

import streamlit as st

from experiments.forms.metric_form import factor
from experiments.pages import look
from experiments.pages.frame import plain
from experiments.pages.steps import fields
from experiments.planning.money import break_even_so_far, offers, with_gains
from experiments.words import say

GAINS = f"{fields.PREFIX}gains"
"""Smallest gains worth having taken over here, by metric, until the step is saved."""


def show(draft: dict[str, Any]) -> dict[str, Any]:
    success = (draft.get("metrics") or {}).get("success") or []
    st.caption(say("register.money_lead"))
    finance = _finance(draft.get("finance") or {}, success)
    draft = _break_even({**draft, "finance": finance})
    success = (draft.get("metrics") or {}).get("success") or []
    st.markdown(f"**{say('register.forecast')}**")
    st.caption(say("register.forecast_lead"))
    forecast = _forecast(draft.get("forecast") or {}, success)
    return {**draft, "forecast": forecast}


def _break_even(draft: dict[str, Any]) -> dict[str, Any]:
    """From what gain on it pays, and that gain to be taken over with one click."""
    draft = with_gains(draft, st.session_state.get(GAINS, {}))
    lines = break_even_so_far(draft)
    if not lines:
        if draft.get("finance") is None:
            st.caption(say("register.break_even_later"))
        return draft
    st.markdown(f"**{say('register.break_even')}**")
    look.lines(lines)
    for offer in offers(draft):
        said = plain(say("register.take_gain", gain=offer.words, metric=offer.name))
        if st.button(said, key=f"take-gain-{offer.key}", icon=":material/savings:"):
            st.session_state[GAINS] = {**st.session_state.get(GAINS, {}), offer.key: offer.mwe}
            st.rerun()
    return draft


def _finance(kept: dict[str, Any], success: list[dict[str, Any]]) -> dict[str, Any] | None:
    """None where no value is given: money then has no say."""
    one, two, three = st.columns(3, vertical_alignment="bottom")
    currency = fields.text("currency", "currency", kept.get("currency") or "EUR", one)
    volume = fields.number("volume", "volume", kept.get("volume"), two, min_value=0.0)
    horizon = fields.number("horizon_years", "horizon", kept.get("horizon") or 3, three, min_value=0.0)
    values = {}
    for metric in success:
        scale = factor((metric.get("measure") or {}).get("kind", "mean"), metric.get("unit", ""))
        unit = say("register.one_point") if scale != 1 else say("register.one", unit=metric.get("unit") or "")
        known = (kept.get("value_per_unit") or {}).get(metric["key"])
        value = fields.number(
            "value", f"value-{metric['key']}", None if known is None else known / scale,
            said=say("register.value", metric=metric["name"], unit=unit, currency=currency),
        )  # fmt: skip
        if value:
            values[metric["key"]] = value * scale
    one, two = st.columns(2, vertical_alignment="bottom")
    run = fields.number("run_cost", "run-cost", kept.get("run_cost"), one, min_value=0.0)
    once = fields.number("one_off_cost", "one-off", kept.get("one_off_cost"), two, min_value=0.0)
    if not values or not volume:
        return None
    return {
        **kept, "currency": currency, "value_per_unit": values, "volume": volume, "horizon": horizon or 1.0,
        "run_cost": run or 0.0, "one_off_cost": once or 0.0,
    }  # fmt: skip


def _forecast(kept: dict[str, Any], success: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not success:
        st.caption(say("register.forecast_later"))
        return None
    first = success[0]
    scale = factor((first.get("measure") or {}).get("kind", "mean"), first.get("unit", ""))
    unit = say("unit.points") if scale != 1 else first.get("unit") or ""
    bets = fields.tick("bet", "bet", kept)
    if not bets:
        return None
    chance = st.slider(
        say("register.p_scale"),
        0,
        100,
        key=fields.seeded("p-scale", int(100 * kept.get("p_scale", 0.5))),
        format="%d %%",
    )
    one, two = st.columns(2, vertical_alignment="bottom")
    facts = {"metric": first["name"], "unit": unit}
    low = fields.number("low", "low", _scaled(kept.get("low"), scale), one, said=say("register.low", **facts))
    high = fields.number("high", "high", _scaled(kept.get("high"), scale), two, said=say("register.high", **facts))
    if low is None or high is None:
        return None
    return {"p_scale": chance / 100, "metric": first["key"], "low": low / scale, "high": high / scale}


def _scaled(value: Any, scale: float) -> float | None:
    return None if value is None else float(value) * scale
