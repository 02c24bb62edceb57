"""Monthly review pack: one PDF of the portfolio for whoever sits together once a month."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from experiments.desk import Desk
from experiments.documents.pack_model import DecidedLine, Pack, PilotLine
from experiments.errors import Refused
from experiments.portfolio.rates import ENDED, counted, rates
from experiments.portfolio.rows import PilotRow
from experiments.portfolio.site_calendar import clashes
from experiments.portfolio.survey import survey
from experiments.portfolio.words import clash_sentence, funnel, money_words, standing
from experiments.telling.inbox import moves
from experiments.words import language, say
from experiments.words.numbers import day
from registry import find, shelf
from registry.kinds import DecisionKind
from stats.errors import Problem

WAITING = 40
"""So many waiting acts are named; of more, their number."""
MONTHS_OFFERED = 12
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def pack(desk: Desk, month: str) -> Pack:
    """The pack of ``month`` (2026-11): what was decided and learned in it, and how every pilot stands today."""
    first, last = days_of(month)
    today = desk.registry.clock().date()
    seen = survey(desk)
    rows = counted(seen.rows)
    open_now = [row for row in rows if row.stage not in ENDED or first <= row.stage_since.date()]
    with desk.read() as session:
        decided = tuple(line for row in rows for line in _decided(session, row, first, last))
        learned = tuple(told for row in rows for told in _learned(session, row, first, last))
    keys = {row.key for row in rows}
    return Pack(
        title=say("pack.title", month=month_words(month)),
        subtitle=say("pack.subtitle", day=today),
        simulated=say("memo.simulated") if rows and rows[0].simulated else "",
        funnel=funnel(rates(rows)),
        standing=(*standing(seen.rows), clash_sentence(clashes([s for s in seen.spans if s.key in keys]), today)),
        decided=decided,
        waits=tuple(_waits(desk, keys)),
        learned=learned,
        lines=tuple(_line(row) for row in open_now),
        lines_note=say("pack.ended_before", count=len(rows) - len(open_now)) if len(open_now) < len(rows) else "",
        foot=say("pack.foot", month=month_words(month), day=today, head=desk.registry.head_hash()[:12]),
        made_on=today,
        language=language(),
    )


def pack_pdf_of(desk: Desk, month: str) -> bytes:
    """The pack as PDF."""
    from experiments.documents.pack_pdf import pack_pdf

    return pack_pdf(pack(desk, month))


def days_of(month: str) -> tuple[date, date]:
    """First and last day of a month written as 2026-11; ``Refused`` where it is no month."""
    found = _MONTH.fullmatch(month.strip())
    if found is None or int(found[1]) == 0 or int(found[1]) == date.max.year:
        raise Refused(Problem(code="month_unreadable", facts={"given": month[:40]}))
    first = date(int(found[1]), int(found[2]), 1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def last_months(today: date) -> list[str]:
    """This month and those before it, the newest first."""
    months = []
    first = today.replace(day=1)
    for _ in range(MONTHS_OFFERED):
        months.append(f"{first:%Y-%m}")
        first = (first - timedelta(days=1)).replace(day=1)
    return months


def month_words(month: str) -> str:
    """November 2026."""
    year, number = month.strip().split("-")
    return say("pack.month_of", name=say(f"pack.month.{int(number)}"), year=year)


def _decided(session: Any, row: PilotRow, first: date, last: date) -> Iterator[DecidedLine]:
    if row.decided_on is None or row.decided_on < first:
        return
    pilot = find.pilot(session, row.key)
    for decision in find.decisions(session, pilot.id):
        if decision.kind != DecisionKind.DECIDED or not first <= decision.decided_at.date() <= last:
            continue
        verdict = str(decision.verdict)
        said = [say("pack.overruled", recommended=say(f"verdict.{decision.recommended}"))] if decision.overrules else []
        said += [text for text in (_effect(row), money_words(row), decision.reason) if text]
        yield DecidedLine(
            title=row.title,
            verdict=verdict,
            word=say(f"verdict.{verdict}"),
            said=tuple(said),
            by=say(
                "pack.decided_by", person=find.person(session, decision.decided_by_id).name, day=decision.decided_at
            ),
        )


def _learned(session: Any, row: PilotRow, first: date, last: date) -> Iterator[tuple[str, str]]:
    if row.stage != "closed" or not first <= row.stage_since.date() <= last:
        return
    yield from ((row.title, said.lesson) for said in shelf.takeaways_of(session, find.pilot(session, row.key).id)[-1:])


def _waits(desk: Desk, keys: set[str]) -> Iterator[str]:
    waiting = [move for move in moves(desk) if move.pilot in keys]
    for move in waiting[:WAITING]:
        verdict = say(f"verdict.{move.verdict}") if move.verdict else ""
        yield say(f"move.{move.act}.other", title=move.title, who=move.who or say("frame.nobody"), verdict=verdict)
    if len(waiting) > WAITING:
        yield say("pack.waits_more", count=len(waiting) - WAITING)


def _line(row: PilotRow) -> PilotLine:
    stage = say("pack.stage", stage=say(f"stage.{row.stage}"), days=row.age_days)
    due = "" if row.next_date is None else say("pack.overdue" if row.overdue else "pack.next", date=day(row.next_date))
    return PilotLine(
        title=row.title,
        people=" · ".join(name for name in (row.owner, row.department) if name),
        stage=stage,
        verdict=row.verdict or "",
        word=say(f"verdict.{row.verdict}") if row.verdict else "",
        grade=row.grade if row.grade and row.verdict != "INVALID" else "",
        effect=_effect(row),
        money=money_words(row),
        next=due,
    )


def _effect(row: PilotRow) -> str:
    if not row.effect:
        return ""
    state = f", {say(f'state.{row.state}')}" if row.state else ""
    return f"{row.metric}: {row.effect}{state}"
