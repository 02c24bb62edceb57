"""Hostile texts through every form of the app: found by walking the pages, filled, submitted, refused in words or kept.

No form is named here. A page is walked as the people who may do something on it, pilot after pilot, until everything
that its code lets people type into was met; what was met on no page, ever, is a failure. A new form has to be reached.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import Any

import pytest

from experiments.deciding.choice import Choice
from experiments.deciding.decide import decide
from experiments.deciding.requests import ask_for_more
from experiments.demo.portfolio import document_of
from experiments.desk import Desk
from experiments.people.keeping import add_person
from experiments.planning.plan import plan
from experiments.record.verify import verify
from experiments.register import register, save_draft
from experiments.rollouts.keep import keep_plan, start
from experiments.rollouts.wanted import Wanted, sites_of
from experiments.safety.concerns import raise_concern
from experiments.signing.sign import Terms, sign
from experiments.telling.inbox import moves
from experiments.words import say
from registry import find
from registry.kinds import Role

PAGES = Path(__file__).resolve().parents[2] / "experiments" / "pages"
MANY = 500
LISTS = ("selectbox", "multiselect")
TYPED = ("text_input", "text_area", "number_input", "date_input", "chat_input", *LISTS)
NUMBERS = (0.0, -1.0, 1e308, -1e308, 5e-324, float("inf"), float("nan"), 2.0**63)
DAYS = (date(1, 1, 1), date(9999, 12, 31), date(1969, 12, 31), date(2024, 2, 29))
KEEPER, ANALYST, PLANNED = "Root Keeper", "Mira Costa", "repair-or-replace-advice"
PATIENCE = 14
"""Visits to a page on which nothing new is met, before it is left until later."""
TURNS, STEPS = 3, 15
"""So often a form is filled; and at most, while new fields come: a charter has five steps."""
DRAFTS = {
    "reminder-the-day-before": "randomised_units",
    "welcome-desk": "staggered",
    "check-in-at-the-shop-v3": "stepped_wedge",
}
"""Charters that are written again for another design: each asks what no other asks."""
FEW, VIEW = 12, "view"
"""Choices of a list that are all tried; the key of the list of a page's views."""
LATER = timedelta(days=400)
"""Until then signatures are overdue, and overrules are looked back on."""
LOG = b"call id,branch,customer,call start,answered,call end,result\n" + b"".join(
    b"c%d,North,k%d,2026-02-%02d 09:00,2026-02-%02d 09:01,2026-02-%02d 09:05,answered\n" % (n, n % 5, n, n, n)
    for n in range(1, 29)
)
"""A file for the pages that ask for nothing before there is one."""
MARKUP = ("<script", "<img src=x", "<svg", "<iframe", "<b id=", "<style>*")
"""What must never stand in markup that the app makes."""


@dataclass
class Form:
    """What can be typed into of one form, what else it asks, and the button that sends it (None: it counts at once)."""

    key: str
    fields: list[Any] = field(default_factory=list)
    choices: list[Any] = field(default_factory=list)
    ticks: list[Any] = field(default_factory=list)
    files: list[Any] = field(default_factory=list)
    submit: Any = None


def forms_of(at: Any, *, choices_too: bool = False) -> dict[str, Form]:
    """Every form on the page by its key; fields outside of forms count as one more form, sent by the main button.

    choices_too: also what nobody types into.
    """
    found: dict[str, Form] = {}
    for node in (*at.main, *at.sidebar):
        kind, key = getattr(node, "type", ""), getattr(getattr(node, "proto", None), "form_id", None)
        if key is None or getattr(node, "key", "") in {"acting_as_choice", "pilot_choice"}:
            continue
        form = found.setdefault(key, Form(key=key))
        if kind == "button" and (node.proto.is_form_submitter or node.proto.type == "primary"):
            form.submit = node
        elif kind == "checkbox":
            form.ticks.append(node)
        elif kind == "file_uploader":
            form.files.append(node)
        elif kind in TYPED and (kind not in LISTS or node.proto.accept_new_options):
            form.fields.append(node)
        elif kind in ("radio", "selectbox") and node.options:
            form.choices.append(node)
    return {key: form for key, form in found.items() if form.fields or choices_too}


class Texts:
    """The hostile texts, dealt out to whatever can be typed into; after the last the first comes again."""

    def __init__(self, texts: list[str]) -> None:
        # A browser sends no halves of characters: they arrive as the replacement character.
        self.texts = [text.encode("utf-16", "replace").decode("utf-16", "replace") for text in texts]
        self.short = [text for text in self.texts if text.isprintable() and len(text) < 60]
        self.dealt = 0

    def deal(self, count: int = 1) -> str:
        """So many together, or one that is short enough to be taken."""
        texts = self.short if count == 1 else self.texts
        taken = [texts[number % len(texts)] for number in range(self.dealt, self.dealt + count)]
        self.dealt += count
        return " ".join(taken)


