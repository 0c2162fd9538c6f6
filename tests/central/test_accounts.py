"""People's accounts at a real Mosquitto: who is added gets in, as himself alone; who is disabled does not."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest

from central.access.roles import User
from central.accounts import MARK, RELOAD, Accounts, AccountsError, AccountsOptions
from central.ledger.database import Ledger
from central.ledger.people import People
from central.users import BY_HAND, Users
from ground.mqtt import new_client
from simulators.mosquitto import Mosquitto
from tests.central.centre import utc_now
from tests.conftest import ACCOUNTS
from tests.peer import TOPICS, options_of, peer
from tests.waiting import until
from wire.rights import UserAnswer, UserRequest
from wire.verifier import verifier

OWN = "ravi's own"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto that writes down its process id."""
    folder = tmp_path / "broker"
    one = Mosquitto(folder, ACCOUNTS, extra=f"pid_file {folder}/pid\n")
    one.start()
    one.password_file("ravi").write_text(OWN)
    yield one
    one.stop()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    opened = Ledger(str(tmp_path / "ledger.db"))
    opened.migrate(utc_now())
    yield opened
    opened.close()


def accounts(broker: Mosquitto, *, pid_file: bool = True) -> Accounts:
    """The accounts in the broker's own files."""
    folder = broker.folder
    pid = folder / "pid" if pid_file else None
    return Accounts(
        AccountsOptions(passwords=folder / "passwords", acl=folder / "acl", pid_file=pid), TOPICS.prefix
    )


def users(ledger: Ledger, kept: Accounts | None) -> Users:
    """The users of a centre that knows one edge."""
    return Users(ledger, People(ledger), kept, {"pune-01", "central"})


def do(those: Users, what: Any, name: str, **more: Any) -> UserAnswer:
    """Ask for a change."""
    return those.serve("anna", UserRequest(request_id="r-1", do=what, name=name, **more), utc_now())


def hashed(password: str) -> str:
    """A password as it travels."""
    return verifier(password, secrets.token_bytes(12))


def login(broker: Mosquitto, user: str) -> str:
    """What the broker says to this account."""
    client = new_client(options_of(broker, user), f"{user}-{secrets.token_hex(4)}")
    told: list[str] = []
    client.on_connect = lambda _c, _u, _f, code, _p: told.append(str(code))
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    until(lambda: told)
    client.disconnect()
    client.loop_stop()
    return told[0]


def test_a_user_who_is_added_speaks_as_himself_and_as_nobody_else(broker: Mosquitto, ledger: Ledger) -> None:
    """It may ask under its own name; not as another person, an edge, central, or an edge of its own name."""
    those = users(ledger, accounts(broker))
    do(those, "add", "anna", role="administrator")
    assert login(broker, "ravi") == "Not authorized"
    told = do(those, "add", "ravi", role="hr", verifier=hashed(OWN))
    assert (told.password_set, told.note, told.users[0].account) == (True, "", "kept")
    until(lambda: login(broker, "ravi") == "Success")
    foreign = [
        TOPICS.request("anna", "summary"),
        TOPICS.facts("ravi"),
        TOPICS.facts("pune-01"),
        TOPICS.status("ravi"),
        TOPICS.orders("pune-01"),
        TOPICS.central_status,
        TOPICS.day("E1", "2026-05-11"),
        TOPICS.board("pune-01"),
        TOPICS.answer("ravi", "r-1"),
    ]
    with peer(broker, "central") as central, peer(broker, "ravi") as ravi:
        central.subscribe(TOPICS.prefix + "/#")
        for topic in foreign:
            ravi.send(topic, b"forged")
        ravi.send(TOPICS.request("ravi", "summary"), b"{}")
        until(lambda: central.heard[TOPICS.request("ravi", "summary")])
        assert {topic: heard for topic, heard in central.heard.items() if b"forged" in heard} == {}
        ravi.subscribe(TOPICS.answers("ravi"))
        ravi.subscribe(TOPICS.answers("anna"))
        for name in ("anna", "ravi"):
            central.send(TOPICS.answer(name, "r-9"), b"told")
        until(lambda: ravi.heard[TOPICS.answer("ravi", "r-9")])
        assert not ravi.heard[TOPICS.answer("anna", "r-9")]


def test_a_disabled_user_is_thrown_off_and_does_not_get_in_until_enabled(
    broker: Mosquitto, ledger: Ledger
) -> None:
    """His connection ends, his login is refused, all others stay; enabled again he has his old password."""
    those = users(ledger, accounts(broker))
    do(those, "add", "anna", role="administrator")
    do(those, "add", "ravi", role="hr", verifier=hashed(OWN))
    until(lambda: login(broker, "ravi") == "Success")
    ended: dict[str, list[str]] = {"ravi": [], "pune-01": []}
    clients: list[paho.Client] = []
    for name, told in ended.items():
        client = new_client(options_of(broker, name), f"{name}-x")
        client.on_disconnect = lambda _c, _u, _f, code, _p, told=told: told.append(str(code))
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        until(client.is_connected)
        clients.append(client)
    do(those, "disable", "ravi")
    until(lambda: ended["ravi"])
    assert login(broker, "ravi") == "Not authorized"
    assert ended["pune-01"] == []
    assert [login(broker, name) for name in ("anna", "central")] == ["Success", "Success"]
    do(those, "enable", "ravi")
    until(lambda: login(broker, "ravi") == "Success")
    do(those, "password", "ravi", verifier=hashed("another"))
    until(lambda: login(broker, "ravi") == "Not authorized")
    for client in clients:
        client.disconnect()
        client.loop_stop()


