"""Promises of the listener: whatever comes over the network, it takes little and goes on serving."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.readers.zkteco_push.listener import Limits, Listener
from edge.readers.zkteco_push.protocol import Answer
from tests.edge.readers.zkteco_push.making import get, post, raw
from tests.waiting import until

SOON = Limits(body_bytes=1000, header_bytes=2000, connections=12, request_s=0.5, threads=2)
DATED = datetime(2026, 5, 11, 3, 30, tzinfo=UTC)


class Served:
    """A listener with an application that remembers, and fails or dates its answer when asked to."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, str, bytes]] = []
        self.listener = Listener("127.0.0.1", 0, self.answer, SOON)
        self.port = self.listener.port

    def answer(self, method: str, path: str, query: str, body: bytes) -> Answer:
        self.requests.append((method, path, query, body))
        if path == "/fault":
            raise RuntimeError("secret detail")
        return Answer(200, "OK\n", DATED if path == "/dated" else None)

    def works(self) -> bool:
        return raw(self.port, get("/iclock/ping")).startswith(b"HTTP/1.1 200 OK")


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.listener.stop(5)


def test_a_request_arrives_whole(served: Served) -> None:
    """Method, path, query and body are what the terminal sent."""
    answer = raw(served.port, post("/iclock/cdata?SN=S1&table=ATTLOG", b"a\tb\n"))
    assert answer.endswith(b"\r\n\r\nOK\n")
    assert served.requests == [("POST", "/iclock/cdata", "SN=S1&table=ATTLOG", b"a\tb\n")]


def test_an_answer_has_a_date_only_where_it_was_given_one(served: Served) -> None:
    """Terminals set their clock by it, so errors and untrusted answers carry none."""
    assert b"\r\nDate: Mon, 11 May 2026 03:30:00 GMT\r\n" in raw(served.port, get("/dated"))
    for request in (get("/"), get("/fault"), b"nonsense\r\n\r\n", post("/", b"x" * 2000)):
        assert b"date:" not in raw(served.port, request).lower()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_each_connection_serves_one_request(served: Served, version: str) -> None:
    """A terminal is told so, and never writes into a connection that was closed meanwhile."""
    asked = f"GET /iclock/ping HTTP/{version}\r\nHost: pi\r\nConnection: keep-alive\r\n\r\n".encode()
    head = raw(served.port, asked).lower()
    assert b"\r\nconnection: close\r\n" in head
    assert b"keep-alive" not in head


def test_a_fault_is_no_ok_and_tells_nothing(served: Served) -> None:
    """The terminal sends it again, and nobody outside sees a traceback."""
    answer = raw(served.port, get("/fault"))
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"secret" not in answer
    assert b"OK" not in answer.partition(b"\r\n\r\n")[2]


def test_a_body_or_a_header_that_is_too_long_is_refused(served: Served) -> None:
    """Memory stays bounded, also where the length is not told beforehand."""
    assert b" 413 " in raw(served.port, post("/", b"x" * 1001)).partition(b"\r\n")[0]
    chunks = b"POST / HTTP/1.1\r\nHost: pi\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024
    assert not raw(served.port, chunks + b"\r\n0\r\n\r\n").startswith(b"HTTP/1.1 200")
    header = b"GET / HTTP/1.1\r\nX: " + b"y" * 3000 + b"\r\n\r\n"
    assert b" 431 " in raw(served.port, header).partition(b"\r\n")[0]
    assert served.requests == []
    assert served.works()


def test_a_client_that_drips_is_shed(served: Served) -> None:
    """However steadily bytes come, a request that is not whole in time ends."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: pi\r\nContent-Length: 900\r\n\r\n")
        until(lambda: _shed(slow), every_s=0.05)
    assert served.requests == []


def _shed(client: socket.socket) -> bool:
    """Send one more byte; True once the other side is gone."""
    try:
        client.sendall(b"x")
    except OSError:
        return True
    return False


def test_idle_connections_do_not_keep_a_terminal_out(served: Served) -> None:
    """More of them than there is room for, and the next request is still served."""
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=20))
        assert served.works()


def test_an_answer_that_nobody_takes_harms_nobody(served: Served) -> None:
    """A client that sends and goes away at once is forgotten."""
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", served.port), timeout=20) as gone:
            gone.sendall(get("/dated"))
    until(lambda: len(served.requests) == 10)
    assert served.works()


def test_a_port_in_use_is_told_at_once(served: Served) -> None:
    """Two programs never share a port unnoticed."""
    with pytest.raises(OSError, match="in use"):
        Listener("127.0.0.1", served.port, served.answer, SOON)


def test_a_stopped_listener_gives_its_port_back() -> None:
    """The next session can listen at the same port at once."""
    first = Served()
    assert first.works()
    first.listener.stop(5)
    again = Listener("127.0.0.1", first.port, first.answer, SOON)
    assert first.works()
    again.stop(5)


@given(
    st.binary(max_size=300)
    | st.lists(
        st.sampled_from(
            [
                b"GET ",
                b"POST ",
                b"/iclock/cdata?SN=S1",
                b" HTTP/1.1",
                b"\r\n",
                b"\r\n\r\n",
                b"Content-Length: ",
            ]
        )
        | st.binary(max_size=12),
        max_size=20,
    ).map(b"".join)
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_on_the_socket_leave_it_serving(served: Served, noise: bytes) -> None:
    """Garbage is answered or dropped, and the next terminal is served."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as sock:
        sock.sendall(noise)
        sock.shutdown(socket.SHUT_WR)
    assert served.works()
