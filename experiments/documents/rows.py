"""Rows of the one page: a planned metric with its stored evidence and state, as final texts and plain numbers.

The interval shown is the one between the limits that decided the state, so that picture and words never disagree;
analysts find the two-sided interval in the method table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from experiments.documents.why import Stored, unit_of
from experiments.views import IntervalRow, MethodLine, MetricLine, PartnerLine, SiteDot, Tone
from experiments.words import digits, not_estimable_sentence, say
from experiments.words.numbers import effect, effect_between, level, relative, size
from stats.plan import Plan, PlannedMetric
from stats.results import NotEstimable

TONES: Mapping[str, Tone] = {
    "WIN": "good",
    "PASS": "good",
    "HARM": "bad",
    "BREACH": "bad",
    "RULED_OUT": "none",
    "MISSING": "none",
}


def metric_line(metric: PlannedMetric, evidence: Stored, recommendation: Stored) -> MetricLine:
    """One metric in the table. Where numbers are closed, only what was promised is shown."""
    hidden = bool(recommendation.get("hidden"))
    state = _state_of(metric, recommendation)
    result = _result(metric, evidence)
    numbers = None if hidden or "effect" not in result else _raw(metric, result, state)
    words, tone = _state_words(metric, state, hidden=hidden, estimated=numbers is not None)
    plot = _plot(metric, numbers, words, tone)
    return MetricLine(
        key=metric.key,
        name=metric.name,
        role=say(f"role.{metric.role}"),
        line=_line_words(metric),
        levels="" if numbers is None else _levels(metric, result),
        effect="" if numbers is None else _effect_words(metric, plot.effect_text, result),
        interval="" if numbers is None else plot.interval_text,
        state=words,
        tone=tone,
        note=_why_no_number(result) if not hidden else "",
        plot=None if hidden else plot,
    )


def partner_lines(
    plan: Plan, metrics: Sequence[MetricLine], charter: Stored, reviews: Sequence[Stored], *, hidden: bool
) -> Iterable[PartnerLine]:
    """A row for each partner and each number of its own; a partner without a number has its row too."""
    lines = {line.key: line for line in metrics}
    hopes = {partner["department"]: partner.get("benefit") or "" for partner in charter.get("partners") or ()}
    benefits = {name: _benefit(hope) for name, hope in hopes.items()}
    owned = [metric for metric in plan.metrics if metric.partner_name]
    for metric in owned:
        line = lines[metric.key]
        name = str(metric.partner_name)
        said = listed_said(name, reviews) or (
            say("memo.partner.silent") if metric.signed else say("memo.partner.unsigned")
        )
        yield PartnerLine(
            partner=name,
            metric=metric.name,
            change=_change(line, hidden=hidden),
            state="" if hidden else line.state,
            tone=line.tone,
            said=said,
            benefit=benefits.get(name, ""),
            key=metric.key,
            hoped=hopes.get(name, ""),
        )
    for name in [name for name in benefits if name not in {metric.partner_name for metric in owned}]:
        yield PartnerLine(
            partner=name,
            metric=say("memo.partner.no_metric"),
            change="",
            state="",
            tone="none",
            said=listed_said(name, reviews) or say("memo.partner.silent"),
            benefit=benefits[name],
            hoped=hopes[name],
        )


def _benefit(benefit: str | None) -> str:
    return say("memo.partner.benefit", benefit=benefit) if benefit else say("memo.partner.no_benefit")


def listed_said(partner: str, reviews: Sequence[Stored]) -> str:
    """The last word of a partner, with its reason."""
    words = [review for review in reviews if review.get("partner") == partner]
    if not words:
        return ""
    stance = say(f"memo.stance.{words[-1]['stance']}")
    reason = words[-1].get("reason")
    return say("memo.said.with_reason", stance=stance, reason=reason) if reason else stance


def worst_sentences(plan: Plan, metrics: Sequence[MetricLine], evidence: Stored, *, hidden: bool) -> tuple[str, ...]:
    """The tail in sentences: twins, worst means, shares beyond a line and high quantiles."""
    lines = {line.key: line for line in metrics}
    worst = [metric for metric in plan.metrics if _is_tail(metric)]
    if not worst:
        return (say("memo.worst.none"),)
    if hidden:
        return (say("memo.worst.hidden"),)
    return tuple(_worst(metric, lines[metric.key], _result(metric, evidence)) for metric in worst)


def method_line(metric: PlannedMetric, evidence: Stored, recommendation: Stored) -> MethodLine:
    """One metric for analysts, raw: treatment minus control, shares in percentage points."""
    result, state, none = _result(metric, evidence), _state_of(metric, recommendation), say("fact.none")
    if "effect" not in result:
        blanks = dict.fromkeys(("std_error", "df", "interval", "p_value", "p_randomisation", "limits", "units"), none)
        return MethodLine(name=metric.name, method=none, effect=_why_no_number(result) or none, **blanks)
    unit = unit_of(metric)
    std_error, df = result.get("std_error"), result.get("df")
    return MethodLine(
        name=metric.name,
        method=str(result.get("method", "")).replace("_", " "),
        effect=effect(result["effect"], unit, beside=_ends(result)),
        std_error=none if std_error is None else size(std_error, unit),
        df=none if df is None else digits.plain(df),
        interval=effect_between(result.get("ci_lower"), result.get("ci_upper"), unit, beside=(result["effect"],)),
        p_value=p_text(result.get("p_value")),
        p_randomisation=p_text(result.get("p_randomisation")),
        limits=_limits(metric, state),
        units=say("method.units", treatment=result["n_treatment"], control=result["n_control"]),
    )


def p_text(value: float | None) -> str:
    """A p-value with two significant digits at most three decimals."""
    if value is None:
        return say("fact.none")
    return say("method.p_small") if value < 0.001 else digits.plain(round(value, 3), significant=2)


def site_dots(metric: PlannedMetric, evidence: Stored) -> tuple[SiteDot, ...]:
    """Each site's own value of one metric, in the unit shown; the first treatment arm beside control."""
    factor = unit_of(metric).factor
    values = (evidence["metrics"].get(metric.key) or {}).get("sites") or ()
    return tuple(
        SiteDot(
            site=str(site["site"]),
            treatment=site["arm"] > 0,
            value=site["value"] * factor,
            before=None if site.get("pre") is None else site["pre"] * factor,
            records=site.get("n"),
        )
        for site in values
        if site.get("value") is not None
    )


