"""A charter is read: every problem at once, each with its place in the file; and what a colleague would warn of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from experiments.charters.charter import Charter, Where, slug
from experiments.charters.from_catalogue import with_catalogue
from experiments.charters.promise import promise_problems
from experiments.charters.site_choice import site_choice
from experiments.charters.to_plan import to_plan
from experiments.errors import Refused
from experiments.metrics import shipped
from experiments.words import say
from experiments.words.numbers import Unit, size
from stats.errors import Problem

NOT_FELT = frozenset({"internal", "financial"})
"""Perspectives of metrics that say what the operation or the accounts did, and that nobody lives through."""


def read_charter(document: Any) -> Charter:
    """The charter in a parsed YAML document, or ``Refused`` with every problem at once."""
    try:
        charter = Charter.model_validate(with_catalogue(as_mapping(document), shipped()))
    except ValidationError as error:
        raise Refused(pydantic_problems(error)) from None
    problems = list(_inconsistencies(charter))
    if problems:
        raise Refused(problems)
    return charter


def as_mapping(document: Any) -> Mapping[str, Any]:
    """The document, if it has named parts; else ``Refused``."""
    if not isinstance(document, Mapping):
        raise Refused(Problem(code="charter_not_a_mapping"))
    return document


def pydantic_problems(error: ValidationError) -> list[Problem]:
    """Pydantic's findings as problems: place in the file, what is wrong, what was given."""
    return [_problem(finding) for finding in error.errors(include_url=False)]


def _problem(finding: Any) -> Problem:
    place = _place(finding["loc"])
    kind = finding["type"]
    if kind == "missing":
        return Problem(code="charter_missing", facts={"place": place})
    if kind == "extra_forbidden":
        return Problem(code="charter_unknown_key", facts={"place": place})
    if kind == "literal_error":
        facts = {"place": place, "given": finding["input"], "offered": finding["ctx"]["expected"]}
        return Problem(code="charter_not_offered", facts=facts)
    if kind == "string_too_short" and not str(finding["input"]).strip():
        return Problem(code="charter_missing", facts={"place": place})
    said = str(finding["msg"]).removeprefix("Value error, ")
    return Problem(code="charter_value", facts={"place": place, "said": said[:1].lower() + said[1:]})


def _place(location: Sequence[str | int]) -> str:
    """('metrics', 'success', 0, 'mwe') -> 'metrics > success > 1 > mwe': counted as people count."""
    return " > ".join(str(part + 1) if isinstance(part, int) else part for part in location) or "the file"


def _inconsistencies(charter: Charter) -> Iterator[Problem]:
    """What each part allows and the whole does not."""
    keys = [metric.key for metric in charter.all_metrics()]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield Problem(code="charter_metric_twice", facts={"metric": key})
    success = {metric.key: metric for metric in charter.metrics.success}
    promised = success.get(charter.hypothesis.metric)
    if promised is None:
        facts = {"metric": charter.hypothesis.metric, "offered": ", ".join(success)}
        yield Problem(code="charter_hypothesis_metric", facts=facts)
    elif (promised.better == "higher") != (charter.hypothesis.direction == "up"):
        facts = {"metric": promised.name, "direction": charter.hypothesis.direction, "better": promised.better}
        yield Problem(code="charter_hypothesis_direction", facts=facts)
    if charter.forecast and charter.forecast.metric not in success:
        facts = {"metric": charter.forecast.metric, "offered": ", ".join(success)}
        yield Problem(code="charter_forecast_metric", facts=facts)
    if slug(charter.owner.name) == slug(charter.sponsor.name):
        yield Problem(code="charter_sponsor_is_owner", facts={"person": charter.owner.name})
    for key in sorted(set(charter.history) - set(keys)):
        yield Problem(code="charter_history_metric", facts={"metric": key, "offered": ", ".join(keys)})
    yield from _partner_problems(charter, set(keys))
    yield from _site_problems(charter.where)
    yield from promise_problems(to_plan(charter))


def _partner_problems(charter: Charter, keys: set[str]) -> Iterator[Problem]:
    departments = {slug(partner.department) for partner in charter.partners}
    for guardrail in charter.metrics.guardrails:
        if guardrail.partner and slug(guardrail.partner) not in departments:
            facts = {"metric": guardrail.key, "partner": guardrail.partner}
            yield Problem(code="charter_partner_unknown", facts=facts)
    for partner in charter.partners:
        if partner.metric and partner.metric not in keys:
            facts = {"partner": partner.department, "metric": partner.metric, "offered": ", ".join(sorted(keys))}
            yield Problem(code="charter_partner_metric", facts=facts)


def _site_problems(where: Where) -> Iterator[Problem]:
    yield from _score_problems(where)
    if where.design == "randomised_units":
        if where.columns.arm is None:
            yield Problem(code="charter_column_missing", facts={"column": "arm", "design": where.design})
        return
    if not where.sites:
        yield Problem(code="charter_no_sites", facts={"design": where.design})
    if where.columns.site is None:
        yield Problem(code="charter_column_missing", facts={"column": "site", "design": where.design})
    treated = where.assignment.n_treatment
    if treated is not None and where.sites and not 0 < treated <= len(where.sites):
        yield Problem(code="charter_n_treatment", facts={"n_treatment": treated, "sites": len(where.sites)})


def _score_problems(where: Where) -> Iterator[Problem]:
    scored = [score.site for score in where.scorecard]
    unknown = sorted({site for site in scored if site} - {site.key for site in where.sites})
    if unknown:
        yield Problem(code="charter_score_site", facts={"sites": unknown})
    twice = sorted({site for site in scored if scored.count(site) > 1})
    if twice:
        yield Problem(code="charter_score_twice", facts={"sites": [site or say("scorecard.all") for site in twice]})


def warnings(charter: Charter) -> list[Problem]:
    """Not refused, but said: to the owner at registration, and to everyone on the plan's page."""
    found = []
    if all(metric.perspective in NOT_FELT for metric in charter.metrics.success):
        found.append(Problem(code="warn_only_internal"))
    promised = next(metric for metric in charter.metrics.success if metric.key == charter.hypothesis.metric)
    if charter.hypothesis.by < promised.mwe:
        unit = Unit.of(promised.unit, promised.measure.kind)
        facts = {"by": size(charter.hypothesis.by, unit), "line": size(promised.mwe, unit)}
        found.append(Problem(code="warn_small_hypothesis", facts=facts))
    for partner in charter.partners:
        if not (partner.benefit or "").strip():
            found.append(Problem(code="warn_partner_without_benefit", facts={"partner": partner.department}))
        if not partner.metric:
            found.append(Problem(code="warn_partner_without_metric", facts={"partner": partner.department}))
    if not charter.partners:
        found.append(Problem(code="warn_no_partners"))
    prove = [metric for metric in charter.metrics.guardrails if metric.guardrail_class == "PROVE"]
    if len(prove) > 2:
        found.append(Problem(code="warn_many_prove", facts={"count": len(prove)}))
    if charter.where.chosen_favourably:
        found.append(Problem(code="warn_favourable_sites"))
    careful = site_choice(charter.where.scorecard).careful
    if careful:
        found.append(
            Problem(code="warn_careful_sites", facts={"sites": [site or say("scorecard.all") for site in careful]})
        )
    return found
