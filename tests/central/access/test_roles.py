"""Who may do what."""

import pytest

from central.access.roles import Allowed, Denied, User, decide
from central.access.scope import EVERYBODY, Scope
from wire.admin import VERBS

UNIT = frozenset({("department", "Production")})
ABOUT_PEOPLE = {
    "resync",
    "resyncs",
    "punches",
    "summary",
    "report",
    "day",
    "employees",
    "facets",
    "filters",
    "export",
}


def _allowed(user: User) -> set[str]:
    return {verb for verb in (*VERBS, "unheard-of") if isinstance(decide(user.name, user, verb), Allowed)}


def test_each_role_has_its_verbs() -> None:
    """People are for HR and managers; users, audit and what nobody thought of are for administrators."""
    assert _allowed(User("anna", "administrator")) == {*VERBS, "unheard-of"}
    assert _allowed(User("hema", "hr")) >= ABOUT_PEOPLE
    assert _allowed(User("ravi", "manager", frozenset({UNIT}))) >= ABOUT_PEOPLE
    for user in (User("hema", "hr"), User("ravi", "manager", frozenset({UNIT}))):
        assert not {"user", "audit", "unheard-of"} & _allowed(user)


def test_only_managers_have_limits() -> None:
    """HR and administrators see everybody, a manager his units, and without a unit nobody at all."""
    assert decide("hema", User("hema", "hr"), "day") == Allowed(EVERYBODY)
    assert decide("ravi", User("ravi", "manager", frozenset({UNIT})), "day") == Allowed(
        Scope(frozenset({UNIT}))
    )
    assert decide("ravi", User("ravi", "manager"), "day") == Allowed(Scope(frozenset()))


@pytest.mark.parametrize(
    ("user", "verb", "reason"),
    [
        (None, "summary", "anna has no role"),
        (User("anna", "administrator", enabled=False), "summary", "anna is disabled"),
        (User("anna", "hr"), "user", "anna is with HR, and user is for administrators"),
        (User("anna", "manager"), "audit", "anna is a manager, and audit is for administrators"),
    ],
)
def test_whoever_is_denied_learns_why(user: User | None, verb: str, reason: str) -> None:
    """A person at the command knows from the answer alone what would have to change."""
    denied = decide("anna", user, verb)
    assert isinstance(denied, Denied)
    assert denied.reason.startswith(reason)
