"""The objectives of the worked portfolio, kept by the executive through the real stages."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from experiments.desk import Desk
from experiments.objectives.file import add_from_file
from experiments.objectives.keep import check_in

FILE = Path(__file__).with_name("objectives.yaml")
KEPT_BY = "Ruth Vogel"


def add_objectives(desk: Desk, weeks: timedelta) -> None:
    """Three levels with key results, words on them, and the pilots that serve them; days moved by ``weeks``."""
    document: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    said = document.pop("check_ins")
    keeper = desk.as_person(KEPT_BY)
    add_from_file(keeper, _moved(document, weeks))
    today = desk.registry.clock().date()
    for word in said:
        day = today - timedelta(days=word.pop("days_ago"))
        check_in(keeper, word.pop("key"), word.pop("value"), word.pop("outlook"), on=day, **word)


def _moved(part: Any, weeks: timedelta) -> Any:
    if isinstance(part, dict):
        return {name: _moved(value, weeks) for name, value in part.items()}
    if isinstance(part, list):
        return [_moved(each, weeks) for each in part]
    return part + weeks if isinstance(part, date) else part
