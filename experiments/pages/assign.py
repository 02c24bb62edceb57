"""Assign: who gets the change is drawn once, by the signed rule, and can be drawn again by anyone."""

from __future__ import annotations

import streamlit as st

from experiments.charters.charter import slug
from experiments.desk import Desk, reached
from experiments.pages import look
from experiments.pages.frame import begin, did, done, go_on, offered, pilot_here, plain
from experiments.pages.notes import notes
from experiments.pages.take_away import take_away
from experiments.planning.plan import locked_plan
from experiments.running.assign import Assigned, assign, assigned
from experiments.words import digits, say
from experiments.words.catalogue import plural
from registry.access import Act
from registry.kinds import Stage
from registry.pilots import Pilot
from stats.plan import Plan


def offer(desk: Desk, pilot: Pilot) -> None:
    if not reached(pilot, Stage.SIGNED):
        st.info(say("assign.before", stage=say(f"stage.{pilot.stage.value}")), icon=":material/hourglass_empty:")
        st.page_link(
            "experiments/pages/plan.py",
            label=say("assign.to_plan"),
            icon=":material/arrow_forward:",
            query_params={"pilot": pilot.key},
        )
        st.stop()
    if not offered(desk, Act.ASSIGN, pilot):
        st.stop()
    with st.form("assign", border=True):
        st.text(say("assign.lead"))
        pressed = st.form_submit_button(say("assign.draw"), type="primary", icon=":material/casino:")
    if pressed and did(lambda: assign(desk, pilot.key)):
        done(say("assign.done"))


def arms(drawn: Assigned, plan: Plan, pilot: Pilot, head: str) -> None:
    """Two lists side by side, and the same to take away."""
    if not drawn.arms:
        st.info(plain(say("assign.in_data", unit=plan.unit_word)), icon=":material/search:")
        return
    names = {site.key: site.name or site.key for site in plan.sites}
    treated = [names.get(key, key) for key, arm in drawn.arms.items() if arm]
    control = [names.get(key, key) for key, arm in drawn.arms.items() if not arm]
    one, two = st.columns(2)
    for column, title, sites in ((one, "assign.treatment", treated), (two, "assign.control", control)):
        with column, st.container(border=True):
            st.markdown(f"**{say(title, count=len(sites))}**")
            look.lines(sites)
    columns = {
        say("column.site"): list(drawn.arms),
        say("column.group"): [say("arm.treatment" if arm else "arm.control") for arm in drawn.arms.values()],
    }
    name = f"{pilot.key}-{slug(plural(plan.unit_word))}"
    take_away(columns, name=name, key="arms-csv", label=say("assign.download"), head=head)


def balance(drawn: Assigned) -> None:
    """How alike the two groups were when they were drawn."""
    if drawn.drawn is None or not drawn.drawn.balance:
        return
    st.header(say("assign.balance"))
    found = drawn.drawn.balance
    look.table(
        {
            "what": [say("assign.size") if line.name == "size" else line.name for line in found],
            "treatment": [digits.plain(line.mean_treatment) for line in found],
            "control": [digits.plain(line.mean_control) for line in found],
        }
    )


desk = begin(say("nav.page.assign"))
pilot = pilot_here(desk)
drawn = assigned(desk, pilot)
if drawn is None:
    offer(desk, pilot)
    st.stop()
_, plan = locked_plan(desk, pilot)
arms(drawn, plan, pilot, desk.registry.head_hash())
balance(drawn)
st.header(say("assign.how"))
considered = drawn.drawn.considered if drawn.drawn else 1
told = [say(f"assign.method.{drawn.method}", unit=plan.unit_word, considered=considered)]
if drawn.drawn is not None:
    told.append(say("assign.seed", seed=str(drawn.seed)))
    if drawn.drawn.forced:
        told.append(say("assign.forced", sites=list(drawn.drawn.forced)))
look.lines(told)
st.caption(say("assign.hash", sha256=drawn.sha256[:12]))
go_on(pilot)
notes(desk, pilot, about="assign")
