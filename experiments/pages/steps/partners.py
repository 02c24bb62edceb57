"""Step 3: who else feels it: what each partner gains, its own number, what pulls against it, whom to ask."""

from __future__ import annotations

from typing import Any

import streamlit as st

from experiments.charters.charter import slug
from experiments.pages.steps import fields
from experiments.pages.steps.metric import guardrail
from experiments.words import say


def show(draft: dict[str, Any]) -> dict[str, Any]:
    kept = draft.get("partners") or []
    metrics = draft.get("metrics") or {}
    guardrails = metrics.get("guardrails") or []
    general = [metric for metric in guardrails if not metric.get("partner")]
    taken = [metric["key"] for metric in [*(metrics.get("success") or []), *general]]
    st.caption(say("register.partners_lead"))
    partners: list[dict[str, Any]] = []
    owned: list[dict[str, Any]] = []
    for place in range(max(1, len(kept)) + fields.shown("partners")):
        earlier = kept[place] if place < len(kept) else {}
        own = _own(earlier, guardrails)
        with st.container(border=True, key=f"partner-{place + 1}"):
            partner, metric = _partner(f"p{place + 1}", earlier, own, [*taken, *(m["key"] for m in owned)])
        if partner:
            partners.append(partner)
            owned += [metric] if metric else []
    fields.one_more("partners", "add_partner")
    return {**draft, "partners": partners, "metrics": {**metrics, "guardrails": [*general, *owned]}}


def _own(partner: dict[str, Any], guardrails: list[dict[str, Any]]) -> dict[str, Any]:
    """The metric that this partner has named."""
    name = slug(str(partner.get("department") or "-"))
    return next((m for m in guardrails if m.get("partner") and slug(m["partner"]) == name), {})


def _partner(
    key: str, earlier: dict[str, Any], own: dict[str, Any], taken: list[str]
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    one, two = st.columns(2)
    department = fields.text("department", f"{key}-department", earlier.get("department"), one)
    contact = fields.text("contact", f"{key}-contact", earlier.get("contact"), two)
    benefit = fields.text("benefit", f"{key}-benefit", earlier.get("benefit"))
    pulls = fields.text("pulls_against", f"{key}-pulls", earlier.get("pulls_against"))
    st.caption(say("register.own_metric"))
    metric = guardrail(f"{key}-own", own, taken, partner=department or say("fact.none"))
    if not department:
        return {}, None
    found = {
        "department": department,
        "contact": contact,
        "benefit": benefit,
        "pulls_against": pulls,
        "metric": metric["key"] if metric else None,
    }
    return {name: value for name, value in found.items() if value}, metric
