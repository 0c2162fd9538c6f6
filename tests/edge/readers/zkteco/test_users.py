"""The users of a terminal: written, deleted and read back by order, and no finger lost by chance."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.zkteco.users import read_table, work
from simulators.terminal import Terminal as Simulated
from simulators.terminal.records import User
from tests.edge.readers.desk import MemoryDesk, Session
from tests.edge.readers.zkteco.making import reader
from wire.facts import OrderOutcome, UserTable
from wire.order import EnrolOrder
from wire.users import TerminalUser

_numbers = itertools.count(1)


def order(*put: TerminalUser, remove: tuple[str, ...] = (), with_templates: bool = False) -> EnrolOrder:
    """Central's order."""
    return EnrolOrder(
        order_id=f"enrol-{next(_numbers)}",
        expires_at=datetime.now(UTC) + timedelta(hours=1),
        reader="gate",
        put=put,
        remove=remove,
        with_templates=with_templates,
    )


def done(terminal: Simulated, one: EnrolOrder) -> tuple[OrderOutcome, dict[str, tuple[int, str, int]]]:
    """Carry out an order; its outcome, and slot, name and card of each user that was told."""
    desk = MemoryDesk()
    with Session(reader(terminal, live=False, poll_s=60.0), desk):
        desk.waiting_enrol_orders.append(one)
        desk.until(lambda d: any(isinstance(fact, OrderOutcome) for fact in list(d.facts)))
    (outcome,) = (fact for fact in desk.facts if isinstance(fact, OrderOutcome))
    tables = [fact for fact in desk.facts if isinstance(fact, UserTable)]
    assert [(table.part, table.parts) for table in tables] == [
        (part, len(tables)) for part in range(1, len(tables) + 1)
    ]
    return outcome, {user.user_id: (user.slot, user.name, user.card) for it in tables for user in it.users}


def test_the_table_is_told_as_it_is() -> None:
    """Every user comes, with its leading zeros, in parts that a message can carry."""
    users = [User(slot, f"{slot:05}", f"Name {slot}", card=slot) for slot in range(1, 451)]
    with Simulated(users=users, log=0) as terminal:
        outcome, told = done(terminal, order())
    assert (outcome.outcome, outcome.figures["written"]) == ("done", 0)
    assert told == {user.user_id: (user.uid, user.name, user.card) for user in users}


@pytest.mark.parametrize("size", [72, 28])
def test_who_is_missing_is_written_and_who_differs_is_changed(size: int) -> None:
    """New users get a slot behind all others; known ones keep slot, password and privilege."""
    users = [User(3, "7", "Asha", privilege=14, card=5, password="1"), User(9, "8", "Bina")]  # noqa: S106
    with Simulated(users=users, log=0, user_size=size) as terminal:
        wanted = order(
            TerminalUser(user_id="7", name="Asha", card=77),
            TerminalUser(user_id="8", name="Bina"),
            TerminalUser(user_id="12", name="Chetan Kumar of the long name", card=12),
        )
        outcome, told = done(terminal, wanted)
        fingers = set(terminal.state.fingers)
        seven = terminal.state.users[3]
    most = 24 if size == 72 else 8
    assert outcome.figures == {"written": 2, "removed": 0, "kept": 0, "failed": 0}
    assert told["7"] == (3, "Asha", 77)
    assert told["12"] == (10, "Chetan Kumar of the long name"[:most].strip(), 12)
    assert (seven.privilege, seven.password) == (14, "1")
    assert fingers == {3, 9}


def test_users_are_deleted_only_where_no_finger_is_lost() -> None:
    """A terminal with fingerprints keeps its users until a person says that these may go, too."""
    with Simulated(users=[User(1, "7", "Asha"), User(40_000, "8", "Bina")], log=0) as terminal:
        kept, told = done(terminal, order(remove=("8",)))
        assert (kept.outcome, kept.figures["kept"], sorted(told)) == ("done", 1, ["7", "8"])
        gone, told = done(terminal, order(remove=("8",), with_templates=True))
        assert (gone.outcome, gone.figures["removed"], sorted(told)) == ("done", 1, ["7"])
        terminal.state.fingers.clear()
        gone, told = done(terminal, order(remove=("7", "nobody")))
        assert (gone.outcome, gone.figures["removed"], sorted(told)) == ("done", 1, [])


def test_id_that_the_terminal_cannot_hold_is_told_and_the_others_are_written() -> None:
    """A terminal with numbers for user ids takes no letters and no leading zeros."""
    with Simulated(users=[User(1, "7", "Asha")], log=0, user_size=28) as terminal:
        outcome, told = done(terminal, order(*(TerminalUser(user_id=one) for one in ("A7", "007", "9"))))
    assert (outcome.outcome, outcome.reason, outcome.figures["failed"]) == ("failed", "users-refused", 2)
    assert outcome.evidence.startswith("A7: the terminal takes numbers of 32 bits")
    assert sorted(told) == ["7", "9"]


def test_log_goes_on_after_users_were_written() -> None:
    """Writing users disturbs neither the log nor the session."""
    desk = MemoryDesk()
    with Simulated(users=5, log=50) as terminal, Session(reader(terminal, poll_s=0.2), desk):
        desk.until(lambda d: len(d.punches) == 50)
        desk.waiting_enrol_orders.append(order(TerminalUser(user_id="99", name="New")))
        desk.until(lambda d: any(isinstance(fact, OrderOutcome) for fact in list(d.facts)))
        terminal.punch("99")
        desk.until(lambda d: len(d.punches) == 51)
    assert desk.punches[-1].badge.raw == "99"
    assert not terminal.state.disabled


USERS = st.lists(
    st.builds(
        lambda slot, number, name: User(slot, str(number), name),
        st.integers(1, 60_000),
        st.integers(1, 50),
        st.text("abcäß", max_size=4),
    ),
    unique_by=(lambda user: user.uid, lambda user: user.user_id),
    max_size=8,
)
WANTED = st.lists(
    st.builds(
        TerminalUser,
        user_id=st.integers(1, 60).map(str),
        name=st.text("abcäß", max_size=12),
        card=st.none() | st.integers(0, 2**32 - 1),
    ),
    unique_by=lambda user: user.user_id,
    max_size=8,
)


@given(USERS, WANTED, st.sampled_from([72, 28]))
def test_nobody_moves_and_nothing_is_written_twice(
    users: list[User], wanted: list[TerminalUser], size: int
) -> None:
    """Whatever is asked, no slot changes its user, and a second time there is nothing left to write."""
    table = read_table(b"".join(user.encode(size) for user in users), len(users)) or []
    slots = {entry.user.slot: entry.user.user_id for entry in table}

    def asked() -> dict[str, bytes]:
        return work(table, wanted, (), size=size, templates=0, with_templates=False).write

    written = read_table(b"".join(asked().values()), len(asked())) or []
    for entry in written:
        assert slots.get(entry.user.slot, entry.user.user_id) == entry.user.user_id
    now = {entry.user.slot: entry for entry in [*table, *written]}
    table = list(now.values())
    assert asked() == {}
    assert {user.user_id for user in wanted} <= {entry.user.user_id for entry in table}
