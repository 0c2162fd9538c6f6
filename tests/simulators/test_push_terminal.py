"""Promises of the simulated terminal that pushes: it behaves as terminals are known to, faults included."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from simulators.push_terminal import PushTerminal
from simulators.push_terminal.device import Row
from simulators.push_terminal.mishaps import NAMES
from tests.waiting import until

OPTIONS = "GET OPTION FROM: S1\nATTLOGStamp={}\nErrorDelay=30\nDelay=10\nRealtime=1\n"
ROWS = [Row(str(n), f"2026-05-{n:02} 09:00:00") for n in range(1, 8)]


class Server(ThreadingHTTPServer):
    """Takes whatever a terminal sends, remembers it, and answers as the test wants."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.stamp = "0"
        self.status = 200
        self.extra = ""
        self.date: str | None = None
        self.command = ""
        self.requests: list[tuple[str, dict[str, str], str]] = []

    def table(self, name: str) -> list[str]:
        """The bodies sent for a table."""
        return [body for _, query, body in self.requests if query.get("table") == name]

    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [path for path, _, _ in self.requests]

    def reply(self, method: str, path: str) -> str:
        """The text that the terminal gets."""
        if method == "GET" and path == "/iclock/cdata":
            return OPTIONS.format(self.stamp) + self.extra
        if path == "/iclock/getrequest" and self.command:
            command, self.command = self.command, ""
            return command
        return "OK\n"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            return
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.server.requests.append((parts.path, query, body.decode()))
        text = self.server.reply(self.command, parts.path)
        self.send_response_only(self.server.status)
        if self.server.date is not None:
            self.send_header("Date", self.server.date)
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


def terminal(server: Server, **given: Any) -> PushTerminal:
    return PushTerminal(
        **{"port": server.server_address[1], "serial": "S1", "pace": 0.01, "log": ROWS, **given}
    )


def test_it_greets_uploads_and_polls(server: Server) -> None:
    """The order of a real terminal's day: options, records, users, commands."""
    with terminal(server, batch=5, users=2) as there:
        until(lambda: there.settled and "/iclock/getrequest" in server.paths())
    assert server.requests[0][1]["options"] == "all"
    assert [body.count("\n") for body in server.table("ATTLOG")] == [5, 2]
    assert server.table("ATTLOG")[0].startswith("1\t2026-05-01 09:00:00\t0\t1\t")
    assert [query["Stamp"] for _, query, _ in server.requests if query.get("table") == "ATTLOG"] == ["5", "7"]
    assert server.table("OPERLOG")[0].startswith("USER PIN=1\tName=")


def test_it_sends_only_what_is_newer_than_the_servers_stamp(server: Server) -> None:
    """A server that says 9999 without thought never gets the history."""
    server.stamp = "9999"
    with terminal(server) as there:
        until(lambda: there.settled)
        there.punch("42")
        until(lambda: server.table("ATTLOG"))
    assert [body.split("\t")[0] for body in server.table("ATTLOG")] == ["42"]


def test_it_tries_again_until_it_hears_ok(server: Server) -> None:
    """Any other status keeps the records in the terminal."""
    server.status = 500
    with terminal(server) as there:
        until(lambda: len(there.refusals) > 2)
        assert there.sent == 0
        server.status = 200
        until(lambda: there.settled)
    assert len(server.table("ATTLOG")) == 1


def test_it_obeys_commands_and_tells_their_results(server: Server) -> None:
    """A span comes through the usual uploads, the result behind it; the unknown is a syntax error."""
    with terminal(server) as there:
        until(lambda: there.settled)
        before = len(server.table("ATTLOG"))
        server.command = "C:7:DATA QUERY ATTLOG StartTime=2026-05-02 00:00:00\tEndTime=2026-05-03 23:59:59\n"
        until(lambda: there.commands)
        server.command = "C:8:SING\n"
        until(lambda: len(there.commands) == 2)
        until(lambda: server.paths().count("/iclock/devicecmd") == 2)
    assert [line.split("\t")[0] for line in server.table("ATTLOG")[before].splitlines()] == ["2", "3"]
    results = [body for path, _, body in server.requests if path == "/iclock/devicecmd"]
    assert results == ["ID=7&Return=0&CMD=DATA\n", "ID=8&Return=-1002&CMD=SING\n"]


def test_it_sets_its_clock_from_the_date_and_its_zone_from_the_options(server: Server) -> None:
    """A server with a wrong date makes a wrong clock: that is what the reader must guard against."""
    server.date = "Sat, 01 Jan 2000 00:00:00 GMT"
    server.extra = "TimeZone=5.5\n"
    with terminal(server, zone=timedelta()) as there:
        until(lambda: there.clock().year == 2000)
        assert there.zone == timedelta(hours=5, minutes=30)
        there.fault("obstinate")
        there.drift = timedelta()
        until(lambda: len(server.requests) > 6)
        assert there.clock().year == datetime.now(UTC).year


def test_each_fault_happens(server: Server) -> None:
    """A fault that cannot be seen would test nothing."""
    with terminal(server, users=1) as there:
        until(lambda: there.settled)
        there.fault("twice", 1)
        there.punch()
        until(lambda: there.settled)
        uploads = server.table("ATTLOG")
        assert uploads[-1] == uploads[-2]
        there.fault("lose-answer", 1)
        there.punch()
        until(lambda: there.settled)
        assert "the answer was lost" in there.refusals
        there.fault("cut", 1)
        there.punch()
        until(lambda: there.settled)
        assert "the connection broke" in there.refusals
        there.fault("odd-line")
        until(lambda: "2026-02-31" in server.table("ATTLOG")[-1])
        there.fault("stamps-lost")
        until(lambda: server.table("ATTLOG")[-1].startswith("1\t2026-05-01"))
        there.fault("clock-reset")
        assert there.clock().year == 2000
        there.fault("log-cleared")
        assert there.log == []
        greetings = server.paths().count("/iclock/cdata")
        there.fault("restart")
        until(lambda: server.paths().count("/iclock/cdata") > greetings)
        until(lambda: there.settled)
        there.fault("silent")
        time.sleep(0.3)
        there.punch()
        time.sleep(0.3)
        assert not there.settled
        there.heal()
        until(lambda: there.settled)


def test_an_unknown_fault_is_told_with_the_nearest_names(server: Server) -> None:
    """A spelling mistake in a test does not pass as a fault."""
    with pytest.raises(ValueError, match="twice"):
        terminal(server).fault("twise")
    assert len(set(NAMES)) == len(NAMES)


def test_the_program_speaks_json_lines(server: Server) -> None:
    """Another program can punch at it, look into it, and end it."""
    command = [sys.executable, "-m", "simulators.cli", "push-terminal", "--serial", "S1", "--pace", "0.01"]
    with subprocess.Popen(
        [*command, "--port", str(server.server_address[1]), "--log", "3"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert json.loads(program.stdout.readline())["serial"] == "S1"
        answers = []
        for order in (
            {"do": "punch", "pin": "007"},
            {"do": "state"},
            {"do": "dump"},
            {"do": "fault", "name": "x"},
        ):
            program.stdin.write(json.dumps(order) + "\n")
            program.stdin.flush()
            answers.append(json.loads(program.stdout.readline()))
        program.stdin.write('{"do": "quit"}\n')
        program.stdin.flush()
        assert program.wait(20) == 0
    punched, state, dump, fault = answers
    assert punched["row"]["pin"] == "007"
    assert state["records"] == 4
    assert dump["log"][-1] == punched["row"]
    assert "no fault" in fault["error"]
