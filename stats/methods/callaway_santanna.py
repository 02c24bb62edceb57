"""Group-time average treatment effects of Callaway & Sant'Anna (2021), J. Econometrics 225, 200-230, on a panel.

Each cohort's change since its base period against sites not (yet) treated; with covariates doubly robust (Sant'Anna &
Zhao 2020, J. Econometrics 219, section 3; names as in the R packages did and DRDID). Standard errors from the influence
function, normal reference: they need many sites (some tens a cohort).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from stats.errors import Problem, RefusedSpec
from stats.methods.hypotheses import two_sided
from stats.methods.panel import Panel
from stats.methods.twfe import counted, levels, why_not_panel
from stats.results import Estimate, NotEstimable, Result, quantile

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Method = Literal["dr", "reg", "ipw"]
AGGREGATIONS = ("simple", "dynamic", "group", "calendar")
TRIM = 0.995
"""Comparison sites whose estimated chance of treatment is above this have no counterpart and are left out."""


@dataclass(frozen=True, kw_only=True)
class GroupTimes:
    """M cells of cohort and period; G sites. group, time: (M,) indices of periods; att: (M,); influence: (G, M).

    cohort: (G,) start of each site (P = never); weight: (G,) sampling weight, mean 1.
    """

    group: Ints
    time: Ints
    att: Floats
    influence: Floats
    cohort: Ints
    weight: Floats


@dataclass(frozen=True, kw_only=True)
class Aggregate:
    """A weighted average of group-time effects. influence: (G,)."""

    att: float
    influence: Floats

    @property
    def std_error(self) -> float:
        return sqrt(float((self.influence**2).mean()) / len(self.influence))


def callaway_santanna(panel: Panel, *, confidence: float, options: Mapping[str, Any]) -> Result:
    """The aggregate named by option ``aggregation`` (simple, dynamic, group, calendar); all of them in ``details``.

    Further options: ``control``: 'never' (default) or 'not_yet'; ``method``: 'dr' (default), 'reg' or 'ipw';
    ``base``: 'varying' (default) or 'universal'; ``anticipation``: periods before the start that may be touched.
    Sites without a value in every period are left out. Covariates are taken at the base period of each comparison.
    """
    if reason := why_not_panel(panel):
        return reason
    chosen = _choices(options)
    complete = panel.known.all(axis=1)
    dropped = int((panel.known.any(axis=1) & ~complete).sum())
    panel = panel.take(complete & (panel.start > chosen["anticipation"]))
    if chosen["control"] == "never" and panel.ever.all():
        chosen["control"] = "not_yet"
    if chosen["control"] == "not_yet" and panel.ever.all() and len(panel.sites):
        from stats.methods.event_study import last_cohort_as_control

        panel = last_cohort_as_control(panel)
    counts = counted(panel)
    if min(counts.values()) < 2:
        return NotEstimable(code="too_few_sites", facts={**counts, "dropped": dropped})
    cells = group_times(panel, **chosen)
    if not len(cells.att) or not (cells.group <= cells.time).any():
        return NotEstimable(code="no_comparison_periods", facts=counts)
    return _estimate(panel, cells, str(options.get("aggregation", "simple")), confidence, chosen, dropped)


def _choices(options: Mapping[str, Any]) -> dict[str, Any]:
    offered = {
        "control": ("never", "not_yet"),
        "method": ("dr", "reg", "ipw"),
        "base": ("varying", "universal"),
    }
    chosen = {key: str(options.get(key, names[0])) for key, names in offered.items()}
    offered["aggregation"] = AGGREGATIONS
    asked = {**chosen, "aggregation": str(options.get("aggregation", "simple"))}
    problems = [
        Problem(code="unknown_option", facts={"key": key, "found": asked[key], "offered": ", ".join(names)})
        for key, names in offered.items()
        if asked[key] not in names
    ]
    if problems:
        raise RefusedSpec(problems)
    return {**chosen, "anticipation": int(options.get("anticipation", 0))}


def group_times(panel: Panel, *, control: str, method: str, base: str, anticipation: int) -> GroupTimes:
    """Effects of every cohort in every period from the second on (all but the base period where it is universal)."""
    weight = panel.weight.mean(axis=1)
    weight = weight / weight.mean()
    periods = len(panel.periods)
    found: list[tuple[int, int, float, Floats]] = []
    for group in np.unique(panel.start[panel.ever]):
        last_before = int(group) - 1 - anticipation
        for time in range(periods):
            before = last_before if base == "universal" or time > last_before else time - 1
            if before < 0 or before == time:
                continue
            cell = _cell(panel, weight, int(group), time, before, control, method, anticipation)
            if cell is not None:
                found.append((int(group), time, *cell))
    sites = len(panel.sites)
    return GroupTimes(
        group=np.array([group for group, *_ in found], dtype=np.int64),
        time=np.array([time for _, time, *_ in found], dtype=np.int64),
        att=np.array([att for _, _, att, _ in found]),
        influence=np.column_stack([influence for *_, influence in found]) if found else np.empty((sites, 0)),
        cohort=panel.start,
        weight=weight,
    )


def _cell(
    panel: Panel, weight: Floats, group: int, time: int, before: int, control: str, method: str, anticipation: int
) -> tuple[float, Floats] | None:
    """(effect, (G,) influence) of one cohort in one period; None where it can't be compared."""
    treated = panel.start == group
    if control == "never":
        compared = ~panel.ever
    else:
        compared = (panel.start > max(time, before) + anticipation) & ~treated
    inside = treated | compared
    if treated.sum() < 1 or compared.sum() < 2:
        return None
    change = (panel.y[:, time] - panel.y[:, before])[inside]
    x = np.column_stack([np.ones(len(change)), panel.covariates[:, inside, before].T])
    effect, own = _difference(change, treated[inside].astype(float), x, weight[inside], method)
    if not np.isfinite(effect):
        return None
    influence = np.zeros(len(panel.sites))
    influence[inside] = own * len(panel.sites) / int(inside.sum())
    return effect, influence


