"""Roll-out: does it hold outside the pilot? State, foretold against measured, the waves, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from experiments.desk import reached
from experiments.pages import look
from experiments.pages.frame import begin, go_on, pilot_here, plain
from experiments.pages.notes import notes
from experiments.pages.rollout_forms import act_forms, measure_form, plan_form, start_form
from experiments.pages.rollout_parts import banner, picture
from experiments.rollouts.view import RolloutView, Told, rollout_view
from experiments.words import say
from registry.kinds import Stage


def figures(told: Sequence[Told], first: str) -> None:
    look.table(
        {
            first: [each.name for each in told],
            "change": [each.text for each in told],
            **({"interval": [each.interval for each in told]} if any(each.interval for each in told) else {}),
        }
    )


def waves(view: RolloutView) -> None:
    st.header(say("rollout.calendar.heading"), anchor=False)
    look.table(
        {
            "wave": [row.wave for row in view.waves],
            "begins": [row.begins for row in view.waves],
            "measured_until": [row.measured_until for row in view.waves],
            "wave_state": [row.state for row in view.waves],
            "wave_sites": [", ".join(row.sites) for row in view.waves],
        },
        label=say("rollout.calendar.heading"),
    )


def must_not_get_worse(view: RolloutView) -> None:
    if not view.guardrails:
        return
    st.header(say("rollout.guardrails"), anchor=False)
    departments = [each.department for each in view.guardrails]
    look.table(
        {
            "metric": [each.name for each in view.guardrails],
            **({"department": departments} if any(departments) else {}),
            "change": [each.text for each in view.guardrails],
            "interval": [each.interval for each in view.guardrails],
            "state": [look.Toned(text=each.state, tone=each.tone) for each in view.guardrails],
        }
    )


def closer(view: RolloutView) -> None:
    """By wave, group, site and week, for who wants it."""
    for key, first, told in (
        ("by_ring", "wave", view.by_ring),
        ("by_stratum", "group", view.by_stratum),
        ("by_site", "site", view.by_site),
        ("over_time", "week_since", view.over_time),
    ):
        if not told:
            continue
        with st.expander(say(f"rollout.{key}")):
            if key in {"by_site", "over_time"}:
                st.caption(say("rollout.by_site_caption" if key == "by_site" else "rollout.weeks_before"))
            figures(told, first)


desk = begin(say("nav.page.rollout"), lead=say("rollout.lead"))
pilot = pilot_here(desk)
view = rollout_view(desk, pilot) if reached(pilot, Stage.DECIDED) else None
if view is None:
    if pilot.stage == Stage.DECIDED:
        plan_form(desk, pilot)
    else:
        st.info(say("rollout.before"), icon=":material/hourglass_empty:")
        go_on(pilot, here="rollout")
    notes(desk, pilot, about="rollout")
    st.stop()
banner(view)
look.lines([*view.reasons, *filter(None, (view.proposal, view.next))])
st.caption(plain(" ".join(filter(None, (view.stands, view.owner)))))
if view.pictures:
    st.header(say("rollout.forecast.heading"), anchor=False)
for each in view.pictures:
    picture(each)
must_not_get_worse(view)
waves(view)
closer(view)
with st.expander(say("rollout.plan.heading"), expanded=view.state == "planned"):
    look.lines(view.plan)
    st.caption(plain(say("rollout.plan.hash", number=view.number, sha256=view.sha256[:12])))
if view.state == "planned":
    start_form(desk, pilot)
    plan_form(desk, pilot, anew=True)
measure_form(desk, pilot, view.state)
act_forms(desk, pilot, view.state)
notes(desk, pilot, about="rollout")
