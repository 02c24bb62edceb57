"""Whether a login provider checks who acts, how its claims are read, and where names may be taken at their word.

``PROVING_GROUND_LOGIN=oidc`` asks for a login. How claims become people stands in ``login.toml`` of the data folder, or
in the file that ``PROVING_GROUND_LOGIN_SETTINGS`` names; the provider's address and secrets are Streamlit's own
(``.streamlit/secrets.toml``) and never read here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from experiments.errors import Refused
from registry.kinds import Role
from stats.errors import Problem

SETTING = "PROVING_GROUND_LOGIN"
FILE = "PROVING_GROUND_LOGIN_SETTINGS"
FIRST_ADMINISTRATOR = "PROVING_GROUND_FIRST_ADMINISTRATOR"


def login_required() -> bool:
    """Login is asked for explicitly: a lost file of secrets must not open the door.

    Raises Refused where the setting asks for something that there is not: a slip of the pen must not open it either.
    """
    asked = os.environ.get(SETTING, "").strip().lower()
    if asked not in {"", "oidc"}:
        raise Refused(Problem(code="login_unknown", facts={"name": SETTING, "given": asked[:40]}))
    return asked == "oidc"


def is_loopback(address: str | None) -> bool:
    """Whether only this machine can reach a server bound to that address (None: to all of them).

    >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    if address is None or not address.strip():
        return False
    if address.strip().lower() == "localhost":
        return True
    try:
        return ip_address(address.strip().strip("[]")).is_loopback
    except ValueError:
        return False


def bound_to(address: str | None) -> str:
    """The address, if the app may be served there: without login only where this machine alone reaches it."""
    if not login_required() and not is_loopback(address):
        raise Refused(Problem(code="login_not_loopback", facts={"address": address or "0.0.0.0"}))
    return address or ""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClaimNames(_Closed):
    """Which claim says what. groups: a list of names, or one name."""

    name: str = "name"
    email: str = "email"
    email_verified: str = "email_verified"
    department: str = "department"
    groups: str = "groups"


class LoginSettings(_Closed):
    """trust_email: the provider gives out checked addresses only, and says no ``email_verified``.

    roles: group at the provider -> roles here. refresh_roles: roles that stand in ``roles`` follow the claims at each
    login; else only at a person's first. first_administrator: e-mail address of who becomes administrator at login
    while there is none.
    """

    claims: ClaimNames = ClaimNames()
    roles: dict[str, list[Role]] = {}
    refresh_roles: bool = False
    trust_email: bool = False
    first_administrator: str = ""


def login_settings(home: Path) -> LoginSettings:
    """The settings of this installation; defaults where there is no file. Raises Refused, all problems at once."""
    named = os.environ.get(FILE, "").strip()
    path = Path(named).expanduser() if named else home / "login.toml"
    found: dict[str, Any] = {}
    if named or path.exists():
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Refused(Problem(code="file_not_readable", facts={"file": path.name, "said": str(error)})) from None
    if first := os.environ.get(FIRST_ADMINISTRATOR, "").strip():
        found["first_administrator"] = first
    try:
        return LoginSettings.model_validate(found)
    except ValidationError as error:
        raise Refused([_problem(path.name, one) for one in error.errors()]) from None


def _problem(file: str, found: Any) -> Problem:
    where = ".".join(str(part) for part in found["loc"])
    return Problem(code="login_setting", column=where, facts={"file": file, "said": found["msg"]})


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a login provider says of a person, read by the settings.

    email: lower-case, None unless it is verified. issued: when the provider said so, in seconds since 1970.
    """

    issuer: str
    subject: str
    name: str
    issued: int
    email: str | None = None
    department: str = ""
    groups: tuple[str, ...] = field(default=())


def claims_from(said: Mapping[str, Any], settings: LoginSettings) -> Claims:
    """Raises Refused where the provider does not say who it is that it speaks of."""
    names = settings.claims
    issuer, subject, issued = (said.get(key) for key in ("iss", "sub", "iat"))
    missing = [key for key, value in (("iss", issuer), ("sub", subject), ("iat", issued)) if not value]
    if missing:
        raise Refused(Problem(code="login_claims_missing", facts={"missing": missing}))
    address = str(said.get(names.email) or "").strip().lower()
    # Some providers write truth as a word.
    verified = settings.trust_email or said.get(names.email_verified) in (True, "true")
    groups = said.get(names.groups) or ()
    return Claims(
        issuer=str(issuer),
        subject=str(subject),
        issued=int(str(issued)),
        name=(str(said.get(names.name) or "").strip() or address or str(subject))[:200],
        email=address if address and verified else None,
        department=str(said.get(names.department) or "").strip()[:200],
        groups=(groups,) if isinstance(groups, str) else tuple(str(group) for group in groups),
    )
