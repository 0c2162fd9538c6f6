"""What becomes of the users when somebody asks for a change."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.access.changing import ChangeRefused, changed
from central.access.roles import User
from wire.rights import UserRequest

QC = {"department": "QC"}
PUNE_QC = {"branch": "Pune", "department": "QC"}
ANNA = User("anna", "administrator", verifier="v-anna")
RAVI = User("ravi", "manager", frozenset({frozenset(QC.items())}))
USERS = {"anna": ANNA, "ravi": RAVI}


def asked(do: Any, name: str | None, **more: Any) -> UserRequest:
    """A request."""
    return UserRequest(request_id="r-1", do=do, name=name, **more)


def test_users_come_and_change() -> None:
    """Each kind of change does what its name says, and nothing else."""
    mina = changed(USERS, asked("add", "mina", role="manager", units=(QC, PUNE_QC)), ())
    assert mina == User("mina", "manager", frozenset({frozenset(QC.items()), frozenset(PUNE_QC.items())}))
    assert changed(USERS, asked("role", "ravi", role="hr"), ()) == User("ravi", "hr")
    assert changed(USERS, asked("scope", "ravi", units=(PUNE_QC,)), ()).units == {frozenset(PUNE_QC.items())}
    assert changed(USERS, asked("password", "anna", verifier="w"), ()).verifier == "w"
    off = changed(USERS, asked("disable", "ravi"), ())
    assert (off.enabled, off.units) == (False, RAVI.units)
    assert changed({**USERS, "ravi": off}, asked("enable", "ravi"), ()) == RAVI


def test_the_same_request_again_changes_nothing() -> None:
    """A request that was repeated because its answer was lost is answered, not refused."""
    request = asked("add", "mina", role="hr", verifier="v")
    mina = changed(USERS, request, ())
    assert changed({**USERS, "mina": mina}, request, ()) == mina
    assert changed(USERS, asked("add", "ravi", role="manager", units=(QC,)), ()) == RAVI


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (asked("disable", None), "disable needs the name"),
        (asked("add", "pune-01", role="hr"), "pune-01 is the account of an edge or of central"),
        (asked("add", "mina"), "a user needs a role"),
        (asked("add", "mina", role="manager"), "a manager needs at least one unit"),
        (asked("add", "mina", role="hr", units=(QC,)), "units are for managers"),
        (asked("add", "ravi", role="hr"), "ravi is a user already"),
        (asked("add", "anna", role="administrator", verifier="w"), "anna is a user already"),
        (asked("role", "mina", role="hr"), "there is no user mina; there are anna, ravi"),
        (asked("role", "ravi"), "name the role"),
        (asked("role", "ravi", role="manager"), "a manager needs at least one unit"),
        (asked("scope", "ravi"), "a manager needs at least one unit"),
        (asked("scope", "anna", units=(QC,)), "units are for managers"),
        (asked("password", "ravi"), "the new password is missing"),
        (asked("disable", "anna"), "there would be no administrator left"),
        (asked("role", "anna", role="hr"), "there would be no administrator left"),
    ],
)
def test_a_change_that_would_do_harm_is_refused(request_: UserRequest, reason: str) -> None:
    """Nobody takes over the account of an edge, and nobody locks everybody out."""
    with pytest.raises(ChangeRefused) as refused:
        changed(USERS, request_, {"pune-01", "central"})
    assert str(refused.value).startswith(reason)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "role", "scope", "disable", "enable"]),
            st.sampled_from(["anna", "bela", "central"]),
            st.sampled_from([None, "administrator", "hr", "manager"]),
            st.lists(st.sampled_from([QC, PUNE_QC]), max_size=2),
        ),
        max_size=12,
    )
)
def test_whatever_is_asked_somebody_can_still_administer(requests: list[Any]) -> None:
    """No series of changes ends without an administrator, or with a manager of nobody."""
    users = {"anna": ANNA}
    for do, name, role, units in requests:
        try:
            user = changed(users, asked(do, name, role=role, units=tuple(units)), {"central"})
        except ChangeRefused:
            continue
        users[user.name] = user
    assert any(user.role == "administrator" and user.enabled for user in users.values())
    assert all((user.role == "manager") == bool(user.units) for user in users.values())
    assert "central" not in users
