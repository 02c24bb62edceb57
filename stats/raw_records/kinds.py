"""The kinds of raw records, and the standard fields that a file's columns are mapped to.

A field's ``type``: 'time' (a moment, or a date and a time of day in two columns), 'number', 'yes_no' or 'text'.
``names``: what such a column is often called; the first fit best. ``clock``: the field that says when a record
happened, from which day and half-hour follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

FieldType = Literal["time", "number", "yes_no", "text"]
Kind = Literal["calls", "tickets", "surveys", "customers", "orders", "shifts", "employees", "operations", "accounts"]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One standard field of a kind of records."""

    name: str
    type: FieldType
    names: tuple[str, ...] = ()
    needed: bool = False


@dataclass(frozen=True, kw_only=True)
class RawKind:
    """fields: standard fields by name; clock: the field of the moment; identity: the field that names one record, or
    whose it is ('' none).

    columns: what ``derive`` adds to the fields. words: meanings of ``outcome`` with the words that often stand for
    them.
    """

    name: Kind
    fields: Mapping[str, Field]
    clock: str
    identity: str
    columns: tuple[str, ...] = ()

    def knows(self, column: str) -> bool:
        return column in self.fields or column in self.columns


def _time(name: str, *names: str, needed: bool = False) -> Field:
    return Field(name=name, type="time", names=names, needed=needed)


def _number(name: str, *names: str, needed: bool = False) -> Field:
    return Field(name=name, type="number", names=names, needed=needed)


def _yes_no(name: str, *names: str) -> Field:
    return Field(name=name, type="yes_no", names=names)


def _text(name: str, *names: str, needed: bool = False) -> Field:
    return Field(name=name, type="text", names=names, needed=needed)


SITE = _text("site", "branch", "location", "centre", "center", "office", "store", "filiale", "standort", "agence")
CUSTOMER = _text("customer", "customer id", "client", "caller", "caller id", "account", "kunde")


def _kind(name: Kind, clock: str, identity: str, fields: tuple[Field, ...], columns: tuple[str, ...]) -> RawKind:
    return RawKind(
        name=name, clock=clock, identity=identity, fields={field.name: field for field in fields}, columns=columns
    )