def choose(form: Form, turn: int, begin: int) -> None:
    """Other answers for every form, and a tick in the last turn."""
    for place, choice in enumerate(form.choices if form.key else ()):
        choice.set_value(choice.options[(begin + turn + place) % len(choice.options)])
    for tick in form.ticks:
        tick.set_value(turn % TURNS == TURNS - 1)


def fill(form: Form, texts: Texts, turn: int, begin: int) -> dict[str, Any]:
    """Type into every field; what was typed, by the field's id. First whatever can be typed, and a file goes with it;
    then short texts with numbers and days that nobody means; then what may be taken."""
    typed: dict[str, Any] = {}
    long, extreme = turn % TURNS == 0, turn % TURNS < TURNS - 1
    for number, widget in enumerate(form.fields):
        if widget.type == "number_input":
            widget.set_value(
                value := _number(widget, NUMBERS[(begin + turn + number) % len(NUMBERS)] if extreme else 2.0)
            )
            if isfinite(value):  # no field of a browser keeps another
                typed[widget.id] = value
        elif widget.type == "date_input":
            wanted = DAYS[(begin + turn + number) % len(DAYS)] if extreme else widget.value or date.today()
            typed[widget.id] = min(max(wanted, widget.min), widget.max)  # a browser offers no other
            widget.set_value(typed[widget.id])
        elif widget.type in LISTS:
            widget.options.append(text := texts.deal())
            widget.set_value(text if widget.type == "selectbox" else [text])
        else:
            widget.set_value(text := texts.deal(16 if long else 1))
            typed[widget.id] = text[: widget.proto.max_chars or None]  # a browser takes no more
    for place in form.files if form.key and long else ():
        ending = place.allowed_type[0] if place.allowed_type else ".csv"
        place.set_value((f"{texts.deal()}{ending}", texts.deal(16).encode(), "text/plain"))
    return typed


def _number(widget: Any, wanted: float) -> float:
    """As a browser would send it: whole where only whole numbers are taken, and within the limits that it was told."""
    whole = isinstance(widget.step, int) or float(widget.step).is_integer()
    number = (int(wanted) if abs(wanted) < 2**53 else 7) if whole else wanted
    if widget.min is not None:
        number = max(number, widget.min)
    return number if widget.max is None else min(number, widget.max)


def send(at: Any, form: Form) -> Any:
    if form.submit is not None:
        form.submit.click()
    return settled(at)


def settled(at: Any) -> Any:
    """Run the page. What was typed beside the choices of a list is made one of them: the harness knows no other way."""
    at.run()
    for node in at.main:
        if node.type == "selectbox" and node.proto.accept_new_options and node.value not in (None, *node.options):
            node.options.append(node.value)
    return at


def bring_file(at: Any) -> bool:
    """Drop a file where the page waits for one outside of forms, and press its main button; whether it does."""
    dropped = [place for place in at.get("file_uploader") if not place.proto.form_id]
    for place in dropped:
        place.set_value(("calls.csv", LOG, "text/csv"))
    if dropped:
        settled(at)
        for button in [node for node in at.button if node.proto.is_form_submitter and node.proto.type == "primary"]:
            button.click()
        settled(at)
    return bool(dropped)


def unharmed(at: Any, where: str) -> None:
    """No crash, no piece of a program, and nothing that people typed has become markup."""
    assert not at.exception, "\n".join([where, at.exception[0].message, *at.exception[0].stack_trace])
    for node in (*at.main, *at.sidebar):
        proto = getattr(node, "proto", None)
        for name in ("body", "label", "help"):
            text = getattr(proto, name, "")
            if not isinstance(text, str) or node.type in {"text", "code", "json"}:
                continue
            assert "Traceback" not in text, where
            assert "object at 0x" not in text, where
            if node.type == "html" or getattr(proto, "allow_html", False):
                assert not [mark for mark in MARKUP if mark in text], (where, node.type)
            else:  # read as markdown
                assert "[click](javascript" not in text, (where, node.type, name)


def refused(at: Any) -> bool:
    """Whether the page says that something stands in the way (a safety concern is shown in the same colour)."""
    return any(say(key) in box.value for box in at.error for key in ("frame.refused", "register.open"))


