"""Pilot templates of the field: one readable, versioned file each, in the folder ``templates`` beside this one.

Every metric is one of the shipped catalogue; the file adds what only people of the field know: from which gain on it
is worth having, which loss a partner can carry, what pulls against the pilot, and what usually goes wrong.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, model_validator

from experiments.metrics import MetricEntry, shipped
from stats.spec import Design, Strict

FOLDER = Path(__file__).parent / "templates"
ORDER = (
    "call_back", "chat_assist", "triage_assistant", "skill_routing", "knowledge_base", "escalation_desk",
    "queue_announcements", "vendor_stock", "coaching", "working_from_home",
)  # fmt: skip
"""As they are offered."""
AS_WORST = frozenset({"tail_mean", "share_beyond"})
"""Kinds of a twin that a charter keeps as the worst experience of the metric itself, where it sees records."""
Text = Annotated[str, Field(min_length=10)]


class _FromCatalogue(Strict):
    """from: key of a metric of the shipped catalogue."""

    from_: str = Field(alias="from")

    @property
    def entry(self) -> MetricEntry:
        return shipped()[self.from_]


class TemplateSuccess(_FromCatalogue):
    """mwe: in the metric's unit (shares 0-1); twin_margin: largest loss of the metric that shows the worst experience
    behind it, in that one's unit; the helps say how to find one's own."""

    mwe: float = Field(gt=0)
    mwe_help: Text
    twin_margin: float | None = Field(default=None, gt=0)
    twin_help: str = ""

    @property
    def twin(self) -> MetricEntry | None:
        """The metric of the worst experience; none where the catalogue only knows another way to count the same."""
        twin = shipped().get(self.entry.twin or "")
        return None if twin is None or twin.spec.kind == "interval_share" else twin


class TemplateGuardrail(_FromCatalogue):
    """margin: largest loss, in the metric's unit (shares 0-1)."""

    guardrail_class: Literal["watch", "prove"] = Field(alias="class")
    margin: float = Field(gt=0)
    margin_help: Text


class TemplatePartner(TemplateGuardrail):
    """A department with the benefit that it could expect, its own metric, and which of its targets pulls against."""

    department: str = Field(min_length=3)
    benefit: Text
    pulls_against: Text


class TemplateHypothesis(Strict):
    change: Text
    for_whom: Text
    metric: str
    direction: Literal["up", "down"]
    because: Text


class TemplateDesign(Strict):
    """What usually fits. least_sites: sites (or units) below which such a pilot seldom decides; weeks, weeks_before:
    with the change, and of data from before."""

    unit_word: str
    site_column: str = "site"
    data: Literal["records", "panel"]
    design: Design
    least_sites: int = Field(ge=2)
    weeks: int = Field(ge=2)
    weeks_before: int = Field(ge=0)
    unit_why: Text
    design_why: Text
    goes_wrong: list[Text] = Field(min_length=2)


class PilotTemplate(Strict):
    """One template. A change of its file raises ``version``."""

    key: str
    version: int = Field(ge=1)
    title: Text
    line: Text
    problem: Text
    hypothesis: TemplateHypothesis
    success: list[TemplateSuccess] = Field(min_length=1, max_length=3)
    guardrails: list[TemplateGuardrail]
    partners: list[TemplatePartner] = Field(min_length=1)
    design: TemplateDesign

    @model_validator(mode="after")
    def _fits_together(self) -> PilotTemplate:
        """Every metric is in the catalogue, once; the hypothesis is about the first; twins have a margin."""
        named = [part.from_ for part in (*self.success, *self.guardrails, *self.partners)]
        unknown = sorted(set(named) - set(shipped()))
        if unknown or len(named) != len(set(named)):
            raise ValueError(f"not in the catalogue, or named twice: {', '.join(unknown or sorted(named))}")
        first = self.success[0]
        better = "up" if first.entry.better == "higher" else "down"
        if (self.hypothesis.metric, self.hypothesis.direction) != (first.from_, better):
            raise ValueError("the hypothesis must be about the first success metric, in its better direction")
        for part in self.success:
            if (part.twin is None) != (part.twin_margin is None):
                raise ValueError(f"{part.from_}: its worst experience and its margin belong together")
        return self


@lru_cache(maxsize=1)
def templates() -> Mapping[str, PilotTemplate]:
    """Every template by key, in the order in which they are offered."""
    return MappingProxyType({key: _read(FOLDER / f"{key}.toml") for key in ORDER})


def _read(path: Path) -> PilotTemplate:
    return PilotTemplate.model_validate({**tomllib.loads(path.read_text(encoding="utf-8")), "key": path.stem})
