"""Which forms and fields the code of the pages lets people type into, read from the code itself.

A form or a field is known by its key as the code writes it; what is made up while it runs stands as ``*``
(``concern-*``). Fields that a helper draws under a key it was given have no name here: their form has one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PAGES = Path(__file__).resolve().parents[1] / "experiments" / "pages"
NAMES = sorted(path.stem for path in PAGES.glob("*.py") if "desk = begin(" in path.read_text(encoding="utf-8"))
FREE = ("text_input", "text_area", "number_input", "date_input", "chat_input")
CHARTER, PREFIX = "fields", "r-"
"""The module of the charter's fields; a call of it names the field second, and puts this before it."""


@cache
def written(page: str) -> frozenset[str]:
    """What can be typed into on a page: in its own code, and in what it calls of the modules that pages share."""
    start = _Module.of(PAGES / f"{page}.py")
    return frozenset(
        key
        for module, node in _reached(start, [start.tree])
        for key in (*_forms_typed_into(module, node), *_fields(node))
        if key.strip("*")
    )


def views(page: str) -> tuple[str, ...]:
    """The ways of seeing a page, the first of which it begins with."""
    named = {
        node.targets[0].id: node.value
        for node in _Module.of(PAGES / f"{page}.py").tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    return tuple(ast.literal_eval(named["VIEWS"])) if "VIEWS" in named else ()


def forms(path: Path) -> Iterator[ast.Call]:
    """Every form that a file draws."""
    return (form for form, _ in _forms_in(_Module.of(path).tree))


def pattern_of(key: str, patterns: frozenset[str]) -> str:
    """The pattern that says most about a key; "" where none fits."""
    fitting = [pattern for pattern in patterns if _is_of(key, pattern)]
    return max(fitting, key=lambda pattern: (pattern == key, len(pattern)), default="")


def _is_of(key: str, pattern: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), key) is not None


class _Module:
    """A file with its functions by name, and what it takes from other files of pages: (file, function or "")."""

    def __init__(self, path: Path) -> None:
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.functions = {node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)}
        self.taken: dict[str, tuple[Path, str]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("experiments.pages"):
                base = PAGES.joinpath(*(node.module or "").split(".")[2:])
                for name in node.names:
                    file = (base / name.name).with_suffix(".py")
                    place = (file, "") if file.is_file() else (base.with_suffix(".py"), name.name)
                    self.taken[name.asname or name.name] = place

    @staticmethod
    @cache
    def of(path: Path) -> _Module:
        return _Module(path)

    def named(self, node: ast.AST) -> tuple[_Module, ast.AST] | None:
        """The function of a page's file that a name means, with the file where it stands."""
        if isinstance(node, ast.Name) and node.id in self.functions:
            return self, self.functions[node.id]
        file, name = self.taken.get(node.id, (None, "")) if isinstance(node, ast.Name) else (None, "")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            file, name = self.taken.get(node.value.id, (None, ""))[0], node.attr
        if file is None or not file.is_file() or name not in (other := _Module.of(file)).functions:
            return None
        return other, other.functions[name]


def _reached(module: _Module, nodes: list[ast.stmt] | list[ast.Module]) -> Iterator[tuple[_Module, ast.AST]]:
    """The nodes and every function that they mention, with the file where each stands."""
    seen: set[ast.AST] = set()
    waiting: list[tuple[_Module, ast.AST]] = [(module, node) for node in nodes]
    while waiting:
        at, node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        yield at, node
        waiting += [found for part in ast.walk(node) if (found := at.named(part)) is not None]


def _forms_in(node: ast.AST) -> Iterator[tuple[ast.Call, list[ast.stmt]]]:
    for part in ast.walk(node):
        for item in part.items if isinstance(part, ast.With) else ():
            call = item.context_expr
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "form":
                yield call, part.body  # type: ignore[union-attr]


def _forms_typed_into(module: _Module, node: ast.AST) -> Iterator[str]:
    """Forms with a field for words, numbers or days, wherever it is drawn."""
    for form, body in _forms_in(node):
        if any(_is_field(call) for _, part in _reached(module, body) for call in ast.walk(part)):
            yield _key(form.args[0])


def _is_field(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FREE


def _fields(node: ast.AST) -> Iterator[str]:
    for call in ast.walk(node):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        if _is_field(call):
            yield from (_key(word.value) for word in call.keywords if word.arg == "key")
        elif isinstance(call.func.value, ast.Name) and call.func.value.id == CHARTER and len(call.args) > 1:
            helper = _Module.of(PAGES / "steps" / f"{CHARTER}.py").functions.get(call.func.attr)
            if helper is not None and any(_is_field(part) for part in ast.walk(helper)):
                yield PREFIX + _key(call.args[1])


def _key(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "*"