CALLS = _kind(
    "calls",
    "entered_at",
    "contact",
    (
        _text("contact", "contact id", "call id", "call", "conversation"),
        SITE,
        CUSTOMER,
        _text("agent", "server", "operator", "employee", "advisor"),
        _text("queue", "skill", "team", "line"),
        _text("channel", "medium"),
        _text("segment", "type", "category", "reason", "product", "priority"),
        _time(
            "entered_at", "entered", "entry", "vru entry", "arrived", "call start", "started", "start time", "offered",
            "timestamp", needed=True,
        ),
        _time("queued_at", "queue start", "q start", "queued", "enqueued"),
        _time("left_queue_at", "queue exit", "q exit", "queue end", "dequeued"),
        _time("answered_at", "answered", "answer", "ser start", "service start", "picked up", "connected"),
        _time("ended_at", "ended", "end", "ser exit", "service end", "hung up", "closed", "call end", "end time"),
        _number("menu_seconds", "vru time", "ivr time", "menu time"),
        _number("wait_seconds", "wait", "q time", "queue time", "wait time", "waiting time", "speed of answer"),
        _number("handle_seconds", "ser time", "service time", "handle time", "talk time", "aht", "duration"),
        _text("outcome", "result", "status", "disposition", "call result"),
        _number("transfers", "transfer count", "transferred", "number of transfers"),
        _yes_no("escalated", "escalation"),
        _yes_no("complaint", "is complaint"),
        _yes_no("knowledge_used", "knowledge", "article used"),
        _time("call_back_promised_at", "callback promised", "call back requested"),
        _time("called_back_at", "called back", "callback done"),
        _number("felt_wait_seconds", "felt wait", "perceived wait"),
        _number("cost", "contact cost"),
    ),
    (
        "answered", "abandoned", "self_service", "offered_answered", "wait", "queued", "queue_wait", "answer_wait",
        "hung_up_in_queue", "handle", "repeat_contact", "solved_at_once", "was_transferred", "call_back_kept",
        "felt_wait", "measured_wait",
    ),
)  # fmt: skip
TICKETS = _kind(
    "tickets",
    "opened_at",
    "ticket",
    (
        _text("ticket", "ticket id", "number", "case", "incident", "case id", needed=True),
        SITE,
        CUSTOMER,
        _text("agent", "assigned to", "owner", "resolved by"),
        _text("queue", "assignment group", "team", "group"),
        _text("channel", "contact type", "medium"),
        _text("segment", "category", "type", "product"),
        _time("opened_at", "opened", "created", "created at", "sys created at", "received", needed=True),
        _time("first_reply_at", "first reply", "first response", "responded at", "replied"),
        _time("resolved_at", "resolved", "solved at", "solved"),
        _time("updated_at", "updated", "sys updated at", "modified"),
        _number("reopened", "reopen count", "reopens", "re-opened"),
        _number("transfers", "reassignment count", "transfer count", "hand offs"),
        _yes_no("escalated", "escalation"),
        _yes_no("in_time", "made sla", "sla met", "within sla"),
        _yes_no("knowledge_used", "knowledge", "article used"),
    ),
    (
        "first_reply_hours", "resolution_hours", "replied_in_a_day", "was_reopened", "was_transferred",
        "backlog_days",
    ),
)  # fmt: skip
SURVEYS = _kind(
    "surveys",
    "answered_at",
    "response",
    (
        _text("response", "response id", "survey id", "id"),
        SITE,
        CUSTOMER,
        _text("employee", "staff id", "respondent"),
        _text("agent", "server", "advisor"),
        _text("channel", "medium"),
        _text("segment", "type", "category", "product"),
        _time("sent_at", "sent", "invited"),
        _time("answered_at", "answered", "date", "submitted", "responded", "completed", "timestamp"),
        _number("satisfaction", "csat", "satisfaction score", "rating", "stars"),
        _number("recommend", "nps", "likelihood to recommend", "recommendation"),
        _number("effort", "ces", "customer effort", "effort score"),
        _number("felt_wait_seconds", "felt wait", "perceived wait"),
        _number("wait_seconds", "measured wait", "wait", "wait time"),
    ),
    (
        "answered", "top_box", "bottom_box", "promoter_points", "detractor", "high_effort", "scale_mean",
        "felt_wait", "measured_wait",
    ),
)  # fmt: skip
CUSTOMERS = _kind(
    "customers",
    "start",
    "customer",
    (
        _text("customer", "customer id", "client", "account", "id", needed=True),
        SITE,
        _text("segment", "type", "tier", "category"),
        _time("start", "started", "since", "first order", "joined", "contract start", needed=True),
        _time("end", "ended", "left", "cancelled", "churned", "contract end"),
        _time("seen_until", "observed until", "as of", "censored"),
        _number("orders", "order count", "purchases"),
        _number("sales", "revenue", "turnover"),
    ),
    ("has_left", "left_early", "bought_again", "customer_days", "until"),
)
ORDERS = _kind(
    "orders",
    "ordered_at",
    "order",
    (
        _text("order", "order id", "order number", "shipment"),
        SITE,
        CUSTOMER,
        _text("segment", "type", "category", "product"),
        _time("ordered_at", "ordered", "order date", "created", "date", needed=True),
        _time("promised_at", "promised", "due", "due date", "promised date"),
        _time("delivered_at", "delivered", "delivery date", "arrived", "received"),
        _number("lines_ordered", "items ordered", "quantity ordered", "ordered quantity"),
        _number("lines_right", "items right", "items filled", "quantity filled", "filled"),
        _number("value", "order value", "amount"),
    ),
    ("on_time", "days_late"),
)
SHIFTS = _kind(
    "shifts",
    "started_at",
    "employee",
    (
        _text("employee", "employee id", "agent", "staff", "person"),
        SITE,
        _text("segment", "team", "group"),
        _time("started_at", "start", "shift start", "date", "day", "week", needed=True),
        _time("ended_at", "end", "shift end"),
        _number("available_hours", "staffed hours", "logged in hours", "paid hours", "hours"),
        _number("busy_hours", "handling hours", "occupied hours", "talk hours"),
        _number("coaching_hours", "coaching", "training hours"),
    ),
    ("shift_hours", "occupied_share"),
)
EMPLOYEES = _kind(
    "employees",
    "start",
    "employee",
    (
        _text("employee", "employee id", "person", "agent", "staff", "id", needed=True),
        SITE,
        _text("segment", "team", "group", "role"),
        _time("start", "started", "hired", "hire date", "joined", needed=True),
        _time("end", "ended", "left", "quit", "leaving date"),
        _time("seen_until", "observed until", "as of"),
    ),
    ("has_left", "left_early", "years_employed", "until"),
)
OPERATIONS = _kind(
    "operations",
    "date",
    "",
    (
        SITE,
        _text("segment", "team", "channel", "product"),
        _time("date", "day", "week", "month", "period", needed=True),
        _number("contacts", "calls", "cases", "volume"),
        _number("customers", "customers served", "active customers"),
        _number("complaints", "complaint count"),
        _number("cost", "total cost", "spend"),
        _number("made", "produced", "output", "items made"),
        _number("unused", "not used", "thrown away", "surplus"),
        _number("redone", "rework", "done again", "corrected"),
    ),
    (),
)
ACCOUNTS = _kind(
    "accounts",
    "date",
    "",
    (
        SITE,
        CUSTOMER,
        _text("segment", "type", "tier"),
        _time("date", "day", "week", "month", "period", needed=True),
        _number("stock_value", "stock", "inventory", "inventory value"),
        _number("stock_outs", "stockouts", "items out of stock"),
        _number("orders", "order count", "orders placed"),
        _number("double_orders", "duplicate orders", "ordered twice"),
        _number("lines_ordered", "items ordered", "lines"),
        _number("lines_right", "items filled", "right items"),
        _number("sales", "revenue", "turnover"),
    ),
    ("ran_out",),
)
KINDS: Mapping[Kind, RawKind] = {
    kind.name: kind for kind in (CALLS, TICKETS, SURVEYS, CUSTOMERS, ORDERS, SHIFTS, EMPLOYEES, OPERATIONS, ACCOUNTS)
}
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "answered": ("agent", "answered", "handled", "served", "connected", "completed", "transfer"),
    "abandoned": ("hang", "abandoned", "hung up", "abandon", "lost", "missed", "no answer"),
    "self_service": ("self service", "selfservice", "ivr", "vru", "contained", "bot", "automated"),
}
"""Meanings of ``outcome`` and the words that often stand for them; anything else is an unknown outcome."""
