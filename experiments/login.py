"""Whether a login provider checks who acts, or names are taken at their word (single-user mode)."""

from __future__ import annotations

import os

SETTING = "PROVING_GROUND_LOGIN"


def login_required() -> bool:
    """Login is asked for explicitly: a lost file of secrets must not open the door."""
    return os.environ.get(SETTING, "").strip().lower() == "oidc"
