"""Where and how, from the form's answers to the part of the charter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from experiments.forms.design_choice import Choice
from experiments.forms.site_list import with_choice
from stats.plan import sha256

BESIDE = ("delivered", "used", "timestamp", "segment")
"""Columns that any design may have, as the form asks for them."""
UNSHOWN = ("strata", "pair", "covariates", "eligible", "weight_column")
"""Columns that only a charter file names."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """What was answered. chosen: sites that people gave the change to; treated: how many the lot gives it to."""

    choice: Choice
    unit_word: str
    how_chosen: str
    sites: Sequence[Mapping[str, Any]] = ()
    chosen: Sequence[str] = ()
    treated: int | None = None
    units: int | None = None
    waves: int | None = None
    seed: int | None = None
    favourable: bool = False
    showcase: bool = False
    scorecard: Sequence[Mapping[str, Any]] = ()
    data: str = "records"
    baseline_from: date | None = None
    start: date | None = None
    end: date | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    design: str | None = None
    """An analyst's own choice instead of the one that the answers give."""


def where_of(place: Place, kept: Mapping[str, Any]) -> dict[str, Any]:
    """``where`` as the charter holds it; what the form does not show is kept."""
    customers = place.choice.design == "randomised_units"
    lot = place.choice.method != "chosen"
    rule: dict[str, Any] = {"method": place.choice.method, "seed": place.seed}
    if lot and not customers and place.choice.method != "waves":
        rule["n_treatment"] = place.treated
    if place.choice.method == "waves":
        rule["waves"] = place.waves or 2
    if not lot:
        rule["n_treatment"] = len(place.chosen) or None
    before = place.baseline_from if not customers else None
    made = {
        "how_chosen": place.how_chosen,
        "favourable": place.favourable,
        "showcase": place.showcase,
        "scorecard": [dict(score) for score in place.scorecard],
        "design": place.design or place.choice.design,
        "unit_word": place.unit_word or ("customer" if customers else "site"),
        "data": place.data,
        "sites": [] if customers else with_choice(_unmarked(place.sites), place.chosen if not lot else ()),
        "units": place.units if customers else None,
        "columns": {**_unshown(kept.get("columns") or {}), **columns_of(place)},
        "assignment": {name: value for name, value in rule.items() if value is not None},
        "baseline_from": _iso(before),
        "start": _iso(place.start),
        "end": _iso(place.end),
    }
    others = {name: value for name, value in kept.items() if name in {"estimator", "weights"}}
    return {**others, **{name: value for name, value in made.items() if value not in (None, "", [])}}


def columns_of(place: Place) -> dict[str, Any]:
    """The column map: periods lie after the start from the day on which the change begins."""
    given = {name: value for name, value in place.columns.items() if value}
    customers = place.choice.design == "randomised_units"
    found: dict[str, Any] = {name: given[name] for name in BESIDE if name in given}
    if customers:
        found |= {"unit": given["unit"]} if "unit" in given else {}
        if {"arm", "treatment", "control"} <= set(given):
            found["arm"] = {"column": given["arm"], "treatment": given["treatment"], "control": given["control"]}
        return found
    found |= {name: given[name] for name in ("site", "period") if name in given}
    if place.choice.design == "staggered" and "starts" in given:
        found["starts"] = {"column": given["starts"], "never": None}
    elif "period" in given and place.start is not None and place.baseline_from is not None:
        found["post"] = {"column": given["period"], "from": place.start.isoformat()}
    return found


def _unshown(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: columns[name] for name in UNSHOWN if columns.get(name)}


def seed_of(title: str) -> int:
    """A seed that nobody picked: it follows from the title."""
    return int(sha256(title)[:7], 16)


def _unmarked(sites: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in site.items() if name != "forced"} for site in sites]


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value else None
