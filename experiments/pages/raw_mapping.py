"""The form of a mapping: what the records are, which column plays which part, what the words mean."""

from __future__ import annotations

import streamlit as st

from experiments.forms import raw_fields as form
from experiments.raw.panel import proposed
from experiments.raw.sources import read_mapping
from experiments.words import say
from stats.outcomes import Preview
from stats.raw_records import KINDS, RawMapping
from stats.raw_records.kinds import OUTCOMES

A_ROW = 3


def mapping_form(looked: Preview, kept: dict[str, RawMapping]) -> RawMapping:
    """The mapping as chosen here; it begins with a kept one, or with what names and contents suggest."""
    sources = [name for name, mapping in kept.items() if not form.unfitting(mapping, looked)]
    one, two = st.columns(2)
    source = one.selectbox(
        say("raw.kept_mappings"), ["", *sources], index=1 if sources else 0, format_func=_source, key="raw-source"
    )
    start = kept[source] if source else proposed(looked)
    kinds = list(KINDS)
    kind = two.selectbox(
        say("raw.kind"), kinds, index=kinds.index(start.kind), format_func=_kind, key=f"raw-kind-{source}"
    )
    if kind != start.kind:
        start = proposed(looked, kind)
    with st.expander(say("raw.mapping"), expanded=not source):
        st.caption(say("raw.mapping_lead"))
        return _parts(looked, start, f"{source}-{kind}")


def _source(name: str) -> str:
    return name or say("raw.suggested")


def _kind(name: str) -> str:
    return say(f"raw.kind.{name}")


def _parts(looked: Preview, start: RawMapping, name: str) -> RawMapping:
    fields: dict[str, str] = {}
    places = st.columns(A_ROW)
    for number, field in enumerate(KINDS[start.kind].fields.values()):
        options, now = form.choices(looked, start.kind, field.name), form.chosen_now(start, field.name)
        options = options if now in options else [*options, now]
        fields[field.name] = places[number % A_ROW].selectbox(
            field.name.replace("_", " ") + (" *" if field.needed else ""),
            options,
            index=options.index(now),
            format_func=form.label,
            key=f"raw-field-{name}-{field.name}",
        )
    scale = start.scale
    if start.kind == "surveys":
        columns = [column.name for column in looked.columns]
        scale = st.multiselect(say("raw.scale"), columns, default=start.scale, key=f"raw-scale-{name}")
    outcomes = _outcomes(looked, start, fields.get("outcome", ""), name)
    zero, days = start.zero_time_is_missing, start.repeat_days
    if any(form.JOINED in choice for choice in fields.values()):
        zero = st.checkbox(say("raw.zero_time"), value=zero, key=f"raw-zero-{name}")
    if fields.get("customer") and start.kind == "calls":
        days = int(st.number_input(say("raw.repeat_days"), 1, 365, days, key=f"raw-days-{name}"))
    others = {"scale": scale, "outcomes": outcomes, "zero_time_is_missing": zero, "repeat_days": days}
    return read_mapping(form.with_choices(start, fields, **others))


def _outcomes(looked: Preview, start: RawMapping, column: str, name: str) -> dict[str, list[str]]:
    values = form.outcome_values(looked, column)
    if not values:
        return {}
    st.markdown(f"**{say('raw.outcomes')}**")
    chosen = {}
    for place, meaning in zip(st.columns(len(OUTCOMES)), OUTCOMES, strict=True):
        default = [word for word in start.outcomes.get(meaning, []) if word in values]
        chosen[meaning] = place.multiselect(
            say(f"raw.outcome.{meaning}"), values, default=default, key=f"raw-outcome-{name}-{column}-{meaning}"
        )
    return form.meanings(chosen)
