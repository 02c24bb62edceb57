"""Hostile texts through every form of the app: found by walking the pages, filled, submitted, refused in words or kept.

No form is named here. A page is walked as the people who may do something on it, pilot after pilot, until every form
that its code has was met; whatever can be typed into is typed into. A new form is covered as soon as a page has it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from experiments.deciding.choice import Choice
from experiments.deciding.decide import decide
from experiments.demo.portfolio import document_of
from experiments.desk import Desk
from experiments.people.keeping import add_person
from experiments.planning.plan import plan
from experiments.record.verify import verify
from experiments.register import register
from experiments.telling.inbox import moves
from experiments.words import say
from registry import find
from registry.kinds import Role

PAGES = Path(__file__).resolve().parents[2] / "experiments" / "pages"
NAMES = sorted(path.stem for path in PAGES.glob("*.py") if "desk = begin(" in path.read_text(encoding="utf-8"))
MANY = 500
TYPED = ("text_input", "text_area", "number_input", "date_input", "selectbox", "multiselect", "chat_input")
FREE = ("text_input", "text_area", "number_input", "date_input", "chat_input")
NUMBERS = (0.0, -1.0, 1e308, -1e308, 5e-324, float("inf"), float("nan"), 2.0**63)
DAYS = (date(1, 1, 1), date(9999, 12, 31), date(1969, 12, 31), date(2024, 2, 29))
KEEPER, PLANNED = "Root Keeper", "repair-or-replace-advice"
PATIENCE = 14
"""Visits to a page on which nothing new is met, before it is left."""
LEAST = 30
"""So many forms the worked portfolio shows to somebody, at least."""
MARKUP = ("<script", "<img src=x", "<svg", "<iframe", "<b id=", "<style>*")
"""What must never stand in markup that the app makes."""


@dataclass
class Form:
    """What can be typed into of one form, and the button that sends it (None: what is typed counts at once)."""

    key: str
    fields: list[Any] = field(default_factory=list)
    submit: Any = None


def forms_of(at: Any) -> dict[str, Form]:
    """Every form on the page by its key; fields outside of forms count as one more form, sent by the main button."""
    found: dict[str, Form] = {}
    for node in (*at.main, *at.sidebar):
        kind = getattr(node, "type", "")
        key = getattr(node.proto, "form_id", "") if kind in TYPED or kind == "button" else None
        if key is None or getattr(node, "key", "") in {"acting_as_choice", "pilot_choice"}:
            continue
        if kind == "button":
            if node.proto.is_form_submitter or node.proto.type == "primary":
                found.setdefault(key, Form(key=key)).submit = node
        elif kind not in {"selectbox", "multiselect"} or node.proto.accept_new_options:
            found.setdefault(key, Form(key=key)).fields.append(node)
    return found


def written_forms(page: str) -> set[str]:
    """Keys of the forms in the code of a page and of the modules of pages that it draws with; ``*`` where made up."""
    seen: set[Path] = set()
    keys: set[str] = set()
    waiting = [PAGES / f"{page}.py"]
    while waiting:
        path = waiting.pop()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        keys |= {_key(form.args[0]) for form, body in _forms_in(tree) if _can_be_typed_into(body, tree)}
        waiting += [own for node in ast.walk(tree) for own in _own_modules(node) if own.stem not in NAMES]
    return keys


def _forms_in(tree: ast.Module) -> Iterator[tuple[ast.Call, list[ast.stmt]]]:
    for node in ast.walk(tree):
        for item in node.items if isinstance(node, ast.With) else ():
            call = item.context_expr
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "form":
                yield call, node.body


def _can_be_typed_into(body: list[ast.stmt], tree: ast.Module) -> bool:
    """Whether it has a field for words, numbers or days, itself or in a function of the same file that it calls."""
    calls = [node for part in body for node in ast.walk(part) if isinstance(node, ast.Call)]
    if any(isinstance(call.func, ast.Attribute) and call.func.attr in FREE for call in calls):
        return True
    called = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
    own = [part for part in tree.body if isinstance(part, ast.FunctionDef) and part.name in called]
    return any(_can_be_typed_into(part.body, ast.Module(body=[], type_ignores=[])) for part in own)


def _key(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "*"


def _own_modules(node: ast.AST) -> Iterator[Path]:
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("experiments.pages"):
        base = PAGES.joinpath(*(node.module or "").split(".")[2:])
        yield base.with_suffix(".py")
        yield from ((base / name.name).with_suffix(".py") for name in node.names)


def is_of(key: str, pattern: str) -> bool:
    begin, star, end = pattern.partition("*")
    return key == pattern if not star else key.startswith(begin) and key.endswith(end)


class Texts:
    """The hostile texts, dealt out to whatever can be typed into; after the last the first comes again."""

    def __init__(self, texts: list[str]) -> None:
        # A browser sends no halves of characters: they arrive as the replacement character.
        self.texts = [text.encode("utf-16", "replace").decode("utf-16", "replace") for text in texts]
        self.dealt = 0

    def deal(self, count: int = 1) -> str:
        taken = [self.texts[number % len(self.texts)] for number in range(self.dealt, self.dealt + count)]
        self.dealt += count
        return " ".join(taken)


def fill(form: Form, texts: Texts, count: int, turn: int) -> dict[str, str]:
    """Type into every field; what was typed, by the field's id. count: texts in one field."""
    typed = {}
    for number, widget in enumerate(form.fields):
        if widget.type == "number_input":
            widget.set_value(_number(widget, NUMBERS[(turn + number) % len(NUMBERS)]))
        elif widget.type == "date_input":
            widget.set_value(DAYS[(turn + number) % len(DAYS)])
        elif widget.type in {"selectbox", "multiselect"}:
            widget.options.append(text := texts.deal())
            widget.set_value(text if widget.type == "selectbox" else [text])
        else:
            widget.set_value(text := texts.deal(count))
            typed[widget.id] = text[: widget.proto.max_chars or None]  # a browser takes no more
    return typed


