"""Promises of the command `punchwire`, run as people run it, against a real broker."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from admin.client import Client
from simulators.mosquitto import Mosquitto, free_port
from tests.peer import TOPICS, Peer, options_of, peer
from tests.resync_answers import resync_progress
from tests.waiting import until
from wire.board import BoardEntry, Color
from wire.codec import decode
from wire.listing import PunchesPage, PunchesRequest, PunchRow
from wire.request import Answer
from wire.resync import Reconciliation, ResyncProgress, ResyncRequest
from wire.vitals import Status

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
PUNCHWIRE = [str(Path(sys.executable).with_name("punchwire"))]
CLOSES_AT_ONCE = """
import socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    server.accept()[0].close()
"""
SPAN = ("--from", "2026-05-01", "--to", "2026-05-10")
WHY = ("--reason", "a test")
AT = ("--host", "h", "--user", "u")


def _flags(broker: Mosquitto) -> list[str]:
    secret = str(broker.password_file("anna"))
    return ["--host", "127.0.0.1", "--port", str(broker.port), "--user", "anna", "--password-file", secret]


def _run(*arguments: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HOME": str(home)} if home else None
    return subprocess.run(
        [*PUNCHWIRE, *arguments], capture_output=True, text=True, timeout=90, env=environment, check=False
    )


def _entry(reader: str | None, color: Color, reason: str = "") -> BoardEntry:
    return BoardEntry(
        edge="pune-01", reader=reader, color=color, since=NOW, online=True, reason=reason, last_punch=NOW
    )


def _show(central: Peer, *entries: BoardEntry) -> None:
    central.send(TOPICS.central_status, Status(online=True, session="c", at=NOW), retain=True)
    for entry in entries:
        central.send(TOPICS.board(entry.edge, entry.reader), entry, retain=True)


@pytest.fixture
def central(broker: Mosquitto) -> Iterator[Peer]:
    """Central's account, spoken by hand."""
    with peer(broker, "central") as one:
        yield one


def test_status_prints_the_board(broker: Mosquitto, central: Peer) -> None:
    """Every entry is a line; a pipe gets no colour codes."""
    _show(central, _entry(None, "orange", "idle"), _entry("front-gate", "orange", "idle"))
    done = _run("status", *_flags(broker))
    assert (done.returncode, done.stderr) == (0, "")
    header, edge, gate = done.stdout.splitlines()
    assert header.startswith("branch")
    assert edge.startswith("pune-01 ")
    assert "front-gate" in gate
    assert "\x1b" not in done.stdout


def test_status_as_json_is_one_array_of_entries(broker: Mosquitto, central: Peer) -> None:
    """Another program gets exactly what stands on the topics."""
    entries = [_entry(None, "green"), _entry("front-gate", "green")]
    _show(central, *entries)
    done = _run(*_flags(broker), "status", "--json")
    assert [decode(json.dumps(each).encode(), BoardEntry) for each in json.loads(done.stdout)] == entries


def test_status_checks_for_monitoring(broker: Mosquitto, central: Peer) -> None:
    """--check exits 0 while nothing is red, and 3 as soon as something is."""
    _show(central, _entry("front-gate", "orange", "idle"))
    assert _run("status", "--check", *_flags(broker)).returncode == 0
    _show(central, _entry("front-gate", "red", "never-punched"))
    assert _run("status", "--check", *_flags(broker)).returncode == 3
    assert _run("status", *_flags(broker)).returncode == 0


def test_an_empty_board_is_told_and_is_not_fine(broker: Mosquitto) -> None:
    """Without central there is nothing to see: said in words, an empty array, and 3 for --check."""
    done = _run("status", "--json", "--check", *_flags(broker))
    assert (done.returncode, json.loads(done.stdout)) == (3, [])
    assert "nothing is on the board" in done.stderr
    assert "central is away" in done.stderr


def test_a_board_of_thousands_arrives_whole(broker: Mosquitto, central: Peer) -> None:
    """No limit of the broker's queues cuts the board short."""
    _show(central)
    for number in range(2500):
        name = f"reader-{number}"
        central.publish(TOPICS.board("pune-01", name), _entry(name, "green"), retain=True)
    central.send(TOPICS.board("pune-01"), _entry(None, "green"), retain=True)
    with Client(options_of(broker, "anna")).connected() as client:
        assert len(client.retained(TOPICS.whole_board)) == 2502


@pytest.mark.parametrize("verb", [["status"], ["watch"], ["summary"], ["resync", *SPAN, *WHY]])
def test_a_broker_that_is_not_there_is_told_in_one_line(verb: list[str]) -> None:
    """69 and one line that names the place: no traceback."""
    done = _run(*verb, "--host", "127.0.0.1", "--port", str(free_port()), "--user", "anna")
    lines = [line for line in done.stderr.splitlines() if not line.startswith("punchwire: request")]
    assert (done.returncode, done.stdout, len(lines)) == (69, "", 1)
    assert "127.0.0.1" in lines[0]
    assert "cannot be reached" in lines[0]


