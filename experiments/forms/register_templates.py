"""Charters to start from: common pilots of a service organisation, their words in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.words import say

TEMPLATES: Mapping[str, Mapping[str, Any]] = {
    "call_back": {
        "success": [
            {"key": "wait", "measure": {"kind": "mean", "column": "wait_s"}, "unit": "s", "better": "lower",
             "mwe": 15.0, "worst": {"beyond": 480.0, "margin": 0.02}},
        ],
        "guardrails": [
            {"key": "repeat_contact", "measure": {"kind": "share", "column": "again"}, "unit": "share",
             "better": "lower", "margin": 0.03, "class": "prove"},
        ],
    },
    "first_time_fix": {
        "success": [
            {"key": "fixed_first_time", "measure": {"kind": "share", "column": "fixed"}, "unit": "share",
             "better": "higher", "mwe": 0.05},
        ],
        "guardrails": [
            {"key": "visit_length", "measure": {"kind": "mean", "column": "visit_min"}, "unit": "min",
             "better": "lower", "margin": 6.0, "class": "watch", "perspective": "internal"},
        ],
    },
    "self_service": {
        "success": [
            {"key": "solved_alone", "measure": {"kind": "share", "column": "solved_online"}, "unit": "share",
             "better": "higher", "mwe": 0.05},
        ],
        "guardrails": [
            {"key": "satisfaction", "measure": {"kind": "mean", "column": "csat"}, "unit": "points of 5",
             "better": "higher", "margin": 0.15, "class": "watch", "survey": True},
        ],
    },
    "one_owner": {
        "success": [
            {"key": "days_open", "measure": {"kind": "mean", "column": "days_open"}, "unit": "days",
             "better": "lower", "mwe": 1.0},
        ],
        "guardrails": [
            {"key": "goodwill", "measure": {"kind": "mean", "column": "goodwill"}, "unit": "EUR", "better": "lower",
             "margin": 5.0, "class": "watch", "perspective": "financial"},
        ],
    },
}  # fmt: skip
"""Numbers and columns of each template."""
PROPOSED: Mapping[str, Mapping[str, Any]] = {
    "contact_again": {"measure": {"kind": "share", "column": "again"}, "unit": "share", "better": "lower",
                      "margin": 0.03},
    "csat": {"measure": {"kind": "mean", "column": "csat"}, "unit": "points of 5", "better": "higher", "margin": 0.15,
             "survey": True},
    "complaints": {"measure": {"kind": "share", "column": "complaint"}, "unit": "share", "better": "lower",
                   "margin": 0.01},
    "workload": {"measure": {"kind": "mean", "column": "handle_s"}, "unit": "s", "better": "lower", "margin": 25.0,
                 "perspective": "employee"},
    "staff_mood": {"measure": {"kind": "mean", "column": "pulse"}, "unit": "points of 5", "better": "higher",
                   "margin": 0.2, "survey": True, "perspective": "employee"},
}  # fmt: skip
"""What is often forgotten: the things that must not get worse."""


def template(name: str) -> dict[str, Any]:
    """The draft that a template gives: everything but people, places and dates."""
    parts = TEMPLATES[name]
    return {
        "title": say(f"template.{name}.title"),
        "problem": say(f"template.{name}.problem"),
        "hypothesis": {
            part: say(f"template.{name}.{part}") for part in ("change", "for_whom", "because")
        },
        "metrics": {
            role: [{**metric, "name": say(f"template.metric.{metric['key']}")} for metric in parts[role]]
            for role in ("success", "guardrails")
        },
    }  # fmt: skip


def proposed(name: str) -> dict[str, Any]:
    """A guardrail to start from."""
    return {**PROPOSED[name], "key": name, "name": say(f"template.metric.{name}"), "class": "watch"}
