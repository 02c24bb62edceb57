"""On what terms a later version may be registered: those with which it was drafted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from experiments.charters.charter import Charter, Lineage
from experiments.errors import Refused
from registry.pilots import Pilot
from registry.unit_of_work import Work
from stats.errors import Problem


def on_its_terms(work: Work, pilot: Pilot, charter: Charter) -> Charter:
    """The charter with the lineage that was drafted; a first version has none, whatever is written there.

    Refused where it has expired, overlaps the version before, repeats what was tried or promises too much alpha.
    """
    drafted = dict(pilot.draft or {}).get("lineage")
    if pilot.parent_id is None or drafted is None:
        return charter.model_copy(update={"lineage": None})
    written = charter.lineage.changed if charter.lineage else ""
    terms = Lineage.model_validate(drafted)
    terms = terms.model_copy(update={"changed": written or terms.changed})
    before = Charter.model_validate(work.get(Pilot, pilot.parent_id).draft)
    problems = list(_problems(pilot, charter, terms, before, work.now.date()))
    if problems:
        raise Refused(problems)
    return charter.model_copy(update={"lineage": terms, "max_versions": before.max_versions})


def _problems(pilot: Pilot, charter: Charter, terms: Lineage, before: Charter, today: date) -> Iterator[Problem]:
    facts = {"pilot": pilot.key, "parent": terms.parent}
    if today > terms.expires:
        yield Problem(code="version_expired", facts={**facts, "expires": terms.expires})
    start = charter.where.start
    if terms.not_before is not None and (start is None or start <= terms.not_before):
        yield Problem(code="version_overlaps", facts={**facts, "end": terms.not_before})
    if terms.consumes_version and charter.hypothesis.change.strip() == before.hypothesis.change.strip():
        yield Problem(code="version_unchanged", facts=facts)
    if charter.errors.alpha > terms.alpha + 1e-12:
        yield Problem(code="version_alpha", facts={**facts, "alpha": terms.alpha, "given": charter.errors.alpha})
