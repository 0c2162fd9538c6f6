"""Promises of users on terminals that push: told, written and deleted by single commands, and read back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.zkteco_push.commands import Commands
from edge.readers.zkteco_push.enrolling import Enrolling
from edge.readers.zkteco_push.users import PushUser, as_wanted, card_of, delete, read_users, update
from simulators.push_terminal.users import fields_of, user_of
from simulators.terminal.records import User
from tests.edge.readers.zkteco_push.making import PushDesk, Site
from tests.waiting import until
from wire.facts import OrderOutcome, UserTable
from wire.order import EnrolOrder
from wire.users import TerminalUser

ASHA = User(1, "7", "Asha Patil", 14, 123456789, "4321")
BINA = User(2, "8", "Bina")


def order(*put: TerminalUser, **more: Any) -> EnrolOrder:
    """An order that is good for an hour."""
    expires_at = datetime.now(UTC) + timedelta(hours=1)
    return EnrolOrder(order_id="o-1", expires_at=expires_at, reader="gate", put=put, **more)


def outcomes(desk: PushDesk) -> list[OrderOutcome]:
    """What became of orders."""
    return [fact for fact in desk.facts if isinstance(fact, OrderOutcome)]


def tables(desk: PushDesk) -> list[UserTable]:
    """The users that were told."""
    return [fact for fact in desk.facts if isinstance(fact, UserTable)]


def test_users_are_read_without_a_change(site: Site) -> None:
    """What the terminal holds comes as a table with names and cards, and the terminal is as it was."""
    desk = PushDesk()
    site.session(desk)
    there = site.terminal(users=[ASHA, BINA])
    desk.waiting_enrol_orders.append(order())
    until(lambda: outcomes(desk))
    (table,) = tables(desk)
    assert [(one.user_id, one.name, one.card, one.privilege) for one in table.users] == [
        ("7", "Asha Patil", 123456789, 14),
        ("8", "Bina", 0, 0),
    ]
    assert outcomes(desk)[0].outcome == "done"
    assert desk.facts[-1] is outcomes(desk)[0]
    assert there.commands == [("DATA QUERY USERINFO", 0)]


def test_users_are_written_and_keep_what_nobody_asked_to_change(site: Site) -> None:
    """A password, a privilege and a fingerprint outlive a new name; who is as wanted is not written."""
    desk = PushDesk()
    site.session(desk)
    there = site.terminal(users=[ASHA, BINA])
    until(lambda: there.settled)
    desk.waiting_enrol_orders.append(
        order(
            TerminalUser(user_id="7", name="Asha Rao"),
            TerminalUser(user_id="8", name="Bina"),
            TerminalUser(user_id="0042", name="Chetan", card=4711),
        )
    )
    until(lambda: outcomes(desk))
    (told,) = outcomes(desk)
    assert (told.outcome, told.figures) == ("done", {"written": 2, "removed": 0, "kept": 0, "failed": 0})
    users = {user.user_id: user for user in there.users}
    asha = users["7"]
    assert (asha.name, asha.privilege, asha.card, asha.password) == ("Asha Rao", 14, 123456789, "4321")
    assert (users["0042"].name, users["0042"].card) == ("Chetan", 4711)
    assert there.fingers == {"7", "8"}
    assert len([one for one, _ in there.commands if one.startswith("DATA UPDATE")]) == 2
    assert [one.user_id for one in tables(desk)[0].users] == ["0042", "7", "8"]


@pytest.mark.parametrize("with_templates", [False, True])
def test_nobody_is_deleted_unless_fingerprints_may_go(site: Site, *, with_templates: bool) -> None:
    """A terminal that pushes does not tell who has a fingerprint, so everybody may have one."""
    desk = PushDesk()
    site.session(desk)
    there = site.terminal(users=[ASHA, BINA])
    desk.waiting_enrol_orders.append(order(remove=("8", "99"), with_templates=with_templates))
    until(lambda: outcomes(desk))
    (told,) = outcomes(desk)
    assert told.outcome == "done"
    assert (told.figures["removed"], told.figures["kept"]) == ((1, 0) if with_templates else (0, 1))
    assert [one.user_id for one in there.users] == (["7"] if with_templates else ["7", "8"])
    assert there.fingers == ({"7"} if with_templates else {"7", "8"})


@pytest.mark.parametrize(
    ("mishap", "reason"),
    [("no-users", "command-refused"), ("deaf", "no-answer"), ("some-users", "read-rejected")],
)
def test_a_terminal_that_does_not_tell_its_users_is_not_written_to(
    site: Site, mishap: str, reason: str
) -> None:
    """Nobody is written over whom the terminal did not tell; a person hears why, and punches go on."""
    desk = PushDesk()
    site.session(desk, order_s=2.0)
    there = site.terminal(users=[ASHA, BINA])
    until(lambda: there.settled)
    there.fault(mishap)
    desk.waiting_enrol_orders.append(order(TerminalUser(user_id="8", name="Bina Rao")))
    until(lambda: there.commands)
    there.punch()
    until(lambda: outcomes(desk) and desk.punches)
    assert (outcomes(desk)[0].outcome, outcomes(desk)[0].reason) == ("failed", reason)
    assert there.users == [ASHA, BINA]


def test_an_order_is_answered_when_its_terminal_falls_silent(site: Site) -> None:
    """Who waits for an outcome hears that the terminal is gone."""
    desk = PushDesk()
    session = site.session(desk, silent_s=2.0, order_s=60.0)
    there = site.terminal(users=[ASHA])
    there.fault("deaf")
    until(lambda: desk.oks)
    desk.waiting_enrol_orders.append(order())
    there.fault("silent")
    until(lambda: session.failed)
    assert [one.reason for one in outcomes(desk)] == ["no-answer"]


def test_what_the_terminal_refused_is_named() -> None:
    """Each user that was not taken stands in the outcome with what the terminal said."""
    commands = Commands(1)
    asked = order(TerminalUser(user_id="8", name="Bina"), TerminalUser(user_id="a b", name="Odd"))
    under_way = Enrolling(asked, commands, 0, 0.0, within_s=60.0, settle_s=1.0)
    now = datetime.now(UTC)
    assert commands.offer(0.0) == "C:1:DATA QUERY USERINFO"
    under_way.answered(1, -1, 0.0)
    assert under_way.turn(2.0, now) is None
    assert under_way.turn(2.0, now) is None
    assert commands.offer(2.0) == "C:2:DATA UPDATE USERINFO PIN=8\tPri=0\tName=Bina"
    under_way.answered(2, -1002, 2.0)
    assert under_way.turn(2.0, now) is None
    assert commands.offer(2.0) == "C:3:DATA QUERY USERINFO"
    under_way.answered(3, -1, 2.0)
    ended = under_way.turn(4.0, now)
    assert ended is not None
    assert ended.failed == {
        "8": "the terminal returned -1002",
        "a b": "no command is given for the user id 'a b'",
    }
    assert (ended.written, ended.removed) == (0, 0)


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("", 0),
        ("0", 0),
        ("123456789", 123456789),
        ("[15CD5B07]", 123456789),
        ("[15CD5B0700]", 123456789),
        ("x", 0),
    ],
)
def test_a_card_is_read_in_either_form(text: str, card: int) -> None:
    """A number, or bytes in brackets with the lowest first."""
    assert card_of(text) == card


TEXTS = st.text(max_size=12)


@given(TEXTS, TEXTS, st.none() | st.integers(0, 0xFFFFFFFF), st.sampled_from([ASHA, BINA, None]))
def test_a_written_user_is_as_wanted_and_no_text_ends_a_command(
    user_id: str, name: str, card: int | None, there: User | None
) -> None:
    """Whatever a name holds, one command comes of it, the list lets it pass, and the user is as wanted."""
    wanted = TerminalUser(user_id=there.user_id if there else user_id or "1", name=name, card=card)
    told = None if there is None else next(read_users(f"USER {fields_of(there)}\r\n".encode()))
    try:
        command = update(wanted, told)
    except ValueError:
        assert there is None
        return
    if command is None:
        assert told is not None
        assert as_wanted(told.held, wanted)
        return
    commands = Commands(1)
    commands.ask(command)
    offered = commands.offer(0.0)
    assert offered is not None
    assert len(offered.splitlines()) == 1
    fields = dict(field.split("=", 1) for field in command.partition(" USERINFO ")[2].split("\t"))
    written = user_of(fields, 1)
    (back,) = read_users(f"USER {fields_of(written)}\n".encode())
    if back.held.name:
        assert as_wanted(back.held, wanted)
    if there is not None:
        assert (written.privilege, written.password) == (there.privilege, there.password)


@given(st.binary(max_size=60))
def test_any_upload_is_read_without_a_fault(noise: bytes) -> None:
    """Noise is no user, and one that stands in it is found whole or not at all."""
    body = noise + b"\nUSER PIN=7\tName=Asha\n" + noise
    assert PushUser("7", {"PIN": "7", "Name": "Asha"}) in list(read_users(body))


def test_deleting_names_one_user() -> None:
    """The only command that deletes is about one user id; what some firmware takes for everybody is none."""
    Commands(1).ask(delete("0042"))
    with pytest.raises(ValueError, match=r"no command is given for the user id '\*'"):
        delete("*")