def _result(metric: PlannedMetric, evidence: Stored) -> Stored:
    known = (evidence["metrics"].get(metric.key) or {}).get("result")
    return dict(known) if known else {}


def _state_of(metric: PlannedMetric, recommendation: Stored) -> Stored:
    return dict((recommendation.get("states") or {}).get(metric.key) or {})


def _raw(metric: PlannedMetric, result: Stored, state: Stored) -> tuple[float, float | None, float | None]:
    """Effect and limits, treatment minus control: those that decided, else the two-sided interval."""
    if state.get("effect") is None:
        return result["effect"], result.get("ci_lower"), result.get("ci_upper")
    lower, upper = state.get("lower"), state.get("upper")
    if metric.better == "higher":
        return result["effect"], lower, upper
    return result["effect"], None if upper is None else -upper, None if lower is None else -lower


def _plot(
    metric: PlannedMetric, numbers: tuple[float, float | None, float | None] | None, state: str, tone: Tone
) -> IntervalRow:
    unit, sign = unit_of(metric), 1.0 if metric.better == "higher" else -1.0
    line = metric.mwe if metric.role == "SUCCESS" else None if metric.margin is None else -metric.margin
    shown: dict[str, Any] = {}
    if numbers is not None:
        value, lower, upper = numbers
        shown = {
            "effect": value * unit.factor,
            "lower": None if lower is None else lower * unit.factor,
            "upper": None if upper is None else upper * unit.factor,
            "effect_text": effect(value, unit, beside=(lower, upper)),
            "interval_text": effect_between(lower, upper, unit, beside=(value,)),
        }
    return IntervalRow(
        name=metric.name,
        unit=unit.of_effect,
        better=metric.better,
        state=state,
        tone=tone,
        line=None if line is None else line * sign * unit.factor,
        beyond="gain" if metric.role == "SUCCESS" else "loss",
        line_text=_line_words(metric),
        **shown,
    )