def nothing_lost(at: Any, form: Form, typed: dict[str, Any], where: str) -> None:
    """After a refusal what was typed still stands. (Outside of forms one field may do away with another.)"""
    again = forms_of(at).get(form.key)
    standing = {widget.id: widget.value for widget in again.fields} if again else {}
    for key, value in typed.items():
        assert standing.get(key, None if form.key else value) == value, (where, key)


@dataclass
class Walk:
    """met: what was typed into and sent, as the code of its page names it, with how often it was refused or taken."""

    show: Callable[..., Any]
    code: Any
    texts: Texts
    met: dict[str, list[str]] = field(default_factory=dict)
    windows: dict[str, Any] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    chosen: set[tuple[str, str, str]] = field(default_factory=set)

    def wanted(self, page: str) -> set[str]:
        return set(self.code.written(page)) - set(self.met)

    def look(self, page: str, pilot: str, person: str) -> Any:
        at = self.windows.get(person)
        if at is None:
            at = self.windows[person] = self.show(page, pilot=pilot, person=person)
        at.query_params["pilot"] = pilot
        at.switch_page(f"experiments/pages/{page}.py")
        return settled(at)

    def through(self, page: str, places: list[tuple[str, str]], patience: int) -> None:
        """As one after the other, until nothing is wanted any more, or nothing new was met so often; as two at least
        when it is seen first."""
        in_vain = 0
        for number, (pilot, person) in enumerate(places):
            if in_vain >= patience or not (self.wanted(page) or (number < 2 and page not in self.seen)):
                break
            before = len(self.met)
            self.visit(page, pilot, person)
            in_vain = 0 if len(self.met) > before else in_vain + 1
        self.seen.add(page)

    def visit(self, page: str, pilot: str, person: str) -> None:
        """Every form that nobody sent yet, in every view of the page."""
        at = self.look(page, pilot, person)
        where = f"{page} of {pilot or 'no pilot'} as {person}"
        unharmed(at, where)
        brought = bring_file(at)
        unharmed(at, where)
        self.fill_all(page, at, where)
        for key, choice in () if brought else self.other_choices(page, at):
            boxes = at.segmented_control if key == VIEW else at.selectbox
            if key not in {box.key for box in boxes}:
                continue  # gone in another view
            boxes(key=key).set_value(choice)
            unharmed(settled(at), f"{where}: {choice}")
            self.fill_all(page, at, f"{where}: {choice}")

    def other_choices(self, page: str, at: Any) -> list[tuple[str, str]]:
        """(key, choice) of what brings other forms: the views of the page, and short lists outside of forms."""
        views = [(VIEW, view) for view in self.code.views(page)[1:] if self.wanted(page)]
        form = forms_of(at, choices_too=True).get("")
        lists = [each for each in form.choices if each.type == "selectbox" and len(each.options) <= FEW] if form else []
        found = [(str(each.key), option) for each in lists for option in each.options]
        fresh = [each for each in found if (page, *each) not in self.chosen]
        self.chosen |= {(page, *each) for each in fresh}
        return [*views, *fresh]

    def fill_all(self, page: str, at: Any, where: str) -> None:
        """Fields outside of forms come last: they search and filter, and then less is to be seen."""
        for key in sorted(forms_of(at), key=lambda key: not key):
            turn = 0
            while (form := forms_of(at).get(key)) and turn < STEPS and self.is_open(page, form, turn):
                self.send(page, at, form, turn, f"{where}: {key or 'outside of forms'}")
                turn += 1

    def is_open(self, page: str, form: Form, turn: int) -> bool:
        """So often what is new; the steps of a charter, also those known, while some field of it is wanted."""
        return turn % TURNS > 0 or self.is_new(page, form) or (not form.key and bool(self.wanted(page)))

    def send(self, page: str, at: Any, form: Form, turn: int, where: str) -> None:
        """Outside of forms a tick may bring other fields at once: it is set first."""
        begin = len(self.met)
        choose(form, turn, begin)
        if not form.key and form.ticks:
            unharmed(settled(at), where)
            form = forms_of(at).get(form.key, form)
        typed, names = fill(form, self.texts, turn, begin), self.names(page, form)
        send(at, form)
        unharmed(at, where)
        if refused(at):
            nothing_lost(at, form, typed, where)
        assert refused(at) or at.success or at.warning or not form.key, f"{where}: nothing is said"
        for name in names:
            self.met.setdefault(name, []).append("refused" if refused(at) else "taken")

    def is_new(self, page: str, form: Form) -> bool:
        return not self.names(page, form) <= set(self.met)

    def names(self, page: str, form: Form) -> set[str]:
        """As the code names the form and its fields; where it has no name for a field, its kind."""
        code = self.code.written(page)
        fields = [self.code.pattern_of(str(each.key), code) or f"{form.key} {each.type}" for each in form.fields]
        return {self.code.pattern_of(form.key, code) or f"fields of {page}", *fields}


