"""The terminal's end of a connection: sends frames over TCP or UDP, through the network's faults."""

import contextlib
import random
import socket
import threading
from collections.abc import Iterable
from itertools import pairwise
from typing import Protocol

from simulators.terminal.faults import Fault, Faults
from simulators.terminal.frames import Command, Frame

TCP_PIECE = 1 << 16
UDP_PIECE = 1024
_BULK = 512
_PIECE_OF_DRIP, _PAUSE_OF_DRIP_S = 64, 0.05
_PAUSE_OF_SPLIT_S = 0.15
_SEGMENTS_OF_SHRED = 5
_EVERY = 50
_TOP_BYTES = 8
"""Bytes of a TCP segment before the frame itself."""


class Link(Protocol):
    """One client at the other end."""

    @property
    def connectionless(self) -> bool:
        """Whether nobody can tell that the client is gone."""

    def send(self, request: Frame, answer: Iterable[Frame]) -> None:
        """Send the answer to a request."""

    def push(self, event: Frame) -> None:
        """Send a live event."""

    def close(self) -> None:
        """Let go of the client; it will find out by itself."""


class TcpLink:
    """A client over TCP."""

    connectionless = False

    def __init__(self, connection: socket.socket, faults: Faults) -> None:
        self._connection = connection
        self._faults = faults
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._glue = b""

    def send(self, request: Frame, answer: Iterable[Frame]) -> None:
        """Send the answer to a request, frame by frame."""
        for frame in answer:
            segment = self._bytes(frame)
            if frame.command == Command.DATA and len(segment) > _BULK:
                if self._faults.take("close-in-bulk"):
                    self._put(segment[: len(segment) // 2])
                    self.close()
                    return
                if self._faults.take("wrong-checksum"):
                    segment = segment[:-9] + bytes((segment[-9] ^ 0x55,)) + segment[-8:]
            if request.command == Command.SIZES and self._faults.take("sizes-split"):
                self._put(segment[:24], segment[24:], pause_s=_PAUSE_OF_SPLIT_S)
            else:
                self._put_as_the_network_likes(segment)

    def push(self, event: Frame) -> None:
        """Send a live event, or hold it until a second one goes with it in one segment."""
        segment = self._bytes(event)
        if self._faults.on("glue-events"):
            self._glue += segment
            if self._glue == segment:
                return
            segment, self._glue = self._glue, b""
        self._put(segment)

    def close(self) -> None:
        """Close the connection."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def _bytes(self, frame: Frame) -> bytes:
        segment = frame.segment()
        return _miscounted(segment, _TOP_BYTES) if self._faults.on("miscounted") else segment

    def _put_as_the_network_likes(self, segment: bytes) -> None:
        drip = self._faults.on("drip")
        if drip is not None:
            size = max(int(drip.figures.get("size", _PIECE_OF_DRIP)), 1)
            parts = [segment[at : at + size] for at in range(0, len(segment), size)]
            self._put(*parts, pause_s=drip.figures.get("pause_s", _PAUSE_OF_DRIP_S))
        elif self._faults.on("shred") is not None:
            dice = random.Random(len(segment))  # noqa: S311 - where to cut, not a secret
            cuts = sorted(dice.randrange(len(segment) + 1) for _ in range(_SEGMENTS_OF_SHRED))
            parts = [segment[a:b] for a, b in pairwise((0, *cuts, len(segment)))]
            self._put(*parts, pause_s=0.002)
        else:
            self._put(segment)

    def _put(self, *parts: bytes, pause_s: float = 0.0) -> None:
        with self._lock, contextlib.suppress(OSError):
            for part in parts:
                if self._closed.is_set():
                    return
                self._connection.sendall(part)
                if pause_s and self._closed.wait(pause_s):
                    return


class UdpLink:
    """A client over UDP, answered from the terminal's one socket."""

    connectionless = True

    def __init__(self, sock: socket.socket, peer: tuple[str, int], faults: Faults) -> None:
        self.peer = peer
        self._sock = sock
        self._faults = faults
        self._sent = 0
        self._late: bytes | None = None
        self._lock = threading.Lock()

    def send(self, request: Frame, answer: Iterable[Frame]) -> None:
        """Send the answer to a request, a datagram for each frame."""
        for frame in answer:
            datagram = self._bytes(frame)
            if request.command == Command.READ_BUFFER and frame.command == Command.DATA:
                if self._faults.take("close-in-bulk"):
                    return
                if self._faults.take("wrong-checksum"):
                    datagram = datagram[:-9] + bytes((datagram[-9] ^ 0x55,)) + datagram[-8:]
            self._put(datagram)

    def push(self, event: Frame) -> None:
        """Send a live event."""
        self._put(self._bytes(event))

    def close(self) -> None:
        """Nothing to do: UDP has no connection."""

    def _bytes(self, frame: Frame) -> bytes:
        return _miscounted(frame.datagram(), 0) if self._faults.on("miscounted") else frame.datagram()

    def _put(self, datagram: bytes) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._sent += 1
            if self._turn(self._faults.on("udp-drop")):
                return
            if self._turn(self._faults.on("udp-swap")) and self._late is None:
                self._late = datagram
                return
            self._sock.sendto(datagram, self.peer)
            if self._turn(self._faults.on("udp-double")):
                self._sock.sendto(datagram, self.peer)
            if self._late is not None:
                self._sock.sendto(self._late, self.peer)
                self._late = None

    def _turn(self, fault: Fault | None) -> bool:
        return fault is not None and self._sent % max(int(fault.figures.get("every", _EVERY)), 2) == 0


def _miscounted(message: bytes, top: int) -> bytes:
    """A frame behind `top` other bytes with another checksum than its own."""
    at = top + 2
    wrong = int.from_bytes(message[at : at + 2], "little") ^ 0x5A5A
    return message[:at] + wrong.to_bytes(2, "little") + message[at + 2 :]
