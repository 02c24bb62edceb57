"""The reference cases, one way to hold our answers against them, and a table of all of them at the end of a run."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from stats.results import Estimate

GRADED: dict[str, dict[str, Any]] = {}
"""By case: how many keys were held against it, how many it has, and what was off."""


class Case(dict[str, Any]):
    """One case of cases.json: a question with an answer that nobody here made up."""

    def agrees(self, ours: Mapping[str, Any], *, in_part: bool = False) -> None:
        """Every expected key that we give is within the case's own tolerance, and every primary key is given.

        in_part: another test answers the remaining primary keys.
        """
        missing = set() if in_part else set(self["primary_keys"]) - set(ours)
        off = {
            key: (ours[key], wanted)
            for key, wanted in self["expected"].items()
            if key in ours and not self._near(key, wanted, ours[key])
        }
        graded = GRADED.setdefault(self["id"], {"keys": set(), "off": {}})
        graded["keys"] |= set(ours) & set(self["expected"])
        graded["of"] = len(self["expected"])
        graded["off"] |= {key: str(pair) for key, pair in off.items()} | dict.fromkeys(missing, "not given")
        assert not missing, f"{self['id']}: not answered {missing}"
        assert not off, f"{self['id']}: {off}"

    def _near(self, key: str, wanted: Any, got: Any) -> bool:
        low, high = self.get("accept_ranges", {}).get(key, (math.inf, -math.inf))
        if not isinstance(wanted, list | str) and low - 1e-9 <= got <= high + 1e-9:
            return True
        return near(wanted, got, self["tolerance"]["per_key"].get(key, self["tolerance"]["default"]))


def near(wanted: Any, got: Any, tolerance: Mapping[str, float]) -> bool:
    if isinstance(wanted, list):
        return len(wanted) == len(got) and all(near(w, g, tolerance) for w, g in zip(wanted, got, strict=True))
    if isinstance(wanted, bool | str) or wanted is None:
        return bool(wanted == got)
    bound = max(tolerance.get("abs", 0), tolerance.get("rel", 0) * abs(wanted))
    return math.isfinite(got) and abs(got - wanted) <= bound


@pytest.fixture(scope="session")
def cases(shared: Callable[..., Path]) -> dict[str, Case]:
    found = json.loads(shared("cases", "cases.json").read_text(encoding="utf-8"))
    return {case["id"]: Case(case) for case in found}


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["graded"] = {key: {**found, "keys": sorted(found["keys"])} for key, found in GRADED.items()}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    for key, found in getattr(node, "workeroutput", {}).get("graded", {}).items():
        mine = GRADED.setdefault(key, {"keys": set(), "off": {}, "of": found["of"]})
        mine["keys"] |= set(found["keys"])
        mine["off"] |= found["off"]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not GRADED:
        return
    terminalreporter.section("reference cases: keys within tolerance, of those that the case has")
    for key, found in sorted(GRADED.items()):
        state = "off: " + "; ".join(f"{name} {off}" for name, off in found["off"].items()) if found["off"] else "agrees"
        terminalreporter.line(f"{key:40} {len(found['keys']) - len(found['off']):3} / {found['of']:3}  {state}")
    wrong = sum(bool(found["off"]) for found in GRADED.values())
    terminalreporter.line(f"{len(GRADED)} cases answered, {len(GRADED) - wrong} agree")


@pytest.fixture
def cluster_keys() -> Callable[[Estimate, Estimate], dict[str, Any]]:
    """Our keys for a case with errors clustered in several ways."""
    return _cluster_keys


def _cluster_keys(cr2: Estimate, cr1s: Estimate) -> dict[str, Any]:
    errors = cr2.details["std_errors"]
    return {
        "estimate": cr2.effect,
        "n": cr2.details["n"],
        "n_clusters": cr2.details["clusters"],
        "se_CR0": errors["cr0"],
        "se_CR1": errors["cr1"],
        "se_CR1S": cr1s.std_error,
        "se_CR2": cr2.std_error,
        "t_CR2": cr2.details["statistic"],
        "df_satterthwaite_CR2": cr2.df,
        "p_value_CR2_satterthwaite": cr2.p_value,
        "ci_low_CR2": cr2.ci_lower,
        "ci_high_CR2": cr2.ci_upper,
        "p_value_CR1S_tG1": cr1s.p_value,
        "ci_low_CR1S_tG1": cr1s.ci_lower,
        "ci_high_CR1S_tG1": cr1s.ci_upper,
    }
