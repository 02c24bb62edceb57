"""What people wrote is shown as they wrote it: on no page does it become markup."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).resolve().parents[2] / "experiments" / "pages").rglob("*.py"))
READ_AS_MARKDOWN = frozenset({
    "markdown", "caption", "info", "warning", "error", "success", "header", "subheader", "title", "page_link",
    "expander", "button", "toast", "spinner", "write", "form_submit_button", "checkbox", "toggle", "metric",
    "progress", "tabs", "text_input", "text_area", "selectbox", "multiselect", "radio", "pills", "number_input",
    "date_input", "time_input", "slider", "select_slider", "file_uploader", "download_button", "popover",
    "link_button", "status", "segmented_control", "badge", "feedback", "chat_input", "camera_input", "color_picker",
})  # fmt: skip
"""Widgets whose text, label or help Streamlit reads as markdown."""
TEXTS = frozenset({"label", "body", "text", "help"})
PLAIN = frozenset({"plain", "len", "day", "day_and_distance", "percent", "told", "whole"})
"""What gives no markup, whatever it is given."""
OURS = frozenset({
    "all", "alpha", "cases", "column", "contradicting", "count", "date", "day", "events", "form", "grade", "head",
    "limit", "megabytes", "number", "numbers", "page", "pages", "pilots", "promised", "row", "rows", "rule",
    "sha256", "shown", "stage", "step", "supporting", "time", "used", "weeks",
})  # fmt: skip
"""Facts of a sentence that are numbers, dates or words of our own."""
OWN_HTML = frozenset({
    "library_card.py", "look.py", "parts.py", "plots.py", "portfolio.py", "rollout_parts.py", "showcase.py"
})  # fmt: skip
"""Where markup is made, each piece of text escaped (looked at below, with hostile texts)."""


class Texts(ast.NodeVisitor):
    """Collects what is shown as markdown and can't be told to be ours."""

    def __init__(self, tree: ast.Module) -> None:
        self.given: dict[str, list[ast.expr]] = {}
        self.doubtful: list[str] = []
        for node in ast.walk(tree):
            for name, value in _assigned(node):
                self.given.setdefault(name, []).append(value)
        self.visit(tree)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        if not (isinstance(node.func, ast.Attribute) and node.func.attr in READ_AS_MARKDOWN):
            return
        if isinstance(node.func.value, ast.Attribute):  # nothing of Streamlit's is reached through two dots
            return
        # The first argument of a link is where it goes, that of a progress bar how far it is.
        shown = [] if node.func.attr in {"page_link", "progress"} else node.args[:1]
        shown += [word.value for word in node.keywords if word.arg in TEXTS]
        self.doubtful += [f"{node.lineno}: {ast.unparse(text)}" for text in shown if not self.ours(text)]

    def ours(self, text: ast.expr, seen: frozenset[str] = frozenset()) -> bool:
        match text:
            case ast.Constant():
                return True
            case ast.Call(func=ast.Name(id=name)) if name in PLAIN:
                return True
            case ast.Call(func=ast.Name(id="say"), keywords=facts):
                return all(fact.arg in OURS or self.ours(fact.value, seen) for fact in facts)
            case ast.JoinedStr(values=parts):
                return all(self.ours(part.value, seen) for part in parts if isinstance(part, ast.FormattedValue))
            case ast.IfExp(body=one, orelse=other):
                return self.ours(one, seen) and self.ours(other, seen)
            case ast.BoolOp(values=values) | ast.List(elts=values):
                return all(self.ours(value, seen) for value in values)
            case ast.ListComp(elt=value):
                return self.ours(value, seen)
            case ast.Subscript(value=ast.Name(id=name)) if name.isupper():
                return True
            case ast.Name(id=name) if name not in seen and name in self.given:
                return all(self.ours(value, seen | {name}) for value in self.given[name])
        return False


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = zip(target.elts, node.value.elts, strict=True)
                yield from ((name.id, value) for name, value in pairs if isinstance(name, ast.Name))
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and isinstance(node.target, ast.Name) and node.value:
        yield node.target.id, node.value


KNOWN = {
    # The title of a page is a parameter of ``begin``, which each page gives from the catalogue.
    "frame.py": {"title", "lead"},
    "door.py": {"title"},
    # Fields of our own recipes, by their names in the code.
    "raw_mapping.py": {"field.name.replace('_', ' ') + (' *' if field.needed else '')"},
    # The writer of a file, no widget.
    "take_away.py": {"marked(made, say('take_away.head'), head) if head else made"},
}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_text_of_a_page_is_ours_or_made_plain(page: Path) -> None:
    doubtful = Texts(ast.parse(page.read_text(encoding="utf-8"))).doubtful
    known = KNOWN.get(page.name, set())
    assert [found for found in doubtful if found.partition(": ")[2] not in known] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_markup_is_made_in_few_places_and_never_from_markdown(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "unsafe_allow" not in text
    assert "components." not in text
    assert "st.html(" not in text or page.name in OWN_HTML


def test_the_check_sees_a_text_that_is_not_ours() -> None:
    bad = "st.info(say('x', title=pilot.title))\nst.caption(pilot.title)\none.button(f'{name}', help=note)\n"
    assert len(Texts(ast.parse(bad)).doubtful) == 4
    good = "st.info(plain(pilot.title))\nlabel = say('x', count=3)\nst.caption(label)\nst.text(pilot.title)"
    assert Texts(ast.parse(good)).doubtful == []


def test_plain_text_means_itself_to_a_reader_of_markdown() -> None:
    from experiments.pages.frame import plain

    for mark in "\\`*_[]<>~$:&":
        assert plain(f"a{mark}b") == f"a\\{mark}b", mark
    assert [plain(text) for text in ("# a", "- a", "1. a", "= a")] == ["\\# a", "\\- a", "1\\. a", "\\= a"]
    assert plain("a\n===\n    b\tc") == "a === b c"
    assert plain("4.5 points (a - b)") == "4.5 points (a - b)"
