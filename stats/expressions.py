"""Small expressions over columns, as people write them in a specification, turned into Ibis.

``log(price)``, ``a + b``, ``wait > 30``, ``shade != "none"``, ``year == 2001 & sex == "G"``,
``shade in ("none", "Dec2Feb")``. A text that is a column's name means that column, however odd the name; inside an
expression, odd names stand between backticks. Only the nodes listed here exist: nothing can be called, reached or
assigned but arithmetic, comparisons and the functions of ``FUNCTIONS``.

Errors: RefusedSpec with ``unknown_name``, ``unknown_name_close`` or one of ``expression_...``.
"""

from __future__ import annotations

import ast
import difflib
import io
import operator
import tokenize
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stats.errors import Problem, RefusedSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir

_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_WORDS = {"true": True, "false": False, "True": True, "False": False, "null": None, "None": None}
LONGEST_SHOWN = 120
_BOOLEAN_SIGNS = {"&": " and ", "|": " or ", "~": " not "}


def _where(condition: Any, value: Any, keep: Callable[[Any], Any]) -> Any:
    """``value`` where ``condition`` holds, else missing: what has no logarithm is missing, not an error."""
    import ibis

    return keep(ibis.ifelse(condition, value, ibis.null(value.type())))


def _log(base: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: _where(x > 0, x, base)


def _least(*values: Any) -> Any:
    import ibis

    return ibis.least(*values)


def _greatest(*values: Any) -> Any:
    import ibis

    return ibis.greatest(*values)


def _coalesce(*values: Any) -> Any:
    import ibis

    return ibis.coalesce(*values)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "log": _log(lambda x: x.ln()),
    "log10": _log(lambda x: x.log10()),
    "log1p": lambda x: _where(x > -1, x, lambda kept: (kept + 1).ln()),
    "sqrt": lambda x: _where(x >= 0, x, lambda kept: kept.sqrt()),
    "exp": lambda x: x.exp(),
    "abs": lambda x: x.abs(),
    "round": lambda x, digits=0: x.round(digits),
    "floor": lambda x: x.floor(),
    "ceil": lambda x: x.ceil(),
    "least": _least,
    "greatest": _greatest,
    "coalesce": _coalesce,
    "is_missing": lambda x: x.isnull(),
    "lower": lambda x: x.lower(),
    "year": lambda x: x.year(),
    "month": lambda x: x.month(),
    "hour": lambda x: x.hour(),
    "day_of_week": lambda x: x.day_of_week.index(),
}


def resolve(text: str, table: ir.Table) -> Any:
    """The Ibis value that ``text`` means on ``table``: a column, or an expression of columns."""
    if text in table.columns:
        return table[text]
    try:
        source, quoted = _python_source(text)
        tree = ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _unreadable(text, table) from error
    value = _Reader(text, table, quoted).read(tree)
    if not hasattr(value, "type"):
        raise _refused(text, "expression_no_column")
    return value


def condition(text: str, table: ir.Table) -> Any:
    """A yes/no expression, for ``filter``."""
    value = resolve(text, table)
    if not value.type().is_boolean():
        raise _refused(text, "expression_not_a_condition")
    return value


def is_one_of(value: Any, members: Sequence[Any]) -> Any:
    """``value in members``. Not by ``isin`` for yes/no: Ibis 12 writes ``a != b IN (...)`` without its parentheses."""
    if not value.type().is_boolean():
        return value.isin(list(members))
    if True in members and False in members:
        return value.notnull()
    return value if True in members else ~value


def nearest(name: str, columns: tuple[str, ...]) -> str:
    """The column whose name comes closest, or '' where none does."""
    by_lower = {column.lower(): column for column in columns}
    found = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.6)
    return by_lower[found[0]] if found else ""


def _unreadable(text: str, table: ir.Table) -> RefusedSpec:
    """What can't be parsed is a name that is written a little otherwise in the data, or a faulty expression."""
    return _misspelt(text, table) or _refused(text, f"expression_{_syntax_hint(text)}")


def _misspelt(text: str, table: ir.Table) -> RefusedSpec | None:
    """The refusal of a text that is nearly a column's name and no calculation: ``Size (qm)`` for ``Size (m2)``."""
    close = "" if set(text) & set("=<>+*/&|'\"") else nearest(text, table.columns)
    if not close:
        return None
    return _refused(text, "unknown_name_close", name=shortened(text), suggestion=close, names=_names(table))


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def _syntax_hint(text: str) -> str:
    single = "=" in text and not any(sign in text for sign in ("==", "!=", "<=", ">="))
    return "single_equals" if single else "syntax"


def _refused(text: str, code: str, **facts: Any) -> RefusedSpec:
    return RefusedSpec(Problem(code=code, facts={"expression": shortened(text), **facts}))


def _python_source(text: str) -> tuple[str, dict[str, str]]:
    """Python source of an expression: & | ~ bind like and, or, not; names between backticks become plain ones."""
    quoted: dict[str, str] = {}
    parts = text.split("`")
    if len(parts) % 2 == 0:
        raise _refused(text, "expression_backtick")
    for place in range(1, len(parts), 2):
        name = f"quoted_name_{place}"
        quoted[name] = parts[place]
        parts[place] = name
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO("".join(parts)).readline))
    except tokenize.TokenError as error:
        raise SyntaxError(str(error)) from error
    words = [
        _BOOLEAN_SIGNS.get(token.string, token.string) if token.type == tokenize.OP else token.string
        for token in tokens
        if token.type not in (tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER, tokenize.INDENT, tokenize.DEDENT)
    ]
    return _joined(words), quoted


