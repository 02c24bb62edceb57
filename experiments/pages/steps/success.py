"""Step 2: what success is, how the worst experience is watched, and what must not get worse."""

from __future__ import annotations

from typing import Any

import streamlit as st

from experiments.forms.register_templates import PROPOSED, proposed
from experiments.pages.steps import fields
from experiments.pages.steps.catalogue import from_catalogue
from experiments.pages.steps.metric import guardrail, success_metric
from experiments.words import say

MOST = 3


def show(draft: dict[str, Any]) -> dict[str, Any]:
    kept = draft.get("metrics") or {}
    success, guardrails = kept.get("success") or [], kept.get("guardrails") or []
    of_partners = [metric for metric in guardrails if metric.get("partner")]
    general = [metric for metric in guardrails if not metric.get("partner")]
    data = str((draft.get("where") or {}).get("data") or "records")
    taken = [metric["key"] for metric in [*of_partners, *(kept.get("secondary") or [])]]
    made = {"success": _success(success, taken, data), "guardrails": []}
    taken += [metric["key"] for metric in made["success"]]
    made["guardrails"] = [*_guardrails(general, taken), *of_partners]
    return {**draft, "metrics": {**kept, **made}}


def _success(kept: list[dict[str, Any]], taken: list[str], data: str) -> list[dict[str, Any]]:
    st.markdown(f"**{say('register.success')}**")
    st.caption(say("register.success_lead"))
    found: list[dict[str, Any]] = []
    blocks = min(MOST, max(1, len(kept)) + fields.shown("success"))
    for place in range(blocks):
        earlier = kept[place] if place < len(kept) else {}
        with st.container(border=True, key=f"success-{place + 1}"):
            st.caption(say("register.success_number", number=place + 1))
            name, begun = (f"s{place + 1}", earlier) if earlier else from_catalogue(f"s{place + 1}", "success")
            made = success_metric(name, begun, [*taken, *(m["key"] for m in found)], data)
        if made:
            found.append(made)
    if blocks < MOST:
        fields.one_more("success", "add_success")
    return found


def _guardrails(kept: list[dict[str, Any]], taken: list[str]) -> list[dict[str, Any]]:
    st.markdown(f"**{say('register.guardrails')}**")
    st.caption(say("register.guardrails_lead"))
    found: list[dict[str, Any]] = []
    known = {metric["key"] for metric in kept} | set(taken)
    offered = [name for name in PROPOSED if name not in known]
    picked = st.pills(
        say("register.proposed"),
        offered,
        selection_mode="multi",
        format_func=lambda name: say(f"template.metric.{name}"),
        key="r-proposed",
    )
    blocks = [(metric["key"], metric) for metric in kept] + [(name, proposed(name)) for name in picked or []]
    blocks += [(f"new{place + 1}", {}) for place in range(fields.shown("guardrails"))]
    for name, earlier in blocks:
        with st.container(border=True, key=f"guardrail-{name}"):
            shown, begun = (f"g-{name}", earlier) if earlier else from_catalogue(f"g-{name}", "guardrails")
            made = guardrail(shown, begun, [*taken, *(m["key"] for m in found)])
        if made:
            found.append(made)
    fields.one_more("guardrails", "add_guardrail")
    return found
