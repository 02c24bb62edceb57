"""A pilot template on its way into a draft: what it gives, what it would replace, and what to know about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.charters.from_catalogue import metric_from
from experiments.forms.pilot_template import (
    AS_WORST,
    PilotTemplate,
    TemplateGuardrail,
    TemplateSuccess,
    templates,
)
from experiments.metrics import MetricEntry, shipped
from experiments.words import say
from experiments.words.catalogue import plural
from experiments.words.numbers import Unit, size

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
PARTS = ("title", "problem", "hypothesis", "metrics", "partners", "where")
"""What a template writes. People, places, dates and money are nobody's template."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """One heading with its sentences, of what a template knows beyond the charter."""

    title: str
    lines: tuple[str, ...]


def template(name: str) -> dict[str, Any]:
    """The draft that a template gives: everything but people, places and dates."""
    of = templates()[name]
    return {
        "title": of.title,
        "problem": of.problem,
        "hypothesis": {part: getattr(of.hypothesis, part) for part in ("change", "for_whom", "because")},
        "metrics": {
            "success": [_success(part, of) for part in of.success],
            "guardrails": [
                *(_guardrail(part, of) for part in of.guardrails),
                *_twins(of),
                *({**_guardrail(part, of), "partner": part.department} for part in of.partners),
            ],
        },
        "partners": [
            {
                "department": part.department,
                "benefit": part.benefit,
                "pulls_against": part.pulls_against,
                "metric": part.from_,
            }
            for part in of.partners
        ],
        "where": _where(of),
    }


def replaced(draft: Mapping[str, Any], made: Mapping[str, Any]) -> tuple[str, ...]:
    """Parts that are written already and that the template has otherwise, by name."""
    return tuple(part for part in PARTS if part in made and _written(draft, part) and draft[part] != made[part])


def with_template(draft: Mapping[str, Any], made: Mapping[str, Any], *, replace: bool) -> dict[str, Any]:
    """The draft with the template's parts: where nothing is written yet, or everywhere (``replace``)."""
    return {**draft, **{part: made[part] for part in PARTS if part in made and (replace or not _written(draft, part))}}


def advice(name: str) -> tuple[Advice, ...]:
    """From which gain on, which losses, what fits, and what usually goes wrong."""
    of = templates()[name]
    design = of.design
    word = plural(design.unit_word)
    return (
        Advice(title=say("template.advice.gains"), lines=tuple(_gains(of))),
        Advice(title=say("template.advice.losses"), lines=tuple(_losses(of))),
        Advice(
            title=say("template.advice.design"),
            lines=(
                design.unit_why,
                design.design_why,
                say(
                    "template.advice.size",
                    count=design.least_sites,
                    units=word,
                    weeks=design.weeks,
                    before=design.weeks_before,
                ),
                say(f"template.advice.{design.data}"),
            ),
        ),
        Advice(title=say("template.advice.wrong"), lines=tuple(design.goes_wrong)),
    )


def proposed(name: str) -> dict[str, Any]:
    """A guardrail to start from."""
    return {**PROPOSED[name], "key": name, "name": say(f"template.metric.{name}"), "class": "watch"}


def _gains(of: PilotTemplate) -> Iterator[str]:
    for part in of.success:
        yield _said(part.entry, part.mwe, part.mwe_help)
        if part.twin is not None and part.twin_margin is not None:
            yield _said(part.twin, part.twin_margin, part.twin_help)


def _losses(of: PilotTemplate) -> Iterator[str]:
    for part in (*of.guardrails, *of.partners):
        yield _said(part.entry, part.margin, part.margin_help)


def _said(entry: MetricEntry, value: float, helped: str) -> str:
    unit = Unit.of(entry.unit, entry.spec.kind)
    return say("template.advice.metric", metric=entry.name, size=size(value, unit), help=helped)


def _metric(entry: MetricEntry, of: PilotTemplate, role: str) -> dict[str, Any]:
    return metric_from(entry, shipped(), role, panel=of.design.data == "panel")


def _success(part: TemplateSuccess, of: PilotTemplate) -> dict[str, Any]:
    made = {**_metric(part.entry, of, "success"), "mwe": part.mwe}
    return {**made, "worst": {**made["worst"], "margin": part.twin_margin}} if "worst" in made else made


def _guardrail(part: TemplateGuardrail, of: PilotTemplate) -> dict[str, Any]:
    return {**_metric(part.entry, of, "guardrails"), "margin": part.margin, "class": part.guardrail_class}


def _twins(of: PilotTemplate) -> Iterator[dict[str, Any]]:
    """Worst experiences that the metric itself does not bring: a panel has none, and other kinds have their own."""
    named = {part.from_ for part in (*of.success, *of.guardrails, *of.partners)}
    for part in of.success:
        twin = part.twin
        if twin is None or twin.key in named:
            continue
        if of.design.data == "panel" or twin.spec.kind not in AS_WORST:
            yield {**_metric(twin, of, "guardrails"), "margin": part.twin_margin, "class": "watch"}


def _where(of: PilotTemplate) -> dict[str, Any]:
    design = of.design
    where: dict[str, Any] = {"unit_word": design.unit_word, "data": design.data, "design": design.design}
    if design.design == "randomised_units":
        arm = {"column": "group", "treatment": "new", "control": "as before"}
        return {**where, "columns": {"unit": "customer", "arm": arm}, "assignment": {"method": "complete"}}
    method = "waves" if design.design == "stepped_wedge" else "complete"
    return {
        **where,
        "columns": {"site": design.site_column, "period": "week"},
        "assignment": {"method": method, **({"waves": 4} if method == "waves" else {})},
    }


def _written(draft: Mapping[str, Any], part: str) -> bool:
    """Whether somebody wrote anything there; what the form sets by itself does not count."""
    value = draft.get(part)
    if part == "where":
        return any((value or {}).get(name) for name in ("sites", "units", "how_chosen", "start", "end"))
    if part == "metrics":
        return any((value or {}).get(role) for role in ("success", "guardrails"))
    return bool(value)