def _difference(change: Floats, d: Floats, x: Floats, w: Floats, method: str) -> tuple[float, Floats]:
    """Doubly robust (or by regression, or by weighting) difference of changes with its influence function.

    DRDID's drdid_panel, reg_did_panel and std_ipw_did_panel: logit by maximum likelihood, least squares on the
    comparison sites. x: (N, K) with a constant.
    """
    n = len(change)
    zero = np.zeros(n)
    with np.errstate(all="ignore"):
        if method == "reg":
            chance, score, keep = zero, np.zeros_like(x), np.ones(n)
            to_control = d
        else:
            chance, score = _logit(d, x, w)
            keep = np.where((d == 0) & (chance >= TRIM), 0.0, 1.0)
            to_control = chance * (1 - d) / (1 - chance)
        if method == "ipw":
            fitted, lines = zero, np.zeros_like(x)
        else:
            fitted, lines = _outcome(change, d, x, w)
        treat = keep * w * d
        compare = keep * w * to_control
        left = change - fitted
        if method == "reg":
            # The regression is taken at the treated sites: there is no term of the comparison sites' own residuals.
            eta_treat = float((treat * change).mean() / treat.mean())
            eta_control = float((treat * fitted).mean() / treat.mean())
            own = treat * (change - eta_treat) / treat.mean()
            other = (treat * (fitted - eta_control) + lines @ (treat[:, None] * x).mean(axis=0)) / treat.mean()
            return eta_treat - eta_control, own - other
        eta_treat = float((treat * left).mean() / treat.mean())
        eta_control = float((compare * left).mean() / compare.mean())
        own = (treat * (left - eta_treat) - lines @ (treat[:, None] * x).mean(axis=0)) / treat.mean()
        by_chance = score @ (compare[:, None] * (left - eta_control)[:, None] * x).mean(axis=0)
        by_line = lines @ (compare[:, None] * x).mean(axis=0)
        other = (compare * (left - eta_control) + by_chance - by_line) / compare.mean()
        return eta_treat - eta_control, own - other


def _outcome(change: Floats, d: Floats, x: Floats, w: Floats) -> tuple[Floats, Floats]:
    """(fitted change, (N, K) influence of the coefficients) of the regression on comparison sites."""
    weight = w * (1 - d)
    bread = np.linalg.pinv(x.T @ (weight[:, None] * x) / len(x))
    beta = bread @ (x.T @ (weight * change)) / len(x)
    fitted = x @ beta
    return fitted, ((weight * (change - fitted))[:, None] * x) @ bread


def _logit(d: Floats, x: Floats, w: Floats) -> tuple[Floats, Floats]:
    """(chance of treatment, (N, K) influence of the coefficients), by Newton's method."""
    scale = np.maximum(np.abs(x).max(axis=0), 1e-300)
    z = x / scale
    beta = np.zeros(z.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-z @ beta))
        information = z.T @ ((w * chance * (1 - chance))[:, None] * z)
        step = np.linalg.pinv(information) @ (z.T @ (w * (d - chance)))
        beta = beta + step
        if np.abs(step).max() < 1e-12 * (1 + np.abs(beta).max()):
            break
    chance = np.minimum(1 / (1 + np.exp(-z @ beta)), 1 - 1e-6)
    information = z.T @ ((w * chance * (1 - chance))[:, None] * z)
    # Back to the columns as given: coefficients of x are those of z over the scale.
    hessian = np.linalg.pinv(information) * len(d) / np.outer(scale, scale)
    return chance, ((w * (d - chance))[:, None] * x) @ hessian


