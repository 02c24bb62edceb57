"""What the metrics need beside the standard fields, as Ibis expressions: waits, repeats, days late ...

Each function gives the columns of one kind (``KINDS[...].columns``); a column whose fields are not mapped is left out,
and a metric that needs it says so. What takes time is judged only where that time is over at the end of the data,
whatever came of it: to count the repeats of the last days, and not who has not repeated yet, would make them many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any

from stats.raw_records.kinds import OUTCOMES
from stats.raw_records.mapping import RawMapping
from stats.raw_records.typed import seconds_between

if TYPE_CHECKING:
    import ibis.expr.types as ir

DAY = 86400.0
HOUR = 3600.0
YEAR = 365.25 * DAY
CALL_BACK_HOURS = 24
Columns = dict[str, Any]


def derived(table: ir.Table, mapping: RawMapping) -> Columns:
    """The derived columns that this mapping allows."""
    return DERIVE[mapping.kind](table, mapping) if mapping.kind in DERIVE else {}


# --- calls -----------------------------------------------------------------------------------------------------------


def meaning(table: ir.Table, mapping: RawMapping) -> Any:
    """'answered', 'abandoned' or 'self_service'; NULL for a word that is none of them."""
    import ibis

    word = table["outcome"].lower()
    cases = []
    for name in OUTCOMES:
        words = [one.strip().lower() for one in mapping.outcomes.get(name, [])]
        if words:
            cases.append((word.isin(words), name))
    return ibis.cases(*cases, else_=ibis.null("string")) if cases else ibis.null("string")


def answered(table: ir.Table, mapping: RawMapping) -> Any:
    """Whether somebody picked up: as the outcome says, else by the moment of the answer. Never unknown."""
    import ibis

    if mapping.has("outcome"):
        return (meaning(table, mapping) == "answered").fill_null(False)
    if mapping.has("answered_at"):
        return table["answered_at"].notnull()
    return ibis.literal(True)


def said_handle(table: ir.Table, mapping: RawMapping) -> Any:
    """Seconds of service as given, else from answer to end; None where neither is mapped."""
    stamps = (
        seconds_between(table["ended_at"], table["answered_at"]) if mapping.has("answered_at", "ended_at") else None
    )
    given = table["handle_seconds"] if mapping.has("handle_seconds") else None
    return _first_known(given, stamps)


def _first_known(*values: Any) -> Any:
    known = [value for value in values if value is not None]
    return reduce(lambda first, second: first.coalesce(second), known) if known else None


def _wait(table: ir.Table, mapping: RawMapping, picked_up: Any, hung_up: Any) -> Any:
    """Seconds until the answer, or until hanging up: as given, else from the queue's start (or the entry).

    By stamps only who was answered, or hung up in the queue, has waited: not who was helped, or left, in the menu.
    """
    import ibis

    given = table["wait_seconds"] if mapping.has("wait_seconds") else None
    ends = [table[name] for name in ("left_queue_at", "answered_at") if mapping.has(name)]
    if mapping.has("ended_at"):
        ends.append(ibis.ifelse(picked_up, ibis.null("timestamp"), table["ended_at"]))
    if not ends:
        return None if given is None else _not_negative(given)
    start, in_queue = table["entered_at"], hung_up
    if mapping.has("queued_at"):
        start, in_queue = table["queued_at"].coalesce(start), hung_up & table["queued_at"].notnull()
    stamps = _only_where(picked_up | in_queue, seconds_between(_first_known(*ends), start))
    return _not_negative(_first_known(given, stamps))


def _not_negative(value: Any) -> Any:
    import ibis

    return ibis.ifelse(value >= 0, value, ibis.null("float64"))


def _only_where(condition: Any, value: Any) -> Any:
    import ibis

    return ibis.ifelse(condition.fill_null(False), value, ibis.null(value.type()))


def _calls(table: ir.Table, mapping: RawMapping) -> Columns:
    picked_up = answered(table, mapping)
    made: Columns = {"answered": picked_up}
    outcome = meaning(table, mapping) if mapping.has("outcome") else None
    hung_up = ~picked_up if outcome is None else (outcome == "abandoned").fill_null(False)
    alone = None if outcome is None else (outcome == "self_service").fill_null(False)
    made["abandoned"] = hung_up
    if alone is not None and mapping.outcomes.get("self_service"):
        made["self_service"] = _only_where(outcome.notnull(), alone)  # type: ignore[union-attr]
    offered = picked_up | hung_up
    wait = _wait(table, mapping, picked_up, hung_up)
    if wait is not None:
        queued = wait > 0
        wanted = offered & (queued | picked_up)  # who left in the menu never asked for a person
        made |= {
            "wait": wait,
            "queued": queued,
            "queue_wait": _only_where(queued, wait),
            "answer_wait": _only_where(picked_up, wait),
            "hung_up_in_queue": _only_where(queued, hung_up),
            "offered_answered": _only_where(wanted, picked_up),
        }
        if mapping.has("felt_wait_seconds"):
            made |= _felt(table["felt_wait_seconds"], wait)
    served = said_handle(table, mapping)
    if served is not None:
        made["handle"] = _only_where(picked_up, _not_negative(served))
    if mapping.has("transfers"):
        made["was_transferred"] = _only_where(picked_up, table["transfers"] > 0)
    return made | _repeats(table, mapping, picked_up) | _call_backs(table, mapping)


def _felt(felt: Any, measured: Any) -> Columns:
    """Both sides only where both are known, so that they are held against each other for the same people."""
    both = felt.notnull() & measured.notnull()
    return {"felt_wait": _only_where(both, felt), "measured_wait": _only_where(both, measured)}


def _repeats(table: ir.Table, mapping: RawMapping, picked_up: Any) -> Columns:
    """Whether the same customer had been there within ``repeat_days`` before, and whether they came again after."""
    if not mapping.has("customer"):
        return {}
    at, who = table["entered_at"], table["customer"]
    within = mapping.repeat_days * DAY
    order = [at, table["row"]]
    since = seconds_between(at, at.lag().over(group_by=who, order_by=order))
    until = seconds_between(at.lead().over(group_by=who, order_by=order), at)
    first, last = at.min().over(), at.max().over()
    came_before = (since <= within).fill_null(False)
    came_again = (until <= within).fill_null(False)
    known_before = who.notnull() & (seconds_between(at, first) >= within)
    known_after = who.notnull() & (seconds_between(last, at) >= within)
    return {
        "repeat_contact": _only_where(known_before, came_before),
        "solved_at_once": _only_where(known_after & picked_up, ~came_again),
    }


def _call_backs(table: ir.Table, mapping: RawMapping) -> Columns:
    """Kept within 24 h; a promise whose time is not over at the end of the data is not judged, kept or not."""
    if not mapping.has("call_back_promised_at", "called_back_at"):
        return {}
    promised, done = table["call_back_promised_at"], table["called_back_at"]
    took = seconds_between(done, promised)
    kept = (took <= CALL_BACK_HOURS * HOUR).fill_null(False)
    last = table["entered_at"].max().over()
    due = seconds_between(last, promised) >= CALL_BACK_HOURS * HOUR
    return {"call_back_kept": _only_where(due, kept)}


# --- the other kinds -------------------------------------------------------------------------------------------------


def _tickets(table: ir.Table, mapping: RawMapping) -> Columns:
    made: Columns = {}
    opened = table["opened_at"]
    if mapping.has("first_reply_at"):
        hours = seconds_between(table["first_reply_at"], opened) / HOUR
        made |= {"first_reply_hours": hours, "replied_in_a_day": _within_a_day(table, hours)}
    if mapping.has("resolved_at"):
        made["resolution_hours"] = seconds_between(table["resolved_at"], opened) / HOUR
        age = seconds_between(_last_moment(table, mapping), opened) / DAY
        made["backlog_days"] = _only_where(table["resolved_at"].isnull(), age)
    if mapping.has("reopened"):
        made["was_reopened"] = table["reopened"] > 0
    if mapping.has("transfers"):
        made["was_transferred"] = table["transfers"] > 0
    return made


def _within_a_day(table: ir.Table, hours: Any) -> Any:
    """Yes or no; unknown for tickets opened less than a day before the last one of the data."""
    left = seconds_between(table["opened_at"].max().over(), table["opened_at"]) / HOUR
    return _only_where(left >= CALL_BACK_HOURS, (hours <= CALL_BACK_HOURS).fill_null(False))


def _last_moment(table: ir.Table, mapping: RawMapping) -> Any:
    """The last moment that the file knows: up to then an open ticket has been open."""
    stamps = [table[name] for name in ("opened_at", "first_reply_at", "resolved_at", "updated_at") if mapping.has(name)]
    return _latest(*(stamp.max().over() for stamp in stamps))


def _surveys(table: ir.Table, mapping: RawMapping) -> Columns:
    scores = [name for name in ("satisfaction", "recommend", "effort", "felt_wait_seconds") if mapping.has(name)]
    items = [f"scale_{place}" for place in range(1, len(mapping.scale) + 1)]
    made: Columns = {}
    said = [table[name].notnull() for name in (*scores, *items)]
    if said:
        made["answered"] = reduce(lambda one, other: one | other, said)
    if mapping.has("satisfaction"):
        score = table["satisfaction"]
        made |= {"top_box": score >= mapping.top_box, "bottom_box": score <= mapping.bottom_box}
    if mapping.has("recommend"):
        made |= _promoters(table["recommend"])
    if mapping.has("effort"):
        made["high_effort"] = table["effort"] >= mapping.hard_from
    if items:
        total = reduce(lambda one, other: one + other, [table[name] for name in items])
        made["scale_mean"] = total / float(len(items))  # unknown where one answer is: as the alpha counts them
    if mapping.has("felt_wait_seconds", "wait_seconds"):
        made |= _felt(table["felt_wait_seconds"], table["wait_seconds"])
    return made


def _promoters(score: Any) -> Columns:
    """+100 for 9 and 10, -100 for 0 to 6, 0 between: the mean of it is the net promoter score (Reichheld 2003)."""
    import ibis

    points = ibis.cases((score >= 9, 100.0), (score <= 6, -100.0), (score.notnull(), 0.0), else_=ibis.null("float64"))
    return {"promoter_points": points, "detractor": score <= 6}


def _stays(table: ir.Table, mapping: RawMapping) -> Columns:
    """Customers and employees: who left, who left early, and until when each was seen."""
    ends = table["end"] if mapping.has("end") else None
    known = [table[name] for name in ("start", "end", "seen_until") if mapping.has(name)]
    last = _latest(*(value.max().over() for value in known))
    until = table["seen_until"].coalesce(last) if mapping.has("seen_until") else last
    left = (ends.notnull() & (ends <= until)) if ends is not None else None
    made: Columns = {"until": until}
    stop = until if ends is None else _earlier(ends, until)
    seen = _not_negative(seconds_between(stop, table["start"]))
    if left is not None:
        early = left & (seconds_between(stop, table["start"]) <= mapping.early_days * DAY)
        old_enough = seconds_between(until, table["start"]) >= mapping.early_days * DAY
        made |= {"has_left": left, "left_early": _only_where(old_enough, early)}
    if mapping.kind == "customers":
        made["customer_days"] = seen / DAY
        if mapping.has("orders"):
            made["bought_again"] = table["orders"] >= 2
    else:
        made["years_employed"] = seen / YEAR
    return made


def _latest(*values: Any) -> Any:
    import ibis

    return ibis.greatest(*values) if len(values) > 1 else values[0]


def _earlier(one: Any, other: Any) -> Any:
    import ibis

    return ibis.ifelse(one.notnull() & (one < other), one, other)


def _orders(table: ir.Table, mapping: RawMapping) -> Columns:
    if not mapping.has("promised_at", "delivered_at"):
        return {}
    late = seconds_between(table["delivered_at"], table["promised_at"]) / DAY
    made: Columns = {"days_late": _floor_zero(late)}
    last = table["delivered_at"].max().over()
    made["on_time"] = _only_where(table["promised_at"] <= last, (late <= 0).fill_null(False))
    return made


def _floor_zero(value: Any) -> Any:
    import ibis

    return ibis.ifelse(value < 0, 0.0, value)


def _shifts(table: ir.Table, mapping: RawMapping) -> Columns:
    made: Columns = {}
    stamps = seconds_between(table["ended_at"], table["started_at"]) / HOUR if mapping.has("ended_at") else None
    given = table["available_hours"] if mapping.has("available_hours") else None
    hours = _first_known(given, stamps)
    if hours is not None:
        made["shift_hours"] = hours
        if mapping.has("busy_hours"):
            made["occupied_share"] = _only_where(hours > 0, table["busy_hours"] / hours)
    return made


def _accounts(table: ir.Table, mapping: RawMapping) -> Columns:
    return {"ran_out": table["stock_outs"] > 0} if mapping.has("stock_outs") else {}


DERIVE: Mapping[str, Callable[[ir.Table, RawMapping], Columns]] = {
    "calls": _calls,
    "tickets": _tickets,
    "surveys": _surveys,
    "customers": _stays,
    "employees": _stays,
    "orders": _orders,
    "shifts": _shifts,
    "accounts": _accounts,
}