def test_a_refused_login_is_told_with_what_to_check(broker: Mosquitto, tmp_path: Path) -> None:
    """77: trying again cannot help until the password is right."""
    wrong = tmp_path / "wrong"
    wrong.write_text("not-it\n")
    done = _run("status", *_flags(broker)[:-1], str(wrong))
    assert (done.returncode, done.stdout) == (77, "")
    assert "refuses the login of anna" in done.stderr
    assert "Traceback" not in done.stderr


def test_something_else_on_the_port_is_told() -> None:
    """A TLS port, a web server or a silent one is not taken for a slow broker."""
    server = subprocess.Popen(
        [
            sys.executable,
            "-c",
            CLOSES_AT_ONCE,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        done = _run(
            "status", "--host", "127.0.0.1", "--port", server.stdout.readline().strip(), "--user", "a"
        )
    finally:
        server.kill()
        server.communicate()
    assert done.returncode == 69
    assert "is it an MQTT broker" in done.stderr


def test_all_mistakes_of_the_file_are_told_at_once(tmp_path: Path) -> None:
    """78, one line for each mistake with its place."""
    config = tmp_path / "punchwire.toml"
    config.write_text('[broker]\nhots = "x"\nport = "many"\n')
    done = _run("status", "--config", str(config))
    assert done.returncode == 78
    assert 'broker.hots: unknown key; did you mean "host"?' in done.stderr
    assert "broker.port" in done.stderr
    assert "broker.host: missing" in done.stderr


def test_a_file_at_home_is_found_and_a_flag_wins(broker: Mosquitto, central: Peer, tmp_path: Path) -> None:
    """`~/.config/punchwire/punchwire.toml` is enough to type nothing, and flags change single keys."""
    _show(central, _entry("front-gate", "green"))
    config = tmp_path / ".config" / "punchwire" / "punchwire.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        f'[broker]\nhost = "127.0.0.1"\nport = {broker.port}\nuser = "anna"\n'
        f'password_file = "{broker.password_file("anna")}"\n'
    )
    assert _run("status", home=tmp_path).returncode == 0
    assert _run("status", "--port", str(free_port()), home=tmp_path).returncode == 69


def test_without_a_broker_named_it_says_how_to_name_one(tmp_path: Path) -> None:
    """The first start ends with a sentence, not with a guess."""
    done = _run("status", home=tmp_path)
    assert done.returncode == 78
    assert "give --host and --user" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["resync", "--reason", "x", *AT],
        ["resync", *SPAN, *AT],
        ["resync", "undo", *AT],
        ["resync", "r-1", *AT],
        ["punches", "--from", "11.5.2026"],
        ["punches", "--from", "2026-05-10", "--to", "2026-05-01", *AT],
        ["resync", "--employee", "E1", *SPAN, "--request-id", "a/b"],
        ["resync", "--employee", "E1", *SPAN, "--timeout", "0"],
    ],
)
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    """A command that cannot be understood starts nothing."""
    done = _run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_an_absent_central_is_told_before_anything_is_asked(broker: Mosquitto, central: Peer) -> None:
    """A request is not thrown into the void: 69, and who must be started."""
    central.send(TOPICS.central_status, Status(online=False, session="c", at=NOW), retain=True)
    done = _run("summary", *_flags(broker))
    assert done.returncode == 69
    assert "start punchwire-central" in done.stderr


def _answering(central: Peer, verb: str, reply: Any) -> None:
    """Let the peer answer requests of anna as `reply(payload)` says."""
    _show(central)

    def react(payload: bytes) -> None:
        for answer in reply(payload):
            central.publish(TOPICS.answer("anna", answer.request_id), answer)

    central.subscribe(TOPICS.request("anna", verb), react)


def test_punches_are_paged_through(broker: Mosquitto, central: Peer) -> None:
    """The command goes on from page to page, and prints one array."""
    rows = [
        PunchRow(punch_id=f"{n:032x}", wall="2026-05-11T09:00:00", edge="pune-01", reader="g", badge=str(n))
        for n in range(5)
    ]

    def reply(payload: bytes) -> list[Answer]:
        asked = decode(payload, PunchesRequest)
        start = 0 if asked.after is None else int(asked.after, 16) + 1
        page = tuple(rows[start : start + 2])
        after = page[-1].punch_id if start + 2 < len(rows) else None
        body = PunchesPage(punches=page, after=after)
        return [Answer(request_id=asked.request_id, status="done", at=NOW, body=body)]

    _answering(central, "punches", reply)
    done = _run("punches", *SPAN, "--json", *_flags(broker))
    assert [row["badge"] for row in json.loads(done.stdout)] == ["0", "1", "2", "3", "4"]
    table = _run("punches", *SPAN, "--limit", "3", *_flags(broker))
    assert len(table.stdout.splitlines()) == 4


