"""Peer values: what others reach on a metric of the catalogue, with who says so and of when."""

from __future__ import annotations

from datetime import date
from typing import Any

from experiments.desk import Desk, may
from experiments.documents.beside import Peer
from experiments.errors import Refused
from experiments.limits import writable
from registry import find
from registry.access import Act
from registry.learning import PeerValue
from stats.errors import Problem

LONGEST_SOURCE = 200


def keep_peer(desk: Desk, metric: str, value: float, source: str, as_of: date) -> Peer:
    """Keep a value, in the metric's unit (shares 0-1); what the same source said before is replaced, on record."""
    may(desk, Act.KEEP_METRICS)
    said = source.strip()
    problems = []
    if not said or len(said) > LONGEST_SOURCE:
        problems.append(Problem(code="peer_source", facts={"most": LONGEST_SOURCE}))
    if not writable(value):
        problems.append(Problem(code="peer_value", facts={"metric": metric}))
    if as_of > desk.registry.clock().date():
        problems.append(Problem(code="peer_day", facts={"day": as_of}))
    if not metric.strip():
        problems.append(Problem(code="peer_metric"))
    if problems:
        raise Refused(problems)
    with desk.work() as work:
        known = find.all_of(work.session, PeerValue, PeerValue.metric_key == metric.strip(), PeerValue.source == said)
        if known:
            work.change(known[0], "peer.changed", value=value, as_of=as_of)
        else:
            row = work.add(PeerValue(metric_key=metric.strip(), source=said, value=value, as_of=as_of))
            work.record("peer.kept", row, after={"metric": row.metric_key, "value": value, "as_of": as_of})
    return Peer(metric=metric.strip(), source=said, value=value, as_of=as_of)


def peers(desk: Desk) -> tuple[Peer, ...]:
    """All of them, by metric, the newest first."""
    with desk.read() as session:
        return peers_in(session)


def peers_in(session: Any) -> tuple[Peer, ...]:
    """As ``peers``, inside a session that is open already."""
    rows = find.all_of(session, PeerValue)
    ordered = sorted(rows, key=lambda row: (row.metric_key, -row.as_of.toordinal(), row.source))
    return tuple(Peer(metric=row.metric_key, source=row.source, value=row.value, as_of=row.as_of) for row in ordered)
