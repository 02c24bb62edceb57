"""Checks of data and design: each a pure function of what was counted, none of what was hoped for."""

from __future__ import annotations

from stats.checks import conduct, missing, ratios, sites
from stats.checks.inputs import CheckInputs
from stats.plan import Plan
from stats.results import Check


def run(inputs: CheckInputs, plan: Plan) -> tuple[Check, ...]:
    """Every check of one treatment arm against control; ``Check.metric`` says which metric one is about, if any.

    Checks that the estimate already carries are not made again. What a check needed and did not get makes it NOT_RUN,
    with the severity that it would have had.
    """
    found = [*conduct.run(inputs, plan), *ratios.run(inputs, plan)]
    for key, metric in inputs.metrics.items():
        carried = {check.key for check in metric.result.checks}
        about = (*missing.run(inputs, plan, metric), *sites.run(inputs, plan, metric))
        found += [check for check in about if check.key not in carried]
        assert all(check.metric == key for check in about)
    return tuple(found)
