"""Step 4: where and how: a few plain questions, sites, dates, columns, and what a pilot of that size can show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import streamlit as st

from experiments.forms.design_choice import Answers, answers_of, design_for
from experiments.forms.where_form import Place, seed_of, where_of
from experiments.pages.frame import plain
from experiments.pages.steps import fields
from experiments.pages.steps.power import history_and_power
from experiments.pages.steps.scorecard import scorecard
from experiments.pages.steps.sites import sites_field
from experiments.words import say
from experiments.words.catalogue import plural
from stats.spec import Design


def show(draft: dict[str, Any]) -> dict[str, Any]:
    kept = draft.get("where") or {}
    answers = _questions(kept)
    word = fields.text(
        "unit_word", "unit-word", kept.get("unit_word") or ("customer" if answers.who == "customers" else "branch")
    )
    sites = [] if answers.who == "customers" else sites_field(kept.get("sites") or [], plural(word or "site"))
    choice = design_for(answers, strata=bool(sites) and all(site.get("stratum") for site in sites))
    said = plain(say(f"register.why.{choice.why}", unit=word or "site"))
    if choice.design is None:
        st.warning(said, icon=":material/info:")
    else:
        st.info(said, icon=":material/explore:")
    place = Place(
        choice=choice, unit_word=word, sites=sites, how_chosen="", **_who_gets_it(kept, answers, sites, word)
    )  # fmt: skip
    place = replace(
        place,
        how_chosen=fields.text("how_chosen", "how-chosen", kept.get("how_chosen")),
        favourable=fields.tick("favourable", "favourable", kept.get("favourable")),
        showcase=fields.tick("showcase", "showcase", kept.get("showcase")),
        scorecard=scorecard(kept.get("scorecard") or [], [str(site["key"]) for site in sites], word or "site"),
        **_dates(kept, answers),
    )
    place = replace(place, **_columns(kept, answers))
    place = replace(place, **_analyst(kept, draft))
    made = {**draft, "where": where_of(place, kept)}
    return history_and_power(made)


def _questions(kept: dict[str, Any]) -> Answers:
    st.markdown(f"**{say('register.questions')}**")
    known = answers_of(kept)
    who = fields.question("who", "who", known.who, ("sites", "customers"))
    hows = ("lot", "chosen", "everyone") if who == "sites" else ("lot", "chosen")
    how = fields.question("how", "how", known.how, hows)
    when, before = "together", True
    if who == "sites":
        if how != "everyone":
            when = fields.question("when", "when", known.when, ("together", "one_after_other"))
        before = fields.question("before", "before", "yes" if known.before else "no", ("yes", "no")) == "yes"
    return Answers(who=who, how=how, when=when, before=before)  # type: ignore[arg-type]


def _who_gets_it(kept: dict[str, Any], answers: Answers, sites: list[dict[str, Any]], word: str) -> dict[str, Any]:
    rule = kept.get("assignment") or {}
    if answers.who == "customers":
        return {"units": fields.count("units", "units", kept.get("units"), min_value=2)}
    names = [str(site["key"]) for site in sites]
    if answers.how != "lot":
        marked = [str(s["key"]) for s in kept.get("sites") or [] if isinstance(s, dict) and s.get("forced")]
        name = fields.seeded("chosen", marked)
        st.session_state[name] = [key for key in st.session_state[name] if key in names]
        return {"chosen": st.multiselect(say("register.chosen", unit=plain(plural(word or "site"))), names, key=name)}
    if answers.when == "one_after_other":
        return {"waves": fields.count("waves", "waves", rule.get("waves") or 3, min_value=2)}
    treated = rule.get("n_treatment") or (len(names) // 2 or None)
    return {"treated": fields.count("treated", "treated", treated, min_value=1)}


def _dates(kept: dict[str, Any], answers: Answers) -> dict[str, Any]:
    one, two, three = st.columns(3, vertical_alignment="bottom")
    found = {
        "start": fields.day("start", "start", kept.get("start"), one),
        "end": fields.day("end", "end", kept.get("end"), two),
    }
    if answers.who == "sites" and answers.before:
        found["baseline_from"] = fields.day("baseline_from", "baseline", kept.get("baseline_from"), three)
    return found


def _columns(kept: dict[str, Any], answers: Answers) -> dict[str, Any]:
    st.markdown(f"**{say('register.columns')}**")
    st.caption(say("register.columns_lead"))
    columns = kept.get("columns") or {}
    one, two, three = st.columns(3, vertical_alignment="bottom")
    if answers.who == "customers":
        arm = columns.get("arm") or {}
        found = {
            "unit": fields.text("column_unit", "column-unit", columns.get("unit"), one),
            "arm": fields.text("column_arm", "column-arm", arm.get("column"), two),
        }
        one, two, three = st.columns(3, vertical_alignment="bottom")
        found["treatment"] = fields.text("arm_treatment", "arm-treatment", arm.get("treatment"), one)
        found["control"] = fields.text("arm_control", "arm-control", arm.get("control"), two)
        data = "records"
    else:
        found = {
            "site": fields.text("column_site", "column-site", columns.get("site"), one),
            "period": fields.text("column_period", "column-period", columns.get("period"), two),
        }
        if answers.when == "one_after_other" and answers.how == "chosen":
            starts = (columns.get("starts") or {}).get("column")
            found["starts"] = fields.text("column_starts", "column-starts", starts, three)
        data = fields.question("data", "data", kept.get("data") or "records", ("records", "panel"))
    one, two = st.columns(2, vertical_alignment="bottom")
    found["delivered"] = fields.text("column_delivered", "column-delivered", columns.get("delivered"), one)
    found["used"] = fields.text("column_used", "column-used", columns.get("used"), two)
    one, two = st.columns(2, vertical_alignment="bottom")
    found["timestamp"] = fields.text("column_timestamp", "column-timestamp", columns.get("timestamp"), one)
    found["segment"] = fields.text("column_segment", "column-segment", columns.get("segment"), two)
    return {"columns": found, "data": data}


def _analyst(kept: dict[str, Any], draft: dict[str, Any]) -> dict[str, Any]:
    """Seed and design for whoever wants to set them."""
    rule = kept.get("assignment") or {}
    with st.expander(say("register.analyst")):
        seed = fields.count("seed", "seed", rule.get("seed") or seed_of(str(draft.get("title") or "")), min_value=0)
        answered = design_for(answers_of(kept)).design
        known = kept.get("design") if kept.get("design") != answered else None
        own = fields.choice("design", "design", known or "as_answered", ("as_answered", *get_args(Design)))
    return {"seed": seed, "design": None if own == "as_answered" else own}
