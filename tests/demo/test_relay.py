"""The demo's network: it carries bytes both ways, and a cut is a cut."""

import socket
import threading
from collections.abc import Iterator

import pytest

from demo.relay import Relay


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A relay in front of a server that sends everything back."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_echo_all, args=(server,), daemon=True).start()
        relay = Relay(server.getsockname())
        relay.start()
        yield relay
        relay.stop()


def _echo_all(server: socket.socket) -> None:
    while True:
        try:
            end, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_echo, args=(end,), daemon=True).start()


def _echo(end: socket.socket) -> None:
    with end:
        while data := _received(end):
            end.sendall(data)


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""


def _dial(relay: Relay) -> socket.socket:
    end = socket.create_connection(("127.0.0.1", relay.port), timeout=10)
    end.sendall(b"hello")
    assert end.recv(5) == b"hello"
    return end


def test_bytes_pass_unchanged_and_in_order(relay: Relay) -> None:
    """Whoever speaks through the relay might as well speak to the server itself."""
    sent = bytes(range(256)) * 4000
    with _dial(relay) as end:
        threading.Thread(target=end.sendall, args=(sent,)).start()
        got = b""
        while len(got) < len(sent):
            got += end.recv(65536)
    assert got == sent


def test_a_cut_ends_connections_and_refuses_new_ones_until_it_is_mended(relay: Relay) -> None:
    """While the network is cut nothing comes through; afterwards the same port works again."""
    with _dial(relay) as end:
        relay.cut()
        assert relay.is_cut
        assert _received(end) == b""
        with pytest.raises(OSError, match="refused"):
            _dial(relay)
    relay.restore()
    _dial(relay).close()


def test_a_server_that_is_away_ends_the_connection(relay: Relay) -> None:
    """With nobody behind the relay a client is not left hanging."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nowhere = Relay(gone.getsockname())
    nowhere.start()
    with socket.create_connection(("127.0.0.1", nowhere.port), timeout=10) as end:
        assert _received(end) == b""
    nowhere.stop()
    _dial(relay).close()
