"""What a plan can't promise: lines, error rates, checks and money that would make every verdict the same or none.

Asked of the charter before anybody signs, and of an amended plan again. Everything at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from stats.errors import Problem
from stats.outcomes.layout import post_problems
from stats.plan import Finance, Looks, Plan, PlannedMetric

MOST_ERROR = 0.2
MOST_LOOKS = 4
"""With the one in reserve: the rule spends its error over no more."""
FURTHEST_EXTENSION = 2.0
SHARES = frozenset({"share", "share_beyond", "interval_share"})
SMALLEST, LARGEST = 1e-9, 1e15
"""A gain or loss beyond these is a slip of the keyboard, and its square leaves the range of a number."""
WITHOUT_COMPARISON = frozenset({"interrupted_time_series"})
DRAWN_BY_WHAT_IS_KNOWN = frozenset({"stratified", "paired", "rerandomised", "waves"})


def promise_problems(plan: Plan) -> Iterator[Problem]:
    """Everything in the plan that can't be promised; nothing where all can."""
    for metric in plan.metrics:
        yield from _of_metric(metric)
    for name in ("alpha", "gamma", "alpha_guard", "alpha_harm"):
        given = getattr(plan.errors, name)
        if not 0 < given <= MOST_ERROR:
            yield Problem(code="promise_error_rate", facts={"name": name, "given": given, "most": MOST_ERROR})
    yield from post_problems(plan.columns.post)
    yield from _of_looks(plan.looks)
    if plan.finance is not None:
        yield from _of_finance(plan.finance, {metric.key: metric.name for metric in plan.metrics})
    if plan.unit_of_assignment == "site" and plan.sites and plan.assignment.method in DRAWN_BY_WHAT_IS_KNOWN:
        yield from _of_draw(plan)
    if plan.assignment.method == "chosen" and len(plan.sites) > 1:
        marked = [site.forced for site in plan.sites]
        if not any(marked):
            yield Problem(code="promise_nobody_chosen", facts={"count": len(marked)})
        elif all(marked) and plan.design not in WITHOUT_COMPARISON:
            yield Problem(code="promise_all_chosen", facts={"count": len(marked)})


def _of_draw(plan: Plan) -> Iterator[Problem]:
    """What the draw itself would refuse, when everybody has signed."""
    from stats.assignment.draw import sites_to_assign
    from stats.assignment.problems import problems_of

    yield from problems_of(sites_to_assign(plan.sites), plan.assignment)


def _of_metric(metric: PlannedMetric) -> Iterator[Problem]:
    from stats.cells.request import missing_parts

    for part in missing_parts(metric.spec):
        yield Problem(
            code="promise_metric_needs", facts={"metric": metric.name, "kind": metric.spec.kind, "part": part}
        )
    line = metric.mwe if metric.mwe is not None else metric.margin
    if line is None:
        return
    facts = {"metric": metric.name, "given": line}
    if metric.spec.kind in SHARES and line >= 1:
        yield Problem(code="promise_share_line", facts={**facts, "meant": line / 100})
    elif metric.twin_of is None and not SMALLEST <= line <= LARGEST:
        yield Problem(code="promise_line_size", facts=facts)


def _of_looks(looks: Looks) -> Iterator[Problem]:
    fractions = looks.fractions
    rising = all(one < two for one, two in pairwise([0.0, *fractions]))
    if not fractions:
        yield Problem(code="promise_no_looks")
    elif not rising or fractions[-1] != 1:
        yield Problem(code="promise_looks", facts={"given": fractions})
    if len(fractions) + (looks.extension is not None) > MOST_LOOKS:
        yield Problem(code="promise_many_looks", facts={"most": MOST_LOOKS})
    if looks.extension is not None and not 1 < looks.extension <= FURTHEST_EXTENSION:
        yield Problem(code="promise_extension", facts={"given": looks.extension, "most": FURTHEST_EXTENSION})
    if looks.minimum_days < 0:
        yield Problem(code="promise_minimum_days", facts={"given": looks.minimum_days})


def _of_finance(finance: Finance, names: Mapping[str, str]) -> Iterator[Problem]:
    for key, value in finance.value_per_unit.items():
        if key not in names:
            yield Problem(code="promise_finance_metric", facts={"metric": key, "offered": list(names)})
        elif value < 0:
            yield Problem(code="promise_finance_value", facts={"metric": names[key]})
    above_zero = ("volume", "horizon")
    not_below = ("run_cost", "one_off_cost", "round_cost", "round_delay_cost")
    for name in (*above_zero, *not_below):
        given = getattr(finance, name)
        if given is not None and (given < 0 or (given == 0 and name in above_zero)):
            yield Problem(code="promise_finance_number", facts={"name": name, "given": given})
    shares = {"transport_discount": finance.transport_discount, "minimum_p_net_benefit": finance.minimum_p_net_benefit}
    for name, share in shares.items():
        if share is not None and not 0 < share <= 1:
            yield Problem(code="promise_finance_share", facts={"name": name, "given": share})