def test_an_account_that_was_there_keeps_its_password(broker: Mosquitto, ledger: Ledger) -> None:
    """Giving a role to somebody who has an account changes nothing about how he logs in."""
    those = users(ledger, accounts(broker))
    told = do(those, "add", "anna", role="administrator", verifier=hashed("a new one"))
    assert (told.password_set, told.users[0].account) == (False, "kept")
    assert login(broker, "anna") == "Success"
    do(those, "add", "ravi", role="administrator", verifier=hashed(OWN))
    do(those, "disable", "anna")
    until(lambda: login(broker, "anna") == "Not authorized")
    do(those, "enable", "anna")
    until(lambda: login(broker, "anna") == "Success")


def test_lines_that_are_not_centrals_stay(broker: Mosquitto, ledger: Ledger) -> None:
    """Edges, comments, rules of the site, and the modes of both files are as they were."""
    passwords, acl = broker.folder / "passwords", broker.folder / "acl"
    rules, lines = acl.read_text(encoding="utf-8"), passwords.read_text(encoding="utf-8").splitlines()
    acl.chmod(0o644)
    those = users(ledger, accounts(broker))
    do(those, "add", "anna", role="administrator")
    do(those, "add", "ravi", role="hr", verifier=hashed(OWN))
    do(those, "disable", "ravi")
    assert sorted(passwords.read_text(encoding="utf-8").splitlines()) == sorted(lines)
    assert acl.read_text(encoding="utf-8").startswith(rules.rstrip())
    assert (acl.stat().st_mode & 0o777, passwords.stat().st_mode & 0o777) == (0o644, 0o600)
    before = acl.read_text(encoding="utf-8")
    assert before.count(MARK) == 1
    assert those.write_accounts() == ""
    assert acl.read_text(encoding="utf-8") == before


def test_what_a_hand_in_the_file_did_does_not_last(broker: Mosquitto, ledger: Ledger) -> None:
    """A disabled user whose line came back, and a user whose line was lost, are right again after a while."""
    those = users(ledger, accounts(broker))
    passwords = broker.folder / "passwords"
    do(those, "add", "anna", role="administrator")
    do(those, "add", "ravi", role="hr", verifier=hashed(OWN))
    whole = passwords.read_text(encoding="utf-8")
    do(those, "disable", "ravi")
    passwords.write_text(whole, encoding="utf-8")
    those.write_accounts()
    assert "ravi:" not in passwords.read_text(encoding="utf-8")
    do(those, "enable", "ravi")
    passwords.write_text(
        "\n".join(line for line in whole.splitlines() if "ravi" not in line), encoding="utf-8"
    )
    those.write_accounts()
    assert "ravi:$7$" in passwords.read_text(encoding="utf-8")


def test_files_that_cannot_be_written_are_told_and_tried_again(tmp_path: Path, ledger: Ledger) -> None:
    """The role stands, the person learns what is missing, and it is made up for later."""
    folder = tmp_path / "away"
    kept = Accounts(AccountsOptions(passwords=folder / "passwords", acl=folder / "acl"), TOPICS.prefix)
    those = users(ledger, kept)
    told = do(those, "add", "anna", role="administrator", verifier=hashed("x"))
    assert told.note.startswith(f"{folder}/acl cannot be written: No such file or directory")
    folder.mkdir()
    assert those.write_accounts() == RELOAD
    assert kept.verifiers().keys() == {"anna"}


def test_files_that_cannot_be_read_are_an_error_of_their_own(tmp_path: Path) -> None:
    """A folder in the place of the file is told with its name."""
    kept = Accounts(AccountsOptions(passwords=tmp_path, acl=tmp_path / "acl"), TOPICS.prefix)
    with pytest.raises(AccountsError, match="cannot be read: Is a directory"):
        kept.write([User("anna", "hr")])


def test_without_files_the_roles_are_kept_alone(ledger: Ledger) -> None:
    """A centre beside somebody else's broker says that accounts are not its care, and stores no password."""
    those = users(ledger, None)
    told = do(those, "add", "anna", role="administrator", verifier=hashed("x"))
    assert (told.note, told.password_set, told.users[0].account) == (BY_HAND, False, "by hand")
    user = those.find("anna")
    assert user is not None
    assert user.verifier is None
