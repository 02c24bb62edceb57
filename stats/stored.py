"""Evidence read back from its canonical JSON, as the rule wants it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from stats.evidence import Evidence


def evidence_from_json(value: Mapping[str, Any]) -> Evidence:
    """The inverse of ``as_json`` for evidence; pydantic's ValidationError where it is none."""
    metrics = {key: {**found, "result": _result(found["result"])} for key, found in value["metrics"].items()}
    return _adapter().validate_python({**value, "metrics": metrics})


def _result(stored: Mapping[str, Any]) -> dict[str, Any]:
    """``not_estimable`` is how ``as_json`` spells the code of a result that is none."""
    if "not_estimable" not in stored:
        return dict(stored)
    return {"code": stored["not_estimable"], **{key: item for key, item in stored.items() if key != "not_estimable"}}


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Evidence]:
    return TypeAdapter(Evidence)
