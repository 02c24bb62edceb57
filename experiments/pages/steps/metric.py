"""The widgets of one metric: what it is, from which columns, and the line it is held against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from experiments.forms.metric_form import (
    KINDS,
    NUMBERS,
    PERSPECTIVES,
    factor,
    has_worst_experience,
    is_share,
    shown_number,
    stored_metric,
    stored_worst,
    worst_choice,
)
from experiments.metrics import JOURNEY_STEPS
from experiments.metrics.placing import WASTES
from experiments.pages.steps import fields
from experiments.words import say


def metric_fields(key: str, earlier: Mapping[str, Any], *, perspective: bool = True) -> dict[str, Any]:
    """What it is and how it is computed. Gives the form's fields; ``name`` is empty where nothing is written."""
    measure = earlier.get("measure") or {}
    one, two = st.columns([3, 2])
    found: dict[str, Any] = {"name": fields.text("metric_name", f"{key}-name", earlier.get("name"), one)}
    found["kind"] = fields.choice("kind", f"{key}-kind", measure.get("kind") or "mean", tuple(KINDS), two)
    names = KINDS[found["kind"]]
    columns = st.columns(max(3, len(names) + 1))
    for place, name in enumerate(names):
        found[name] = _input(key, name, measure, columns[place])
    found["unit"] = ""
    if not is_share(found["kind"]):
        was_share = earlier.get("unit") == "share" and is_share(measure.get("kind") or "mean")
        unit = "" if was_share else earlier.get("unit")
        found["unit"] = fields.text("unit", f"{key}-unit", unit, columns[len(names)])
    one, two = st.columns(2)
    found["better"] = fields.choice(
        "better", f"{key}-better", earlier.get("better") or "higher", ("higher", "lower"), one
    )
    found["perspective"] = earlier.get("perspective") or "customer"
    if perspective:
        value = earlier.get("perspective") or "customer"
        found["perspective"] = fields.choice("perspective", f"{key}-perspective", value, PERSPECTIVES, two)
    one, two = st.columns(2)
    found["journey_step"] = fields.choice(
        "journey_step", f"{key}-journey", earlier.get("journey_step") or "none", ("none", *JOURNEY_STEPS), one
    )
    found["waste"] = fields.choice("waste", f"{key}-waste", earlier.get("waste") or "none", ("none", *WASTES), two)
    found["survey"] = fields.tick("survey", f"{key}-survey", earlier.get("survey"))
    return found


def _input(key: str, name: str, measure: Mapping[str, Any], place: Any) -> Any:
    if name == "beyond":
        return fields.choice("beyond", f"{key}-beyond", measure.get("beyond") or "above", ("above", "below"), place)
    if name in NUMBERS:
        value = shown_number(name, measure.get(name, {"q": 0.9, "tail": 0.05}.get(name)))
        return fields.number(name, f"{key}-{name}", value, place)
    return fields.text(name, f"{key}-{name}", measure.get(name), place)


def success_metric(key: str, earlier: Mapping[str, Any], taken: Iterable[str], data: str) -> dict[str, Any] | None:
    """A success metric with its smallest gain worth having and its worst experience; None where it is empty."""
    found = metric_fields(key, earlier)
    scale = factor(found["kind"], found["unit"])
    unit = say("unit.points") if scale != 1 else found["unit"] or say("register.its_unit")
    worth = fields.number(
        "mwe", f"{key}-mwe", _times(earlier.get("mwe"), scale), said=say("register.mwe_in", unit=unit), min_value=0.0
    )
    worst = dict(earlier.get("worst") or {})
    if has_worst_experience(found["kind"], found["unit"], found["survey"], data):
        worst = _worst(key, worst, found["unit"])
    if not found["name"]:
        return None
    made = stored_metric(found, earlier, taken)
    return {**made, **({"mwe": worth / scale} if worth else {}), **({"worst": worst} if worst else {})}


def _worst(key: str, worst: Mapping[str, Any], unit: str) -> dict[str, Any]:
    """The proposed look at the worst experience."""
    chosen = fields.question("worst", f"{key}-worst", worst_choice(worst), ("mean", "beyond", "none"))
    beyond, because, margin = worst.get("beyond"), "", worst.get("margin")
    if chosen == "beyond":
        one, two = st.columns(2)
        beyond = fields.number(
            "worst_beyond", f"{key}-beyond-value", beyond, one, said=say("register.worst_beyond", unit=unit)
        )
        margin = _over(fields.number("worst_margin", f"{key}-worst-margin", _times(margin or 0.05, 100), two), 100)
    if chosen == "none":
        because = fields.text("worst_because", f"{key}-worst-because", worst.get("without_because"))
    return stored_worst(chosen, beyond, because, margin if chosen == "beyond" else worst.get("margin"))


def guardrail(
    key: str, earlier: Mapping[str, Any], taken: Iterable[str], *, partner: str | None = None
) -> dict[str, Any] | None:
    """What must not get worse, with the largest loss that its owner accepts; None where it is empty."""
    found = metric_fields(key, earlier, perspective=partner is None)
    scale = factor(found["kind"], found["unit"])
    unit = say("unit.points") if scale != 1 else found["unit"] or say("register.its_unit")
    one, two = st.columns(2)
    loss = fields.number(
        "loss", f"{key}-loss", _times(earlier.get("margin"), scale), one,
        said=say("register.loss_in", unit=unit), min_value=0.0,
    )  # fmt: skip
    kept = str(earlier.get("class") or "watch").lower()
    held = fields.choice("class", f"{key}-class", kept, ("watch", "prove"), two)
    if not found["name"]:
        return None
    made = {**stored_metric(found, earlier, taken), "class": held}
    if loss:
        made["margin"] = loss / scale
    return {**made, "partner": partner} if partner else made


def _times(value: Any, scale: float) -> float | None:
    return None if value is None else round(float(value) * scale, 10)


def _over(value: float | None, scale: float) -> float | None:
    return value / scale if value else None