def _joined(words: list[str]) -> str:
    """Tokens with spaces between them, but none around the point of a dotted name."""
    source = ""
    for word in words:
        source += word if word == "." or source.endswith(".") else f" {word}"
    return source.strip()


class _Reader:
    """Walks a whitelisted syntax tree."""

    def __init__(self, text: str, table: ir.Table, quoted: Mapping[str, str]) -> None:
        self.text, self.table, self.quoted = text, table, quoted

    def read(self, node: ast.expr) -> Any:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise self._bad("not_allowed", part=ast.unparse(node))
        try:
            return method(node)
        except RefusedSpec:
            raise
        except Exception as error:
            # Ibis raises many kinds for operands that do not go together; the reader only needs to know which part.
            raise _refused(self.text, "expression_mixed_types", part=ast.unparse(node)) from error

    def _bad(self, reason: str, **facts: Any) -> RefusedSpec:
        return _refused(self.text, f"expression_{reason}", **facts)

    def _constant(self, node: ast.Constant) -> Any:
        if node.value is not None and not isinstance(node.value, (bool, int, float, str)):
            raise self._bad("not_allowed", part=ast.unparse(node))
        return node.value

    def _name(self, node: ast.Name) -> Any:
        return self._column(self.quoted.get(node.id, node.id))

    def _attribute(self, node: ast.Attribute) -> Any:
        """A dotted column name such as ``first.treat``; nothing is looked up on an object."""
        return self._column(ast.unparse(node))

    def _column(self, name: str) -> Any:
        if name in self.table.columns:
            return self.table[name]
        if name in _WORDS:
            return _WORDS[name]
        close = nearest(name, self.table.columns)
        code = "unknown_name_close" if close else "unknown_name"
        raise _refused(self.text, code, name=shortened(name), suggestion=close, names=_names(self.table))

    def _binop(self, node: ast.BinOp) -> Any:
        if type(node.op) not in _ARITHMETIC:
            raise self._bad("not_allowed", part=ast.unparse(node))
        left, right = (_as_number(self.read(side)) for side in (node.left, node.right))
        return _ARITHMETIC[type(node.op)](left, right)

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        value = self.read(node.operand)
        if isinstance(node.op, ast.Not):
            return ~value if hasattr(value, "type") else not value
        return -value if isinstance(node.op, ast.USub) else value

    def _boolop(self, node: ast.BoolOp) -> Any:
        join = operator.and_ if isinstance(node.op, ast.And) else operator.or_
        first, *others = (self.read(value) for value in node.values)
        for other in others:
            first = join(first, other)
        return first

    def _compare(self, node: ast.Compare) -> Any:
        answer: Any = None
        left = node.left
        for sign, right in zip(node.ops, node.comparators, strict=True):
            part = self._one_comparison(sign, left, right)
            answer = part if answer is None else answer & part
            left = right
        return answer

    def _one_comparison(self, sign: ast.cmpop, left: ast.expr, right: ast.expr) -> Any:
        if isinstance(sign, (ast.In, ast.NotIn)):
            found = is_one_of(self.read(left), self._members(right))
            return found if isinstance(sign, ast.In) else ~found
        if type(sign) not in _COMPARISONS:
            raise self._bad("not_allowed", part=ast.unparse(ast.Compare(left, [sign], [right])))
        first, second = _alike(self.read(left), self.read(right))
        return _COMPARISONS[type(sign)](first, second)

    def _members(self, node: ast.expr) -> list[Any]:
        """The values of ``in (...)``; a bare word that is no column means itself, as in ``in {none, Dec2Feb}``."""
        if not isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            raise self._bad("not_allowed", part=ast.unparse(node))
        bare = [isinstance(item, ast.Name) and item.id not in self.table.columns for item in node.elts]
        return [
            item.id if is_bare and isinstance(item, ast.Name) and item.id not in _WORDS else self.read(item)
            for item, is_bare in zip(node.elts, bare, strict=True)
        ]

    def _call(self, node: ast.Call) -> Any:
        name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
        if name not in FUNCTIONS or node.keywords:
            if (meant := _misspelt(self.text, self.table)) is not None:
                raise meant
            raise self._bad("unknown_function", part=name, offered=", ".join(FUNCTIONS))
        return FUNCTIONS[name](*(self.read(argument) for argument in node.args))


def _names(table: ir.Table) -> str:
    return ", ".join(table.columns[:12]) + (", ..." if len(table.columns) > 12 else "")


def _as_number(value: Any) -> Any:
    """Integers and yes/no as double: integer products overflow in DuckDB."""
    if hasattr(value, "type") and (value.type().is_integer() or value.type().is_boolean()):
        return value.cast("float64")
    return value


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Both sides of a comparison; a text held against a date is read as a date, a number against yes/no as yes/no."""
    if hasattr(left, "type") and isinstance(right, str) and left.type().is_temporal():
        import ibis

        return left, ibis.literal(datetime.fromisoformat(right)).cast(left.type())
    if hasattr(left, "type") and left.type().is_boolean() and isinstance(right, (int, float)):
        return left, bool(right)
    return left, right
