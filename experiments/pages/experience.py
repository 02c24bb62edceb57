"""The worst experience, waste and the journey of one pilot: parts of the evidence page. Views in, widgets out."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from experiments.pages import look
from experiments.pages.frame import plain
from experiments.views import Memo, PartLine, PlacedLine
from experiments.words import say


def worst(memo: Memo, *, hidden: bool) -> None:
    """What the average hides in one sentence, then each average beside the worst experience behind it."""
    if hidden or not memo.worst_lines:
        look.lines(memo.worst)
        return
    st.caption(say("worst.lead"))
    if memo.hides:
        st.warning(plain(memo.hides), icon=":material/visibility:")
    else:
        look.lines([say("hides.nothing", unit=memo.unit_word)])
    rows = memo.worst_lines
    columns: dict[str, list[look.Cell]] = {
        "average": [_both(line.average, line.average_change) for line in rows],
        "worst": [_both(line.worst, line.levels) for line in rows],
        "worst_change": [line.change for line in rows],
        "state": [look.Toned(text=line.state, tone=line.tone) if line.state else "" for line in rows],
        "reading": [line.reading for line in rows],
    }
    look.table({key: cells for key, cells in columns.items() if any(cells)}, label=say("memo.heading.worst"))


def short(memo: Memo) -> None:
    """The half-hours that fall short of what was promised, where something was."""
    if memo.short:
        st.header(say("memo.heading.short"))
        look.lines(memo.short)


def waste(memo: Memo) -> None:
    """The classes of waste that numbers of this pilot show, and those that none does."""
    _placed(memo.waste, "waste", memo.waste_note)


def journey(memo: Memo) -> None:
    """The steps in the order in which a customer goes, and the gaps."""
    _placed(memo.journey, "journey", memo.journey_note)


def parts(rows: Sequence[PartLine], column: str) -> None:
    """A metric by channel: described, never judged."""
    st.subheader(say("memo.heading.parts", column=plain(column)))
    look.table(
        {
            "part": [row.name for row in rows],
            "part_effect": [row.effect for row in rows],
            "part_interval": [row.interval for row in rows],
            "with_change": [row.treatment for row in rows],
            "as_before": [row.control for row in rows],
        }
    )
    st.caption(say("parts.note"))


def _placed(rows: Sequence[PlacedLine], first: str, note: str) -> None:
    if rows:
        look.table(
            {
                first: [row.place for row in rows],
                "metric": [row.metric for row in rows],
                "whose": [row.whose for row in rows],
                "what_happened": [row.change for row in rows],
                "state": [look.Toned(text=row.state, tone=row.tone) for row in rows],
            },
            label=say(f"memo.heading.{first}"),
        )
    if note:
        st.caption(plain(note))


def _both(name: str, more: str) -> str:
    return f"{name}: {more}" if name and more else name