def _number(widget: Any, wanted: float) -> float:
    """As a browser would send it: whole where only whole numbers are taken, and within the limits that it was told."""
    whole = isinstance(widget.step, int) or float(widget.step).is_integer()
    number = (int(wanted) if abs(wanted) < 2**53 else 7) if whole else wanted
    low = widget.min if widget.min is not None else number
    high = widget.max if widget.max is not None else number
    return min(max(number, low), high)


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


def nothing_lost(at: Any, form: Form, typed: dict[str, str], where: str) -> None:
    """After a refusal what was typed still stands in its field."""
    again = forms_of(at).get(form.key)
    standing = {widget.id: widget.value for widget in again.fields} if again else {}
    for key, text in typed.items():
        assert standing.get(key) == text, (where, key)


@dataclass
class Walk:
    """met: keys of forms that were filled and sent, with how often they were refused and how often not."""

    show: Callable[..., Any]
    texts: Texts
    met: dict[str, list[str]] = field(default_factory=dict)
    windows: dict[str, Any] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def sent(self, pattern: str) -> bool:
        return any(is_of(key, pattern) for key in self.met)

    def look(self, page: str, pilot: str, person: str) -> Any:
        at = self.windows.get(person)
        if at is None:
            at = self.windows[person] = self.show(page, pilot=pilot, person=person)
        at.query_params["pilot"] = pilot
        at.switch_page(f"experiments/pages/{page}.py")
        return settled(at)

    def through(self, page: str, places: list[tuple[str, str]]) -> None:
        """As one after the other, until nothing is wanted any more; a page met before only for what is wanted."""
        self.windows.clear()
        in_vain = 0
        for pilot, person in places:
            wanted = {pattern for pattern in written_forms(page) if not self.sent(pattern)}
            if in_vain >= PATIENCE or (not wanted and (page in self.seen or in_vain >= 2)):
                break
            before = len(self.met)
            self.visit(page, pilot, person)
            in_vain = 0 if len(self.met) > before else in_vain + 1
        self.seen.add(page)

    def visit(self, page: str, pilot: str, person: str) -> None:
        """Every form that nobody sent yet, twice: each field with one text, then with many."""
        at = self.look(page, pilot, person)
        where = f"{page} of {pilot or 'no pilot'} as {person}"
        unharmed(at, where)
        # Fields outside of forms come last: they search and filter, and then less is to be seen.
        for key in sorted((key for key in forms_of(at) if (key or page) not in self.met), key=lambda key: not key):
            if key not in (there := forms_of(at)) or not there[key].fields:
                continue
            for turn, count in ((0, 1), (1, 16)):
                form = forms_of(at).get(key)
                if form is None:
                    break  # sent, and not asked again
                typed = fill(form, self.texts, count, len(self.met) + turn)
                at = send(at, form)
                unharmed(at, f"{where}: {key}")
                if refused(at):
                    nothing_lost(at, form, typed, f"{where}: {key}")
                self.met.setdefault(key or page, []).append("refused" if refused(at) else "taken")
            if not key:
                del self.windows[person]
            at = self.look(page, pilot, person)


@pytest.fixture
def eventful(worked: Path, desk: Desk) -> Desk:
    """The worked portfolio in which also what is rare waits for somebody."""
    add_person(desk, KEEPER, role=Role.ADMINISTRATOR)
    another = {**document_of(PLANNED, desk.registry.clock().date()), "pilot": "planned-too", "title": "Planned, too"}
    plan(desk.as_person("Jonas Weber"), register(desk, another).key)
    stop = Choice(verdict="STOP", reason="No budget this year.", second_approver="Erik Sand")
    decide(desk.as_person("Ruth Vogel"), "parts-list-before-the-visit", stop)
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
    asked = [move for move in moves(desk, upcoming=True) if move.page == page]
    few = [move for place, move in enumerate(asked) if [each.act for each in asked[:place]].count(move.act) < 2]
    waits = [(move.pilot, names[who]) for move in few for who in move.people if who in names]
    last = {pilot.stage: pilot.key for pilot in pilots}
    part = [
        (key, names[concerned[key][place]])
        for place in range(4)
        for key in last.values()
        if concerned[key][place:] and concerned[key][place] in names
    ]
    return list(dict.fromkeys([(pilots[0].key, KEEPER), (pilots[0].key, "Mira Costa"), *waits, *part]))


@pytest.mark.slow
def test_every_form_takes_hostile_texts_or_refuses_them_in_words(
    eventful: Desk, show: Callable[..., Any], hostile: Any
) -> None:
    walk = Walk(show=show, texts=Texts(hostile.strings(MANY)))
    for page in NAMES:
        walk.through(page, places(eventful, page))
    assert len(walk.met) >= LEAST
    assert walk.texts.dealt >= MANY
    assert verify(eventful).findings == ()


@pytest.mark.parametrize("page", sorted(PAGES.rglob("*.py")), ids=lambda path: path.name)
def test_no_form_empties_itself_before_it_is_known_whether_it_was_taken(page: Path) -> None:
    """Streamlit would clear the fields of a form that is then refused: what was typed would be lost."""
    for form, _ in _forms_in(ast.parse(page.read_text(encoding="utf-8"))):
        emptied = [word.value for word in form.keywords if word.arg == "clear_on_submit"]
        assert [value for value in emptied if ast.unparse(value) != "False"] == [], page.name
