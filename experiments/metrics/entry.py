"""One metric of the catalogue: what it is, what the customer feels of it, how it is computed, and what to beware of."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, field_validator, model_validator

from stats.raw_records.kinds import KINDS, Kind
from stats.raw_records.panel import texts_of
from stats.spec import MetricSpec, Strict

Text = Annotated[str, Field(min_length=3)]
JourneyStep = Literal["reach us", "wait", "be served", "get it solved", "receive", "pay", "stay"]
JOURNEY_STEPS: tuple[JourneyStep, ...] = get_args(JourneyStep)
SCALE = "scale"
"""Stands among the inputs for the questions of a scale, of which a mapping names any number."""
WORDS = frozenset({"and", "or", "not", "true", "false", "coalesce", "least", "greatest", "log", "sqrt", "abs"})


class MetricEntry(Strict):
    """One entry, one version. A change is a new version with the next number, never an edit in place.

    records: the kind of raw records that it is computed from, 'own' for columns of one's own files; spec: how, on the
    standard fields and derived columns of that kind (``better`` and ``minimum_n`` are those of the entry);
    inputs: standard fields that a file must bring; twin: key of the metric that shows the worst experience behind it;
    missing: what is done where a value is not known.
    """

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    version: int = Field(ge=1)
    name: Text
    records: Kind | Literal["own"]
    definition: Text
    formula: Text
    inputs: list[str] = Field(min_length=1)
    spec: MetricSpec
    customer_feels: Text
    perspective: Literal["customer", "employee", "internal", "financial"]
    journey_step: JourneyStep
    waste: Literal["waiting", "over_production", "rework", "movement"] | None = None
    unit: str = Field(min_length=1, max_length=80)
    better: Literal["higher", "lower"]
    survey: bool = False
    pitfalls: Text
    twin: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]{0,39}$")
    minimum_n: int = Field(default=1, ge=1)
    missing: Text

    @model_validator(mode="before")
    @classmethod
    def _said_once(cls, values: Any) -> Any:
        """Direction and smallest number stand in the entry; the specification gets them from there."""
        if not isinstance(values, dict) or not isinstance(values.get("spec"), dict):
            return values
        said = {name: values[name] for name in ("better", "minimum_n") if name in values}
        return {**values, "spec": {**values["spec"], **said}}

    @field_validator("twin")
    @classmethod
    def _not_itself(cls, twin: str | None, info: Any) -> str | None:
        if twin is not None and twin == info.data.get("key"):
            raise ValueError("a metric can't be its own twin")
        return twin

    @model_validator(mode="after")
    def _known_names(self) -> MetricEntry:
        if self.records == "own":
            return self
        kind = KINDS[self.records]
        unknown = [name for name in self.inputs if name not in kind.fields and name != SCALE]
        unknown += [name for name in _names(self.spec) if not kind.knows(name)]
        if unknown:
            raise ValueError(f"not among the fields of {self.records}: {', '.join(dict.fromkeys(unknown))}")
        return self

    @property
    def is_share(self) -> bool:
        return self.spec.kind in ("share", "share_beyond", "interval_share")

    def as_charter_metric(self) -> dict[str, Any]:
        """The parts of a charter's metric that the catalogue already knows."""
        return {
            "key": self.key,
            "name": self.name,
            "measure": {"kind": self.spec.kind, **self.spec.model_dump(mode="json", exclude_defaults=True)},
            "unit": self.unit,
            "better": self.better,
            "perspective": self.perspective,
            "journey_step": self.journey_step,
            **({"waste": self.waste} if self.waste else {}),
            "survey": self.survey,
            "version": self.version,
        }


def _names(spec: MetricSpec) -> list[str]:
    """The columns in a specification's texts, without the words and numbers of expressions."""
    found = [name for text in texts_of(spec) for name in re.findall(r"[A-Za-z_]\w*", text)]
    return [name for name in found if name not in WORDS]
