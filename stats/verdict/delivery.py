"""Was it delivered? One traffic light from the components (delivered, used); the worst component counts."""

from __future__ import annotations

from collections.abc import Sequence

from stats.evidence import Delivery
from stats.plan import Gates

ORDER = ("RED", "AMBER", "GREEN")


def component_light(component: Delivery, gates: Gates) -> str:
    if component.share < gates.delivery_red:
        return "RED"
    return "GREEN" if component.share >= gates.delivery_green else "AMBER"


def delivery_light(components: Sequence[Delivery], gates: Gates) -> str:
    """RED, AMBER, GREEN or, without any record, NOT_RECORDED.

    >>> delivery_light([Delivery(component="used", share=0.6, ci_lower=0.5, ci_upper=0.7, n=80)], Gates())
    'AMBER'
    """
    if not components:
        return "NOT_RECORDED"
    return min((component_light(component, gates) for component in components), key=ORDER.index)
