"""What the worked portfolio has learned: takeaways of its closed pilots, and sentences that hold beyond one of them."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.desk import Desk
from experiments.library.learnings import add_learning, bear_out
from experiments.library.takeaways import Lesson

LESSONS: Mapping[str, Lesson] = {
    "shorter-phone-menu": Lesson(
        lesson="An open question needs people behind it who can answer anything; we routed to whoever was free.",
        why="Callers said what they wanted, and nobody had made sure that the one who heard it could help. More calls "
        "were passed on, and fewer were solved at once.",
        differently="First train one team on all five subjects, then ask the open question there alone. And let the "
        "contact centre count its own transfers from the first week on.",
        holds_where="Numbers with specialised teams. Where one person answers everything it may still be worth a try.",
    ),
    "reminder-the-day-before": Lesson(
        lesson="People do not call because they forgot the date. They call because the window is six hours long.",
        why="Nearly all read the message. It told them what they knew already and not what they wanted to know: when.",
        differently="Ask twenty callers why they call before building anything. Try a shorter window, or a message "
        "when the technician sets out.",
        holds_where="Visits with a window of half a day. It says nothing about visits with an hour.",
    ),
    "tips-while-you-hold": Lesson(
        lesson="Help has to come before somebody calls; on hold it is too late.",
        why="Whoever has dialled wants a person. The tips were heard as one more reason to wait.",
        differently="Put the three answers where people look before they call: the bill, the search box, the letter.",
        holds_where="Callers who wait for a person. Not tried: people who chat or write.",
    ),
    "printed-welcome-folder": Lesson(
        lesson="The questions were real. Answer them in the first bill, which is sent anyway.",
        why="The folder came a week after the first questions, and printing eats up more than the calls it spares.",
        differently="Go through the first month's calls day by day, and answer each question the day before it comes.",
        holds_where="New customers who get a contract by post. Online customers never had a folder.",
    ),
}
"""By pilot."""

LEARNINGS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "An answer helps before somebody calls; once they have dialled it is too late.": (
        ("tips-while-you-hold", "supports", "On hold nobody listened"),
        ("printed-welcome-folder", "supports", "The questions came a week before the folder"),
        ("reminder-the-day-before", "contradicts", "It came in time, and they called all the same: it has to be the "
         "answer that they miss"),
    ),
    "People are content to wait when they know how long.": (
        ("technician-on-the-way", "supports", "A message when the technician sets out was enough"),
        ("call-back-at-peak", "supports", "They hung up and were glad"),
    ),
    "Sending people to whoever is free costs a second contact.": (
        ("shorter-phone-menu", "supports", "More calls were passed on"),
    ),
}  # fmt: skip
"""By statement: (pilot, what it says, how)."""
SAID_BY = "Ana Lima"


def add_learnings(desk: Desk) -> None:
    """Written down by an innovator who read the takeaways."""
    reader = desk.as_person(SAID_BY)
    for statement, witnesses in LEARNINGS.items():
        made = add_learning(reader, statement)
        for pilot, bearing, note in witnesses:
            bear_out(reader, made.key, pilot, bearing, note)
