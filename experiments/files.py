"""Reading the small files that people write: charters and specifications in YAML (or JSON, which is YAML too)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.errors import Refused
from stats.errors import Problem

LARGEST_YAML, MOST_REFERENCES, LARGEST_BITS = 1 << 20, 20, 1 << 10
"""Bytes of a charter or specification, how often it may refer to a part of itself, and bits of a number in it."""
LONGEST_NAME, LONGEST_ENDING = 120, 12


def read_yaml(path: Path) -> Any:
    """The parsed document; ``Refused`` with one sentence where there is no file or no YAML in it."""
    import yaml

    require_file(path)
    facts: dict[str, Any]
    if path.stat().st_size > LARGEST_YAML:
        facts = {"file": path.name, "size_kb": path.stat().st_size >> 10, "limit_kb": LARGEST_YAML >> 10}
        raise Refused(Problem(code="yaml_too_large", facts=facts))
    try:
        return yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_loader())
    except UnicodeDecodeError:
        facts = {"file": path.name, "line": 1, "said": "it is not written in UTF-8"}
        raise Refused(Problem(code="charter_not_read", facts=facts)) from None
    except (ValueError, KeyError, AttributeError) as error:  # 2026-02-30, or a value that does not fit its !!tag
        facts = {"file": path.name, "line": 1, "said": str(error)[:200]}
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
    """YAML's safe loader; a key that stands twice is a fault, where YAML itself would silently keep the last.

    So are many references (``*name``): references to references make a page out of a line, and gigabytes of a page.
    """
    import yaml

    class OnceEach(yaml.SafeLoader):
        references = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                self.references += 1
                if self.references > MOST_REFERENCES:
                    said = f"it has more than {MOST_REFERENCES} references (*name); write the values out"
                    raise yaml.composer.ComposerError(problem=said, problem_mark=self.peek_event().start_mark)
            return super().compose_node(parent, index)

        def construct_object(self, node: Any, deep: bool = False) -> Any:
            value = super().construct_object(node, deep)
            if isinstance(value, int) and value.bit_length() > LARGEST_BITS:
                raise yaml.constructor.ConstructorError(
                    problem="it is too large a number", problem_mark=node.start_mark
                )
            return value

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


def write_yaml(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document to be edited, in its own order."""
    import yaml

    write_bytes(path, yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True).encode())