@pytest.fixture
def eventful(worked: Path, desk: Desk) -> Desk:
    """The worked portfolio in which also what is rare waits for somebody."""
    add_person(desk, KEEPER, role=Role.ADMINISTRATOR)
    today = desk.registry.clock().date()
    for key, design in DRAFTS.items():
        document = document_of(key, today)
        document["where"]["design"] = design
        save_draft(desk.as_person("Jonas Weber"), {**document, "title": design}, "problem")
    for title in ("planned-too", "signed"):
        another = {**document_of(PLANNED, today), "pilot": title, "title": title}
        plan(desk.as_person("Jonas Weber"), register(desk, another).key)
    for person in ("Ana Lima", "Jonas Weber"):
        sign(desk.as_person(person), "signed", Terms(pulls_against="None", relief="None needed"))
    stop = Choice(verdict="STOP", reason="No budget this year.", second_approver="Erik Sand")
    decide(desk.as_person("Ruth Vogel"), "parts-list-before-the-visit", stop)
    ask_for_more(desk.as_person("Hugo Martin"), "drop-in-repair-hour", "How many came from the shop floor?")
    raise_concern(desk.as_person("Sofia Lindgren"), "chat-at-lunch", "Nobody can take a break.")
    more = Wanted(sites=sites_of("\n".join(f"Site {number}" for number in range(20))))
    keep_plan(desk.as_person("Ines Duarte"), "text-when-the-part-is-in", more)
    keep_plan(desk.as_person("Jonas Weber"), "video-before-the-visit", more)
    start(desk.as_person("Jonas Weber"), "video-before-the-visit")
    return desk


def places(desk: Desk, page: str) -> list[tuple[str, str]]:
    """(pilot, person): who keeps the house; then whose move it is on that page; then those who are concerned."""
    with desk.read() as session:
        names = {person.id: person.name for person in find.people(session)}
        pilots = find.pilots(session)
        concerned = {
            row.key: [
                row.owner_id,
                row.sponsor_id,
                *(partner.contact_id for partner, _ in find.partners(session, row.id)),
            ]
            for row in pilots
        }
        decided = {row.id: [made.verdict for made in find.decisions(session, row.id)][-1:] for row in pilots}
    asked = [move for move in moves(desk, upcoming=True) if move.page == page]
    few = [move for place, move in enumerate(asked) if [each.act for each in asked[:place]].count(move.act) < 3]
    waits = [(move.pilot, names[who]) for move in few for who in move.people if who in names]
    like = [((pilot.stage, *decided[pilot.id]), pilot.key) for pilot in pilots]
    ends = dict.fromkeys([*dict(like).values(), *dict(reversed(like)).values()])
    part = [
        (key, names[concerned[key][place]])
        for place in range(4)
        for key in ends
        if concerned[key][place:] and concerned[key][place] in names
    ]
    anew = [("", names[row.owner_id]) for row in pilots[:1] if row.owner_id in names]
    return list(dict.fromkeys([(pilots[0].key, KEEPER), (pilots[0].key, ANALYST), *waits, *anew, *part]))


@pytest.mark.slow
def test_every_form_takes_hostile_texts_or_refuses_them_in_words(
    eventful: Desk,
    show: Callable[..., Any],
    clock: Callable[[datetime], None],
    hostile: Any,
    typed_into: Any,
) -> None:
    walk = Walk(show=show, code=typed_into, texts=Texts(hostile.strings(MANY)))
    for page in typed_into.NAMES:
        walk.through(page, places(eventful, page), PATIENCE)
    clock(eventful.registry.clock() + LATER)
    for page in filter(walk.wanted, typed_into.NAMES):
        walk.through(page, places(eventful, page), MANY)
    assert {page: walk.wanted(page) for page in typed_into.NAMES if walk.wanted(page)} == {}
    assert walk.texts.dealt >= MANY
    assert verify(eventful).findings == ()


@pytest.mark.parametrize("page", sorted(PAGES.rglob("*.py")), ids=lambda path: path.name)
def test_no_form_empties_itself_before_it_is_known_whether_it_was_taken(page: Path, typed_into: Any) -> None:
    """Streamlit would clear the fields of a form that is then refused: what was typed would be lost."""
    for form in typed_into.forms(page):
        emptied = [word.value for word in form.keywords if word.arg == "clear_on_submit"]
        assert [value for value in emptied if ast.unparse(value) != "False"] == [], page.name
