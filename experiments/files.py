"""Reading the small files that people write: charters and specifications in YAML (or JSON, which is YAML too)."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

from experiments.errors import Refused
from stats.errors import Problem

LONGEST_NAME, LONGEST_ENDING = 120, 12


def read_yaml(path: Path) -> Any:
    """The parsed document; ``Refused`` with one sentence where there is no file or no YAML in it."""
    import yaml

    require_file(path)
    try:
        return yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_loader())
    except UnicodeDecodeError:
        facts: dict[str, Any] = {"file": path.name, "line": 1, "said": "it is not written in UTF-8"}
        raise Refused(Problem(code="charter_not_read", facts=facts)) from None
    except RecursionError:
        facts = {"file": path.name, "line": 1, "said": "it is nested too deeply"}
        raise Refused(Problem(code="charter_not_read", facts=facts)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = str(getattr(error, "problem", None) or "it is not well formed")
        facts = {"file": path.name, "line": mark.line + 1 if mark else 1, "said": said}
        raise Refused(Problem(code="charter_not_read", facts=facts)) from None


def _loader() -> Any:
    """YAML's safe loader; a key that stands twice is a fault, where YAML itself would silently keep the last."""
    import yaml

    class OnceEach(yaml.SafeLoader):
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen: set[str] = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                    if key.value in seen:
                        raise yaml.constructor.ConstructorError(
                            problem=f"{key.value} stands there twice", problem_mark=key.start_mark
                        )
                    seen.add(key.value)
            return super().construct_mapping(node, deep)

    return OnceEach


def plain_name(name: str) -> str:
    """The file's own name: no folders before it, nothing invisible in it, at most 120 characters.

    Controls and marks that turn the direction of reading go: with them a file shows another ending than it has.
    """
    base = re.split(r"[/\\]", name)[-1]
    seen = "".join(letter for letter in base if unicodedata.category(letter)[0] != "C" and letter not in "\u2028\u2029")
    stem, dot, ending = unicodedata.normalize("NFC", seen).strip(" .").rpartition(".")
    if not dot:
        stem, ending = ending, ""
    ending = ending[:LONGEST_ENDING]
    return (stem[: LONGEST_NAME - len(ending) - 1].strip() or "file") + (dot and f".{ending}")


def require_file(path: Path) -> None:
    """``Refused`` where there is no such file, or it can't be read."""
    try:
        found = path.is_file()
    except OSError:  # a name longer than any file's
        found = False
    if not found:
        raise Refused(Problem(code="file_not_found", facts={"file": str(path)[:200]}))
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        facts = {"file": str(path), "said": error.strerror or type(error).__name__}
        raise Refused(Problem(code="file_not_readable", facts=facts)) from None


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that somebody asked for; ``Refused`` where its folder does not exist or can't be written."""
    try:
        path.write_bytes(content)
    except OSError as error:
        facts = {"file": str(path), "said": error.strerror or type(error).__name__}
        raise Refused(Problem(code="file_not_written", facts=facts)) from None
