"""Why this method: one plain paragraph from the plan, with the numbers of sites that the evidence had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from experiments.words import say
from stats.designs import Estimator, choose, default_key
from stats.plan import Plan

FEW = 5
"""Sites an arm below which chance is so large that it must be said."""

WORDS: Mapping[str, str] = {
    "ols_hc": "ols",
    "welch_sites": "site_t",
    "mann_whitney": "ranks",
    "dunnett": "dunnett",
    "cr": "clustered",
    "newcombe": "share_interval",
    "miettinen_nurminen": "share_interval",
    "farrington_manning": "share_interval",
    "wald": "share_normal",
    "pooled_z": "share_normal",
    "delta": "ratio",
    "fieller": "ratio",
    "log_ratio": "ratio",
    "poisson": "events",
    "quasipoisson": "events",
    "negative_binomial": "events",
    "rmst": "times",
    "log_rank": "times",
    "callaway_santanna": "group_time",
    "sun_abraham": "group_time",
    "simplex": "mix",
    "adh": "mix",
    "sdid": "mix",
    "did": "plain_others",
    "glsar": "segmented",
    "newey_west": "segmented",
}
"""Estimators whose sentence has another name than they: by their key, or by how it begins."""
OF_SITES = {"ols_hc": "records_alone"}
OF_SERIES = {"ols": "segmented"}


def why_method(plan: Plan, *, n_control: int | None = None, n_treatment: int | None = None) -> str:
    """The paragraph. n_control, n_treatment: how many there were in the data; else as planned, if that is known."""
    return " ".join(_sentences(plan, n_control, n_treatment))


def _sentences(plan: Plan, n_control: int | None, n_treatment: int | None) -> Iterable[str]:
    unit = plan.unit_word
    if plan.how_chosen:
        yield say("why_method.chosen_like", how=plan.how_chosen.strip().rstrip("."))
    yield say(f"why_method.lot.{_lot(plan)}", unit=unit)
    yield say(f"why_method.design.{plan.design}", unit=unit)
    usual = say(f"why_method.usual.{plan.design}", unit=unit)
    chosen = choose(plan.design, plan.estimator)
    if chosen.key == default_key(plan.design):
        yield usual
    else:
        does = say(f"why_method.named.{words_of(plan.design, chosen.key)}", unit=unit)
        yield say("why_method.other", label=_label(chosen), does=does)
        if not chosen.safe:
            yield say("why_method.other_unsafe", unit=unit)
        yield say("why_method.instead", usual=usual)
    yield from _numbers(plan, n_control, n_treatment)


def _lot(plan: Plan) -> str:
    """How it was decided who got the change."""
    if plan.design == "interrupted_time_series":
        return "everyone"
    if plan.design == "staggered":
        return "steps"
    if plan.assignment.method == "chosen" or plan.design in ("randomised_units", "randomised_sites", "stepped_wedge"):
        drawn_in_waves = plan.design == "stepped_wedge" and plan.assignment.method != "chosen"
        return "waves" if drawn_in_waves else plan.assignment.method
    return "chosen" if plan.sites else "in_data"


def _numbers(plan: Plan, n_control: int | None, n_treatment: int | None) -> Iterable[str]:
    if plan.design == "interrupted_time_series":
        return
    if n_treatment is None and plan.sites and plan.assignment.n_treatment:
        n_treatment, n_control = plan.assignment.n_treatment, len(plan.sites) - plan.assignment.n_treatment
    if not n_treatment or not n_control:
        return
    facts = {"treatment": n_treatment, "control": n_control, "unit": plan.unit_word}
    if plan.design == "synthetic_control" and n_treatment == 1:
        yield say("why_method.one", all=n_control + 1, **facts)
    else:
        yield say("why_method.few" if min(n_treatment, n_control) < FEW else "why_method.enough", **facts)


def words_of(design: str, key: str) -> str:
    """Name of the sentence that says what an estimator does."""
    own = {**WORDS, **(OF_SITES if design == "randomised_sites" else {})}
    own |= OF_SERIES if design == "interrupted_time_series" else {}
    if key in own:
        return own[key]
    starts = [name for name in ("ols_hc", "mann_whitney", "dunnett") if key.startswith(name)]
    if key.startswith("cr") and key[2:3].isdigit():
        starts.append("cr")
    return own[starts[0]] if starts else key


def _label(chosen: Estimator) -> str:
    return chosen.label[:1].lower() + chosen.label[1:] if chosen.label[1:2].islower() else chosen.label
