"""One module a design. Each has ``ESTIMATORS``, keyed by the name an analyst asks for, and names its ``DEFAULT``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from stats.designs.spellings import meant, plain
from stats.errors import Problem, UnknownEstimator
from stats.results import Result
from stats.study import Study


@dataclass(frozen=True, kw_only=True)
class Estimator:
    """A named way to estimate: ``run(study)`` gives an Estimate or says why not.

    label: what it is called on screen; source: paper or equation; safe: False where the inference is known to be
    too confident for few sites (choosing it is on record and shown).
    """

    key: str
    run: Callable[[Study], Result]
    label: str
    source: str
    safe: bool = True
    aliases: tuple[str, ...] = field(default=())


def estimators(design: str) -> Mapping[str, Estimator]:
    """The estimators of a design by key; modules load only when their design is asked for."""
    return import_module(f"stats.designs.{design}").ESTIMATORS


def default_key(design: str) -> str:
    return str(import_module(f"stats.designs.{design}").DEFAULT)


def choose(design: str, name: str) -> Estimator:
    """The estimator called ``name`` (an alias, another spelling); ``default`` is the safe one of the design."""
    offered = estimators(design)
    for key in [default_key(design)] if plain(name) == "default" else meant(name):
        for estimator in offered.values():
            if key == estimator.key or key in estimator.aliases:
                return estimator
    raise UnknownEstimator(
        Problem(code="unknown_estimator", facts={"design": design, "name": name, "offered": ", ".join(offered)})
    )
