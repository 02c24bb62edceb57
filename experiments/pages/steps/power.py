"""What earlier months show about each metric, and what a pilot of that size can decide: a picture and a sentence."""

from __future__ import annotations

from typing import Any

import streamlit as st

from experiments.forms.metric_form import factor
from experiments.forms.power_preview import plan_so_far
from experiments.pages import look
from experiments.pages.steps import fields, past
from experiments.pictures import charts
from experiments.pictures.power_picture import power_picture, sizing_rows
from experiments.planning.past import as_written
from experiments.words import say
from stats.planning.plan_sizing import plan_sizing

SIGNS = {
    "decision_capable": ":material/check_circle:",
    "learning": ":material/eco:",
    "unknown": ":material/help:",
}


def history_and_power(draft: dict[str, Any]) -> dict[str, Any]:
    """The draft with the history written here."""
    st.markdown(f"**{say('register.size')}**")
    st.caption(say("register.size_lead"))
    past.bring(draft)
    made = {**draft, "history": _history(draft)}
    plan = plan_so_far(made)
    if plan is None:
        st.caption(say("register.size_later"))
        return made
    sizing = plan_sizing(plan)
    st.markdown(f"{SIGNS[sizing.sizing]} **{say(f'sizing.{sizing.sizing}')}**")
    picture = power_picture(plan, sizing)
    if picture is not None:
        said = say("plan.picture", metric=picture.metric, unit=plan.unit_word)
        chart = charts.power_curve(
            picture.points, unit=picture.unit, worth_having=picture.worth_having, sites_planned=picture.planned,
            unit_word=plan.unit_word, theme=look.theme(),
        )  # fmt: skip
        st.altair_chart(chart, theme=None, key="power", alt=said)
    look.table(sizing_rows(plan, sizing))
    return made


def _history(draft: dict[str, Any]) -> dict[str, Any]:
    """Spread and steadiness of every metric that decides."""
    metrics = draft.get("metrics") or {}
    read = past.taken()
    kept = {**(draft.get("history") or {}), **read}
    proven = [m for m in metrics.get("guardrails") or [] if str(m.get("class")).lower() == "prove" or m.get("critical")]
    found = {key: value for key, value in kept.items() if key not in {m["key"] for m in metrics.get("success") or []}}
    for metric in [*(metrics.get("success") or []), *proven]:
        scale = factor((metric.get("measure") or {}).get("kind", "mean"), metric.get("unit", ""))
        unit = say("unit.points") if scale != 1 else metric.get("unit") or say("register.its_unit")
        known = kept.get(metric["key"]) or {}
        one, two = st.columns(2, vertical_alignment="bottom")
        spread = fields.number(
            "spread", f"spread-{metric['key']}", None if known.get("spread") is None else known["spread"] * scale, one,
            said=say("register.spread", metric=metric["name"], unit=unit), min_value=0.0,
        )  # fmt: skip
        steady = fields.number(
            "steadiness", f"steady-{metric['key']}", known.get("steadiness", 0.5), two,
            said=say("register.steadiness", metric=metric["name"]), min_value=0.0, max_value=0.99,
        )  # fmt: skip
        found.pop(metric["key"], None)
        if spread:
            found[metric["key"]] = as_written(spread / scale, steady or 0.0, known)
    return found