def aggregate(cells: GroupTimes, chosen: Bools, *, by_size: bool = True) -> Aggregate:
    """Average of the ``chosen`` cells, by the size of their cohorts (which is estimated too) or equally."""
    share = np.array([float((cells.weight * (cells.cohort == group)).mean()) for group in cells.group])
    share = share[chosen]
    att, influence = cells.att[chosen], cells.influence[:, chosen]
    if not by_size:
        equal = np.full(len(att), 1 / len(att))
        return Aggregate(att=float(equal @ att), influence=influence @ equal)
    weights = share / share.sum()
    member = cells.cohort[:, None] == cells.group[chosen][None, :]
    gap = cells.weight[:, None] * member - share
    of_weights = gap / share.sum() - gap.sum(axis=1, keepdims=True) * (share / share.sum() ** 2)
    return Aggregate(att=float(weights @ att), influence=influence @ weights + of_weights @ att)


def _together(parts: Sequence[Aggregate], weights: Floats, of_weights: Floats | None = None) -> Aggregate:
    influence = np.column_stack([part.influence for part in parts]) @ weights
    atts = np.array([part.att for part in parts])
    if of_weights is not None:
        influence = influence + of_weights @ atts
    return Aggregate(att=float(weights @ atts), influence=influence)


def aggregations(cells: GroupTimes) -> tuple[dict[str, Aggregate], dict[str, dict[int, Aggregate]]]:
    """(overall average by name, its parts by name: by event time, by cohort, by period)."""
    after = cells.group <= cells.time
    event = cells.time - cells.group
    dynamic = {int(e): aggregate(cells, event == e) for e in np.unique(event)}
    group = {int(g): aggregate(cells, after & (cells.group == g), by_size=False) for g in np.unique(cells.group[after])}
    calendar = {int(t): aggregate(cells, after & (cells.time == t)) for t in np.unique(cells.time[after])}
    late = [part for e, part in dynamic.items() if e >= 0]
    size = np.array([float((cells.weight * (cells.cohort == g)).mean()) for g in group])
    gap = cells.weight[:, None] * (cells.cohort[:, None] == np.array(list(group))[None, :]) - size
    of_weights = gap / size.sum() - gap.sum(axis=1, keepdims=True) * (size / size.sum() ** 2)
    overall = {
        "simple": aggregate(cells, after),
        "dynamic": _together(late, np.full(len(late), 1 / len(late))),
        "group": _together(list(group.values()), size / size.sum(), of_weights),
        "calendar": _together(list(calendar.values()), np.full(len(calendar), 1 / len(calendar))),
    }
    return overall, {"dynamic": dynamic, "group": group, "calendar": calendar}


def _estimate(
    panel: Panel, cells: GroupTimes, name: str, confidence: float, chosen: Mapping[str, Any], dropped: int
) -> Result:
    overall, parts = aggregations(cells)
    result = overall[name]
    if result.std_error <= 1e-12 * max(1.0, float(np.abs(panel.y).max())):
        return NotEstimable(code="no_variation", facts=levels(panel))
    reach = quantile(0.5 + confidence / 2, None) * result.std_error
    raw = levels(panel)
    return Estimate(
        effect=result.att,
        std_error=result.std_error,
        ci_lower=result.att - reach,
        ci_upper=result.att + reach,
        p_value=two_sided(result.att / result.std_error, None),
        df=None,
        confidence=confidence,
        method=f"callaway_santanna_{name}",
        mean_control=raw["control"],
        mean_treatment=raw["treatment"],
        **counted(panel),  # type: ignore[arg-type]
        details={
            "statistic": result.att / result.std_error,
            "sites": len(panel.sites),
            "incomplete": dropped,
            **chosen,
            "group_time": [
                {"group": panel.periods[g], "time": panel.periods[t], **_shown(Aggregate(att=float(a), influence=i))}
                for g, t, a, i in zip(cells.group, cells.time, cells.att, cells.influence.T, strict=True)
            ],
            **{key: _shown(each) for key, each in overall.items()},
            "by_event_time": [{"time": e, **_shown(each)} for e, each in parts["dynamic"].items()],
            "by_group": [{"group": panel.periods[g], **_shown(each)} for g, each in parts["group"].items()],
            "by_period": [{"period": panel.periods[t], **_shown(each)} for t, each in parts["calendar"].items()],
        },
    )


def _shown(each: Aggregate) -> dict[str, float]:
    return {"effect": each.att, "std_error": each.std_error}
