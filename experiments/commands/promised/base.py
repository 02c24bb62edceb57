"""What every answer of ``pilot`` in JSON has in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

Json = dict[str, Any]


class Output(BaseModel):
    """Closed: a key that is not promised here is a bug, which a test finds."""

    model_config = ConfigDict(extra="forbid")


class Refusal(Output):
    """Any command, exit code 1: ``refused`` holds a sentence for each problem."""

    refused: list[str]
    problems: list[Json]
