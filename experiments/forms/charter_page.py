"""A charter as a page that people read, as far as it is written: it grows beside the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from experiments.forms.scorecard_form import choice_lines
from experiments.words import say
from experiments.words.catalogue import written_day
from experiments.words.numbers import Unit, chance, effect_between, level, size


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of the charter. title: key of its heading; lines: what is written, or what is still to come."""

    title: str
    lines: tuple[str, ...]
    empty: bool = False


def charter_sections(draft: Mapping[str, Any]) -> tuple[Section, ...]:
    """Every part in the order of the steps; what is not written yet is said."""
    parts: tuple[tuple[str, Callable[[Mapping[str, Any]], list[str]]], ...] = (
        ("problem", _problem),
        ("success", _success),
        ("guardrails", _guardrails),
        ("partners", _partners),
        ("where", _where),
        ("money", _money),
    )
    found = []
    for name, lines_of in parts:
        lines = [line for line in lines_of(draft) if line]
        comes = (say(f"charter.empty.{name}"),)
        found.append(Section(title=f"charter.title.{name}", lines=tuple(lines) or comes, empty=not lines))
    return tuple(found)


def hypothesis_line(draft: Mapping[str, Any]) -> str:
    """The sentence assembled live; gaps where nothing is written yet."""
    piece = draft.get("hypothesis") or {}
    metric = _metric(draft, piece.get("metric"))
    unit = _unit(metric)
    by = size(float(piece["by"]), unit) if piece.get("by") else say("charter.gap")
    gap = say("charter.gap")
    said = say(
        f"hypothesis.sentence.{piece.get('direction') or 'down'}",
        change=piece.get("change") or gap,
        for_whom=piece.get("for_whom") or gap,
        metric=metric.get("name") or gap,
        by=by,
        because=piece.get("because") or gap,
    )
    return said.replace(f"{gap}.", gap)


def _problem(draft: Mapping[str, Any]) -> list[str]:
    piece = draft.get("hypothesis") or {}
    lines = [str(draft.get("problem") or "")]
    if any(piece.get(name) for name in ("change", "for_whom", "because")):
        lines.append(hypothesis_line(draft))
    owner, sponsor = (draft.get(name) or {} for name in ("owner", "sponsor"))
    if owner.get("name") and sponsor.get("name"):
        lines.append(say("memo.people", owner=owner["name"], sponsor=sponsor["name"]))
    lines += [say("charter.key_result", text=text) for text in draft.get("key_results") or []]
    return lines


def _success(draft: Mapping[str, Any]) -> list[str]:
    lines = []
    for metric in (draft.get("metrics") or {}).get("success") or []:
        unit = _unit(metric)
        worth = size(float(metric["mwe"]), unit) if metric.get("mwe") else say("charter.gap")
        name = metric.get("name") or say("charter.gap")
        lines.append(say("charter.metric", name=name, better=_better(metric), size=worth))
        lines.append(_worst(metric, unit))
    return lines


def _worst(metric: Mapping[str, Any], unit: Unit) -> str:
    worst = metric.get("worst") or {}
    if worst.get("without_because"):
        return say("charter.no_worst", because=worst["without_because"])
    if worst.get("beyond"):
        return say("charter.worst_beyond", level=level(float(worst["beyond"]), unit))
    return ""


def _guardrails(draft: Mapping[str, Any]) -> list[str]:
    lines = []
    for metric in (draft.get("metrics") or {}).get("guardrails") or []:
        loss = size(float(metric["margin"]), _unit(metric)) if metric.get("margin") else say("charter.gap")
        prove = str(metric.get("class", "watch")).upper() == "PROVE" or metric.get("critical")
        whose = say("charter.of", partner=metric["partner"]) if metric.get("partner") else ""
        key = "charter.guardrail_prove" if prove else "charter.guardrail"
        lines.append(say(key, name=metric.get("name") or say("charter.gap"), loss=loss, whose=whose))
    return lines


def _partners(draft: Mapping[str, Any]) -> list[str]:
    lines = []
    for partner in draft.get("partners") or []:
        said = [str(partner.get("department") or say("charter.gap"))]
        if partner.get("contact"):
            said.append(say("charter.contact", name=partner["contact"]))
        said.append(
            say("charter.benefit", benefit=partner["benefit"]) if partner.get("benefit") else say("charter.no_benefit")
        )
        if partner.get("pulls_against"):
            said.append(say("charter.pulls", what=partner["pulls_against"]))
        lines.append("; ".join(piece.rstrip(".") for piece in said))
    return lines


def _where(draft: Mapping[str, Any]) -> list[str]:
    where = draft.get("where") or {}
    sites, word = where.get("sites") or [], where.get("unit_word") or "site"
    lines = []
    if where.get("design"):
        lines.append(say("charter.design", design=say(f"design.{where['design']}", unit=word)))
    if sites:
        names = [str(site.get("key")) if isinstance(site, Mapping) else str(site) for site in sites]
        some = {"count": len(names), "unit": word, "names": names[:6]}
        more = len(names) - 6
        lines.append(say("charter.sites", more=more, **some) if more > 0 else say("charter.sites_all", **some))
    elif where.get("units"):
        lines.append(say("charter.units", count=int(where["units"]), unit=word))
    if where.get("how_chosen"):
        lines.append(say("charter.chosen", how=where["how_chosen"]))
    lines += choice_lines(where)
    start, end = where.get("start"), where.get("end")
    if start and end:
        lines.append(say("charter.dates", start=_day(start), end=_day(end)))
    if where.get("baseline_from"):
        lines.append(say("charter.before", start=_day(where["baseline_from"])))
    return lines


def _money(draft: Mapping[str, Any]) -> list[str]:
    lines = []
    money = draft.get("finance") or {}
    if money.get("value_per_unit"):
        lines.append(say("charter.money", currency=money.get("currency", ""), run=money.get("run_cost", 0.0),
                         once=money.get("one_off_cost", 0.0)))  # fmt: skip
    bet = draft.get("forecast") or {}
    if bet.get("p_scale") is not None:
        unit = _unit(_metric(draft, bet.get("metric")))
        between = effect_between(bet.get("low"), bet.get("high"), unit)
        lines.append(say("charter.forecast", chance=chance(float(bet["p_scale"])), between=between))
    return lines


def _metric(draft: Mapping[str, Any], key: Any) -> Mapping[str, Any]:
    found = (draft.get("metrics") or {}).get("success") or []
    return next((metric for metric in found if metric.get("key") == key), found[0] if found else {})


def _unit(metric: Mapping[str, Any]) -> Unit:
    measure = metric.get("measure") or {}
    return Unit.of(str(metric.get("unit") or ""), str(measure.get("kind") or "mean"))


def _better(metric: Mapping[str, Any]) -> str:
    return say(f"charter.better.{metric.get('better') or 'higher'}")


def _day(value: Any) -> str:
    return written_day(value if isinstance(value, date) else date.fromisoformat(str(value)))
