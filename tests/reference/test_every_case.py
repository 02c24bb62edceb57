"""No case is passed over: each has a test that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.shared


def test_every_reference_case_is_answered_by_name(cases):
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*_cases.py"))
    left_out = [key for key in cases if f'"{key}"' not in tests]
    assert not left_out
