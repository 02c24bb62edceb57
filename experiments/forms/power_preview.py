"""What an unfinished charter could decide: its plan with gaps filled, good for its size only, never kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from experiments.charters.charter import Charter
from experiments.charters.to_plan import to_plan
from experiments.forms.register_steps import document
from stats.plan import Plan

_FILLED: Mapping[str, Any] = {
    "title": "not written yet",
    "problem": "not written yet",
    "team": "not written yet",
    "owner": {"name": "nobody", "department": "nobody"},
    "sponsor": {"name": "nobody", "department": "nobody"},
}


def plan_so_far(draft: Mapping[str, Any]) -> Plan | None:
    """The plan as far as its size is known; None where metrics, sites or design are still missing."""
    piece = {"change": "not yet", "for_whom": "not yet", "because": "not yet", **(draft.get("hypothesis") or {})}
    made = document({**draft, "hypothesis": piece})
    filled: dict[str, Any] = {**_FILLED, **{key: value for key, value in made.items() if key not in _FILLED}}
    filled["where"] = {"how_chosen": "not yet", **(made.get("where") or {})}
    filled.pop("finance", None)
    filled.pop("forecast", None)
    try:
        return to_plan(Charter.model_validate(filled))
    except ValidationError:
        return None
