"""What a colleague would say while the charter is being written, before it is complete enough to be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.charters.check import NOT_FELT
from stats.errors import Problem


def draft_warnings(draft: Mapping[str, Any], step: str) -> tuple[Problem, ...]:
    """The warnings of registration that are about what this step asks for, as far as it is written."""
    if step == "success":
        return tuple(_internal(draft))
    return tuple(_partners(draft)) if step == "partners" else ()


def _internal(draft: Mapping[str, Any]) -> Iterator[Problem]:
    success = (draft.get("metrics") or {}).get("success") or []
    if success and all(metric.get("perspective", "customer") in NOT_FELT for metric in success):
        yield Problem(code="warn_only_internal")


def _partners(draft: Mapping[str, Any]) -> Iterator[Problem]:
    named = [partner for partner in draft.get("partners") or [] if partner.get("department")]
    for partner in named:
        facts = {"partner": partner["department"]}
        if not str(partner.get("benefit") or "").strip():
            yield Problem(code="warn_partner_without_benefit", facts=facts)
        if not partner.get("metric"):
            yield Problem(code="warn_partner_without_metric", facts=facts)
