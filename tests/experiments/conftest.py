"""What tests of the stages start from."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

_WAITING: dict[str, Any] = {
    "title": "Call-back at peak",
    "problem": "Callers wait longest between nine and ten, and a third of them give up.",
    "team": "Service innovation",
    "owner": {"name": "Ana Lima", "department": "Contact centre"},
    "sponsor": {"name": "Ruth Vogel", "department": "Operations"},
    "hypothesis": {
        "change": "offer a call-back within the hour",
        "for_whom": "callers at peak",
        "metric": "wait",
        "direction": "down",
        "by": 15,
        "because": "nobody has to hold the line",
    },
    "metrics": {
        "success": [
            {
                "key": "wait",
                "name": "Waiting time",
                "measure": {"kind": "mean", "column": "wait_s"},
                "unit": "s",
                "better": "lower",
                "mwe": 15,
            }
        ],
        "guardrails": [
            {
                "key": "on_time",
                "name": "Deliveries on time",
                "measure": {"kind": "share", "column": "on_time"},
                "unit": "share",
                "better": "higher",
                "margin": 0.05,
                "class": "watch",
                "partner": "Logistics",
            }
        ],
    },
    "partners": [
        {
            "department": "Logistics",
            "benefit": "fewer calls about late parcels",
            "metric": "on_time",
            "contact": "Tom Berg",
        }
    ],
    "where": {
        "how_chosen": "all branches with a phone team",
        "design": "randomised_sites",
        "unit_word": "branch",
        "sites": [f"B{number:02d}" for number in range(1, 13)],
        "columns": {
            "site": "site",
            "period": "week",
            "post": {"column": "week", "from": "2026-03-02"},
        },
        "assignment": {"method": "complete", "n_treatment": 6, "seed": 7},
        "baseline_from": "2026-01-05",
        "start": "2026-03-02",
        "end": "2026-05-10",
    },
    "history": {"wait": {"spread": 18, "steadiness": 0.7}, "on_time": {"spread": 0.03, "steadiness": 0.6}},
    "draws": 499,
}


@pytest.fixture
def waiting() -> Callable[..., dict[str, Any]]:
    """A plain and complete charter (``waiting(title=...)`` replaces parts); each test changes what it is about."""

    def charter(**changes: Any) -> dict[str, Any]:
        return {**copy.deepcopy(_WAITING), **changes}

    return charter
