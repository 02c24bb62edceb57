"""The door: no page opens before it is known who comes, or that the app serves this machine alone."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st
from streamlit.auth_util import validate_auth_credentials
from streamlit.errors import StreamlitAuthError

from experiments.errors import REFUSALS, Refused, sentences
from experiments.login import bound_to, claims_from, is_loopback, login_required, login_settings
from experiments.pages import look
from experiments.people.entering import entered, recognised
from experiments.words import say
from registry.errors import RegistryError
from registry.open import Registry
from registry.people import Person
from stats.errors import Problem, StatsError

ENTERED = "entered"
"""Which login this session has entered with: a session enters once, and is looked up at every run."""


def closed(registry: Registry) -> bool:
    """Whether nothing may be shown now; then it says why, or asks for the login."""
    try:
        if not login_required():
            _this_machine_alone()
            return False
        _set_up()
    except Refused as refused:
        _say(say("login.closed"), refused)
        return True
    if not st.user.is_logged_in:
        _ask()
        return True
    try:
        _enter(registry)
    except REFUSALS as refused:
        _say(say("login.refused"), refused)
        st.button(say("login.try_other"), on_click=st.logout, key="log-out", icon=":material/logout:")
        return True
    return False


def person_logged_in(registry: Registry) -> Person | None:
    """Whoever came through the login, as the record has them now; None in single-user mode."""
    if not login_required():
        return None
    return recognised(registry, str(st.user["iss"]), str(st.user["sub"]))


def _this_machine_alone() -> None:
    """Without login the app serves one person, at this machine. Raises Refused where others could come."""
    bound_to(st.get_option("server.address"))
    called = st.context.headers.get("Host")
    if called and not is_loopback(urlsplit(f"//{called}").hostname):
        raise Refused(Problem(code="login_not_loopback_host", facts={"address": called[:80]}))


def _set_up() -> None:
    """Raises Refused where the provider's part of the settings is missing."""
    try:
        validate_auth_credentials("default")
    except StreamlitAuthError as error:
        raise Refused(Problem(code="login_secrets", facts={"said": " ".join(str(error).split())})) from None


def _enter(registry: Registry) -> None:
    settings = login_settings(registry.home)
    claims = claims_from(st.user.to_dict(), settings)
    marked = f"{claims.issuer} {claims.subject} {claims.issued}"
    if st.session_state.get(ENTERED) == marked and recognised(registry, claims.issuer, claims.subject):
        return
    entered(registry, claims, settings)
    st.session_state[ENTERED] = marked


def _say(title: str, refused: Refused | StatsError | RegistryError) -> None:
    look.style()
    st.title(title, anchor=False)
    look.lines(sentences(refused))


def _ask() -> None:
    look.style()
    st.title(say("app.name"), anchor=False)
    st.text(say("login.lead"))
    st.button(say("login.log_in"), on_click=st.login, key="log-in", type="primary", icon=":material/login:")