def _state_words(metric: PlannedMetric, state: Stored, *, hidden: bool, estimated: bool) -> tuple[str, Tone]:
    if hidden:
        return say("memo.state.hidden"), "none"
    if not estimated:
        return say("state.MISSING"), "none"
    label = state.get("label")
    if metric.role == "SECONDARY" or not label:
        return say("memo.state.not_judged"), "none"
    return say(f"state.{label}"), TONES.get(label, "open")


def _line_words(metric: PlannedMetric) -> str:
    line = metric.mwe if metric.role == "SUCCESS" else metric.margin
    if line is None:
        return ""
    return say(f"memo.line.{metric.role}", size=size(line, unit_of(metric)))


def _levels(metric: PlannedMetric, result: Stored) -> str:
    treated, control = result.get("mean_treatment"), result.get("mean_control")
    if treated is None or control is None:
        return ""
    said = say("memo.levels", treatment=level(treated, unit_of(metric)), control=level(control, unit_of(metric)))
    against = (treated - control) * result["effect"] < 0
    return say("memo.levels.adjusted", levels=said) if against and _adjusted(result) else said


def _adjusted(result: Stored) -> bool:
    """Whether the estimate allows for where each stood before, so that it need not be the difference of the levels."""
    return any(word in str(result.get("method", "")).lower() for word in ("ancova", "cuped"))


def _effect_words(metric: PlannedMetric, text: str, result: Stored) -> str:
    """The effect with its relative size; not for shares, where points and per cent beside each other confuse."""
    change = result.get("relative")
    nothing = text[:1].isdigit()  # an effect that reads as 0 has no sign, and no share that would mean anything
    if not change or change.get("effect") is None or unit_of(metric).of_level == "%" or nothing:
        return text
    return say("memo.relative", effect=text, relative=relative(change["effect"]))


def _why_no_number(result: Stored) -> str:
    if "not_estimable" not in result:
        return ""
    return not_estimable_sentence(NotEstimable(code=result["not_estimable"], facts=result.get("facts") or {}))


def _change(line: MetricLine, *, hidden: bool) -> str:
    if hidden:
        return say("memo.partner.closed")
    return listed_nonempty(line.effect, line.interval) or line.note


def listed_nonempty(*parts: str) -> str:
    """The parts that say something, with a comma between."""
    return ", ".join(part for part in parts if part)


def _is_tail(metric: PlannedMetric) -> bool:
    spec = metric.spec
    high = spec.kind == "quantile" and spec.q is not None and not 0.2 < spec.q < 0.8
    return metric.twin_of is not None or high or spec.kind in {"tail_mean", "share_beyond"}


def _worst(metric: PlannedMetric, line: MetricLine, result: Stored) -> str:
    facts = {"name": metric.name, "effect": line.effect, "interval": line.interval, "state": line.state}
    if not line.effect:
        return say("memo.worst.no_data", **facts)
    if result.get("mean_treatment") is None or result.get("mean_control") is None:
        return say("memo.worst.no_levels", **facts)
    unit = unit_of(metric)
    return say(
        "memo.worst.line",
        treatment=level(result["mean_treatment"], unit),
        control=level(result["mean_control"], unit),
        **facts,
    )


def _ends(result: Stored) -> tuple[float | None, ...]:
    return result.get("ci_lower"), result.get("ci_upper")


def _limits(metric: PlannedMetric, state: Stored) -> str:
    if state.get("effect") is None:
        return say("fact.none")
    unit = unit_of(metric)
    texts = [
        say("method.unbounded") if state.get(side) is None else effect(state[side], unit, beside=(state["effect"],))
        for side in ("lower", "upper")
    ]
    levels = [
        say("fact.none") if state.get(f"{side}_level") is None else digits.plain(state[f"{side}_level"], significant=2)
        for side in ("lower", "upper")
    ]
    return say("method.limit", lower=texts[0], lower_level=levels[0], upper=texts[1], upper_level=levels[1])