def _resync_reply(*progress: ResyncProgress) -> Any:
    def reply(payload: bytes) -> list[Answer]:
        asked = decode(payload, ResyncRequest)
        last = len(progress) - 1
        return [
            Answer(
                request_id=asked.request_id, status="done" if at == last else "progress", at=NOW, body=each
            )
            for at, each in enumerate(progress)
        ]

    return reply


def _progress(state: str, **figures: int) -> ResyncProgress:
    part = Reconciliation(edge="pune-01", reader="front-gate", state=state, **figures)  # type: ignore[arg-type]
    return resync_progress(part, state=state)


def test_a_clean_resync_is_success(broker: Mosquitto, central: Peer) -> None:
    """0 when device and ledger hold the same; every stand on the way is told on standard error."""
    _answering(
        central,
        "resync",
        _resync_reply(_progress("ordered"), _progress("reading"), _progress("reconciled", matched=7)),
    )
    done = _run("resync", "--employee", "E1", *SPAN, *WHY, *_flags(broker))
    assert done.returncode == 0
    assert "ordered: 2 of 2 people" in done.stderr
    assert "reading: 2 of 2 people" in done.stderr
    header, row, _ = done.stdout.splitlines()
    assert row[header.index("matched") :].split()[0] == "7"


def test_a_resync_with_something_left_over_is_status_1(broker: Mosquitto, central: Peer) -> None:
    """A script notices that the device no longer shows what the ledger holds."""
    _answering(central, "resync", _resync_reply(_progress("reconciled", matched=7, only_in_ledger=1)))
    done = _run("resync", "--employee", "E1", *SPAN, *WHY, "--json", "--request-id", "r-1", *_flags(broker))
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert (told["request_id"], told["state"], told["readers"][0]["only_in_ledger"]) == (
        "r-1",
        "reconciled",
        1,
    )


def test_a_refusal_is_told_in_centrals_words(broker: Mosquitto, central: Peer) -> None:
    """1, and the reason; nothing on standard output."""

    def reply(payload: bytes) -> list[Answer]:
        asked = decode(payload, ResyncRequest)
        return [Answer(request_id=asked.request_id, status="refused", at=NOW, reason="nobody is called E1")]

    _answering(central, "resync", reply)
    done = _run("resync", "--employee", "E1", *SPAN, *WHY, *_flags(broker))
    assert (done.returncode, done.stdout) == (1, "")
    assert "refused: nobody is called E1" in done.stderr


def test_watch_prints_a_line_for_each_change(broker: Mosquitto, central: Peer) -> None:
    """The board as it is, then changes only, until Ctrl-C ends it quietly with 130."""
    _show(central, _entry("front-gate", "green"))
    watching = subprocess.Popen(
        [*PUNCHWIRE, "watch", *_flags(broker)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert watching.stdout is not None
        assert watching.stdout.readline().endswith("pune-01/front-gate is green\n")
        _show(central, _entry("front-gate", "green"), _entry("front-gate", "orange", "idle"))
        assert watching.stdout.readline().endswith("pune-01/front-gate is orange: idle\n")
        central.send(TOPICS.board("pune-01", "front-gate"), b"", retain=True)
        assert watching.stdout.readline().endswith("pune-01/front-gate is gone\n")
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=30)
    finally:
        watching.kill()
        watching.communicate()
    assert (watching.returncode, out, err) == (130, "", "")


def test_watch_survives_a_restart_of_the_broker(broker: Mosquitto) -> None:
    """The board comes back by itself when the broker does, without what is no longer there."""
    with peer(broker, "central") as central:
        _show(central, _entry("front-gate", "green"), _entry("canteen", "green"))
    watching = subprocess.Popen(
        [*PUNCHWIRE, "watch", "--json", *_flags(broker)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert watching.stdout is not None
        assert {json.loads(watching.stdout.readline())["reader"] for _ in range(2)} == {
            "front-gate",
            "canteen",
        }
        broker.kill()
        broker.start()
        with peer(broker, "central") as central:
            _show(central, _entry("front-gate", "orange", "idle"))
            told = [json.loads(watching.stdout.readline()) for _ in range(2)]
    finally:
        watching.kill()
        watching.communicate()
    assert {(each["reader"], each.get("color"), each.get("gone")) for each in told} == {
        ("front-gate", "orange", None),
        ("canteen", None, True),
    }


def test_a_closed_pipe_is_no_trouble(broker: Mosquitto, central: Peer) -> None:
    """`punchwire watch --json | head -1` ends without a word."""
    _show(central, _entry("front-gate", "green"))
    flags = " ".join([*PUNCHWIRE, "watch", "--json", *_flags(broker)])
    shell = subprocess.Popen(
        ["sh", "-c", f"{flags} | head -1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert shell.stdout is not None
        assert "front-gate" in shell.stdout.readline()

        def ended() -> bool:
            _show(central, _entry("front-gate", "red", "idle"))
            return shell.poll() is not None

        until(ended, 60)
        assert shell.stderr is not None
        assert shell.stderr.read() == ""
    finally:
        shell.kill()
        shell.communicate()
