"""Sessions of released pyzk, unchanged, that leave no socket behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import zk


@contextmanager
def pyzk(port: int, *, udp: bool = False, key: int = 0, timeout: float = 10.0) -> Iterator[Any]:
    """A session on the loopback interface, without pyzk's shell ping.

    pyzk forgets to close the socket that it makes in its constructor, and the one of a session that failed.
    """
    client = zk.ZK("127.0.0.1", port, timeout, password=key, force_udp=udp, ommit_ping=True)
    client._ZK__sock.close()  # noqa: SLF001
    try:
        yield client.connect()
        if client.is_connect:
            client.disconnect()
    finally:
        client._ZK__sock.close()  # noqa: SLF001
